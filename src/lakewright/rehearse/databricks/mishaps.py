"""What goes wrong inside the local Databricks itself: written down with its traceback, where a user finds it."""

from __future__ import annotations

import os
import threading
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lakewright.observe import Event, Observer

FILE = "errors.log"


@dataclass(frozen=True)
class Mishaps:
    """Appends to `FILE` in a folder, which only its owner reads, and tells the observer."""

    folder: Path
    observe: Observer
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def file(self) -> Path:
        return self.folder / FILE

    def __call__(self, error: Exception, what: str) -> str:
        """Writes it down; gives what the one who asked is told: the error, and where more is."""
        said = f"{type(error).__name__}: {error}"
        text = "".join(traceback.format_exception(error))
        with self._lock:
            handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as out:
                out.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {what}\n{text}\n")
        fields = {"error": said, "what": what, "file": str(self.file), "traceback": text}
        self.observe(Event("databricks.failed", fields, "error"))
        return f"The local Databricks failed: {said} (its traceback is in {self.file})"
