"""A small lake, written by hand and by delta-rs: what `query` reads comes from others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import BronzeColumn, BronzeFile, BronzeSchema, BronzeTable, Commit
from lakewright.storage import open_storage

LOADED, LATER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
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


def build(root: Path) -> None:
    """bronze.item: loaded at 100 (items 1, 2); item 1 changed at 110, item 3 new at 120. silver.item: two versions."""
    _bronze(root)
    table = str(root / "silver" / "item")
    write_deltalake(table, pa.table({"id": [1, 2], "price": pa.array([1, 2], pa.int64())}))
    rows = pa.table({"id": [1, 2, 3], "price": pa.array([10, 2, 30], pa.int64())})
    write_deltalake(table, rows, mode="overwrite")


def _bronze(root: Path) -> None:
    columns = (BronzeColumn("id", "bigint", "bigint", key=True, id=1), BronzeColumn("name", "string", "text", id=2))
    files = [
        _file(root, "load", 0, [_row("I", 100, -1, LOADED, 1, "one"), _row("I", 100, -1, LOADED, 2, "two")]),
        _file(root, "cdc", 1, [_row("U", 110, 0, LATER, 1, "uno"), _row("I", 120, 0, LATER, 3, "tres")]),
    ]
    table = BronzeTable(
        "item", "public.item", status="streaming", key=("id",), schemas=(BronzeSchema(1, columns),), snapshot_lsn=100
    )
    loading = BronzeTable("slow", "public.slow", schemas=(BronzeSchema(1, columns),))
    manifest = Manifest(open_storage(str(root)), "shop")
    manifest.load()
    manifest.commit(Commit(position=130, added=tuple(files), tables=(table, loading)))


def _row(op: str, lsn: int, seq: int, at: datetime, key: int, name: str) -> dict[str, Any]:
    return {"Op": op, "_lsn": lsn, "_seq": seq, "_commit_ts": at, "_schema_version": 1, "id": key, "name": name}


def _file(root: Path, kind: str, number: int, rows: list[dict[str, Any]]) -> BronzeFile:
    types = SYSTEM | {"id": pa.int64(), "name": pa.string()}
    arrays = pa.Table.from_pylist([dict.fromkeys(types) | row for row in rows], schema=pa.schema(list(types.items())))
    path = f"bronze/item/load_date=2026-03-01/tenant_id=__HIVE_DEFAULT_PARTITION__/{kind}{number}.parquet"
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrays, root / path)
    lsns = [row["_lsn"] for row in rows]
    return BronzeFile(path, "item", 1, kind, len(rows), 1, min(lsns), max(lsns), 1, "2026-03-01", None)
