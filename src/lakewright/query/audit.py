"""What was asked, by whom, and what came of it: an append-only chain that shows when somebody changed it.

Entries are JSON lines in segments, each with the hash of the one before it. The newest hash is also kept in the head
file, which should lie elsewhere (another disk, another owner): with it a cut-off or rewritten chain is noticed too.
Processes take turns through a lock on the folder; threads that append at the same time share one write to the disk.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

SEGMENT_BYTES = 16 << 20
GENESIS = "0" * 64
COLUMNS: Mapping[str, str] = {
    "n": "bigint",
    "at": "timestamp",
    "id": "string",
    "principal": "string",
    "text": "string",
    "tables": "array<string>",
    "columns": "array<string>",
    "rules": "array<string>",
    "rows": "bigint",
    "bytes": "bigint",
    "seconds": "double",
    "outcome": "string",
    "detail": "string",
}
"""The columns of `audit.queries`."""


@dataclass(frozen=True)
class Event:
    """One query or denial. `rules`: grants, filters and masks that took part, by place. `outcome`: started, succeeded,
    denied, failed, cancelled, timed out, scan limit, out of memory, crashed. `detail` is for readers of the audit."""

    at: datetime
    id: str
    principal: str
    text: str
    tables: Sequence[str] = ()
    columns: Sequence[str] = ()
    rules: Sequence[str] = ()
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    outcome: str = "succeeded"
    detail: str = ""


class Audit(Protocol):
    def append(self, event: Event) -> None:
        """Returns when the event is on the disk."""


class NoAudit:
    """For tests and benchmarks."""

    def append(self, event: Event) -> None:
        """Forgets it."""


@dataclass(frozen=True)
class Position:
    """Where the chain ends: the newest entry's number and hash, its segment, and that segment's length in bytes."""

    n: int = 0
    hash: str = GENESIS
    segment: str = ""
    size: int = 0


@dataclass(frozen=True)
class Verdict:
    """Whether a chain is whole. `broken` names the first entry that is not, and `fact` says what is wrong with it."""

    entries: int
    ok: bool
    broken: str = ""
    fact: str = ""
    torn: int = 0


class _Ticket:
    def __init__(self, event: Event) -> None:
        self.event = event
        self.done = False


class AuditLog:
    """The chain in `folder`, with its head in the file `head`."""

    def __init__(self, folder: Path, head: Path) -> None:
        self._folder = folder
        self._head = head
        self._pending: list[_Ticket] = []
        self._mutex = threading.Lock()
        self._writing = threading.Lock()
        self._last = Position()

    def append(self, event: Event) -> None:
        ticket = _Ticket(event)
        with self._mutex:
            self._pending.append(ticket)
        with self._writing:
            if ticket.done:
                return
            with self._mutex:
                batch, self._pending = self._pending, []
            self._write([one.event for one in batch])
            for one in batch:
                one.done = True

    def verify(self) -> Verdict:
        """Reads the whole chain."""
        with self._locked():
            return _verified(self._folder, _read_head(self._head))

    def _write(self, events: Sequence[Event]) -> None:
        with self._locked():
            last = self._last if self._is_end(self._last) else _end_of(self._folder)
            lines = []
            for event in events:
                last, line = _chained(last, event)
                lines.append(line)
            data = b"".join(lines)
            segment = (
                last.segment if last.segment and last.size < SEGMENT_BYTES else f"{last.n - len(events) + 1:012d}.jsonl"
            )
            size = last.size if segment == last.segment else 0
            _append(self._folder / segment, data, size)
            self._last = replace(last, segment=segment, size=size + len(data))
            _write_head(self._head, self._last)

    def _is_end(self, last: Position) -> bool:
        """Whether nobody else wrote since."""
        if not last.segment:
            return False
        names = os.listdir(self._folder)  # noqa: PTH208 - asked before each write
        newest = max((name for name in names if name.endswith(".jsonl")), default="")
        return newest == last.segment and (self._folder / newest).stat().st_size == last.size

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = _opened(self._folder / "lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def audit_select(folder: Path) -> str:
    """A SELECT of `audit.queries` for DuckDB: one row per query, its newest entry."""
    spelled = {
        "n": "BIGINT", "at": "TIMESTAMPTZ", "id": "VARCHAR", "principal": "VARCHAR", "text": "VARCHAR",
        "tables": "VARCHAR[]", "columns": "VARCHAR[]", "rules": "VARCHAR[]", "rows": "BIGINT", "bytes": "BIGINT",
        "seconds": "DOUBLE", "outcome": "VARCHAR", "detail": "VARCHAR",
    }  # fmt: skip
    if not any(folder.glob("*.jsonl")):
        empty = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in spelled.items())
        return f"SELECT {empty} WHERE false"
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in spelled.items())
    names = ", ".join(f'"{name}"' for name in spelled)
    pattern = str(folder / "*.jsonl").replace("'", "''")
    return (
        f"SELECT {names} FROM read_json('{pattern}', format='newline_delimited', columns={{{types}}}, "
        f"ignore_errors=true) QUALIFY row_number() OVER (PARTITION BY id, principal ORDER BY n DESC) = 1"
    )


def _chained(last: Position, event: Event) -> tuple[Position, bytes]:
    entry = {"n": last.n + 1, **vars(event), "at": event.at.isoformat(), "prev": last.hash}
    digest = _digest(entry)
    line = json.dumps({**entry, "hash": digest}, separators=(",", ":")).encode() + b"\n"
    return replace(last, n=last.n + 1, hash=digest), line


def _digest(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def _opened(path: Path) -> int:
    """A file of the log for writing; it is made when it is missing, and its folder too."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, flags, 0o600)


