"""One stream of events; progress bars, logs and metrics are its readers.

A room that does work takes an `Observer` and calls it with events; it never prints. Readers are joined with `fan_out`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `name` is dotted (`ingest.flush`), `fields` hold plain JSON values, never secrets."""

    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    level: str = "info"
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


Observer = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The observer of those who do not look."""


def fan_out(readers: Iterable[Observer]) -> Observer:
    """One observer that hands each event to all readers, in order."""
    fixed = tuple(readers)

    def tell(event: Event) -> None:
        for reader in fixed:
            reader(event)

    return tell


class JsonLog:
    """Appends each event as one JSON line; the file `lakewright logs` reads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def __call__(self, event: Event) -> None:
        line = {"at": event.at.isoformat(timespec="milliseconds"), "level": event.level, "event": event.name}
        self._file.write(json.dumps(line | event.fields, default=str, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()
