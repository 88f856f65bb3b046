"""DMS's behaviour over a real PostgreSQL. What is expected comes from the statements and DMS's documentation."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakewright.components.dms.component import Settings, task_settings
from lakewright.errors import ProblemError
from lakewright.ingest.dms.statistics import Progress
from lakewright.ingest.mappings import TableMapping
from tests.ingest.dms.support import Task

LAST = datetime(9999, 12, 31, 23, 59, 59, 999999)


@pytest.fixture
def task(database: str, tmp_path: Path) -> Task:
    return Task(database, tmp_path)


def having(task: Task, **target: Any) -> Task:
    task.target = {**task.target, **target}
    return task


def test_full_load_and_changes(task: Task) -> None:
    task.sql(
        "create table customer (id bigint primary key, name varchar(20), active boolean, price numeric(12,2))",
        "insert into customer values (1, 'Ada', true, 1.50), (2, null, false, null)",
    )
    with having(task, TimestampColumnName="ts").running():
        task.sql("insert into customer values (3, 'Cy', null, 3)", "update customer set name = 'Ann' where id = 1")
        task.sql("delete from customer where id = 2")
    load = task.loads("customer")
    assert load.column_names == ["ts", "id", "name", "active", "price"]
    assert load.drop_columns(["ts"]).to_pylist() == [
        {"id": 1, "name": "Ada", "active": "true", "price": Decimal("1.50")},
        {"id": 2, "name": None, "active": "false", "price": None},
    ]
    changes = task.changes("customer")
    assert [list(row)[:2] for row in changes] == [["Op", "ts"]] * 3
    assert [{k: v for k, v in row.items() if k != "ts"} for row in changes] == [
        {"Op": "I", "id": 3, "name": "Cy", "active": None, "price": Decimal("3.00")},
        {"Op": "U", "id": 1, "name": "Ann", "active": "true", "price": Decimal("1.50")},
        {"Op": "D", "id": 2, "name": None, "active": None, "price": None},
    ]
    stamps = [row["ts"] for row in [*load.to_pylist(), *changes]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", stamp) for stamp in stamps)
    names = [key.rpartition("/")[2] for key in task.files("public/customer")]
    assert re.fullmatch(r"\d{8}-\d{9}\.parquet", names[0])
    assert names[-1] == "LOAD00000001.parquet"
    counts = task.progress.tables["public", "customer"]
    assert (counts.full_load_rows, counts.inserts, counts.updates, counts.deletes) == (2, 1, 1, 1)


def test_types(task: Task) -> None:
    columns = {
        "i2": "smallint", "i4": "integer", "i8": "bigint", "n": "numeric(20,4)", "free": "numeric",
        "wide": "numeric(45,2)",
        "money": "money", "f4": "real", "f8": "double precision", "b": "boolean", "c": "char(4)", "v": "varchar(9)",
        "d": "date", "ts": "timestamp", "tz": "timestamptz", "t": "time", "ttz": "timetz", "iv": "interval",
        "u": "uuid", "ip": "inet", "j": "jsonb", "arr": "int[]", "by": "bytea", "txt": "text",
    }  # fmt: skip
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    task.sql(
        f"create table every (id int primary key, {listed})",
        "insert into every values (1, 1, 2, 3, 4.5, 0.611111104488373, 5.25, 1234.5, 1.5, 2.5, true, 'ab', 'xyz',"
        " '2024-02-29', '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00+02', '10:11:12.5', '10:11:12+02',"
        " '1 year 2 months 3 days 4 hours', '00000000-0000-0000-0000-000000000001', '10.0.0.1/8', '{\"a\": 1}',"
        " '{1,2}', '\\x00ff', 'long')",
        "insert into every (id, free, d, ts, t) values (2, 'NaN', 'infinity', 'infinity', '24:00')",
    )
    with task.running():
        pass
    found = task.loads("every")
    assert {field.name: str(field.type) for field in found.schema} == {
        "id": "int32", "i2": "int16", "i4": "int32", "i8": "int64", "n": "decimal128(20, 4)",
        "free": "decimal128(28, 6)", "wide": "string", "money": "decimal128(38, 4)", "f4": "float", "f8": "double",
        "b": "string", "c": "string", "v": "string", "d": "date32[day]", "ts": "timestamp[us]", "tz": "timestamp[us]",
        "t": "time32[ms]", "ttz": "time32[ms]", "iv": "string", "u": "string", "ip": "string", "j": "string",
        "arr": "string", "by": "binary", "txt": "string",
    }  # fmt: skip
    first, second = found.to_pylist()
    assert first["free"] == Decimal("0.611111")  # DMS's own example of what it does
    assert (first["money"], first["wide"], first["n"]) == (Decimal("1234.5000"), "5.25", Decimal("4.5000"))
    assert (first["b"], first["c"], first["iv"]) == ("true", "ab  ", "1 YEAR, 2 MONTHS, 3 DAYS, 4 HOURS")
    assert first["tz"] == datetime(2024, 2, 29, 10, 30)
    assert (first["d"], first["t"], first["ttz"]) == (date(2024, 2, 29), time(10, 11, 12, 500000), time(10, 11, 12))
    assert (first["by"], first["arr"], first["ip"]) == (b"\x00\xff", "{1,2}", "10.0.0.1/8")
    assert (second["free"], second["d"], second["ts"], second["t"]) == (None, date(9999, 12, 31), LAST, None)
    assert any("free" in one.error for one in task.progress.exceptions)


def test_booleans_stay_booleans_on_request(task: Task) -> None:
    task.source = {"MapBooleanAsBoolean": True}
    task.sql("create table t (id int primary key, b boolean)", "insert into t values (1, true)")
    with task.running():
        pass
    assert task.loads("t").to_pylist() == [{"id": 1, "b": True}]


def test_large_values_are_cut(task: Task) -> None:
    task.settings = json.dumps({"TargetMetadata": {"LimitedSizeLobMode": True, "LobMaxSize": 1}})
    task.sql(
        "create table doc (id int primary key, body text, raw bytea, name varchar)",
        "insert into doc select 1, repeat('é', 600), decode(repeat('ab', 2000), 'hex'), repeat('n', 5000)",
    )
    with task.running():
        task.sql("insert into doc select 2, repeat('x', 2000), null, ''")
    (row,) = task.loads("doc").to_pylist()
    assert (row["body"], len(row["raw"]), len(row["name"])) == ("é" * 512, 1024, 5000)
    assert task.changes("doc")[0]["body"] == "x" * 1024
    assert {one.statement for one in task.progress.exceptions} == {"LOB"}


def test_the_task_fails_on_truncation_when_told_to(task: Task) -> None:
    task.source = {"FailTasksOnLobTruncation": True}
    task.sql("create table doc (id int primary key, body text)", "insert into doc select 1, repeat('x', 40000)")
    with pytest.raises(ProblemError, match="LW373"), task.running():
        pass


def test_a_changed_key_leaves_the_old_row(task: Task) -> None:
    """DMS ignores that the key changed: consumers get the new row and never hear of the old one."""
    task.sql("create table t (id int primary key, a text)", "insert into t values (1, 'x'), (2, 'y')")
    with task.running():
        task.sql("update t set id = 10 where id = 1", "delete from t where id = 2")
    assert task.changes("t") == [{"Op": "U", "id": 10, "a": "x"}, {"Op": "D", "id": 2, "a": None}]


def test_truncates_and_changes_of_keyless_tables_are_not_told(task: Task) -> None:
    task.sql("create table t (id int primary key)", "insert into t values (1)")
    task.sql("create table log (line text)", "insert into log values ('a')")
    with task.running():
        task.sql("truncate t", "insert into log values ('b')", "update log set line = 'c'", "delete from log")
    assert task.changes("t") == []
    assert task.changes("log") == [{"Op": "I", "line": "b"}]


@pytest.mark.parametrize(
    ("include", "inserts", "both", "load_op", "change_op", "kinds"),
    [
        (True, True, False, True, True, "I"),
        (False, False, False, False, True, "IUD"),
        (False, True, False, False, False, "I"),
        (True, False, False, True, True, "IUD"),
        (True, False, True, True, True, "IU"),
        (False, False, True, False, False, "IU"),
    ],
)
def test_which_rows_tell_their_operation(
    task: Task, include: bool, inserts: bool, both: bool, load_op: bool, change_op: bool, kinds: str
) -> None:
    """The table of "Indicating source DB operations in migrated S3 data" in the DMS user guide."""
    task = having(task, IncludeOpForFullLoad=include, CdcInsertsOnly=inserts, CdcInsertsAndUpdates=both)
    task.sql("create table t (id int primary key, a int)", "insert into t values (1, 1)")
    with task.running():
        task.sql("insert into t values (2, 2)", "update t set a = 3 where id = 1", "delete from t where id = 2")
    (row,) = task.loads("t").to_pylist()
    assert row.get("Op") == ("I" if load_op else None)
    changes = task.changes("t")
    assert len(changes) == len(kinds)
    assert [row.get("Op") for row in changes] == (list(kinds) if change_op else [None] * len(kinds))


def test_date_folders(task: Task) -> None:
    task = having(
        task, DatePartitionEnabled=True, DatePartitionSequence="yyyymmddhh", DatePartitionDelimiter="SLASH",
        BucketFolder="cdc", DatePartitionTimezone="Asia/Tokyo",
    )  # fmt: skip
    task.sql("create table t (id int primary key)", "insert into t values (1)")
    before = datetime.now(UTC)
    with task.running():
        task.sql("insert into t values (2)")
    keys = [key for key in task.files("cdc/public/t") if "LOAD" not in key]
    assert "cdc/public/t/LOAD00000001.parquet" in task.files()
    hours = {at.astimezone(task.replication().target.date_zone).strftime("%Y/%m/%d/%H") for at in (before, task.now())}
    assert keys[0].removeprefix("cdc/public/t/").rpartition("/")[0] in hours


def test_files_come_at_the_interval_or_the_size(task: Task) -> None:
    task.sql("create table t (id int primary key, a text)", "create table u (id int primary key)")
    with having(task, CdcMaxBatchInterval=60, CdcMinFileSize=200).running():
        task.sql("insert into t values (1, 'x')")
        task.until(lambda: task.progress.tables["public", "t"].inserts == 1)
        assert task.files("public/t") == []
        task.ahead = 61
        task.until(lambda: len(task.files("public/t")) == 1)
        task.sql("insert into t select n, repeat(md5(n::text), 100) from generate_series(2, 200) n")
        task.until(lambda: len(task.files("public/t")) == 2)
        task.sql("insert into u values (1)")
        task.until(lambda: task.progress.tables["public", "u"].inserts == 1)
        assert task.files("public/u") == []
    assert len(task.changes("t")) == 200
    assert len(task.changes("u")) == 1


def test_parquet_settings(task: Task) -> None:
    task = having(task, CompressionType="gzip", RowGroupLength=1000, EnableStatistics=False, EncodingType="plain")
    task.sql(
        "create table t (id int primary key, a text)", "insert into t select n, 'x' from generate_series(1, 2500) n"
    )
    with task.running():
        pass
    file = pq.ParquetFile(task.folder / "lake" / task.files("public/t")[0]).metadata
    assert [file.row_group(n).num_rows for n in range(file.num_row_groups)] == [1000, 1000, 500]
    column = file.row_group(0).column(1)
    assert (column.compression, column.statistics, column.has_dictionary_page) == ("GZIP", None, False)
    assert file.format_version == "1.0"


def test_load_files_are_counted_in_hexadecimal(task: Task) -> None:
    task = having(task, MaxFileSize=1, RowGroupLength=100)
    task.sql("create table t (id int primary key, a text)")
    task.sql("insert into t select n, md5(n::text) || md5((n+1)::text) from generate_series(1, 2000) n")
    with task.running():
        pass
    names = [key.rpartition("/")[2] for key in task.files("public/t")]
    assert "LOAD0000000A.parquet" in names
    assert task.loads("t").num_rows == 2000


def test_a_stopped_task_goes_on_where_it_was(task: Task) -> None:
    task.sql("create table t (id int primary key, a int)", "insert into t values (1, 1)")
    with task.running():
        task.sql("insert into t values (2, 2)")
    task.sql("insert into t values (3, 3)", "update t set a = 9 where id = 1")
    with task.running(resume=True):
        task.sql("insert into t values (4, 4)")
    assert [(row["Op"], row["id"]) for row in task.changes("t")] == [("I", 2), ("I", 3), ("U", 1), ("I", 4)]
    assert task.loads("t").num_rows == 1


def test_starting_anew_replaces_what_was_there(task: Task) -> None:
    task.sql("create table t (id int primary key)", "insert into t values (1)")
    with task.running():
        task.sql("insert into t values (2)")
    task.progress = Progress()
    with task.running():
        pass
    assert [key.rpartition("/")[2] for key in task.files("public/t")] == ["LOAD00000001.parquet"]
    assert sorted(task.loads("t").column("id").to_pylist()) == [1, 2]


def test_a_new_column_starts_a_new_file(task: Task) -> None:
    task.sql("create table t (id int primary key)", "insert into t values (1)")
    with task.running():
        task.sql("insert into t values (2)", "alter table t add column a text", "insert into t values (3, 'x')")
    assert task.changes("t") == [{"Op": "I", "id": 2}, {"Op": "I", "id": 3, "a": "x"}]
    assert task.progress.tables["public", "t"].ddls == 1


def test_filters_lose_deletes_by_other_columns_than_the_key(task: Task) -> None:
    rule = {
        "rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include",
        "object-locator": {"schema-name": "public", "table-name": "t"},
        "filters": [{
            "filter-type": "source", "column-name": "region",
            "filter-conditions": [{"filter-operator": "eq", "value": "eu"}],
        }],
    }  # fmt: skip
    task.mapping = TableMapping.parse(json.dumps({"rules": [rule]}))
    task.sql("create table t (id int primary key, region text)")
    task.sql("insert into t values (1, 'eu'), (2, 'us'), (3, 'eu')")
    with task.running():
        task.sql(
            "update t set region = 'us' where id = 1", "delete from t where id = 3", "insert into t values (4, 'eu')"
        )
    assert task.loads("t").column("id").to_pylist() == [1, 3]
    assert task.changes("t") == [{"Op": "I", "id": 4, "region": "eu"}]


def test_added_columns_and_names(task: Task) -> None:
    added = {
        "rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-action": "add-column",
        "rule-target": "column", "object-locator": {"schema-name": "public", "table-name": "t"},
        "value": "pos", "expression": "$AR_H_STREAM_POSITION", "data-type": {"type": "string", "length": 50},
    }  # fmt: skip
    renamed = {
        "rule-type": "transformation", "rule-id": "3", "rule-name": "3", "rule-action": "rename",
        "rule-target": "table", "object-locator": {"schema-name": "public", "table-name": "t"}, "value": "things",
    }  # fmt: skip
    base = json.loads(TableMapping.from_patterns(["public.t"]).to_json())["rules"]
    task.mapping = TableMapping.parse(json.dumps({"rules": [*base, added, renamed]}))
    task.sql("create table t (id int primary key)", "insert into t values (1)")
    with task.running():
        task.sql("insert into t values (2)")
    assert task.loads("things").to_pylist() == [{"id": 1, "pos": None}]
    (row,) = task.changes("things")
    assert re.fullmatch(r"[0-9A-F]+/[0-9A-F]+", row["pos"])


def test_a_full_load_only_ends_by_itself(task: Task) -> None:
    import threading

    task.kind = "full-load"
    task.sql("create table t (id int primary key)", "insert into t values (1)")
    assert task.run(threading.Event()) == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert task.loads("t").to_pylist() == [{"id": 1}]


def test_a_table_is_loaded_again_on_request(task: Task) -> None:
    task.sql("create table t (id int primary key)", "insert into t values (1)")
    with task.running():
        task.sql("insert into t values (2)")
        task.until(lambda: task.progress.tables["public", "t"].inserts == 1)
        task.progress.reload("public", "t")
        task.until(lambda: task.progress.tables["public", "t"].reloaded)
        task.until(lambda: task.progress.tables["public", "t"].state == "Table completed")
        task.sql("insert into t values (3)")
    assert sorted(task.loads("t").column("id").to_pylist()) == [1, 2]
    assert [row["id"] for row in task.changes("t")] == [3]
    assert pa.types.is_int32(task.loads("t").schema.field("id").type)


def test_the_deployed_task_loaded_again_leaves_no_older_change_behind(task: Task) -> None:
    """Change files of before would be applied over the new load. What the source holds must come out."""
    task.settings = task_settings(Settings())
    task.sql("create table t (id int primary key, v text)", "insert into t values (1, 'a'), (2, 'a')")
    with task.running():
        task.sql("update t set v = 'b' where id = 1")
    task.sql("update t set v = 'c' where id = 1", "delete from t where id = 2")  # while the task is stopped
    task.progress = Progress()
    with task.running():
        pass
    rows = {row["id"]: row["v"] for row in task.loads("t").to_pylist()}
    rows |= {row["id"]: row["v"] for row in task.changes("t")}
    assert rows == {1: "c"}
