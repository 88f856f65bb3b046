"""databricks-single, rehearsed as `lakewright rehearse` does it; interrupted, edited and whole: make test-all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.observe import ignore
from lakewright.rehearse.platform.run import Rehearsal
from lakewright.rehearse.platform.stage import Options, staged
from lakewright.spec import load_project

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.timeout(1500)]


def test_databricks_single(tmp_path: Path) -> None:
    begun = ["-C", str(tmp_path), "init", "--blueprint", "databricks-single", "--name", "lab"]
    assert CliRunner().invoke(Root(), begun).exit_code == 0
    with staged(load_project(tmp_path), Options("dev"), ignore) as stage:
        report = Rehearsal(stage, ignore).tell(destroy=True)
    assert report.problems == ()
    assert [check.fact for one in report.criteria for check in one.checks if check.ok is False] == []
    assert report.ok
    assert report.coverage["unimplemented"] == {}
    assert report.unchecked == {}
    assert [one.ok for one in report.evidence.order] == [True] * 2, "an apply and a destroy out of their turn"
    tried = {one.name for one in report.evidence.tried}
    assert tried >= {"an analyst reads gold", "the spec and the applied catalog agree", "no secret is in a state"}
    assert sum((report.evidence.destroyed or {}).values()) > 200
