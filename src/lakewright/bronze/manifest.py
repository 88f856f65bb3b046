"""The manifest of one source's Bronze: a log of commits, each one file that is put only if it is absent.

Version n+1 is committed by creating `<n+1>.json`; two writers cannot both do so. Every 100 versions a checkpoint holds
the whole state. Entries older than the last checkpoints are cleaned once they are old enough that no writer can still
be working on top of them.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

from lakewright.bronze.state import (
    BronzeColumn,
    BronzeFile,
    BronzeSchema,
    BronzeState,
    BronzeTable,
    Commit,
    Load,
    commit_from_json,
    commit_to_json,
    empty_state,
    state_from_json,
    state_to_json,
)
from lakewright.errors import ProblemError
from lakewright.storage import Entry, Exists, Storage

CHECKPOINT_EVERY = 100
KEPT_CHECKPOINTS = 2
KEPT_FOR = timedelta(minutes=30)
RELOAD_AFTER = timedelta(minutes=5)


class Conflict(ProblemError):  # noqa: N818 - named as callers read it: `except Conflict`
    """Another writer committed first; the state has to be loaded again, and usually this writer has to end."""

    def __init__(self, source: str, version: int) -> None:
        super().__init__(
            "LW411",
            f"another ingester committed version {version} of the Bronze manifest",
            place=source,
            hint="run one ingester per source",
        )


def folder(source: str) -> str:
    """Where everything about a source's Bronze but the visible files is kept."""
    return f"_lakewright/bronze/{source}"


class Manifest:
    """Loads incrementally: `load()` after the first time reads only the entries that are new.

    Safe to share between threads. `commit` is for the one writer; it works on top of the state last loaded.
    """

    def __init__(self, storage: Storage, source: str) -> None:
        self._storage = storage
        self._source = source
        self._folder = f"{folder(source)}/manifest"
        self._state = empty_state(source, datetime.fromtimestamp(0, UTC))
        self._fresh = datetime.fromtimestamp(0, UTC)
        self._lock = threading.RLock()

    @property
    def source(self) -> str:
        return self._source

    def load(self) -> BronzeState:
        """The newest state; version 0 without tables when nothing was ever committed."""
        with self._lock:
            if self._state.version and datetime.now(UTC) - self._fresh < KEPT_FOR / 6:
                self._follow()
                return self._state
            for _ in range(5):
                try:
                    self._advance(self._storage.list(self._folder))
                except FileNotFoundError:
                    continue  # cleaned between listing and reading: a newer checkpoint is there
                self._fresh = datetime.now(UTC)
                return self._state
            raise ProblemError("LW412", "the Bronze manifest changes faster than it can be read", place=self._source)

    def as_of(self, at: datetime) -> BronzeState:
        """The newest state that was committed at or before `at`, as far back as entries are kept (LW414 before)."""
        entries = self._storage.list(self._folder)
        best: BronzeState | None = None
        for version in _checkpoints(entries):
            state = state_from_json(json.loads(self._storage.read(self._checkpoint(version))))
            if state.at <= at:
                best = state
        state = best or empty_state(self._source, datetime.fromtimestamp(0, UTC))
        for version in _commits(entries):
            if version == state.version + 1:
                data = json.loads(self._storage.read(self._entry(version)))
                if datetime.fromisoformat(data["at"]) > at:
                    break
                state = commit_from_json(data).apply(state, datetime.fromisoformat(data["at"]))
        if state.version == 0:
            raise ProblemError("LW414", f"the Bronze manifest does not reach back to {at}", place=self._source)
        return state

    def commit(self, commit: Commit) -> BronzeState:
        """Makes `commit` the next version, durably. Raises `Conflict` when another writer was faster."""
        with self._lock:
            if datetime.now(UTC) - self._fresh > RELOAD_AFTER:
                known = self._state.version
                if self.load().version != known:
                    raise Conflict(self._source, known + 1)
            version = self._state.version + 1
            at = max(datetime.now(UTC), self._state.at)
            data = {"version": version, "at": at.isoformat()} | commit_to_json(commit)
            try:
                self._storage.put(self._entry(version), _json(data), if_absent=True)
            except Exists:
                raise Conflict(self._source, version) from None
            self._state = commit.apply(self._state, at)
            self._fresh = datetime.now(UTC)
            if version % CHECKPOINT_EVERY == 0:
                self._storage.put(self._checkpoint(version), _json(state_to_json(self._state)))
                self._clean()
            return self._state

    def _follow(self) -> None:
        """Reads on from a state so fresh that no later entry can have been cleaned: the next one is there, or none."""
        begun = datetime.now(UTC)
        while True:
            try:
                data = json.loads(self._storage.read(self._entry(self._state.version + 1)))
            except FileNotFoundError:
                break
            self._state = commit_from_json(data).apply(self._state, datetime.fromisoformat(data["at"]))
        self._fresh = begun

    def _advance(self, entries: list[Entry]) -> None:
        checkpoints = _checkpoints(entries)
        versions = _commits(entries)
        newest = checkpoints[-1] if checkpoints else 0
        state = self._state
        missing = not set(range(state.version + 1, newest + 1)) <= set(versions)
        if newest > state.version and (missing or state.version == 0):
            state = state_from_json(json.loads(self._storage.read(self._checkpoint(newest))))
        for version in versions:
            if version <= state.version:
                continue
            if version != state.version + 1:
                raise ProblemError(
                    "LW413",
                    f"the Bronze manifest lacks version {state.version + 1}",
                    place=self._source,
                    hint="restore the file, or re-snapshot the source into an empty lake",
                )
            data = json.loads(self._storage.read(self._entry(version)))
            state = commit_from_json(data).apply(state, datetime.fromisoformat(data["at"]))
        self._state = state

    def _clean(self) -> None:
        entries = self._storage.list(self._folder)
        checkpoints = _checkpoints(entries)
        if len(checkpoints) <= KEPT_CHECKPOINTS:
            return
        oldest = checkpoints[-KEPT_CHECKPOINTS]
        limit = datetime.now(UTC) - KEPT_FOR
        for entry in entries:
            if _version(entry) < oldest and entry.modified < limit:
                self._storage.delete(entry.path)

    def _entry(self, version: int) -> str:
        return f"{self._folder}/{version:020d}.json"

    def _checkpoint(self, version: int) -> str:
        return f"{self._folder}/{version:020d}.checkpoint.json"


def _version(entry: Entry) -> int:
    return int(entry.path.rsplit("/", 1)[-1].split(".", 1)[0])


def _commits(entries: list[Entry]) -> list[int]:
    return [_version(entry) for entry in entries if not entry.path.endswith(".checkpoint.json")]


def _checkpoints(entries: list[Entry]) -> list[int]:
    return [_version(entry) for entry in entries if entry.path.endswith(".checkpoint.json")]


def _json(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


__all__ = [
    "BronzeColumn",
    "BronzeFile",
    "BronzeSchema",
    "BronzeState",
    "BronzeTable",
    "Commit",
    "Conflict",
    "Load",
    "Manifest",
    "folder",
]
