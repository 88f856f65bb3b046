"""Nonprod before prod, lab before field: what proves an apply, and what makes the proof void."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from lakewright.errors import LakewrightError, MissingError, Mistakes
from lakewright.infra.compile import Compiled, compile_environment
from lakewright.infra.order import Step, sorted_steps
from lakewright.infra.plans import Plans, Saved, files_digest
from lakewright.infra.proofs import Kept, Proofs
from lakewright.infra.run import Stacks
from lakewright.infra.run_apart import REST, in_two_goes
from lakewright.infra.terraform import Terraform
from lakewright.infra.write import written
from lakewright.rehearse.platform.stage import Options, Stage
from lakewright.spec import load_project
from lakewright.storage import Storage, open_storage

from .toys import find

SPEC = """\
lakewright: 1
platform: shop
environments:
  dev: {account: "111111111111", region: eu-west-1, accounts: {a: "333333333333", b: "444444444444"}}
  prod: {account: "222222222222", region: eu-west-1, after: dev, accounts: {a: "555555555555", b: "666666666666"}}
landscape:
  zones: 2
  networks:
    prod: {cidr: 10.32.0.0/20, account: a}
    nonprod: {cidr: 10.34.0.0/20, account: b}
  workspaces:
    field: {network: prod, after: lab}
    lab: {network: nonprod}
units:
  digital: {workspaces: [field, lab]}
  sparky: {workspaces: [lab]}
infra:
  stacks:
    network: {layer: 1, each: network, account: a, calls: {net: {use: vpc}}}
    data: {layer: 2, each: workspace, calls: {lake: {use: store}}}
    shared: {layer: 1, calls: {all: {use: store, purposes: [shared]}}}
"""
READING = (
    SPEC.replace("{use: store}", "{use: store, inside: true}") + "    common: {layer: 1, calls: {main: {use: vpc}}}\n"
)
"""The stores read the VPC's id, and one of its subnets."""


@dataclass
class Place:
    """A project with its files, and a folder that stands for the buckets of state."""

    root: Path

    def compiled(self, text: str = SPEC, environment: str = "dev") -> Compiled:
        self.root.mkdir(exist_ok=True)
        (self.root / "platform.yaml").write_text(text, encoding="utf-8")
        found = compile_environment(load_project(self.root), environment, find)
        written(found, self.root / "infra")
        return found

    def kept(self, text: str = SPEC, environment: str = "dev") -> Kept:
        bucket = str(self.root / "bucket" / environment)
        return Kept(self.compiled(text, environment), self.root / "infra", lambda: open_storage(bucket))

    def proofs(self, text: str = SPEC) -> Proofs:
        return Proofs(self.kept(text), lambda: "ana")

    def step(self, stack: str, environment: str = "dev") -> Step:
        return Step(stack, self.root / "infra" / environment / stack)

    def apply(self, proofs: Proofs, stack: str, serial: int = 1, **outputs: object) -> None:
        """As Terraform leaves a state, and the proof of it."""
        environment = proofs.kept.compiled.environment
        given = {name: {"value": value, "type": "dynamic"} for name, value in outputs.items()}
        state = {"version": 4, "lineage": f"of-{stack}", "serial": serial, "outputs": given, "resources": []}
        path = self.root / "bucket" / environment / f"{stack}.tfstate"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(state))
        step = self.step(stack, environment)
        proofs.applied(step, proofs.basis(step))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "shop")


def refused(proofs: Proofs, place: Place, stack: str, run: tuple[str, ...] = ()) -> str:
    found = proofs.refusals([place.step(stack)], run)
    assert {error.code for error in found.values()} <= {"LW1372"}
    return str(found[stack]) if found else ""


def test_who_follows_whom(place: Place) -> None:
    found = place.compiled()
    assert {one.name: dict(one.follows) for one in found.stacks if one.follows} == {
        "data-digital-field": {"data-digital-lab": "field comes after lab"},
        "network-prod": {"network-nonprod": "field comes after lab, which is in nonprod"},
    }
    names = [one.name for one in found.stacks]
    assert names.index("data-digital-lab") < names.index("data-digital-field")
    assert names.index("network-nonprod") < names.index("network-prod")


def test_without_proof_it_is_refused_with_the_reason_and_the_way(place: Place) -> None:
    proofs = place.proofs()
    assert refused(proofs, place, "data-digital-field") == (
        "LW1372 data-digital-field: field comes after lab, and data-digital-lab has no apply on record; hint: "
        "lakewright plan dev --stack data-digital-lab && lakewright apply dev --stack data-digital-lab"
    )
    assert not refused(proofs, place, "data-digital-lab")
    assert not refused(proofs, place, "data-sparky-lab")
    assert not refused(proofs, place, "data-digital-field", run=("data-digital-lab",)), "the same run applies it first"


