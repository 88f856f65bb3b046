"""How far a task is, so that it can be resumed: as DMS, at least once, and at most once where a file was finished."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Mark = tuple[int, int]
"""Commit LSN and number in the transaction of the last row written."""


@dataclass(frozen=True)
class Checkpoint:
    """`position`: where the stream goes on. `loaded`: source tables whose full load is done (`schema.table`).
    `marks`: by source table, the last row written, if that is beyond the position. `last_file`: the newest name."""

    position: int
    loaded: frozenset[str] = frozenset()
    marks: Mapping[str, Mark] = field(default_factory=dict)
    last_file: datetime | None = None

    def as_text(self) -> str:
        found: dict[str, Any] = {"position": self.position, "loaded": sorted(self.loaded), "marks": dict(self.marks)}
        found["last_file"] = self.last_file.isoformat() if self.last_file else None
        return json.dumps(found, indent=1)

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        found = json.loads(text)
        marks = {name: (int(mark[0]), int(mark[1])) for name, mark in found["marks"].items()}
        last = datetime.fromisoformat(found["last_file"]) if found["last_file"] else None
        return cls(int(found["position"]), frozenset(found["loaded"]), marks, last)


@dataclass(frozen=True)
class Checkpoints:
    """Kept in a file, replaced whole."""

    path: Path

    def load(self) -> Checkpoint | None:
        return Checkpoint.from_text(self.path.read_text("utf-8")) if self.path.exists() else None

    def save(self, checkpoint: Checkpoint) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        draft.write_text(checkpoint.as_text(), encoding="utf-8")
        draft.replace(self.path)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
