"""What a rehearsal found, as plain values for JSON, the page and the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lakewright.rehearse.platform.criteria import Criterion, counted
from lakewright.rehearse.platform.evidence import Evidence


@dataclass(frozen=True)
class RehearsalReport:
    """`seconds` by phase, in order; `overrides`: what differed from the compiled files, by stack; `coverage`: AWS
    operations by what their answers are worth; `databricks`: the same of the local Databricks; `unchecked`: by module,
    the resource types that are checked against their provider's schema only; `problems`: what broke off a phase."""

    platform: str
    blueprint: str
    environment: str
    started: str
    terraform: str
    evidence: Evidence
    criteria: tuple[Criterion, ...]
    seconds: Mapping[str, float]
    total_seconds: float
    coverage: Mapping[str, Mapping[str, int]]
    overrides: Mapping[str, str]
    problems: tuple[str, ...] = ()
    databricks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unchecked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing failed; what could not be proven is told and does not count as failed."""
        return not self.problems and all(one.ok is not False for one in self.criteria)

    @property
    def resources(self) -> int:
        return sum(stack.resources for stack in self.evidence.stacks)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        criteria = [asdict(one) | {"ok": one.ok, "grade": one.grade} for one in self.criteria]
        return {
            "platform": self.platform,
            "blueprint": self.blueprint,
            "environment": self.environment,
            "started": self.started,
            "terraform": self.terraform,
            "resources": self.resources,
            "criteria": criteria,
            "grades": {str(grade): number for grade, number in counted(self.criteria).items()},
            "seconds": dict(self.seconds),
            "total_seconds": self.total_seconds,
            "evidence": json.loads(json.dumps(asdict(self.evidence), default=_plain)),
            "coverage": {outcome: dict(found) for outcome, found in self.coverage.items()},
            "databricks": {outcome: dict(found) for outcome, found in self.databricks.items()},
            "unchecked": {module: list(types) for module, types in self.unchecked.items()},
            "overrides": dict(self.overrides),
            "problems": list(self.problems),
            "kept": self.kept,
            "files": dict(self.files),
        }


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)
