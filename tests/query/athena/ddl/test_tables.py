# ruff: noqa: E501 - statements, files and their answers, each in a line
"""Databases, external tables and partitions, through the service."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakewright.catalog import Table
from lakewright.governance import Privilege
from lakewright.governance.rules import Grant
from lakewright.spec.rows import parse_rows
from tests.query.athena.conftest import COLLEAGUE, ROOT, TENANT, Tables
from tests.query.athena.ddl.conftest import Studio, opened

EVENTS = r"""CREATE EXTERNAL TABLE IF NOT EXISTS `studio.events` (
  `id` int COMMENT 'the key', `word` string, `parts` array<struct<x:int,y:string>>)
COMMENT 'what happened' PARTITIONED BY (`day` date)
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' COLLECTION ITEMS TERMINATED BY '|'
  MAP KEYS TERMINATED BY ':'
STORED AS TEXTFILE LOCATION 's3://data/events' TBLPROPERTIES ('skip.header.line.count' = '1')"""


def as_parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.fixture
def events(studio: Studio) -> Studio:
    studio.run(EVENTS)
    studio.put("s3://data/events/day=2026-01-01/a.txt", b"id\tword\tparts\n1\tx\\\ty\t1:p|2:q\nbad\t\\N\n")
    studio.put("s3://data/events/day=2026-01-02/b.txt", b"id\tword\tparts\n7\tz\t\n")
    studio.put("s3://data/events/day=2026-01-02/_SUCCESS", b"x")
    return studio


def test_files_under_folders_become_partitions(events: Studio) -> None:
    assert events.values("SELECT * FROM studio.events") == []
    assert events.lines("MSCK REPAIR TABLE studio.events") == [
        "Partitions not in metastore:\tevents:day=2026-01-01\tevents:day=2026-01-02",
        "Repair: Added partition to metastore events:day=2026-01-01",
        "Repair: Added partition to metastore events:day=2026-01-02",
    ]
    assert events.lines("MSCK REPAIR TABLE studio.events") == []
    assert events.values("SELECT id, word, parts, day FROM studio.events ORDER BY day, id") == [
        ["1", "x\ty", "[{x=1, y=p}, {x=2, y=q}]", "2026-01-01"],
        [None, None, None, "2026-01-01"],
        ["7", "z", "[]", "2026-01-02"],
    ]
    assert events.values("SELECT count(*) FROM studio.events WHERE day = DATE '2026-01-02'") == [["1"]]


def test_partitions_are_added_moved_renamed_and_dropped(events: Studio) -> None:
    events.put("s3://data/elsewhere/c.txt", b"header\n9\n")
    events.run(
        "ALTER TABLE studio.events ADD IF NOT EXISTS PARTITION (day = '2026-01-01') "
        "PARTITION (day='2026-03-01') LOCATION 's3://data/elsewhere/'"
    )
    assert events.values("SELECT id, day FROM studio.events WHERE id = 9") == [["9", "2026-03-01"]]
    again = events.failure("ALTER TABLE studio.events ADD PARTITION (day='2026-03-01')")
    assert "Partition already exists: day=2026-03-01" in again["StateChangeReason"]
    events.run("ALTER TABLE studio.events PARTITION (day='2026-03-01') RENAME TO PARTITION (day='2026-04-01')")
    events.run("ALTER TABLE studio.events PARTITION (day='2026-04-01') SET LOCATION 's3://data/events/day=2026-01-02/'")
    assert events.values("SELECT id, day FROM studio.events WHERE day > DATE '2026-02-01'") == [["7", "2026-04-01"]]
    events.run("ALTER TABLE studio.events DROP PARTITION (day >= '2026-04-01'), PARTITION (day = '2026-01-01')")
    assert events.lines("SHOW PARTITIONS studio.events") == []
    wrong = events.failure("ALTER TABLE studio.events ADD PARTITION (day = 'monday')")
    assert "Cannot convert partition value 'monday' of day to date" in wrong["StateChangeReason"]


def test_columns_and_properties_are_altered(events: Studio) -> None:
    events.run("ALTER TABLE studio.events ADD COLUMNS (extra varchar(2) COMMENT 'late', n decimal(5,1))")
    events.put("s3://data/events/day=2026-02-01/d.txt", b"h\n5\tw\t\tabc\t1.25\n")
    events.run("MSCK REPAIR TABLE studio.events")
    assert events.values("SELECT extra, n FROM studio.events WHERE id = 5") == [["ab", "1.3"]]
    events.run("ALTER TABLE studio.events SET TBLPROPERTIES ('classification' = 'csv')")
    assert "classification\tcsv" in events.lines("SHOW TBLPROPERTIES studio.events")
    events.run("ALTER TABLE studio.events REPLACE COLUMNS (id bigint)")
    assert events.lines("SHOW COLUMNS IN studio.events") == [f"{'id':20}", f"{'day':20}"]
    refused = events.failure("ALTER TABLE studio.events ADD COLUMNS (day int)")
    assert "Duplicate column name: day" in refused["StateChangeReason"]


def test_what_show_create_prints_makes_the_same_table(events: Studio) -> None:
    printed = events.lines("SHOW CREATE TABLE studio.events")
    assert printed[0] == "CREATE EXTERNAL TABLE `studio.events`("
    before = events.made.catalog.snapshot().tables["studio.events"].definition
    events.run("DROP TABLE studio.events")
    events.run("\n".join(printed))
    after = events.made.catalog.snapshot().tables["studio.events"].definition
    assert {**after, "Parameters": {}} == {**before, "Parameters": {}}
    assert after["Parameters"] == before["Parameters"]
    assert events.lines("SHOW CREATE TABLE studio.events") == printed


def test_describe_pads_as_athena_does(events: Studio) -> None:
    lines = events.lines("DESCRIBE studio.events")
    assert lines[0] == f"{'id':20}\t{'int':20}\t{'the key':20}"
    assert lines[4:] == [
        "\t \t ",
        "# Partition Information\t \t ",
        f"{'# col_name':20}\t{'data_type':20}\t{'comment':20}",
        "\t \t ",
        f"{'day':20}\t{'date':20}\t{'':20}",
    ]
    found = events.call("GetTableMetadata", CatalogName="AwsDataCatalog", DatabaseName="studio", TableName="events")
    table = found["TableMetadata"]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "date"}]
    assert table["Columns"][0] == {"Name": "id", "Type": "int", "Comment": "the key"}


def test_parquet_files_of_several_schemas_are_one_table(studio: Studio) -> None:
    studio.put("s3://data/mixed/1.parquet", as_parquet(A=pa.array([1], pa.int32()), other=["no"]))
    studio.put("s3://data/mixed/2.parquet", as_parquet(b=["x"], a=pa.array([2], pa.int64())))
    studio.run("CREATE EXTERNAL TABLE studio.mixed (a bigint, b string) STORED AS PARQUET LOCATION 's3://data/mixed/'")
    assert studio.values("SELECT a, b FROM studio.mixed ORDER BY a") == [["1", None], ["2", "x"]]
    studio.put("s3://data/mixed/3.parquet", as_parquet(a=["text"]))
    reason = studio.failure("SELECT a FROM studio.mixed")["StateChangeReason"]
    assert reason == (
        "HIVE_BAD_DATA: Field a's type string in parquet file s3://data/mixed/3.parquet is incompatible with type "
        "bigint defined in table schema"
    )


def test_hive_types_stay_what_they_are(studio: Studio) -> None:
    studio.put("s3://data/typed/f", b"abcdef|abcdef|2026-01-02 03:04:05.6789\n")
    studio.run(
        "CREATE EXTERNAL TABLE studio.typed (v varchar(3), c char(5), at timestamp) "
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION 's3://data/typed/'"
    )
    assert studio.values("SELECT v, typeof(v), typeof(c), at, typeof(at) FROM studio.typed") == [
        ["abc", "varchar(3)", "char(5)", "2026-01-02 03:04:05.679", "timestamp(3)"]
    ]


def test_csv_and_json(studio: Studio) -> None:
    studio.put("s3://data/csv/f.csv", b'id,word\n"1","a, b"\n2,\n')
    studio.run(
        "CREATE EXTERNAL TABLE studio.sheet (id int, word string) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar' = ',') "
        "LOCATION 's3://data/csv/' TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    assert studio.values("SELECT * FROM studio.sheet") == [["1", "a, b"], ["2", ""]]
    studio.put("s3://data/csv/g.csv", b"id,word\nx,y\n")
    assert studio.failure("SELECT * FROM studio.sheet")["StateChangeReason"].startswith(
        "HIVE_BAD_DATA: Error parsing field value 'x' for field 0"
    )
    studio.put("s3://data/json/f.json", b'{"ID": 1, "Tags": ["a"]}\nnot json\n')
    make = (
        "CREATE EXTERNAL TABLE studio.{} (id int, tags array<string>) ROW FORMAT SERDE "
        "'org.openx.data.jsonserde.JsonSerDe' {} LOCATION 's3://data/json/'"
    )
    studio.run(make.format("loose", "WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')"))
    assert studio.values("SELECT * FROM studio.loose") == [["1", "[a]"], [None, None]]


REFUSED = {
    "LOCATION 's3://data/../other/'": "INVALID_TABLE_PROPERTY: Invalid location: 's3://data/../other/' is no place for a table",
    "LOCATION 's3://bens/x/'": "PERMISSION_DENIED: Access Denied to S3 location s3://bens/x/",
    "LOCATION 's3://data/bens/'": "PERMISSION_DENIED: Access Denied to S3 location s3://data/bens/",
    "LOCATION 's3://the-lake/silver/person/'": "PERMISSION_DENIED: Access Denied to S3 location s3://the-lake/silver/person/",
    "LOCATION 's3://data'": "INVALID_TABLE_PROPERTY: Can not create a table on a bucket's root directory: s3://data",
    "LOCATION 'file:///etc/'": "INVALID_TABLE_PROPERTY: Invalid location: 'file:///etc/' is no place for a table",
    "LOCATION '/etc/'": "INVALID_TABLE_PROPERTY: Invalid location: '/etc/' is no place for a table",
    "STORED AS ORC LOCATION 's3://data/x/'": "NOT_SUPPORTED: STORED AS ORC is not supported by this local Athena",
    "CLUSTERED BY (a) INTO 4 BUCKETS LOCATION 's3://data/x/'": "NOT_SUPPORTED: CLUSTERED BY is not supported by this local Athena",
    "LOCATION 's3://data/x/' TBLPROPERTIES ('projection.enabled'='true')": "NOT_SUPPORTED: partition projection is not supported: add the partitions",
    "ROW FORMAT SERDE 'com.example.Serde' LOCATION 's3://data/x/'": "NOT_SUPPORTED: SerDe com.example.Serde is not supported by this local Athena",
    "": "FAILED: SemanticException no location: an external table needs LOCATION 's3://…'",
}  # fmt: skip


@pytest.mark.parametrize("rest", REFUSED)
def test_tables_over_what_is_not_theirs_or_not_readable_are_refused(studio: Studio, rest: str) -> None:
    studio.put("s3://data/bens/x", b"x", owner="ben")
    sql = f"CREATE EXTERNAL TABLE studio.t (a int) {rest}"
    try:
        reason = studio.failure(sql)["StateChangeReason"]
    except Exception as error:
        reason = "NOT_SUPPORTED: " + error.message if hasattr(error, "message") else repr(error)
    assert reason.removesuffix(" (this local Athena's SQL: docs/athena-sql.md)") == REFUSED[rest]
    assert studio.lines("SHOW TABLES IN studio") == []


def test_a_table_has_only_what_its_owner_may_read(studio: Studio) -> None:
    """Others' files at the same place, and results whose grants are gone, are not in it."""
    studio.put("s3://data/both/mine", b"1\n")
    studio.put("s3://data/both/bens", b"2\n", owner="ben")
    studio.run("CREATE EXTERNAL TABLE studio.both (a int) LOCATION 's3://data/both/'")
    assert studio.values("SELECT a FROM studio.both") == [["1"]]
    assert studio.values("SELECT a FROM studio.both", ROOT) == [["1"]]
    found = studio.run("SELECT tenant_id + 100 AS t FROM gold.revenue")
    place = found["ResultConfiguration"]["OutputLocation"].rpartition("/")[0]
    studio.run(f"CREATE EXTERNAL TABLE studio.results (a string) LOCATION '{place}/'")
    assert len(studio.values("""SELECT a FROM studio.results WHERE a LIKE '"10_"'""")) == 6
    studio.rules[0] = replace(studio.rules[0], grants=tuple(g for g in studio.rules[0].grants if "gold.*" not in g.on))
    assert studio.values("""SELECT a FROM studio.results WHERE a LIKE '"10_"'""") == []


