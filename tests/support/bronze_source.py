"""A source database in a dict, and the Bronze that an ingester would have written of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import BronzeColumn, BronzeFile, BronzeSchema, BronzeTable, Commit
from lakewright.models.types import arrow_type
from lakewright.storage import Storage

SYSTEM = {
    "Op": pa.string(),
    "_commit_ts": pa.timestamp("us", tz="UTC"),
    "_lsn": pa.int64(),
    "_seq": pa.int64(),
    "_schema_version": pa.int32(),
    "_unchanged": pa.list_(pa.string()),
    "_special": pa.map_(pa.string(), pa.string()),
    "_old_key": pa.string(),
}
START = datetime(2026, 3, 1, tzinfo=UTC)
Row = dict[str, Any]


class BronzeSource:
    """Tables with one key column `id`. Changes gather in a transaction; `flush` writes them as tail files and commits
    the manifest. `truth` is what the database would hold."""

    def __init__(self, storage: Storage, tables: Mapping[str, Mapping[str, str]], name: str = "shop") -> None:
        self.storage = storage
        self.name = name
        self.columns = tables
        self.truth: dict[str, dict[Any, Row]] = {table: {} for table in tables}
        self.lsn = 100
        self._sequence = 0
        self._files = 0
        self._pending: dict[str, list[Row]] = {}
        self.manifest = Manifest(storage, name)

    def load(self, rows: Mapping[str, list[Row]]) -> None:
        """The full load, at LSN 100."""
        files = []
        for table, given in rows.items():
            self.truth[table] = {row["id"]: row for row in given}
            if given:
                loaded = [{"Op": "I", "_lsn": self.lsn, "_seq": -1, **row} for row in given]
                files.append(self._file(table, "load", loaded))
        described = [
            BronzeTable(
                table,
                f"public.{table}",
                status="streaming",
                key=("id",),
                schemas=(BronzeSchema(1, tuple(BronzeColumn(n, t, t, n == "id") for n, t in columns.items())),),
                snapshot_lsn=self.lsn,
            )
            for table, columns in self.columns.items()
        ]
        self.manifest.load()
        self.manifest.commit(Commit(self.lsn, tuple(files), (), tuple(described)))

    def put(self, table: str, row: Row, unchanged: tuple[str, ...] = ()) -> None:
        """Inserts or updates; `unchanged` columns are not sent (they keep their value)."""
        known = self.truth[table].get(row["id"])
        if known is not None:
            row = row | {name: known[name] for name in unchanged}
        self.truth[table][row["id"]] = row
        sent = row | dict.fromkeys(unchanged)
        self._change(table, {"Op": "U" if known else "I", **sent, "_unchanged": list(unchanged) or None})

    def delete(self, table: str, key: Any) -> None:
        if self.truth[table].pop(key, None) is not None:
            self._change(table, {"Op": "D", "id": key})

    def rekey(self, table: str, old: Any, new: Any) -> None:
        row = self.truth[table].pop(old) | {"id": new}
        self.truth[table][new] = row
        self._change(table, {"Op": "D", "id": old})
        self._change(table, {"Op": "U", **row, "_old_key": json.dumps({"id": str(old)})})

    def truncate(self, table: str) -> None:
        self.truth[table].clear()
        self._change(table, {"Op": "T"})

    def commit(self) -> None:
        """Ends the transaction: later changes have a higher LSN."""
        self.lsn += 10
        self._sequence = 0

    def flush(self) -> int:
        """Writes what is pending; the new position."""
        self.commit()
        files = [self._file(table, "tail", rows) for table, rows in self._pending.items()]
        self._pending.clear()
        self.manifest.load()
        self.manifest.commit(Commit(self.lsn, tuple(files)))
        return self.lsn

    def stop(self, table: str, reason: str) -> None:
        state = self.manifest.load()
        self.manifest.commit(
            Commit(state.position, tables=(replace(state.tables[table], status="stopped", stop_reason=reason),))
        )

    def reload(self, table: str) -> None:
        """A finished re-snapshot: a new generation."""
        self.commit()
        state = self.manifest.load()
        generation = state.tables[table].generation + 1
        rows = [{"Op": "I", "_lsn": self.lsn, "_seq": -1, **row} for row in self.truth[table].values()]
        file = replace(self._file(table, "load", rows), generation=generation)
        fresh = replace(state.tables[table], generation=generation, snapshot_lsn=self.lsn)
        self.manifest.commit(Commit(self.lsn, (file,), (), (fresh,)))

    def _change(self, table: str, row: Row) -> None:
        self._sequence += 1
        self._pending.setdefault(table, []).append({"_lsn": self.lsn, "_seq": self._sequence, **row})

    def _file(self, table: str, kind: str, rows: list[Row]) -> BronzeFile:
        types = SYSTEM | {name: arrow_type(kind) for name, kind in self.columns[table].items()}
        at = START + timedelta(seconds=self.lsn)
        full = [dict.fromkeys(types) | {"_commit_ts": at, "_schema_version": 1} | row for row in rows]
        data = pa.Table.from_pylist(full, schema=pa.schema(list(types.items())))
        self._files += 1
        folder = "_lakewright/tail" if kind == "tail" else f"bronze/{table}/load_date=2026-03-01"
        path = f"{folder}/{table}-{self._files}.parquet"
        out = pa.BufferOutputStream()
        pq.write_table(data, out)
        self.storage.put(path, out.getvalue().to_pybytes())
        lsns = [row["_lsn"] for row in rows]
        return BronzeFile(path, table, 1, kind, len(rows), 1, min(lsns), max(lsns), 1, "2026-03-01", None)
