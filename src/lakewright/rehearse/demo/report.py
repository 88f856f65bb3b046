"""What the demo found, as plain values; the command line prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lakewright.rehearse.comparison import Comparison
from lakewright.rehearse.demo.personas import Answer
from lakewright.rehearse.freshness import Delays


@dataclass(frozen=True)
class LayerRows:
    """One table: rows in it, and (Silver) rows kept apart in its quarantine, (Bronze) changes recorded for it."""

    layer: str
    table: str
    rows: int
    quarantined: int = 0
    changes: int = 0


@dataclass(frozen=True)
class DemoReport:
    """`seconds` per step in order; `freshness` per layer; `quality` in percent of Silver's source rows.

    `position` is the LSN at which Gold was compared with the source; `changes` counts the rows that the
    live writer committed and `live_seconds` for how long it wrote. `answers`: one statement asked by three people.
    """

    orders: int
    tenants: int
    days: int
    seed: int
    seconds: Mapping[str, float]
    total_seconds: float
    rows: tuple[LayerRows, ...]
    changes: int
    live_seconds: float
    freshness: Mapping[str, Delays]
    quality: float
    position: str
    comparisons: tuple[Comparison, ...]
    answers: tuple[Answer, ...]
    problems: tuple[str, ...]
    kept: str

    @property
    def figures(self) -> int:
        return sum(comparison.figures for comparison in self.comparisons)

    @property
    def ok(self) -> bool:
        """Every figure is the source's own, and nothing went wrong on the way."""
        answered = all(answer.comparison.equal and answer.rows for answer in self.answers)
        equal = bool(self.comparisons) and all(c.equal for c in self.comparisons)
        return equal and answered and not self.problems

    def as_dict(self) -> dict[str, Any]:
        plain = asdict(self)
        found = [*self.comparisons, *(answer.comparison for answer in self.answers)]
        shown = [*plain["comparisons"], *(answer["comparison"] for answer in plain["answers"])]
        for comparison, one in zip(found, shown, strict=True):
            one["equal"] = comparison.equal
        return plain | {"figures": self.figures}
