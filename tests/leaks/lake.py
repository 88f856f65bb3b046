"""The small lake on disk: Delta tables with a past, Bronze, views, and the project around them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import BronzeColumn, BronzeFile, BronzeSchema, BronzeTable, Commit
from lakewright.storage import open_storage

from .canaries import PLACE, Row, text_of
from .people import MODELS, SPEC
from .tables import SCHEMAS, Content, table_of

LOADED, LATER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
PARTITIONED: Mapping[str, list[str]] = {"silver.orders": ["tenant"]}
"""The order of files is chance; so it is not where the order of rows must stay."""
BRONZE_TYPES: Mapping[str, pa.DataType] = {
    "Op": pa.string(),
    "_commit_ts": pa.timestamp("us", tz="UTC"),
    "_lsn": pa.int64(),
    "_seq": pa.int64(),
    "_schema_version": pa.int32(),
    "_unchanged": pa.list_(pa.string()),
    "_special": pa.map_(pa.string(), pa.string()),
    "_old_key": pa.string(),
    "id": pa.int64(),
    "name": pa.string(),
    "secret": pa.string(),
}


def build(root: Path, made: Content, *, partitioned: bool = True) -> tuple[Path, datetime]:
    """A project below `root`, in a folder whose name is a marker too; and the moment between past and present."""
    project = root / f"project-{text_of(PLACE)}"
    project.mkdir(parents=True)
    (project / "platform.yaml").write_text(SPEC)
    for name, text in MODELS.items():
        (project / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "models" / name).write_text(text)
    lake = project / "lake"
    _bronze(lake, made.rows["bronze.account"])
    parts = PARTITIONED if partitioned else {}
    write_past(lake, made, parts.get("silver.orders"))
    time.sleep(0.01)
    moment = datetime.now(UTC)
    time.sleep(0.01)
    for name in SCHEMAS:
        write_table(lake, name, made.rows[name], parts.get(name))
    return project, moment


def write_past(lake: Path, made: Content, partition_by: list[str] | None) -> None:
    schema = SCHEMAS["silver.orders"].append(pa.field("legacy", pa.string()))
    past = pa.Table.from_pylist(made.past, schema)
    write_deltalake(str(lake / "silver" / "orders"), past, partition_by=partition_by)


def write_table(lake: Path, name: str, rows: Sequence[Row], partition_by: list[str] | None = None) -> None:
    """A new version."""
    place = str(lake / name.replace(".", "/", 1))
    write_deltalake(
        place, table_of(name, list(rows)), mode="overwrite", schema_mode="overwrite", partition_by=partition_by
    )


def _bronze(root: Path, rows: Sequence[Row]) -> None:
    columns = tuple(
        BronzeColumn(name, kind, source, key=name == "id", id=number)
        for number, (name, kind, source) in enumerate(
            [("id", "bigint", "bigint"), ("name", "string", "text"), ("secret", "string", "text")], 1
        )
    )
    files = [
        _file(root, "load", 0, [_line("I", 100, -1, LOADED, row) for row in rows[:6]]),
        _file(root, "cdc", 1, [_line("I" if row["id"] > 5 else "U", 110, 0, LATER, row) for row in rows[4:]]),
    ]
    table = BronzeTable(
        "account", "public.account", status="streaming", key=("id",), schemas=(BronzeSchema(1, columns),),
        snapshot_lsn=100,
    )  # fmt: skip
    manifest = Manifest(open_storage(str(root)), "shop")
    manifest.load()
    manifest.commit(Commit(position=130, added=tuple(files), tables=(table,)))


def _line(op: str, lsn: int, seq: int, at: datetime, row: Row) -> dict[str, Any]:
    system = {"Op": op, "_lsn": lsn, "_seq": seq, "_commit_ts": at, "_schema_version": 1}
    return {**system, **row, "_special": [("secret", row["_special"])]}


def _file(root: Path, kind: str, number: int, rows: list[dict[str, Any]]) -> BronzeFile:
    found = [dict.fromkeys(BRONZE_TYPES) | row for row in rows]
    arrays = pa.Table.from_pylist(found, schema=pa.schema(list(BRONZE_TYPES.items())))
    path = f"bronze/account/load_date=2026-03-01/tenant_id=__HIVE_DEFAULT_PARTITION__/{kind}{number}.parquet"
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrays, root / path)
    lsns = [row["_lsn"] for row in rows]
    return BronzeFile(path, "account", 1, kind, len(rows), 1, min(lsns), max(lsns), 1, "2026-03-01", None)