def test_what_cannot_be_put_on_record_is_not_applied(place: Place) -> None:
    def missing() -> Storage:
        raise MissingError("LW406", "S3 needs boto3")

    proofs = Proofs(replace(place.kept(), storage=missing), lambda: "ana")
    assert proofs.refusals([place.step("data-sparky-lab"), place.step("shared")]) == {}
    with pytest.raises(MissingError):
        proofs.refusals([place.step("data-digital-lab")])


def test_an_apply_of_what_is_compiled_now_is_proof(place: Place) -> None:
    proofs = place.proofs()
    place.apply(proofs, "data-digital-lab")
    assert not refused(proofs, place, "data-digital-field")
    kept = json.loads((place.root / "bucket/dev/data-digital-lab.proof.json").read_text())
    assert (kept["stack"], kept["by"], kept["lineage"], kept["serial"]) == (
        "data-digital-lab", "ana", "of-data-digital-lab", 1,
    )  # fmt: skip
    place.apply(proofs, "shared")
    assert not (place.root / "bucket/dev/shared.proof.json").exists(), "nobody asks for it"


Spoil = Callable[[Place, Proofs], Proofs]


def _changed_setting(place: Place, proofs: Proofs) -> Proofs:
    return place.proofs(SPEC.replace("{use: store}", "{use: store, keep_days: 60}"))


def _state_moved_on(place: Place, proofs: Proofs) -> Proofs:
    path = place.root / "bucket/dev/data-digital-lab.tfstate"
    path.write_text(path.read_text().replace('"serial": 1', '"serial": 2'))
    return proofs


def _state_of_another(place: Place, proofs: Proofs) -> Proofs:
    path = place.root / "bucket/dev/data-digital-lab.tfstate"
    path.write_text(path.read_text().replace("of-data-digital-lab", "of-another"))
    return proofs


def _state_gone(place: Place, proofs: Proofs) -> Proofs:
    (place.root / "bucket/dev/data-digital-lab.tfstate").unlink()
    return proofs


def _proof_gone(place: Place, proofs: Proofs) -> Proofs:
    (place.root / "bucket/dev/data-digital-lab.proof.json").unlink()
    return proofs


def _nonsense(place: Place, proofs: Proofs) -> Proofs:
    (place.root / "bucket/dev/data-digital-lab.proof.json").write_text('{"format": 9}')
    return proofs


def _own_file(place: Place, proofs: Proofs) -> Proofs:
    (place.root / "infra/dev/data-digital-lab/own.tf").write_text("# a person's\n")
    return proofs


def _destroyed(place: Place, proofs: Proofs) -> Proofs:
    proofs.destroyed(place.step("data-digital-lab"))
    return proofs


def _another_module(place: Place, proofs: Proofs) -> Proofs:
    """As a newer version of this package brings it."""
    newer = place.root.parent / "newer"
    newer.mkdir()
    (newer / "main.tf").write_text("# newer\n")
    compiled = replace(proofs.kept.compiled, modules={**proofs.kept.compiled.modules, "store": newer})
    return Proofs(replace(proofs.kept, compiled=compiled), lambda: "ana")


VOID = {
    "a setting that both have was changed": (_changed_setting, "was applied from other files than are compiled now"),
    "its module is another": (_another_module, "was applied from other files than are compiled now"),
    "a file of a person's own came": (_own_file, "was applied from other files than are compiled now"),
    "somebody applied by hand": (_state_moved_on, "has another state than that apply left"),
    "a state from elsewhere": (_state_of_another, "has another state than that apply left"),
    "no state": (_state_gone, "has another state than that apply left"),
    "the record is lost": (_proof_gone, "has no apply on record"),
    "the record is not readable": (_nonsense, "has no apply on record"),
    "it was destroyed": (_destroyed, "was destroyed"),
}


@pytest.mark.parametrize("case", VOID)
def test_what_makes_a_proof_void(place: Place, case: str) -> None:
    spoil, fact = VOID[case]
    proofs = place.proofs()
    place.apply(proofs, "data-digital-lab")
    assert not refused(proofs, place, "data-digital-field")
    after = spoil(place, proofs)
    assert f"data-digital-lab {fact}" in refused(after, place, "data-digital-field")
    place.apply(after, "data-digital-lab", serial=3)
    if case != "its module is another":  # whose files nobody has written here
        assert not refused(after, place, "data-digital-field"), "applied again it is proven again"


