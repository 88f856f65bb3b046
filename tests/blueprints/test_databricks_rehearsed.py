"""Both Databricks blueprints, rehearsed as `lakewright rehearse` does it."""

from __future__ import annotations

import json
import subprocess
import sys
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
    assert report.evidence.path[0].name == "state"
    assert [one.ok for one in report.evidence.order] == [True] * 2, "an apply and a destroy out of their turn"
    tried = {one.name for one in report.evidence.tried}
    assert tried >= {"an analyst reads gold", "the spec and the applied catalog agree", "no secret is in a state"}
    assert sum((report.evidence.destroyed or {}).values()) > 200


@pytest.mark.timeout(3600)
@pytest.mark.full
def test_business_units(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lakewright", "rehearse", "live", "--blueprint", "business-units", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"]
    assert report["resources"] > 900
    assert [stack for stack in report["evidence"]["stacks"] if stack["differences"]] == []
    assert report["evidence"]["tried"]
    assert report["evidence"]["left"] == []
