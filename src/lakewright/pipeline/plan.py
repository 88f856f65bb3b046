"""What a run would do with each model, without running anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lakewright.bronze.state import BronzeState
from lakewright.models import Models
from lakewright.pipeline.inputs import BronzeInput, Mark, Published, bronze_inputs
from lakewright.pipeline.known_states import KnownStates
from lakewright.pipeline.prepared import Prepared, prepare
from lakewright.pipeline.state import Decision, TableState, column_changes, decide
from lakewright.storage import Storage
from lakewright.tables import Table

OPENERS = 8

Step = Literal["create", "rebuild", "update", "none", "wait"]


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """`news`: inputs that moved, or will by this run. `columns`: how the declared columns differ from the table's.

    `step` wait: an input is missing or stopped, `reason` says which.
    """

    name: str
    step: Step
    reason: str
    news: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All models in the order in which they would run; `positions` are those of the Bronze that was looked at."""

    models: tuple[ModelPlan, ...]
    positions: Mapping[str, int]

    @property
    def changes(self) -> bool:
        return any(model.step not in ("none", "wait") for model in self.models)


def plan_run(
    models: Models,
    states: Sequence[BronzeState],
    storage: Storage,
    open_table: Callable[[Storage, str], Table],
    cache: Path | None = None,
) -> RunPlan:
    """Reads manifests' contents and tables' logs, never data. `cache`: a folder where what tables said is kept."""
    prepared = prepare(models)
    tables = {name: open_table(storage, name) for name in prepared}
    known = KnownStates(cache / "tables.json" if cache is not None else None)
    with ThreadPoolExecutor(OPENERS) as pool:
        found = dict(
            zip(prepared, pool.map(lambda n: known.of(tables[n], prepared[n].model.inputs), prepared), strict=True)
        )
    known.save()
    positions = {state.source: state.position for state in states}
    bronze = bronze_inputs(storage, states, positions, Published())
    plans: dict[str, ModelPlan] = {}
    for name, one in prepared.items():
        plans[name] = _plan(one, found, bronze, plans)
    return RunPlan(tuple(plans.values()), positions)


def _plan(
    prepared: Prepared,
    found: Mapping[str, TableState | None],
    bronze: Mapping[str, BronzeInput],
    plans: Mapping[str, ModelPlan],
) -> ModelPlan:
    state = found[prepared.name]
    version = None if state is None else state.version
    reasons = [why for name in prepared.model.inputs if (why := _obstacle(name, bronze, plans))]
    if reasons:
        return ModelPlan(prepared.name, "wait", "; ".join(reasons), version=version)
    above = tuple(name for name in prepared.model.inputs if name in plans and plans[name].step not in ("none", "wait"))
    now = {name: _mark(name, state, bronze, found, above) for name in prepared.model.inputs}
    decision = decide(prepared, state, now, refresh=False)
    news = tuple(dict.fromkeys((*decision.news, *above)))
    columns = () if state is None else column_changes(prepared, state)
    if decision.doing == "none" and above:
        decision = Decision("update", "", above)
    return ModelPlan(prepared.name, decision.doing, decision.reason, news, columns, version)


def _obstacle(name: str, bronze: Mapping[str, BronzeInput], plans: Mapping[str, ModelPlan]) -> str:
    if name in plans:
        return f"{name} waits" if plans[name].step == "wait" else ""
    return bronze[name].stopped if name in bronze else f"{name} is not in Bronze yet"


def _mark(
    name: str,
    state: TableState | None,
    bronze: Mapping[str, BronzeInput],
    found: Mapping[str, TableState | None],
    above: Sequence[str],
) -> Mark:
    """How far an input is; one that this run will make has no mark yet, so it counts as it was read."""
    read = state.marks.get(name) if state is not None else None
    if name in bronze:
        return read if read is not None and not bronze[name].moved(read) else bronze[name].mark()
    input_state = found[name]
    if input_state is None or (name in above and read is not None):
        return read or Mark(0, 0)
    return Mark(input_state.identity, input_state.version)