def vpc(place: Place, proofs: Proofs, serial: int = 1, *, vpc_id: str = "vpc-1", **more: str) -> None:
    """`common` is applied, and provides this; `more`: further subnets."""
    subnets = {"private-eu-west-1a": "subnet-1"} | more
    place.apply(proofs, "common", serial, main_vpc_id=vpc_id, main_subnet_ids=subnets)


def test_a_proof_holds_while_what_the_stack_reads_is_as_it_was(place: Place) -> None:
    proofs = place.proofs(READING)
    vpc(place, proofs)
    place.apply(proofs, "data-digital-lab")
    assert not refused(proofs, place, "data-digital-field")
    vpc(place, proofs, serial=2, **{"private-eu-west-1b": "subnet-2"})
    assert not refused(proofs, place, "data-digital-field"), "that subnet is read by nobody"
    vpc(place, proofs, serial=3, vpc_id="vpc-2")
    said = refused(proofs, place, "data-digital-field")
    assert "data-digital-lab was applied when what it reads was other" in said
    place.apply(proofs, "data-digital-lab", serial=2)
    assert not refused(proofs, place, "data-digital-field"), "applied again it is proven again"


class Repeated(Stage):
    """A rehearsal that is repeated, with its buckets in a folder."""

    kept: Kept

    @property
    def proofs(self) -> Proofs:
        return Proofs(self.kept, lambda: "rehearsal")


def test_a_repeated_rehearsal_applies_what_reads_something_else_now(place: Place) -> None:
    """Its files are as they were: else what follows it would be refused in every repeat."""
    proofs = place.proofs(READING)
    off: Any = None
    stage = Repeated(off, Options("dev"), place.root, off, off, (), off, off, proofs.kept.compiled)
    stage.kept = proofs.kept
    vpc(place, proofs)
    place.apply(proofs, "data-digital-lab")
    stage.remember([step.name for step in stage.steps])
    assert list(stage.changed.steps) == []
    vpc(place, proofs, serial=2, vpc_id="vpc-2")
    assert [step.name for step in stage.changed.steps] == ["data-digital-lab"]


def test_one_subnet_of_many_is_read(place: Place) -> None:
    proofs = place.proofs(READING)
    vpc(place, proofs)
    place.apply(proofs, "data-digital-lab")
    vpc(place, proofs, serial=2, **{"private-eu-west-1a": "subnet-9"})
    assert "what it reads was other" in refused(proofs, place, "data-digital-field")


def test_what_a_persons_own_file_reads_counts_too(place: Place) -> None:
    proofs = place.proofs(READING)
    folder = place.step("data-digital-lab").folder
    (folder / "own.tf").write_text("locals { all = data.terraform_remote_state.common.outputs }\n")
    vpc(place, proofs)
    place.apply(proofs, "data-digital-lab")
    assert not refused(proofs, place, "data-digital-field")
    vpc(place, proofs, serial=2, **{"private-eu-west-1b": "subnet-2"})
    assert "what it reads was other" in refused(proofs, place, "data-digital-field")


def test_dev_is_no_proof_for_prod_once_what_its_stacks_read_has_changed(place: Place) -> None:
    """As when `account` provides something else, and is applied alone in dev."""
    earlier = place.kept(READING)
    dev = Proofs(earlier, lambda: "ana", followed=True)
    prod = Proofs(place.kept(READING, "prod"), lambda: "ana", earlier)
    steps = [place.step("data-sparky-lab", "prod")]
    vpc(place, dev)
    place.apply(dev, "data-sparky-lab")
    assert not prod.refusals(steps)
    vpc(place, dev, serial=2, vpc_id="vpc-2")
    assert "data-sparky-lab was applied when what it reads was other" in str(prod.refusals(steps)["data-sparky-lab"])


def test_proofs_of_older_versions_hold_where_nothing_is_read(place: Place) -> None:
    def older(stack: str) -> None:
        path = place.root / f"bucket/dev/{stack}.proof.json"
        kept = json.loads(path.read_text())
        del kept["reads"]
        path.write_text(json.dumps(kept))

    proofs = Proofs(place.kept(READING), lambda: "ana", followed=True)
    vpc(place, proofs)
    place.apply(proofs, "data-digital-lab")
    older("common")
    older("data-digital-lab")
    assert proofs.kept.doubt("common") == ""
    assert "what it reads was other" in proofs.kept.doubt("data-digital-lab")


BUSY = """\
#!/usr/bin/env python3
import pathlib, sys
if sys.argv[1] == "apply":
    pathlib.Path("own.tf").write_text("# a person's, saved while terraform applies\\n")
"""


