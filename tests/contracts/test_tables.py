"""What every table format has to do, on a folder and on S3 (moto's server); delta-rs itself is the second reader."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from lakewright.engines import EngineOptions, open_engine
from lakewright.errors import ProblemError
from lakewright.models.types import arrow_type
from lakewright.pipeline.contents import FileContents
from lakewright.storage import Storage
from lakewright.tables import Change, Column, DataFile, Table, open_table
from lakewright.tables.parquet import PartitionedWriter

COLUMNS = (
    Column("id", "bigint"),
    Column("price", "decimal(12,2)"),
    Column("at", "timestamp"),
    Column("local", "timestamp_ntz"),
    Column("tags", "array<string>"),
    Column("tenant", "string"),
    Column("day", "date"),
)
HARD = ["plain", "a b/ü%=1", None]


def rows(keys: range) -> list[dict[str, Any]]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = [
        {
            "id": key,
            "price": Decimal(key) / 100,
            "at": start + timedelta(microseconds=key),
            "local": datetime(2026, 1, 1) + timedelta(seconds=key),
            "tags": [str(key), None],
            "tenant": HARD[key % 3],
            "day": date(2026, 1, 1 + key % 2),
        }
        for key in keys
    ]
    return sorted(found, key=lambda row: (str(row["tenant"]), row["day"]))


def write(table: Table, keys: range) -> tuple[DataFile, ...]:
    schema = pa.schema([pa.field(column.name, arrow_type(column.type)) for column in COLUMNS])
    data = pa.Table.from_pylist(rows(keys), schema=schema)
    reader = data.to_reader(max_chunksize=7)
    return PartitionedWriter(table.storage, table.path, ("tenant", "day")).write(reader)


def made(storage: Storage) -> Table:
    table = open_table(storage, "silver.thing")
    files = write(table, range(40))
    table.replace(COLUMNS, ("tenant", "day"), Change((), files, {"lakewright/x": 5}, {"lakewright.run": "one"}))
    return table


def read(table: Table, version: int | None = None) -> list[dict[str, Any]]:
    engine = open_engine(EngineOptions(memory=1 << 29, threads=1))
    names = ", ".join(f'"{column.name}"' for column in table.columns(version))
    found = engine.session().table(f"SELECT {names} FROM ({FileContents(engine, table, version).sql()}) ORDER BY id")
    engine.close()
    return found.to_pylist()


def expected(*keys: int) -> list[dict[str, Any]]:
    return sorted((row for key in keys for row in rows(range(key, key + 1))), key=lambda row: row["id"])


@pytest.mark.parametrize("version", [1, 999, 2**63, 10**20])
def test_a_version_that_is_not_there_is_refused_at_once(storage: Storage, version: int) -> None:
    table = made(storage)
    with pytest.raises(ProblemError, match=f"LW602 silver.thing: silver.thing has no version {version}"):
        table.files(version)


def test_what_is_written_is_read(storage: Storage) -> None:
    table = made(storage)
    assert read(table) == expected(*range(40))
    peer = DeltaTable(storage.location("silver/thing"), storage_options=storage.table_options() or None)
    ours = {row["id"]: row["tenant"] for row in read(table)}
    theirs = peer.to_pyarrow_table(columns=["id", "tenant"]).to_pylist()
    assert {row["id"]: row["tenant"] for row in theirs} == ours
    assert table.columns() == COLUMNS
    assert table.partition_by() == ("tenant", "day")


def test_one_file_per_partition_with_bounds(storage: Storage) -> None:
    files = made(storage).files()
    assert {(file.partition["tenant"], file.partition["day"]) for file in files} == {
        (tenant, day) for tenant in HARD for day in ("2026-01-01", "2026-01-02")
    }
    assert len(files) == 6
    assert sum(file.rows for file in files) == 40
    first = next(file for file in files if dict(file.partition) == {"tenant": "plain", "day": "2026-01-01"})
    assert (first.lows["id"], first.highs["id"], first.lows["price"]) == (0, 36, Decimal("0.00"))


def test_files_position_and_metadata_come_together(storage: Storage) -> None:
    table = made(storage)
    assert (table.transaction("lakewright/x"), table.transaction("lakewright/y")) == (5, None)
    gone = [file for file in table.files() if file.partition["tenant"] == "plain"]
    version = table.commit(Change(gone, write(table, range(100, 103)), {"lakewright/x": 9}, {"lakewright.run": "two"}))
    assert version == 1
    assert {row["id"] for row in read(table)} == {k for k in range(40) if k % 3} | {100, 101, 102}
    other = open_table(storage, "silver.thing")
    assert other.transaction("lakewright/x") == 9
    assert {file.path for file in other.files()} == {file.path for file in table.files()}
    if "://" not in storage.uri:  # delta-rs holds the GIL while it reads history, and moto's server is in this process
        assert [commit.metadata["lakewright.run"] for commit in table.history()] == ["two", "one"]
    assert read(table, 0) == expected(*range(40))


def test_a_writer_who_has_not_seen_the_newest_version_is_refused(storage: Storage) -> None:
    table = made(storage)
    late = open_table(storage, "silver.thing")
    assert late.exists()
    table.commit(Change(transactions={"lakewright/x": 6}))
    with pytest.raises(ProblemError, match="LW603"):
        late.commit(Change(add=write(late, range(50, 51))))
    assert late.refresh()
    assert late.commit(Change(transactions={"lakewright/x": 7})) == 2


def test_replacing_the_columns_keeps_older_versions(storage: Storage) -> None:
    table = made(storage)
    identity = table.identity()
    wider = (*COLUMNS, Column("note", "string"))
    table.replace(wider, ("tenant", "day"), Change())
    assert (table.columns(), table.files(), table.identity()) == (wider, (), identity)
    table.replace(COLUMNS[:3], (), Change())
    assert table.partition_by() == ()
    assert table.identity() != identity
    assert len(read(table, 0)) == 40


def test_there_is_no_table_yet(storage: Storage) -> None:
    table = open_table(storage, "gold.none")
    assert not table.exists()
    with pytest.raises(ProblemError, match="LW601"):
        table.version()


def test_vacuum_removes_only_what_no_kept_version_needs(storage: Storage) -> None:
    table = made(storage)
    gone = list(table.files())[:2]
    table.commit(Change(remove=gone))
    assert table.vacuum(timedelta(days=7)) == ()
    assert len(table.vacuum(timedelta(0), dry_run=True)) == 2
    table.vacuum(timedelta(0))
    assert [storage.exists(f"silver/thing/{file.path}") for file in gone] == [False, False]
    assert all(storage.exists(f"silver/thing/{file.path}") for file in table.files())


def test_after_many_commits_others_see_the_same_table(storage: Storage) -> None:
    table = made(storage)
    kept = table.files()
    for number in range(2, 122):
        old = table.files()[0]
        table.commit(Change([old], write(table, range(number, number + 1)), {"lakewright/x": number}))
    assert any(entry.path.endswith("checkpoint.parquet") for entry in storage.list("silver/thing/_delta_log"))
    peer = DeltaTable(storage.location("silver/thing"), storage_options=storage.table_options() or None)
    other = open_table(storage, "silver.thing")
    assert (peer.version(), other.version(), table.version()) == (120, 120, 120)
    assert (peer.transaction_version("lakewright/x"), table.transaction("lakewright/x")) == (121, 121)
    assert {file.path for file in other.files()} == {file.path for file in table.files()}
    assert len(peer.file_uris()) == len(table.files()) == len(kept)
    assert sum(row["id"] is not None for row in peer.to_pyarrow_table(columns=["id"]).to_pylist()) == len(read(table))


def test_a_table_with_features_that_we_do_not_write_is_read_but_not_written(storage: Storage) -> None:
    table = made(storage)
    peer = DeltaTable(storage.location("silver/thing"), storage_options=storage.table_options() or None)
    peer.alter.add_constraint({"positive": "id >= 0"})
    table.refresh()
    assert read(table) == expected(*range(40))
    with pytest.raises(ProblemError, match="LW605"):
        table.commit(Change(transactions={"lakewright/x": 6}))
