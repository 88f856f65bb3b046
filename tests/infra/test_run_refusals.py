"""What `Stacks` refuses before terraform applies anything: the unproven, and what nothing brings back."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lakewright.errors import LakewrightError, ProblemError
from lakewright.infra.order import Step, sorted_steps
from lakewright.infra.plans import Plans, Saved, files_digest
from lakewright.infra.proofs import Basis
from lakewright.infra.run import Stacks
from lakewright.infra.terraform import Terraform

BUCKET = {
    "address": "module.lake.aws_s3_bucket.this",
    "mode": "managed",
    "type": "aws_s3_bucket",
    "change": {
        "actions": ["delete", "create"],
        "before": {"bucket": "old"},
        "after": {"bucket": "new"},
        "replace_paths": [["bucket"]],
    },
}
GONE = {**BUCKET, "change": {"actions": ["delete"], "before": {"bucket": "old"}, "after": None}}
TALK = """\
#!/usr/bin/env python3
import json, pathlib, sys
what = sys.argv[1]
here = pathlib.Path({log!r})
here.write_text(here.read_text() + f"{{what}} {{pathlib.Path.cwd().name}}\\n" if here.exists() else what + "\\n")
if what == "plan":
    resource = {{"addr": {address!r}, "resource_type": "aws_s3_bucket"}}
    print(json.dumps({{"type": "planned_change", "change": {{"resource": resource, "action": {action!r}}}}}))
    out = next(one for one in sys.argv if one.startswith("-out="))
    pathlib.Path(out[5:]).write_text("a plan")
    sys.exit(2)
if what == "show":
    print({plan!r})
if what == "state":
    print({state!r})
if what == "output":
    print("{{}}")
"""


@dataclass
class Said:
    """A gate that knows who is refused, and remembers what it was told."""

    refused: frozenset[str] = frozenset()
    told: list[str] = field(default_factory=list)

    def refusals(self, steps: Sequence[Step], run: Collection[str] = ()) -> dict[str, LakewrightError]:
        names = [step.name for step in steps if step.name in self.refused and not step.follows & set(run)]
        return {name: ProblemError("LW1372", "not proven", place=name) for name in names}

    def basis(self, step: Step) -> Basis:
        return Basis()

    def applied(self, step: Step, basis: Basis) -> None:
        self.told.append(f"{step.name} applied")

    def destroyed(self, step: Step) -> None:
        self.told.append(f"{step.name} destroyed")


@dataclass
class Place:
    """Folders of three stacks, and a terraform that would do `change` in each: replace a bucket."""

    root: Path
    gate: Said = field(default_factory=Said)
    change: Mapping[str, Any] = field(default_factory=lambda: BUCKET)

    @property
    def steps(self) -> tuple[Step, ...]:
        live = self.root / "infra" / "live"
        lab, names = frozenset({"lab"}), ("state", "lab", "field")
        for name in names:
            (live / name).mkdir(parents=True, exist_ok=True)
        return sorted_steps(
            Step(name, live / name, frozenset(), lab if name == "field" else frozenset()) for name in names
        )

    @property
    def plans(self) -> Plans:
        return Plans(self.root / "plans")

    def stacks(self, *names: str, resources: bool = True, careful: bool = False, may_delete: bool = False) -> Stacks:
        binary, log = self.root / "terraform", str(self.root / "log")
        action = "delete" if self.change["change"]["actions"] == ["delete"] else "replace"
        state = json.dumps({"resources": [{"mode": "managed"}] if resources else []})
        plan = json.dumps({"resource_changes": [self.change]})
        binary.write_text(TALK.format(log=log, address=BUCKET["address"], action=action, plan=plan, state=state))
        binary.chmod(0o755)
        terraform = Terraform(binary, {"PATH": os.environ["PATH"]})
        steps = tuple(step.among(names) for step in self.steps if step.name in names)
        return Stacks(
            terraform,
            steps,
            self.plans,
            self.root / "scratch",
            gate=self.gate,
            careful=careful,
            may_delete=may_delete,
        )

    @property
    def log(self) -> list[str]:
        path = self.root / "log"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []

    def save(self, *names: str, changed: bool = True) -> None:
        for step in self.steps:
            if step.name in names:
                self.plans.save(Saved(step.name, "today", files_digest(step), {}, changed))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, Said(frozenset({"field"})))


def codes(found: dict[str, LakewrightError]) -> dict[str, str]:
    return {name: error.code for name, error in found.items()}


def test_an_unproven_stack_is_not_rolled_out(place: Place) -> None:
    outcome = place.stacks("field").roll_out()
    assert (codes(outcome.failed), outcome.done, place.log) == ({"field": "LW1372"}, {}, [])


def test_an_unproven_plan_is_not_applied_and_nothing_else_either(place: Place) -> None:
    place.save("field", "state")
    outcome = place.stacks("field", "state").apply()
    assert (codes(outcome.failed), outcome.left, place.log) == ({"field": "LW1372"}, ("state",), [])
    place.save("field", changed=False)
    assert place.stacks("field").apply().ok, "where nothing changes nothing has to be proven"


def test_one_run_applies_the_first_and_then_what_follows_it(place: Place) -> None:
    place.save("lab", "field")
    outcome = place.stacks("lab", "field").apply()
    assert outcome.ok
    assert place.gate.told == ["lab applied", "field applied"]
    assert place.stacks("lab", "field").take_down().ok
    assert sorted(place.gate.told[2:]) == ["field destroyed", "lab destroyed"]


def test_a_plan_that_renames_a_bucket_is_refused_and_forgotten(place: Place) -> None:
    outcome = place.stacks("lab").plan()
    (error,) = outcome.failed.values()
    assert str(error).startswith(
        "LW1373 lab: module.lake.aws_s3_bucket.this would be replaced (bucket: old → new): a bucket is not renamed"
    )
    assert "undo it in the spec" in error.hint
    assert place.plans.find("lab") is None
    assert not place.plans.file("lab").exists()


def test_what_stands_is_looked_at_before_it_is_rolled_out(place: Place) -> None:
    refused = place.stacks("lab", careful=True).roll_out()
    assert codes(refused.failed) == {"lab": "LW1373"}
    assert "apply" not in place.log
    assert place.gate.told == []
    assert place.stacks("lab", careful=True, resources=False).roll_out().ok, "nothing stands yet"
    assert "apply" in place.log
    assert place.gate.told == ["lab applied"]


def test_a_bucket_is_deleted_by_a_plan_that_somebody_has_seen_and_not_by_setup(place: Place) -> None:
    place.change = GONE
    refused = place.stacks("lab", careful=True).roll_out()
    assert [str(error) for error in refused.failed.values()] == [
        "LW1373 lab: module.lake.aws_s3_bucket.this would be deleted (bucket: old): nothing brings back what is in it "
        "or bound to it; hint: `lakewright plan` shows it, `lakewright apply` does it"
    ]
    assert "apply" not in place.log
    assert place.stacks("lab").plan().ok
    assert place.stacks("lab").apply().ok
    assert place.log[-1] == "apply"


def test_a_rehearsal_deletes_what_was_taken_out_of_the_spec_but_replaces_nothing(place: Place) -> None:
    assert codes(place.stacks("lab", careful=True, may_delete=True).roll_out().failed) == {"lab": "LW1373"}
    place.change = GONE
    assert place.stacks("lab", careful=True, may_delete=True).roll_out().ok
    assert place.log[-1] == "apply"
