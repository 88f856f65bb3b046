"""Where notifications end: what a topic's subscribers would have got, on this machine only."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Letter:
    """One message to one subscriber; `to` is empty when the topic has none."""

    at: datetime
    topic: str
    protocol: str
    to: str
    subject: str
    message: str


class Inbox:
    """Kept in a file of JSON lines, newest last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def put(self, letter: Letter) -> None:
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(letter), default=str) + "\n")

    def letters(self, topic: str = "") -> list[Letter]:
        """All, or those of a topic (its name or ARN)."""
        with self._lock:
            text = self._path.read_text("utf-8") if self._path.exists() else ""
        found = [_letter(json.loads(line)) for line in text.splitlines()]
        return [one for one in found if not topic or one.topic == topic or one.topic.endswith(f":{topic}")]


def _letter(document: dict[str, Any]) -> Letter:
    return Letter(**{**document, "at": datetime.fromisoformat(document["at"])})