def test_tables_that_glue_made_are_read_with_their_owners_rights(studio: Studio) -> None:
    studio.put("s3://data/glued/p=1/f.parquet", as_parquet(a=[1, 2]))
    studio.put("s3://data/bens/f.parquet", as_parquet(a=[9]), owner="ben")
    storage = {
        "Columns": [{"Name": "A", "Type": "bigint"}],
        "Location": "s3://data/glued/",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    }
    keys = [{"Name": "p", "Type": "int"}]
    partitions = (
        {"Values": ["1"], "StorageDescriptor": {**storage, "Location": "s3://data/glued/p=1/"}},
        {"Values": ["2"], "StorageDescriptor": {**storage, "Location": "s3://data/bens/"}},
    )
    definition = {"Name": "glued", "Owner": "ana", "StorageDescriptor": storage, "PartitionKeys": keys}
    studio.made.catalog.put_table(Table("studio", definition, partitions))
    assert studio.values("SELECT a, p FROM studio.glued ORDER BY a") == [["1", "1"], ["2", "1"]]
    bad = {
        **definition,
        "Name": "bad",
        "StorageDescriptor": {**storage, "Location": "file:///etc/"},
        "PartitionKeys": [],
    }
    studio.made.catalog.put_table(Table("studio", bad))
    assert studio.failure("SELECT * FROM studio.bad")["StateChangeReason"].startswith("INVALID_TABLE_PROPERTY")
    orc = {
        **bad,
        "Name": "orc",
        "StorageDescriptor": {**storage, "SerdeInfo": {"SerializationLibrary": "a.b.OrcSerde"}},
    }
    studio.made.catalog.put_table(Table("studio", orc))
    assert studio.failure("SELECT * FROM studio.orc")["StateChangeReason"] == (
        "HIVE_UNSUPPORTED_FORMAT: Table studio.orc cannot be read: files of the SerDe a.b.OrcSerde are not read"
    )


