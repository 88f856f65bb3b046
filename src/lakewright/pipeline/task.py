"""What one model has to do in one run, and what all models of a run share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lakewright.pipeline.inputs import Input, Mark, TableInput
from lakewright.pipeline.prepared import Prepared
from lakewright.pipeline.state import Decision, TableState

Range = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with one model: the decision, its inputs as pinned, and what the caller asked for beyond that."""

    prepared: Prepared
    decision: Decision
    state: TableState | None
    inputs: Mapping[str, Input]
    output: TableInput
    quarantine: TableInput
    span: Range | None = None
    replay: bool = False

    @property
    def marks(self) -> Mapping[str, Mark]:
        return {name: found.mark() for name, found in self.inputs.items()}

    @property
    def fits(self) -> bool:
        """Whether the table has the columns and partitions that the model declares, so that rows can be merged."""
        shape = self.prepared.shape
        state = self.state
        return state is not None and (state.columns, state.partition_by) == (shape.columns, shape.partition_by)


@dataclass(frozen=True, slots=True)
class Run:
    """What all models of one run share."""

    id: str
    started: datetime
    positions: Mapping[str, int]

    def metadata(self, prepared: Prepared) -> dict[str, str]:
        found = {f"lakewright.position.{source}": str(position) for source, position in self.positions.items()}
        return found | {"lakewright.run": self.id, "lakewright.model": prepared.name}
