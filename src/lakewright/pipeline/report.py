"""What a run did: one report per model, one for the whole run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Action = Literal["created", "rebuilt", "updated", "unchanged", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How many rows a check found bad, and what became of them."""

    name: str
    on_failure: str
    rows: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One model in one run. `rows_in`: changed input rows (all of them for a rebuild are not counted: 0);
    `rows_out`: rows computed. `error` and `reason` are for people."""

    name: str
    action: Action
    reason: str = ""
    rows_in: int = 0
    rows_out: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    quarantined: int = 0
    checks: tuple[CheckResult, ...] = ()
    version: int | None = None
    positions: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""

    @property
    def warned(self) -> Mapping[str, int]:
        return {check.name: check.rows for check in self.checks if check.on_failure == "warn" and check.rows}

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run. `positions`: per source, the position that every model of the run was brought to.

    `newest_commit` is the source time up to which the Bronze that was read is complete.
    """

    run: str
    started: datetime
    seconds: float
    positions: Mapping[str, int]
    models: tuple[ModelReport, ...]
    bronze_at: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not any(model.error or model.action == "skipped" for model in self.models)

    @property
    def changed(self) -> bool:
        return any(model.changed for model in self.models)

    @property
    def quality(self) -> float | None:
        """Share of computed rows that passed every check that is not a warning, in percent; None without rows."""
        rows = sum(model.rows_out for model in self.models)
        bad = sum(model.quarantined for model in self.models)
        return None if not rows else round(100.0 * (rows - bad) / rows, 3)

    def model(self, name: str) -> ModelReport:
        return next(model for model in self.models if model.name == name)

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        plain = asdict(self)
        plain["started"] = self.started.isoformat()
        plain["bronze_at"] = {name: at.isoformat() for name, at in self.bronze_at.items()}
        return plain | {"ok": self.ok, "quality": self.quality}
