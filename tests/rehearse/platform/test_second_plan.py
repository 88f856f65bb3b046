"""What a second plan tells, by what terraform says of it (its exit code 2 and its stream)."""

from __future__ import annotations

from lakewright.infra.messages import Change, Said
from lakewright.infra.terraform import Planned
from lakewright.observe import ignore
from lakewright.rehearse.platform.run import differing


def test_a_plan_that_changes_outputs_alone_is_not_clean() -> None:
    """Terraform ends with 2 and tells no `planned_change` then."""
    assert differing(Planned(False, Said("lake", ignore))) == ()
    assert differing(Planned(True, Said("lake", ignore))) == ("its outputs",)
    bucket = Change("aws_s3_bucket.lake", "update", "aws_s3_bucket")
    assert differing(Planned(True, Said("lake", ignore, [bucket]))) == ("aws_s3_bucket.lake",)
