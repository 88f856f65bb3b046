"""Which resources of a state were never finished, and must not be made anew: states as Terraform 1.11 writes them.

That an interrupted `setup` goes on so: tests/blueprints/test_databricks_single.py.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakewright.infra.order import Step, sorted_steps
from lakewright.infra.plans import Plans
from lakewright.infra.run import Stacks
from lakewright.infra.run_unfinished import unfinished
from lakewright.infra.terraform import Terraform
from lakewright.observe import ignore


def resource(
    kind: str, *instances: dict[str, Any], module: str = "module.lake", mode: str = "managed"
) -> dict[str, Any]:
    return {"module": module, "mode": mode, "type": kind, "name": "this", "instances": list(instances)}


def state(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 4, "resources": list(resources)})


def test_only_what_is_bound_and_only_what_is_tainted() -> None:
    tainted, whole = {"status": "tainted"}, {"attributes": {"id": "x"}}
    found = unfinished(
        state(
            resource("aws_s3_bucket", {**tainted, "index_key": "raw"}, {**whole, "index_key": "processed"}),
            resource("aws_kms_key", tainted, module="module.state"),
            resource("aws_vpc", tainted, module=""),
            resource("aws_subnet", {**tainted, "index_key": 0}),
            resource("aws_vpc", {**tainted, "deposed": "8d53e9ab"}, module="module.old"),  # on its way out
            resource("aws_db_instance", tainted),  # it may have failed: AWS says which
            resource("aws_rds_cluster", tainted),
            resource("aws_iam_role", tainted),  # made anew without harm
            resource("aws_s3_bucket", tainted, mode="data"),
            resource("databricks_mws_workspaces", whole),
        )
    )
    assert found == (
        'module.lake.aws_s3_bucket.this["raw"]',
        "module.state.aws_kms_key.this",
        "aws_vpc.this",
        "module.lake.aws_subnet.this[0]",
    )


def test_without_a_state_there_is_nothing() -> None:
    assert unfinished("") == ()
    assert unfinished("\n") == ()
    assert unfinished(state()) == ()


TALK = """\
#!/usr/bin/env python3
import json, pathlib, sys, time
what = sys.argv[1]
log = pathlib.Path({log!r})
done = log.read_text().split() if log.exists() else []
log.write_text(" ".join([*done, what]))
how, kind = {how!r}, {kind!r}
tell = lambda **message: print(json.dumps(message), flush=True)
if what == "plan":
    next(pathlib.Path(one[5:]) for one in sys.argv if one.startswith("-out=")).write_text("a plan")
    if "untaint" in done:
        sys.exit(0)
    if how == "replaced":
        change = {{"resource": {{"addr": kind + ".this", "resource_type": kind}}, "action": "replace"}}
        tell(type="planned_change", change=change)
        sys.exit(2)
    if how == "slow":
        tell(type="change_summary", changes={{"operation": "plan"}})
        time.sleep(30)
    fact = {{"severity": "error", "summary": how, "detail": "Resource has lifecycle." + how + " set"}}
    tell(type="diagnostic", diagnostic=fact)
    sys.exit(1)
if what == "show":
    actions = {{"actions": ["delete", "create"], "before": {{}}, "after": {{}}}}
    one = {{"address": kind + ".this", "mode": "managed", "type": kind, "change": actions}}
    print(json.dumps({{"resource_changes": [{{**one, "action_reason": "replace_because_tainted"}}]}}))
if what == "state":
    print({state!r})
if what == "output":
    print("{{}}")
"""


@dataclass
class Interrupted:
    """One stack whose only resource is tainted, and a terraform whose plan ends as `how` says until that is undone;
    `slow`: Ctrl-C comes while it plans."""

    root: Path
    how: str
    kind: str = "aws_s3_bucket"

    def stacks(self) -> Stacks:
        live = self.root / "infra" / "live"
        for name in ("state", "lab"):
            (live / name).mkdir(parents=True, exist_ok=True)
        binary, log = self.root / "terraform", str(self.root / "log")
        held = state(resource(self.kind, {"status": "tainted"}, module=""))
        binary.write_text(TALK.format(log=log, how=self.how, kind=self.kind, state=held))
        binary.chmod(0o755)
        stop = threading.Event()
        observe = (lambda _: stop.set()) if self.how == "slow" else ignore
        terraform = Terraform(binary, {"PATH": os.environ["PATH"]}, stop=stop, observe=observe)
        steps = [one.among({"lab"}) for one in sorted_steps(Step(name, live / name) for name in ("state", "lab"))]
        return Stacks(terraform, (steps[1],), Plans(self.root / "plans"), self.root / "scratch", careful=True)

    @property
    def log(self) -> list[str]:
        """What terraform was asked for, without what it is asked for every time."""
        return [one for one in (self.root / "log").read_text().split() if one not in ("init", "state", "show")]


REPLACED = {
    "what is bound would be replaced": ("replaced", "aws_s3_bucket"),
    "what may not be destroyed would be": ("prevent_destroy", "aws_s3_bucket"),
    "a key would be replaced, which nothing refuses": ("replaced", "aws_kms_key"),
}


@pytest.mark.parametrize("case", REPLACED)
def test_what_would_be_replaced_for_its_mark_alone_is_taken_as_it_is(tmp_path: Path, case: str) -> None:
    how, kind = REPLACED[case]
    planned = Interrupted(tmp_path / "plan", how, kind)
    assert planned.stacks().plan().ok
    assert planned.log == ["plan", "untaint", "plan"]
    rolled = Interrupted(tmp_path / "setup", how, kind)
    assert rolled.stacks().roll_out().ok
    assert rolled.log == ["plan", "untaint", "plan", "apply"]


def test_a_plan_that_fails_for_another_reason_takes_no_mark_off(tmp_path: Path) -> None:
    failing = Interrupted(tmp_path, "a wrong region")
    assert [error.code for error in failing.stacks().plan().failed.values()] == ["LW1352"]
    assert [error.code for error in failing.stacks().roll_out().failed.values()] == ["LW1352"]
    assert failing.log == ["plan", "plan"]


def test_neither_does_one_that_is_interrupted(tmp_path: Path) -> None:
    slow = Interrupted(tmp_path, "slow")
    assert [error.code for error in slow.stacks().plan().failed.values()] == ["LW1356"]
    assert "untaint" not in slow.log


@pytest.mark.parametrize("kind", ["aws_db_instance", "aws_rds_cluster"])
def test_whether_a_database_is_finished_a_person_looks_up(tmp_path: Path, kind: str) -> None:
    """One that ended in `failed` while it was made is tainted as well."""
    database = Interrupted(tmp_path, "replaced", kind)
    (error,) = database.stacks().roll_out().failed.values()
    assert error.code == "LW1373"
    folder = tmp_path / "infra" / "live" / "lab"
    assert error.hint == (
        f"it was never finished: once AWS says that it is available, terraform -chdir={folder} untaint '{kind}.this'; "
        "if it has failed, delete it in AWS; then again"
    )
    assert database.log == ["plan"]