def test_a_policy_cuts_made_tables_as_it_does_the_lakes(studio: Studio) -> None:
    studio.run(
        "CREATE TABLE studio.cut WITH (partitioned_by = ARRAY['tenant_id']) AS SELECT amount, note, tenant_id FROM gold.revenue"
    )
    grant = Grant(
        "p:1", ("studio.cut",), to=frozenset({"persona:Tenant"}), can=frozenset({Privilege.SELECT}),
        without=("note",), rows=parse_rows("tenant_id = 2"),
    )  # fmt: skip
    studio.rules[0] = replace(studio.rules[0], grants=(*studio.rules[0].grants, grant))
    assert studio.rows("SELECT * FROM studio.cut", TENANT)[0] == ["amount", "tenant_id"]
    assert studio.values("SELECT DISTINCT tenant_id FROM studio.cut", TENANT) == [["2"]]
    assert studio.lines("SHOW PARTITIONS studio.cut", TENANT) == ["tenant_id=2"]
    assert "note" not in " ".join(studio.lines("SHOW CREATE TABLE studio.cut", TENANT))
    denied = studio.failure("ALTER TABLE studio.cut SET TBLPROPERTIES ('a'='b')", TENANT)
    assert (
        denied["StateChangeReason"]
        == "PERMISSION_DENIED: Insufficient Lake Formation permission(s): Required Alter on studio.cut"
    )


