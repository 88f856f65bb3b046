# ruff: noqa: E501 - statements, files and their answers, each in a line
"""CREATE TABLE AS, INSERT and UNLOAD; what was written is read back by pyarrow, gzip and DuckDB themselves."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest

from lakewright.governance import Privilege
from lakewright.governance.rules import Grant
from lakewright.query.athena.ddl.files import Files
from tests.query.athena.conftest import COLLEAGUE, ROOT
from tests.query.athena.ddl.conftest import Studio


def parquet(studio: Studio, location: str) -> dict[str, list[Any]]:
    return pq.read_table(io.BytesIO(studio.object(location))).to_pydict()


def written(studio: Studio, execution: dict[str, Any]) -> list[str]:
    """The s3:// paths in the execution's manifest."""
    return studio.object(execution["Statistics"]["DataManifestLocation"]).decode().splitlines()


def test_a_table_made_from_a_query_has_its_rows_its_manifest_and_its_place(studio: Studio) -> None:
    found = studio.run("CREATE TABLE studio.copy AS SELECT tenant_id, month, amount, note FROM gold.revenue")
    execution = found["QueryExecutionId"]
    place = found["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://results/primary/tables/{execution}"
    assert (found["StatementType"], found["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    assert found["Statistics"]["DataManifestLocation"] == f"s3://results/primary/{execution}-manifest.csv"
    (file,) = written(studio, found)
    assert file.startswith(place + "/")
    assert parquet(studio, file)["tenant_id"] == [1, 2, 3, 1, 2, 3]
    answer = studio.call("GetQueryResults", QueryExecutionId=execution)
    assert answer["UpdateCount"] == 6
    same = "SELECT tenant_id, month, amount, note FROM {} ORDER BY month"
    assert studio.values(same.format("studio.copy")) == studio.values(same.format("gold.revenue"))


def test_partitions_are_folders_and_the_catalog_knows_them(studio: Studio) -> None:
    studio.run(
        "CREATE TABLE studio.parts WITH (external_location = 's3://mine/parts/', partitioned_by = ARRAY['k', 'd'], "
        "write_compression = 'SNAPPY') AS SELECT * FROM (VALUES (1, 'a/b', DATE '2026-01-02'), (2, NULL, NULL), "
        "(3, '', DATE '2026-01-02'), (4, 'ü=%', DATE '2026-01-02')) AS t (n, k, d)"
    )
    folders = sorted(key.rpartition("/")[0] for key in studio.keys("s3://mine/parts/"))
    assert folders == [
        "parts/k=__HIVE_DEFAULT_PARTITION__/d=2026-01-02",
        "parts/k=__HIVE_DEFAULT_PARTITION__/d=__HIVE_DEFAULT_PARTITION__",
        "parts/k=a%2Fb/d=2026-01-02",
        "parts/k=ü%3D%25/d=2026-01-02",
    ]
    first = pq.ParquetFile(io.BytesIO(studio.object(f"s3://mine/{studio.keys('s3://mine/parts/')[0]}")))
    assert first.schema_arrow.names == ["n"]
    assert first.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert studio.values("SELECT n, k, d FROM studio.parts ORDER BY n") == [
        ["1", "a/b", "2026-01-02"],
        ["2", None, None],
        ["3", None, "2026-01-02"],
        ["4", "ü=%", "2026-01-02"],
    ]
    assert len(studio.lines("SHOW PARTITIONS studio.parts")) == 4


def test_insert_adds_rows_in_the_columns_named(studio: Studio) -> None:
    studio.run(
        "CREATE TABLE studio.grown WITH (partitioned_by = ARRAY['k']) AS "
        "SELECT CAST(1 AS bigint) AS n, 'one' AS word, CAST(1.50 AS decimal(6,2)) AS price, 'x' AS k"
    )
    found = studio.run("INSERT INTO studio.grown (k, n) VALUES ('y', 2), ('x', 3)")
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "INSERT")
    studio.run("INSERT INTO studio.grown SELECT n + 10, word, price, k FROM studio.grown WHERE n = 1")
    assert studio.values("SELECT * FROM studio.grown ORDER BY n") == [
        ["1", "one", "1.50", "x"],
        ["2", None, None, "y"],
        ["3", None, None, "x"],
        ["11", "one", "1.50", "x"],
    ]
    assert studio.lines("SHOW PARTITIONS studio.grown") == ["k=x", "k=y"]


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("PARQUET", lambda data: pq.read_table(io.BytesIO(data)).to_pylist()),
        ("JSON", lambda data: [json.loads(line) for line in gzip.decompress(data).splitlines()]),
        ("TEXTFILE", lambda data: [dict(zip("abc", line.split("\x01"), strict=True)) for line in gzip.decompress(data).decode().splitlines()]),
    ],
)  # fmt: skip
def test_unload_writes_what_others_read(studio: Studio, form: str, read: Any) -> None:
    found = studio.run(
        f"UNLOAD (SELECT 1 AS a, 'x\"y' AS b, CAST(NULL AS varchar) AS c) TO 's3://mine/out/' WITH (format = '{form}')"
    )
    (file,) = written(studio, found)
    assert (
        read(studio.object(file))
        == {
            "PARQUET": [{"a": 1, "b": 'x"y', "c": None}],
            "JSON": [{"a": 1, "b": 'x"y', "c": None}],
            "TEXTFILE": [{"a": "1", "b": 'x"y', "c": "\\N"}],
        }[form]
    )
    assert found["SubstatementType"] == "UNLOAD"


