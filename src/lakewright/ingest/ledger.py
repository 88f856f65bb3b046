"""The one who writes the manifest: gathers changes and commits them together with a position."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lakewright.bronze.manifest import Commit, Manifest
from lakewright.bronze.state import LOADING, STOPPED, STREAMING, BronzeFile, BronzeState, BronzeTable, Load
from lakewright.ingest.housekeeping import Doomed
from lakewright.ingest.roll import Swap


class Ledger:
    """`table(name)` is a table with all changes noted so far; `commit` makes them durable, all or none."""

    def __init__(self, manifest: Manifest, doomed: Doomed) -> None:
        self._manifest = manifest
        self._doomed = doomed
        self.state: BronzeState = manifest.load()
        self._tables: dict[str, BronzeTable] = {}
        self._added: dict[str, BronzeFile] = {}
        self._removed: dict[str, None] = {}
        self._reloads: dict[str, str] = {}
        self._gone: dict[str, None] = {}

    @property
    def dirty(self) -> bool:
        """Whether something but the position waits to be committed."""
        return bool(self._tables or self._added or self._removed or self._reloads or self._gone)

    def table(self, name: str) -> BronzeTable | None:
        return None if name in self._gone else self._tables.get(name) or self.state.tables.get(name)

    def tables(self) -> list[BronzeTable]:
        return [table for name, table in ({**self.state.tables} | self._tables).items() if name not in self._gone]

    def change(self, table: BronzeTable) -> None:
        self._gone.pop(table.name, None)
        self._tables[table.name] = table

    def forget(self, name: str) -> None:
        """For a table that never had a row here."""
        self._tables.pop(name, None)
        self._gone[name] = None

    def add(self, files: Iterable[BronzeFile]) -> None:
        self._added |= {file.path: file for file in files}

    def swap(self, swap: Swap) -> bool:
        """Notes new files for old ones, unless one of the old ones went meanwhile; then the new ones go."""
        held = (
            {file.path: file for file in self.state.tables[swap.table].files} if swap.table in self.state.tables else {}
        )
        if any(held.get(file.path) != file or file.path in self._removed for file in swap.removed):
            self._doomed.add(file.path for file in swap.added)
            return False
        self.add(swap.added)
        self._removed |= {file.path: None for file in swap.removed}
        return True

    def reload(self, name: str, reason: str) -> None:
        """The table is to be loaded anew, from the next commit's position on."""
        self._reloads[name] = reason

    def cancel_reloads(self) -> None:
        """For when everything is loaded anyway."""
        self._reloads = {}

    def commit(self, position: int) -> BronzeState:
        """Commits everything noted, with the position; then starts loads that were asked for and ends finished ones."""
        self._commit(position)
        while self._begin_loads() or self._end_loads():
            self._commit(position)
        return self.state

    def _commit(self, position: int) -> None:
        removed = tuple(path for path in self._removed if path not in self._added)
        tables, gone = tuple(self._tables.values()), tuple(self._gone)
        commit = Commit(position, tuple(self._added.values()), removed, tables, gone)
        self.state = self._manifest.commit(commit)
        self._doomed.add(removed)
        self._tables, self._added, self._removed, self._gone = {}, {}, {}, {}

    def _begin_loads(self) -> bool:
        """The position just committed is a cut between files: where a load's own changes may start."""
        for name, reason in self._reloads.items():
            table = self.state.tables.get(name)
            if table is None or table.identity.get("left"):
                continue
            again = table.load is not None or (table.status == LOADING and table.snapshot_lsn == 0)
            generation = table.load.generation if table.load else table.generation + (0 if again else 1)
            if table.load is not None:
                unfinished = [f for f in table.files if f.kind == "load" and f.generation == generation]
                self._removed |= {file.path: None for file in unfinished}
            self.change(replace(table, load=Load(generation, self.state.position, reason=reason)))
        begun = bool(self._tables)
        self._reloads = {}
        return begun

    def _end_loads(self) -> bool:
        """A load is over when all chunks are there and the stream has passed the snapshots they were read in."""
        over = [t for t in self.state.tables.values() if t.load and t.load.done and t.name not in self._tables]
        over = [t for t in over if t.load and self.state.position >= max(t.load.chunks.values())]
        for table in over:
            self._end_load(table)
        return bool(over)

    def _end_load(self, table: BronzeTable) -> None:
        load = table.load
        if load is None:
            return
        for file in table.files:
            loaded = file.kind == "load" and file.generation == load.generation
            if not loaded and (file.kind == "load" or file.min_lsn < load.start):
                self._removed[file.path] = None
            elif file.generation != load.generation:
                self._added[file.path] = replace(file, generation=load.generation)
        status = STOPPED if table.status == STOPPED else STREAMING
        first, last = min(load.chunks.values()), max(load.chunks.values())
        now = replace(table, generation=load.generation, status=status, snapshot_lsn=last, loaded_lsn=first, load=None)
        self.change(now)