def test_databases_are_made_listed_and_dropped(studio: Studio) -> None:
    studio.run("CREATE SCHEMA other COMMENT 'a place' WITH DBPROPERTIES ('a'='b')")
    assert studio.lines("SHOW DATABASES") == ["gold", "other", "studio"]
    assert studio.lines("SHOW SCHEMAS LIKE 'o*|nothing'") == ["other"]
    assert studio.lines("SHOW DATABASES", TENANT) == ["gold"]
    assert "already exists" in studio.failure("CREATE DATABASE other")["StateChangeReason"]
    studio.run("CREATE DATABASE IF NOT EXISTS other")
    studio.run("CREATE TABLE other.t AS SELECT 1 AS a")
    assert "is not empty" in studio.failure("DROP DATABASE other")["StateChangeReason"]
    assert studio.failure("DROP DATABASE other CASCADE", COLLEAGUE)["StateChangeReason"].startswith("PERMISSION_DENIED")
    studio.run("DROP DATABASE other CASCADE")
    assert studio.lines("SHOW DATABASES") == ["gold", "studio"]
    assert studio.failure("CREATE DATABASE elsewhere")["StateChangeReason"].startswith("PERMISSION_DENIED")
    assert studio.failure("DROP DATABASE silver")["StateChangeReason"].endswith("Database does not exist: silver")
    assert studio.failure("SHOW TABLES IN silver")["StateChangeReason"].endswith("Database does not exist: silver")


def test_the_catalog_survives_a_restart(studio: Studio, shared_tables: Tables) -> None:
    studio.run("CREATE TABLE studio.lasting WITH (partitioned_by=ARRAY['k']) AS SELECT 1 AS a, 'x' AS k")
    studio.run("CREATE VIEW studio.seen AS SELECT a FROM studio.lasting")
    studio.athena.close()
    studio.athena = SimpleNamespace(close=lambda: None)  # type: ignore[assignment]
    again, governor = opened(studio.folder, shared_tables, studio.objects)
    try:
        assert again.values("SELECT a FROM studio.seen") == [["1"]]
        assert again.lines("SHOW TABLES IN studio") == ["lasting", "seen"]
    finally:
        again.athena.close()
        governor.close()