@pytest.mark.parametrize("form", ["PARQUET", "JSON", "TEXTFILE"])
def test_every_type_comes_back_from_every_format(studio: Studio, form: str) -> None:
    values = (
        "true AS b, CAST(-7 AS tinyint) AS t, CAST(300 AS smallint) AS s, 70000 AS i, CAST(5000000000 AS bigint) AS l, "
        "CAST(1.5 AS real) AS f, 2.5E0 AS d, CAST('12.30' AS decimal(20,2)) AS p, 'te\"xt' AS v, "
        "CAST('ab' AS varchar(5)) AS w, DATE '2026-02-03' AS day, TIMESTAMP '2026-02-03 04:05:06.789' AS at, "
        "ARRAY[1, NULL] AS arr, MAP(ARRAY['k'], ARRAY[1]) AS m, "
        "CAST(ROW(1, 'x') AS ROW(a integer, z varchar)) AS r, X'00ff' AS bin"
    )
    if form == "JSON":  # Hive's JSON SerDe takes the text of a binary for its bytes
        values = values.replace(", X'00ff' AS bin", "")
    studio.run(f"CREATE TABLE studio.every WITH (format = '{form}') AS SELECT {values}")
    assert studio.values("SELECT * FROM studio.every") == studio.values(f"SELECT {values}")


def test_a_hundred_partitions_and_no_more(studio: Studio) -> None:
    many = "SELECT n AS a, n % {} AS k FROM gold.numbers WHERE n < 300"
    create = "CREATE TABLE studio.{} WITH (partitioned_by = ARRAY['k']) AS " + many
    studio.run(create.format("hundred", 100))
    status = studio.failure(create.format("more", 101))
    assert status["StateChangeReason"] == (
        "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets"
    )
    assert studio.values("SELECT count(*) FROM studio.hundred") == [["300"]]
    assert "more" not in studio.lines("SHOW TABLES IN studio")


def test_a_failed_statement_leaves_nothing(studio: Studio) -> None:
    status = studio.failure("CREATE TABLE studio.broken AS SELECT 1 / (n - 2999999) AS x FROM gold.numbers")
    assert status["StateChangeReason"].startswith("DIVISION_BY_ZERO")
    assert studio.keys("s3://results/primary/tables/") == []
    assert list((studio.folder / "objects" / "blobs").glob("*/*")) == []
    assert studio.lines("SHOW TABLES IN studio") == []


