"""What changed moto's state, request by request, so that a later process can come to the same state."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """One request as it arrived: `target` is path and query, header names in lower case; `seed` is of its random
    names."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    seed: int


class Journal:
    """A file of JSON lines, for its owner only: it holds what was sent, secrets included. A last line that a crash cut
    off is removed when it is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        _cut_torn_line(path, descriptor)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8")

    def add(self, record: Record) -> None:
        line = {
            "method": record.method,
            "target": record.target,
            "headers": dict(record.headers),
            "body": base64.b64encode(record.body).decode(),
            "seed": record.seed,
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def records(self) -> Iterator[Record]:
        """In the order in which they were asked."""
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                found = json.loads(line)
                found["body"] = base64.b64decode(found["body"])
                yield Record(**found)


def _cut_torn_line(path: Path, descriptor: int) -> None:
    whole = 0
    with path.open("rb") as file:
        for line in file:
            whole += len(line) if line.endswith(b"\n") else 0
    os.ftruncate(descriptor, whole)