def _append(path: Path, data: bytes, size: int) -> None:
    """Writes `data` at `size`; what a crash left beyond it was never acknowledged and goes."""
    descriptor = _opened(path)
    try:
        if os.fstat(descriptor).st_size != size:
            os.ftruncate(descriptor, size)
        os.pwrite(descriptor, data, size)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _end_of(folder: Path) -> Position:
    """The last whole entry; a torn line behind it does not count."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole:
            entry = json.loads(whole.splitlines()[-1])
            return Position(int(entry["n"]), str(entry["hash"]), path.name, len(whole))
    return Position()


def _write_head(path: Path, last: Position) -> None:
    """In place: one short write of fixed length."""
    descriptor = _opened(path)
    try:
        os.pwrite(descriptor, f"{last.n:012d} {last.hash}\n".encode(), 0)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _read_head(path: Path) -> Position | None:
    if not path.exists():
        return None
    number, _, digest = path.read_text().strip().partition(" ")
    return Position(int(number), digest) if number.isdigit() else None


def _verified(folder: Path, head: Position | None) -> Verdict:
    last = Position()
    torn = 0
    paths = sorted(folder.glob("*.jsonl"))
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
            place = f"{path.name}:{number}"
            if not line.endswith(b"\n") and path == paths[-1]:
                torn = len(line)
                break
            entry, fact = _checked(line, last)
            if entry is None:
                return Verdict(last.n, False, place, fact)
            last = replace(last, n=int(entry["n"]), hash=str(entry["hash"]), segment=path.name)
            if head is not None and last.n == head.n and last.hash != head.hash:
                return Verdict(last.n, False, place, f"entry {last.n} is not the one that the head file knows")
    if head is None and last.n:
        return Verdict(last.n, False, "head", "the head file is missing, so a cut-off end would not be noticed")
    if head is not None and last.n < head.n:
        return Verdict(
            last.n, False, last.segment or "start", f"entries {last.n + 1} to {head.n} are missing at the end"
        )
    return Verdict(last.n, True, torn=torn)


def _checked(line: bytes, last: Position) -> tuple[Mapping[str, Any] | None, str]:
    """The entry if it continues the chain, else what is wrong."""
    try:
        entry = json.loads(line)
        digest, number, before = entry.pop("hash"), entry["n"], entry["prev"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, f"entry {last.n + 1} cannot be read"
    if number != last.n + 1:
        word = "missing" if isinstance(number, int) and number > last.n + 1 else "out of order"
        return None, f"entry {last.n + 1} is {word}: entry {number} stands in its place"
    if _digest(entry) != digest:
        return None, f"entry {number} was edited"
    if before != last.hash:
        return None, f"the entry before {number} was replaced"
    return {**entry, "hash": digest}, ""