def test_a_stopped_statement_leaves_nothing(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped when all rows are written and nothing is visible yet."""
    reached, go = threading.Event(), threading.Event()
    publish = Files.publish

    def wait(files: Files, stopped: Any) -> list[str]:
        reached.set()
        assert go.wait(20)
        return publish(files, stopped)

    monkeypatch.setattr(Files, "publish", wait)
    execution = studio.start("CREATE TABLE studio.late AS SELECT n FROM gold.numbers LIMIT 5")
    assert reached.wait(20)
    studio.call("StopQueryExecution", QueryExecutionId=execution)
    go.set()
    assert studio.finished(execution)["Status"]["State"] == "CANCELLED"
    until = time.monotonic() + 10
    while list((studio.folder / "objects" / "blobs").glob("*/*")) and time.monotonic() < until:
        time.sleep(0.02)
    assert list((studio.folder / "objects" / "blobs").glob("*/*")) == []
    assert studio.lines("SHOW TABLES IN studio") == []


REFUSED = {
    "CREATE TABLE studio.t WITH (format = 'ORC') AS SELECT 1 AS a": "NOT_SUPPORTED: format = 'ORC' is not supported by this local Athena",
    "CREATE TABLE studio.t WITH (format = 'AVRO') AS SELECT 1 AS a": "NOT_SUPPORTED: format = 'AVRO' is not supported by this local Athena",
    "CREATE TABLE studio.t WITH (bucketed_by = ARRAY['a'], bucket_count = 2) AS SELECT 1 AS a": "NOT_SUPPORTED: bucketed_by is not supported by this local Athena",
    "CREATE TABLE studio.t WITH (table_type = 'ICEBERG') AS SELECT 1 AS a": "NOT_SUPPORTED: table_type = 'ICEBERG' is not supported by this local Athena",
    "CREATE TABLE studio.t WITH (colour = 'red') AS SELECT 1 AS a": "INVALID_TABLE_PROPERTY: line 1:1: Catalog 'awsdatacatalog' table property 'colour' does not exist",
    "CREATE TABLE studio.t AS SELECT 1": "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1",
    "CREATE TABLE studio.t AS SELECT 1 AS a, 2 AS A": "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once",
    "CREATE TABLE studio.t AS SELECT NULL AS a": "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a",
    "CREATE TABLE studio.t AS SELECT current_timestamp AS a": "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone",
    "CREATE TABLE studio.t WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b": "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as the table properties: [a]",
    "CREATE TABLE nowhere.t AS SELECT 1 AS a": "SCHEMA_NOT_FOUND: line 1:1: Schema 'nowhere' does not exist",
    "CREATE TABLE silver.t AS SELECT 1 AS a": "SCHEMA_NOT_FOUND: line 1:1: Schema 'silver' does not exist",
    "CREATE TABLE gold.t AS SELECT 1 AS a": "PERMISSION_DENIED: Insufficient Lake Formation permission(s): Required Create on gold.t",
    "CREATE TABLE studio.t AS SELECT * FROM silver.person": "TABLE_NOT_FOUND: line 1:40: Table 'awsdatacatalog.silver.person' does not exist",
    "INSERT INTO silver.person VALUES (1, 'x')": "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.silver.person' does not exist",
    "INSERT INTO gold.numbers VALUES (1)": "PERMISSION_DENIED: Insufficient Lake Formation permission(s): Required Insert on gold.numbers",
    "UNLOAD (SELECT 1 AS a) TO 's3://mine/o/' WITH (format = 'CSV')": "NOT_SUPPORTED: format = 'CSV' is not supported by this local Athena",
    "UPDATE gold.numbers SET n = 1": "NOT_SUPPORTED: line 1:1: This connector does not support modifying table rows",
    "DELETE FROM silver.person": "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.silver.person' does not exist",
    "MERGE INTO gold.numbers t USING gold.numbers s ON t.n = s.n WHEN MATCHED THEN DELETE": "NOT_SUPPORTED: line 1:1: This connector does not support modifying table rows",
}  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
def test_what_cannot_be_written_is_refused_by_name(studio: Studio, sql: str) -> None:
    reason = studio.failure(sql)["StateChangeReason"]
    assert reason.removesuffix(" (this local Athena's SQL: docs/athena-sql.md)") == REFUSED[sql]
    assert studio.lines("SHOW TABLES IN studio") == []


def test_insert_checks_types_and_lengths(studio: Studio) -> None:
    studio.run("CREATE TABLE studio.narrow AS SELECT CAST(1 AS tinyint) AS n, CAST('ab' AS varchar(3)) AS w")
    reasons = {
        "INSERT INTO studio.narrow VALUES (1, 'x')": "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
        "Table: [tinyint, varchar(3)], Query: [integer, varchar(1)]",
        "INSERT INTO studio.narrow VALUES (CAST(1 AS tinyint), 'abcd')": "INVALID_CAST_ARGUMENT: Cannot truncate "
        "non-space characters when casting to varchar(3) on INSERT (column w)",
        "INSERT INTO studio.narrow (n) SELECT 'x'": "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
        "Table: [tinyint], Query: [varchar(1)]",
        "INSERT INTO studio.narrow (z) SELECT 'x'": "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in "
        "target table: z",
    }
    for sql, reason in reasons.items():
        assert studio.failure(sql)["StateChangeReason"] == reason
    assert studio.values("SELECT count(*) FROM studio.narrow") == [["1"]]


def test_places_that_are_not_fresh_or_not_theirs(studio: Studio) -> None:
    studio.put("s3://mine/full/x", b"x")
    studio.put("s3://data/bens/x", b"x", owner="ben")
    unload = "UNLOAD (SELECT 1 AS a) TO '{}' WITH (format = 'PARQUET')"
    reasons = {
        "s3://mine/full/": "HIVE_PATH_ALREADY_EXISTS: Target directory already exists: s3://mine/full/",
        "s3://bens/new/": "PERMISSION_DENIED: Access Denied to S3 location s3://bens/new/",
        "s3://data/bens/": "PERMISSION_DENIED: Access Denied to S3 location s3://data/bens/",
        "s3://no-such-bucket/new/": "PERMISSION_DENIED: Access Denied to S3 location s3://no-such-bucket/new/",
        "s3://mine/a/../full/": "INVALID_TABLE_PROPERTY: Invalid location: 's3://mine/a/../full/' is no place for a table",
        "file:///etc/": "INVALID_TABLE_PROPERTY: Invalid location: 'file:///etc/' is no place for a table",
        "http://127.0.0.1/x/": "INVALID_TABLE_PROPERTY: Invalid location: 'http://127.0.0.1/x/' is no place for a table",
    }
    for place, reason in reasons.items():
        assert studio.failure(unload.format(place))["StateChangeReason"] == reason


def test_an_enforced_workgroup_takes_no_other_place(studio: Studio) -> None:
    sql = "CREATE TABLE studio.t WITH (external_location = 's3://mine/t/') AS SELECT 1 AS a"
    reason = studio.failure(sql, WorkGroup="team")["StateChangeReason"]
    assert "submitted with an 'external_location' property to an Athena Workgroup that enforces" in reason


def test_a_made_table_is_its_makers_until_a_grant_names_it(studio: Studio) -> None:
    studio.run("CREATE TABLE studio.mine AS SELECT tenant_id FROM gold.revenue")
    assert studio.lines("SHOW TABLES IN studio", COLLEAGUE) == []
    missing = "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.studio.mine' does not exist"
    assert studio.failure("SELECT * FROM studio.mine", COLLEAGUE)["StateChangeReason"] == missing
    assert studio.failure("DROP TABLE studio.mine", COLLEAGUE)["StateChangeReason"].endswith("not found studio.mine")
    assert studio.values("SELECT count(*) FROM studio.mine", ROOT) == [["6"]]
    wide = Grant("p:1", ("studio.*",), to=frozenset({"persona:Analyst"}), can=frozenset({Privilege.SELECT}))
    old = studio.rules[0]
    studio.rules[0] = replace(old, grants=(*old.grants, wide))
    assert studio.failure("SELECT * FROM studio.mine", COLLEAGUE)["StateChangeReason"] == missing
    studio.rules[0] = replace(old, grants=(*old.grants, replace(wide, on=("studio.mine",))))
    assert studio.values("SELECT count(*) FROM studio.mine", COLLEAGUE) == [["6"]]
    denied = studio.failure("INSERT INTO studio.mine VALUES (1)", COLLEAGUE)["StateChangeReason"]
    assert denied.startswith("PERMISSION_DENIED")