def busy(place: Place, gate: Proofs) -> Stacks:
    """digital's lab, and a terraform during whose apply somebody saves a file."""
    binary = place.root / "terraform"
    binary.write_text(BUSY)
    binary.chmod(0o755)
    terraform, plans = Terraform(binary, {"PATH": os.environ["PATH"]}), Plans(place.root / "plans")
    step = place.step("data-digital-lab")
    plans.save(Saved(step.name, "today", files_digest(step), {}, changed=True))
    return Stacks(terraform, (step,), plans, place.root / "scratch", gate=gate)


def test_a_proof_is_of_what_was_planned_whatever_is_saved_meanwhile(place: Place) -> None:
    proofs = place.proofs()
    assert busy(place, proofs).apply().ok
    assert "was applied from other files than are compiled now" in proofs.kept.doubt("data-digital-lab")
    (place.step("data-digital-lab").folder / "own.tf").unlink()
    assert proofs.kept.doubt("data-digital-lab") == ""


def test_without_a_saved_plan_nobody_knows_which_files_were_applied(place: Place) -> None:
    proofs = place.proofs()
    assert busy(place, proofs).roll_out().ok
    assert proofs.kept.doubt("data-digital-lab") == "has no apply on record"
    assert busy(place, proofs).roll_out().ok, "now it saves what is there already"
    assert proofs.kept.doubt("data-digital-lab") == ""


def test_a_change_of_field_alone_needs_no_new_proof(place: Place) -> None:
    proofs = place.proofs()
    place.apply(proofs, "data-digital-lab")
    before = 'dev: {account: "111111111111", '
    assert SPEC.count(before) == 1
    text = SPEC.replace(before, f"{before}infra: {{lake_digital_field: {{keep_days: 9}}}}, ")
    assert not refused(place.proofs(text), place, "data-digital-field")


def test_prod_comes_after_dev_stack_by_stack(place: Place) -> None:
    earlier = place.kept()
    dev = Proofs(earlier, lambda: "ana", followed=True)
    prod = Proofs(place.kept(SPEC, "prod"), lambda: "ana", earlier)
    steps = [place.step(one, "prod") for one in ("shared", "data-sparky-lab")]
    found = prod.refusals(steps, [one.name for one in steps])
    assert str(found["shared"]) == (
        "LW1372 shared: prod comes after dev, and shared has no apply on record there; "
        "hint: lakewright plan dev && lakewright apply dev"
    )
    place.apply(dev, "shared")
    assert list(prod.refusals(steps)) == ["data-sparky-lab"]
    changed = SPEC.replace("purposes: [shared]", "purposes: [shared, more]")
    again = Proofs(
        place.kept(changed, "prod"), lambda: "ana", replace(earlier, compiled=_only_compiled(place, changed))
    )
    assert "was applied from other files" in str(again.refusals(steps)["shared"]), "dev's files on disk are as before"


def _only_compiled(place: Place, text: str) -> Compiled:
    (place.root / "platform.yaml").write_text(text, encoding="utf-8")
    return compile_environment(load_project(place.root), "dev", find)


def test_what_follows_begins_when_all_of_the_first_stands() -> None:
    here = Path()
    steps = sorted_steps([
        Step("state", here), Step("field", here, frozenset(), frozenset({"lab"})), Step("lab", here),
    ])  # fmt: skip
    assert [one.name for one in steps] == ["state", "lab", "field"]
    goes = {one.name: one for one in in_two_goes(steps, {"lab": ("module.x",)})}
    assert goes["field"].behind == {"state", f"lab{REST}"}


MISTAKES = {
    "field without lab": ("[field, lab]}", "[field]}", "LW126", "digital has field and no lab"),
    "kinds in a circle": ("lab: {network: nonprod}", "lab: {network: nonprod, after: field}", "LW126",
                          "field comes after lab comes after field"),
    "no such environment": ("after: dev", "after: dve", "LW114", 'prod comes after "dve"'),
    "itself": ("after: dev", "after: prod", "LW126", "prod comes after itself"),
    "no account": ('dev: {account: "111111111111", region: eu-west-1, ', "dev: {region: eu-west-1, ", "LW126",
                   "which names no AWS account"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_of_turns(place: Place, case: str) -> None:
    old, new, code, fact = MISTAKES[case]
    assert SPEC.count(old) == 1
    with pytest.raises(LakewrightError) as caught:
        place.compiled(SPEC.replace(old, new))
    found = caught.value.mistakes if isinstance(caught.value, Mistakes) else (caught.value,)
    (one,) = [one for one in found if one.code == code and fact in one.fact]
    assert one.place.startswith("platform.yaml:")
    assert one.hint
