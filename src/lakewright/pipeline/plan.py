"""What a run would do with each model, without running anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from lakewright.bronze.state import BronzeState
from lakewright.models import Models
from lakewright.pipeline.inputs import BronzeInput, Mark, Published
from lakewright.pipeline.prepared import Prepared, prepare
from lakewright.pipeline.state import Decision, TableState, column_changes, decide, read_state
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
    models: Models, states: Sequence[BronzeState], storage: Storage, open_table: Callable[[Storage, str], Table]
) -> RunPlan:
    """Reads manifests' contents and tables' logs, never data."""
    prepared = prepare(models)
    tables = {name: open_table(storage, name) for name in prepared}
    with ThreadPoolExecutor(OPENERS) as pool:
        found = dict(zip(prepared, pool.map(lambda name: _state(prepared[name], tables[name]), prepared), strict=True))
    bronze = {
        table.sql_name: BronzeInput(storage, table, state.position, Published())
        for state in states
        for table in state.tables.values()
    }
    plans: dict[str, ModelPlan] = {}
    for name, one in prepared.items():
        plans[name] = _plan(one, found[name], bronze, tables, plans)
    return RunPlan(tuple(plans.values()), {state.source: state.position for state in states})


def _state(prepared: Prepared, table: Table) -> TableState | None:
    return read_state(table, prepared.model.inputs)


def _plan(
    prepared: Prepared,
    state: TableState | None,
    bronze: Mapping[str, BronzeInput],
    tables: Mapping[str, Table],
    plans: Mapping[str, ModelPlan],
) -> ModelPlan:
    version = None if state is None else state.version
    reasons = [why for name in prepared.model.inputs if (why := _obstacle(name, bronze, plans))]
    if reasons:
        return ModelPlan(prepared.name, "wait", "; ".join(reasons), version=version)
    above = tuple(name for name in prepared.model.inputs if name in plans and plans[name].step not in ("none", "wait"))
    now = {name: _mark(name, state, bronze, tables, above) for name in prepared.model.inputs}
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
    tables: Mapping[str, Table],
    above: Sequence[str],
) -> Mark:
    """How far an input is; one that this run will make has no mark yet, so it counts as it was read."""
    read = state.marks.get(name) if state is not None else None
    if name in bronze:
        return read if read is not None and not bronze[name].moved(read) else bronze[name].mark()
    if name in above and (read is not None or not tables[name].exists()):
        return read or Mark(0, 0)
    return Mark(tables[name].identity(), tables[name].version())
