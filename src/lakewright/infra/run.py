"""Plans, applies and destroys the stacks of one environment."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

from lakewright.errors import LakewrightError, ProblemError
from lakewright.infra.bootstrap import Bootstrap, lacks_bucket
from lakewright.infra.in_order import Pulled, States
from lakewright.infra.messages import FailedTogether
from lakewright.infra.order import BESIDE, STATE, Outcome, Step, backwards, walk
from lakewright.infra.plans import Plans, Saved, check, files_digest, now, outputs_digest
from lakewright.infra.proofs import Basis, Gate, Open
from lakewright.infra.run_apart import REST, as_one, in_two_goes, outputs, targets
from lakewright.infra.run_done import Applied, timed
from lakewright.infra.run_unfinished import is_refused_renewal, renews, unfinished
from lakewright.infra.terraform import Planned, Terraform
from lakewright.observe import Event
from lakewright.policy.rules.irreversible import KINDS, Finding, irreversible


class Stacks:
    """The stacks of an environment, in order (`sorted_steps`), with the terraform that works on them.

    `scratch` is a folder of ours for the state stack's copy; `plans` keeps saved plans; `ready` are folders that need
    no `init` any more; `gate` says what has to be proven before. `careful`: `roll_out` looks at what stands already
    for changes that nothing brings back, as `plan` always does, and for deletions too unless it `may_delete`: nobody
    sees its plans.
    """

    def __init__(
        self,
        terraform: Terraform,
        steps: tuple[Step, ...],
        plans: Plans,
        scratch: Path,
        beside: int = BESIDE,
        ready: set[Path] | None = None,
        gate: Gate | None = None,
        *,
        careful: bool = False,
        may_delete: bool = False,
    ) -> None:
        self._terraform = terraform
        self._steps = steps
        self._plans = plans
        self._scratch = scratch
        self._beside = beside
        self._ready: set[Path] = set() if ready is None else ready
        self._gate: Gate = gate or Open()
        self._careful = careful
        self._may_delete = may_delete
        self._lock = threading.Lock()

    @property
    def steps(self) -> tuple[Step, ...]:
        return self._steps

    @property
    def states(self) -> States:
        """What their states say now."""
        root = self._steps[0].folder.parent
        return States(Pulled(self._terraform, root), root)

    # ── whole environment ──

    def plan(self) -> Outcome[Saved]:
        """Saves a plan of every stack that can be planned now; one whose input will change says what it waits for."""
        found: dict[str, Saved] = {}

        def work(step: Step) -> Saved:
            self._plans.drop(step.name)
            first = {name for name in step.follows if _waits(found[name])}
            waits = tuple(sorted({name for name in step.after if _moves(found[name])} | first))
            saved = Saved(step.name, now(), waits=waits) if waits else self._save(step)
            self._plans.save(saved)
            found[step.name] = saved
            self._tell("infra.planned", step, counts=saved.counts, waits=list(waits))
            return saved

        return walk(self._steps, work, beside=self._beside)

    def apply(self) -> Outcome[Applied]:
        """Does exactly the saved plans; those that wait for others are left for the next plan.

        Nothing is begun when one of the plans is missing or stale, or what proves one first is not proven.
        """
        saved = {step.name: self._plans.find(step.name) for step in self._steps}
        refused = {step.name: error for step in self._steps if (error := self._refusal(step, saved[step.name]))}
        ready = [step for step in self._steps if not _waits(saved[step.name])]
        names = {step.name for step in ready}
        refused = refused or self._gate.refusals([one for one in ready if _changes(saved[one.name])], names)
        if refused:
            return self._none(refused)

        def work(step: Step) -> Applied:
            basis = self._gate.basis(step)  # before the check: what is saved on disk from here on was not planned
            plan = check(saved[step.name], step, self._upstream(step))
            done = self._apply_saved(step, plan)
            self._gate.applied(step, basis)
            self._plans.drop(step.name)
            return done

        outcome = walk([one.among(names) for one in ready], work, beside=self._beside)
        outcome.left += tuple(step.name for step in self._steps if step.name not in names)
        return outcome

    def roll_out(self) -> Outcome[Applied]:
        """Plans and applies stack after stack, whatever the plans say; what is as declared already is skipped.

        What the provider watches for long is applied in a second go, beside the stacks that come next. When the first
        go has made everything anew, the second does not read it again. When files were changed meanwhile nobody knows
        which of them were applied, and the gate is not told.
        """
        apart = {step.name: first for step in self._steps if (first := targets(step.folder))}
        anew: set[str] = set()
        bases: dict[str, Basis] = {}
        if refused := self.unproven():
            return self._none(refused)

        def work(step: Step) -> Applied:
            name = step.name.removesuffix(REST)
            whole = Step(name, step.folder)
            if step.name == name:
                bases[name] = self._gate.basis(whole)
            done = self._roll(whole, apart.get(step.name, ()), refresh=step.name == name or name not in anew)
            if step.name == name and done.did.get("add") == done.resources:
                anew.add(name)
            if (step.name != name or name not in apart) and self._gate.basis(whole) == bases[name]:
                self._gate.applied(whole, bases[name])  # all of it stands now, and it is known from what
            return done

        return as_one(walk(in_two_goes(self._steps, apart), work, beside=self._beside))

    def unproven(self, names: Collection[str] | None = None) -> dict[str, LakewrightError]:
        """Those of the stacks (None: all) that follow something which is neither proven nor among all these."""
        steps = [step for step in self._steps if names is None or step.name in names]
        return self._gate.refusals(steps, {step.name for step in self._steps})

    def differences(self) -> Outcome[Planned]:
        """Plans every stack and keeps nothing: what a second plan says."""

        def work(step: Step) -> Planned:
            folder, _ = self._open(step)
            planned = self._terraform.plan(folder, self._plans.file(step.name), step.name)
            self._plans.drop(step.name)
            return planned

        return walk([Step(one.name, one.folder) for one in self._steps], work, beside=self._beside)

    def take_down(self) -> Outcome[Applied]:
        """Destroys every stack, readers first, but the one that holds the state of all: its bucket is their history."""
        steps = tuple(step for step in self._steps if step.name != STATE)
        return walk(backwards(steps), self._destroy, beside=self._beside)

    def shown(self, stack: str) -> dict[str, Any] | None:
        """A stack's saved plan in terraform's JSON; None where there is none, or only of a state stack's copy."""
        saved = self._plans.find(stack)
        if saved is None or saved.waits or saved.bootstrap:
            return None
        folder = next(step.folder for step in self._steps if step.name == stack)
        return self._terraform.show(folder, self._plans.file(stack), stack)

    # ── one stack ──

    def _open(self, step: Step) -> tuple[Path, bool]:
        """The folder to work in, initialised, and whether it is the state stack's copy."""
        bootstrap = self._bootstrap(step)
        try:
            self._init(step.folder, step)
        except LakewrightError as error:
            if step.name != STATE or not lacks_bucket(error):
                raise
            return bootstrap.copy(), True
        if step.name == STATE:
            bootstrap.move_in()
        return step.folder, False

    def _init(self, folder: Path, step: Step) -> None:
        if folder not in self._ready:
            self._terraform.init(folder, step.name)
            with self._lock:
                self._ready.add(folder)

    def _bootstrap(self, step: Step) -> Bootstrap:
        return Bootstrap(self._terraform, step, self._scratch)

    def _save(self, step: Step) -> Saved:
        upstream = self._upstream(step)
        digest = files_digest(step)
        folder, copied = self._open(step)
        planned = self._planned(step, folder)
        return Saved(
            step.name,
            now(),
            digest,
            upstream,
            planned.changed,
            planned.said.outputs,
            tuple(planned.said.changes),
            copied,
        )

    def _planned(self, step: Step, folder: Path, *, deletions: bool = False) -> Planned:
        """A plan; where it would make anew what an interrupted run has left unfinished, that is taken as it is."""
        try:
            planned = self._looked(step, folder, deletions=deletions)
        except LakewrightError as error:
            if is_refused_renewal(error) and self._finish(step, folder):
                return self._looked(step, folder, deletions=deletions)
            raise
        if renews(planned.said) and self._finish(step, folder):
            return self._looked(step, folder, deletions=deletions)
        return planned

    def _looked(self, step: Step, folder: Path, *, deletions: bool) -> Planned:
        planned = self._terraform.plan(folder, self._plans.file(step.name), step.name)
        self._refuse_irreversible(step, folder, planned, deletions=deletions)
        return planned

    def _finish(self, step: Step, folder: Path) -> bool:
        """Whether something was there that an interrupted run has left unfinished; it is taken as it is."""
        found = unfinished(self._terraform.pull(folder, step.name))
        for address in found:
            self._terraform.untaint(folder, address, step.name)
        return bool(found)

    def _upstream(self, step: Step) -> dict[str, str]:
        """Digests of what the stacks before it provide now. The state stack's outputs are read by nobody."""
        before = [one for one in self._steps if one.name in step.after and one.name != STATE]
        for one in before:
            self._init(one.folder, one)
        return {one.name: outputs_digest(self._terraform.outputs(one.folder, one.name)) for one in before}

    def _refusal(self, step: Step, saved: Saved | None) -> LakewrightError | None:
        if _waits(saved):
            return None
        try:
            check(saved, step, (saved.upstream if saved else None) or {})
        except LakewrightError as error:
            return error
        return None

    def _apply_saved(self, step: Step, saved: Saved) -> Applied:
        if not saved.changed:
            return Applied(step.name, skipped=True)
        folder, copied = (self._bootstrap(step).copy(), True) if saved.bootstrap else self._open(step)
        return self._apply(step, folder, self._plans.file(step.name), copied=copied)

    def _roll(self, step: Step, targets: tuple[str, ...] = (), *, refresh: bool = True) -> Applied:
        seconds: dict[str, float] = {}
        with timed(seconds, "init"):
            folder, copied = self._open(step)
        if self._careful and _holds_something(self._terraform.pull(folder, step.name)):
            with timed(seconds, "look"):
                self._planned(step, folder, deletions=not self._may_delete)
                self._plans.drop(step.name)
        with timed(seconds, "apply"):
            said = self._terraform.roll(folder, step.name, targets=targets, refresh=refresh)
        if targets and step.name != STATE and outputs(step.folder) - said.provided:
            # a targeted plan has no outputs that hang on variables alone; nobody reads those of the state stack
            with timed(seconds, "outputs"):
                self._terraform.note(folder, step.name)
        if copied:
            with timed(seconds, "move the state"):
                self._move_in(step)
        did = said.did if said.changes or said.outputs else {}
        return Applied(step.name, did, not did, len(said.changes), seconds)

    def _refuse_irreversible(self, step: Step, folder: Path, planned: Planned, *, deletions: bool) -> None:
        """Forgets the plan and raises ProblemError LW1373 (several: FailedTogether) when it moves what is bound."""
        if not any(change.kind in KINDS and change.action != "create" for change in planned.said.changes):
            return
        shown = self._terraform.show(folder, self._plans.file(step.name), step.name)
        found = irreversible(shown, deletions=deletions)
        if not found:
            return
        self._plans.drop(step.name)
        problems = [
            ProblemError("LW1373", f"{one.address} {one.fact}", place=step.name, hint=_hint(one, folder))
            for one in found
        ]
        raise problems[0] if len(problems) == 1 else FailedTogether(problems)

    def _apply(self, step: Step, folder: Path, plan: Path, *, copied: bool) -> Applied:
        said = self._terraform.apply(folder, plan, step.name)
        if copied:
            self._move_in(step)
        return Applied(step.name, said.did)

    def _move_in(self, step: Step) -> None:
        self._init(step.folder, step)
        self._bootstrap(step).move_in()

    def _destroy(self, step: Step) -> Applied:
        seconds: dict[str, float] = {}
        try:
            with timed(seconds, "init"):
                folder, _ = self._open(step)
        except LakewrightError as error:
            if not lacks_bucket(error):
                raise
            return Applied(step.name, skipped=True)
        with timed(seconds, "destroy"):
            said = self._terraform.roll(folder, step.name, destroy=True)
        self._gate.destroyed(step)
        return Applied(step.name, said.did if said.changes else {}, not said.changes, len(said.changes), seconds)

    def _none(self, refused: dict[str, LakewrightError]) -> Outcome[Applied]:
        """Nothing was begun."""
        return Outcome(failed=refused, left=tuple(step.name for step in self._steps if step.name not in refused))

    def _tell(self, name: str, step: Step, **fields: object) -> None:
        self._terraform.observe(Event(name, {"stack": step.name, **fields}))


def _moves(saved: Saved) -> bool:
    """Whether what it provides will change, so that plans of its readers would be of yesterday."""
    return bool(saved.waits) or saved.bootstrap or (saved.changed and saved.outputs_change)


def _changes(saved: Saved | None) -> bool:
    return saved is not None and saved.changed


def _waits(saved: Saved | None) -> bool:
    return saved is not None and bool(saved.waits)


def _hint(found: Finding, folder: Path) -> str:
    if found.deleted:
        return "`lakewright plan` shows it, `lakewright apply` does it"
    if found.unfinished:
        finished = f"once AWS says that it is available, terraform -chdir={folder} untaint '{found.address}'"
        return f"it was never finished: {finished}; if it has failed, delete it in AWS; then again"
    return "undo it in the spec; if it is meant: save the data, destroy the stack, and make it anew"


def _holds_something(state: str) -> bool:
    return bool(state.strip()) and bool(json.loads(state).get("resources"))
