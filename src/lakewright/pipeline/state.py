"""What a model's table remembers about the runs that made it, and what follows from that for the next run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lakewright.pipeline.inputs import Mark
from lakewright.pipeline.prepared import Prepared
from lakewright.tables import Column, Table

_PREFIX = "lakewright/"
_MODEL = "lakewright/#model"
Doing = Literal["create", "rebuild", "update", "none"]


@dataclass(frozen=True, slots=True)
class TableState:
    """A model's table as the last run left it. `marks`: how far each input was read; `identity`: the table's own."""

    version: int
    fingerprint: int | None
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...]
    marks: Mapping[str, Mark] = field(default_factory=dict)
    identity: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one model and why. `news` are the inputs that moved."""

    doing: Doing
    reason: str = ""
    news: tuple[str, ...] = ()


def read_state(table: Table, inputs: Collection[str]) -> TableState | None:
    """The state of a table, from its newest version; None when there is no table."""
    if not table.exists():
        return None
    marks: dict[str, Mark] = {}
    for name in inputs:
        position = table.transaction(_PREFIX + name)
        generation = table.transaction(f"{_PREFIX}{name}#generation")
        if position is not None and generation is not None:
            marks[name] = Mark(generation, position)
    version, model = table.version(), table.transaction(_MODEL)
    return TableState(version, model, table.columns(), table.partition_by(), marks, table.identity())


def transactions(prepared: Prepared, marks: Mapping[str, Mark]) -> Mapping[str, int]:
    """What a commit records so that `read_state` finds it again."""
    numbers = {_MODEL: prepared.fingerprint}
    for name, mark in marks.items():
        numbers[_PREFIX + name] = mark.position
        numbers[f"{_PREFIX}{name}#generation"] = mark.generation
    return numbers


def decide(prepared: Prepared, state: TableState | None, now: Mapping[str, Mark], refresh: bool) -> Decision:
    """What must be done for one model, given how far its inputs have moved. Pure."""
    every = tuple(prepared.model.inputs)
    if state is None:
        return Decision("create", "there is no table yet", every)
    if refresh:
        return Decision("rebuild", "a full refresh was asked for", every)
    if state.fingerprint is None:
        return Decision("rebuild", "the table was not made by a run", every)
    if state.fingerprint != prepared.fingerprint:
        return Decision("rebuild", _why_changed(prepared, state), every)
    missing = [name for name in every if name not in state.marks]
    if missing:
        return Decision("rebuild", f"{', '.join(missing)} was never read", every)
    ahead = [
        n for n in every if now[n].generation == state.marks[n].generation and now[n].position < state.marks[n].position
    ]
    if ahead:
        return Decision("none", f"the table is already ahead of {', '.join(ahead)}")
    news = tuple(name for name in every if now[name] != state.marks[name])
    return Decision("update", "", news) if news else Decision("none", "no input changed")


def _before(now: Mark, mark: Mark) -> bool:
    return now.generation == mark.generation and now.position < mark.position


def column_changes(prepared: Prepared, state: TableState) -> tuple[str, ...]:
    """How the declared columns differ from the table's, in words; empty when they do not."""
    before = {column.name: column.type for column in state.columns}
    after = {column.name: column.type for column in prepared.shape.columns}
    added = [f"+{name} {kind}" for name, kind in after.items() if name not in before]
    dropped = [f"-{name}" for name in before if name not in after]
    retyped = [
        f"{name} {before[name]} → {kind}" for name, kind in after.items() if name in before and before[name] != kind
    ]
    return (*added, *dropped, *retyped)


def _why_changed(prepared: Prepared, state: TableState) -> str:
    changes = column_changes(prepared, state)
    if changes:
        return f"its columns changed: {', '.join(changes)}"
    if state.partition_by != prepared.shape.partition_by:
        return "its partition columns changed"
    return "its SQL or header changed"
