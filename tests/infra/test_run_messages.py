"""What terraform says is understood: streams and messages of Terraform 1.11.4 with the AWS provider 5.100."""

from __future__ import annotations

import json

from lakewright.errors import Mistakes
from lakewright.infra.messages import Said, failure
from lakewright.observe import Event, ignore

LOCKED = """ConditionalCheckFailedException: The conditional request failed
Lock Info:
  ID:        d4b4cc5b-5c9a-6d4c-ad0a-2d4d6f1f4c1e
  Path:      lake-state/dev/foundation.tfstate
  Operation: OperationTypeApply
  Who:       ana@laptop
  Version:   1.11.4
  Created:   2026-11-20 06:29:15.123 +0000 UTC
  Info:
"""


def diagnostic(summary: str, detail: str = "", **more: object) -> str:
    return json.dumps(
        {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": summary, "detail": detail, **more}}
    )


def heard(*lines: str) -> Said:
    said = Said("foundation", ignore)
    for line in lines:
        said.hear(line)
    return said


def test_a_stream_becomes_events() -> None:
    events: list[Event] = []
    said = Said("query", events.append)
    resource = {"addr": "module.athena.aws_athena_workgroup.this", "resource_type": "aws_athena_workgroup"}
    for message in (
        {"type": "planned_change", "change": {"resource": resource, "action": "create"}},
        {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "plan"}},
        {"type": "apply_start", "hook": {"resource": resource, "action": "create"}},
        {"type": "apply_complete", "hook": {"resource": resource, "action": "create", "elapsed_seconds": 3}},
        {"type": "outputs", "outputs": {"a": {"sensitive": False, "action": "create"}}},
    ):
        said.hear(json.dumps(message))
    assert [(event.name, event.fields.get("state")) for event in events] == [
        ("infra.summary", None),
        ("infra.resource", "start"),
        ("infra.resource", "done"),
    ]
    assert all(event.fields["stack"] == "query" for event in events)
    assert [change.address for change in said.changes] == [resource["addr"]]
    assert said.outputs
    assert said.did == {"add": 1, "change": 0, "remove": 0, "import": 0}


def test_a_lock_names_its_holder_and_how_to_break_it() -> None:
    error = failure(heard(diagnostic("Error acquiring the state lock", LOCKED)), "infra/dev/foundation", "apply", 1)
    assert error.code == "LW1354"
    assert "ana@laptop since 2026-11-20 06:29:15.123 +0000 UTC (apply)" in error.fact
    assert "force-unlock d4b4cc5b-5c9a-6d4c-ad0a-2d4d6f1f4c1e" in error.hint
    assert "infra/dev/foundation" in error.hint


def test_a_lock_that_cannot_be_taken_says_why() -> None:
    text = "Error message: operation error S3: PutObject, api error AccessDenied: explicit deny"
    error = failure(heard(diagnostic("Error acquiring the state lock", text)), "", "apply", 1)
    assert error.code == "LW1354"
    assert "AccessDenied: explicit deny" in error.fact


def test_a_crash_of_the_provider_is_told_as_one() -> None:
    panic = ["Stack trace from the terraform-provider-aws_v5.100.0_x5 plugin:", "panic: runtime error: nil map"]
    error = failure(
        heard(diagnostic("Plugin did not respond", "The plugin encountered an error"), *panic), "", "apply", 1
    )
    assert error.code == "LW1353"
    assert "crashed" in error.fact


def test_a_stale_plan_asks_for_another() -> None:
    error = failure(
        heard(diagnostic("Saved plan is stale", "The given plan file can no longer be applied")), "", "apply", 1
    )
    assert error.code == "LW1363"
    assert error.hint == "plan again"


def test_several_errors_are_told_together_as_a_problem() -> None:
    said = heard(
        diagnostic("creating KMS Key: AccessDenied", address="aws_kms_key.this"),
        diagnostic("creating S3 Bucket: BucketAlreadyExists", address="aws_s3_bucket.this"),
    )
    error = failure(said, "", "apply", 1)
    assert isinstance(error, Mistakes)
    assert error.exit_code == 1
    assert [one.place for one in error.mistakes] == ["foundation aws_kms_key.this", "foundation aws_s3_bucket.this"]


def test_a_wrapper_that_prints_something_else_is_quoted() -> None:
    error = failure(heard("bash: line 1: cannot execute"), "", "plan", 126)
    assert error.code == "LW1351"
    assert "cannot execute" in error.fact


def test_a_second_metastore_says_how_to_adopt_the_first() -> None:
    said = "cannot create metastore: This account with id 0 has reached the limit for metastores in region us-east-1."
    error = failure(heard(diagnostic(said, address="databricks_metastore.this[0]")), "infra/dev/x", "apply", 1)
    assert (error.code, error.place) == ("LW1352", "foundation databricks_metastore.this[0]")
    assert error.hint.endswith("account: {metastore: adopt}, in `infra`")
