"""What live services know and moto does not, in one file, for a local AWS that is kept: replaced whole, for its owner.

It is written from time to time and at the end, so that a crash forgets the last moments only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from lakewright.errors import ProblemError

VERSION = 1
SAVE_SECONDS = 15.0
_TIME = "$time"


class Remembering(Protocol):
    """A service with a past."""

    def kept(self) -> Any:
        """All of it: values of JSON, and datetimes."""

    def recall(self, found: Any) -> None:
        """Takes up what `kept` gave in an earlier run, before anything else happens."""


class Memory:
    """`parts` by their names in the file, in the order in which they are recalled."""

    def __init__(self, path: Path, parts: Mapping[str, Remembering], seconds: Callable[[], float]) -> None:
        self._path, self._parts, self._seconds = path, parts, seconds
        self._saved = seconds()

    def recall(self) -> None:
        """Raises ProblemError LW1425 when the file is of another version, or none that was written here."""
        if not self._path.exists():
            return
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"), object_hook=_read)
        except ValueError as error:
            raise self._unreadable(str(error)) from None
        if found.get("version") != VERSION:
            raise self._unreadable(f"version {found.get('version')}, not {VERSION}")
        for name, part in self._parts.items():
            part.recall(found["parts"][name])

    def _unreadable(self, why: str) -> ProblemError:
        fact = f"what the local AWS kept cannot be read: {why}"
        hint = "remove the file and lose runs, figures and alarms' states, or begin anew with --reset"
        return ProblemError("LW1425", fact, place=str(self._path), hint=hint)

    def look(self, _now: datetime) -> None:
        """Saves when it is time, by the machine's clock."""
        if self._seconds() - self._saved >= SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        self._saved = self._seconds()
        parts = {name: part.kept() for name, part in self._parts.items()}
        text = json.dumps({"version": VERSION, "parts": parts}, default=_written)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(self._path)


def _written(value: Any) -> dict[str, str]:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not kept")


def _read(found: dict[str, Any]) -> Any:
    return datetime.fromisoformat(found[_TIME]) if found.keys() == {_TIME} else found
