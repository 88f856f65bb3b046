"""Made tables, views, exports: no way to launder what is hidden, or to read with another's rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lakewright.governance import Policy
from lakewright.governance.rules import ALL, Grant

from .attempts_protocol import BUCKET
from .canaries import found_in
from .people import PEOPLE, hidden_from
from .tally import Note, total
from .test_protocol import target_of
from .world import Told, World
from .world import world as opened


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`ten` has a copy of the orders that it sees, an export of them and a view."""
    with opened(tmp_path_factory.mktemp("made"), service=True) as found:
        for statement in (
            "CREATE DATABASE mine",
            "CREATE TABLE mine.copy AS SELECT id, tenant, payload, code FROM silver.orders",
            "CREATE VIEW mine.seen AS SELECT id, tenant, payload FROM silver.orders",
            "INSERT INTO mine.copy SELECT id, tenant, payload, code FROM silver.orders WHERE id < 9",
            f"UNLOAD (SELECT id, code FROM silver.orders) TO 's3://{BUCKET}/ten-export/' WITH (format='PARQUET')",
        ):
            told = found.athena("ten", statement)
            assert not told.failed, told
        assert not found.athena("ana", "CREATE DATABASE scratch").failed
        yield found


@pytest.fixture
def policy(private: World) -> Iterator[Policy]:
    before = private.policy
    yield before
    private.policy = before


def clean(world: World, who: str, told: Told, sent: str = "") -> None:
    markers = (found_in(told.data) & hidden_from(who, world.made.book)) - found_in(sent.encode())
    assert not markers, f"{who}: {sorted(markers)[:5]}: {told.data[:300]!r}"


def test_a_copy_has_what_its_maker_sees(private: World) -> None:
    told = private.athena("ten", "SELECT * FROM mine.copy")
    assert not told.failed
    assert found_in(told.data)
    clean(private, "ten", told)


LAUNDERING = (
    "CREATE TABLE {db}.plans AS SELECT * FROM gold.plans",
    "CREATE TABLE {db}.plans WITH (external_location = 's3://{bucket}/x-{who}/') AS SELECT * FROM gold.plans",
    "CREATE TABLE {db}.orders_code AS SELECT id, code FROM silver.orders",
    "CREATE TABLE {db}.emails AS SELECT id, email, name FROM silver.customer",
    "CREATE VIEW {db}.plans_view AS SELECT * FROM gold.plans",
    "CREATE VIEW {db}.orders_view AS SELECT * FROM silver.orders",
    "INSERT INTO {db}.orders_code SELECT id, plan FROM gold.plans",
    "INSERT INTO silver.orders SELECT * FROM silver.orders",
    "INSERT INTO mine.copy SELECT id, tenant, plan, plan FROM gold.plans",
    "UNLOAD (SELECT * FROM gold.plans) TO 's3://{bucket}/own-{who}/' WITH (format = 'JSON')",
    "UNLOAD (SELECT * FROM silver.orders) TO 's3://{bucket}/own-{who}-2/' WITH (format = 'JSON')",
    "UNLOAD (SELECT 1 AS x) TO 's3://{bucket}/ten-export/' WITH (format = 'JSON')",
    "UNLOAD (SELECT 1 AS x) TO 's3://shop-lake/silver/orders/' WITH (format = 'PARQUET')",
    "CREATE EXTERNAL TABLE {db}.stolen1 (id bigint, payload string, code string) STORED AS PARQUET LOCATION 's3://{bucket}/ten-export/'",
    "CREATE EXTERNAL TABLE {db}.stolen2 (line string) LOCATION 's3://{bucket}/primary/'",
    "CREATE EXTERNAL TABLE {db}.stolen3 (line string) LOCATION 's3://{bucket}/primary/tables/'",
    "CREATE EXTERNAL TABLE {db}.stolen4 (line string) LOCATION 's3://{bucket}/primary/../'",
    "CREATE EXTERNAL TABLE {db}.stolen5 (plan string) STORED AS PARQUET LOCATION 's3://shop-lake/gold/plans/'",
    "CREATE EXTERNAL TABLE {db}.stolen6 (plan string) STORED AS PARQUET LOCATION 'file://{lake}/gold/plans/'",
    "CREATE EXTERNAL TABLE {db}.stolen7 (plan string) STORED AS PARQUET LOCATION '{lake}/gold/plans/'",
    "CREATE EXTERNAL TABLE {db}.stolen8 (a string) PARTITIONED BY (p string) LOCATION 's3://{bucket}/mine-{who}/'",
    "ALTER TABLE {db}.stolen8 ADD PARTITION (p = 'x') LOCATION 's3://{bucket}/primary/'",
    "ALTER TABLE mine.copy SET LOCATION 's3://{bucket}/x/'",
    "ALTER TABLE mine.copy SET TBLPROPERTIES ('x' = 'y')",
    "MSCK REPAIR TABLE {db}.stolen8",
    "CREATE OR REPLACE VIEW mine.seen AS SELECT * FROM gold.plans",
    "CREATE OR REPLACE VIEW gold.big_orders AS SELECT * FROM gold.plans",
    "CREATE TABLE silver.more AS SELECT 1 AS id",
    "CREATE DATABASE gold LOCATION 's3://{bucket}/'",
    "DROP TABLE mine.copy",
    "DROP VIEW mine.seen",
    "DROP DATABASE mine CASCADE",
    "SHOW CREATE VIEW mine.seen",
    "SHOW CREATE TABLE mine.copy",
    "DESCRIBE mine.copy",
    "DESCRIBE FORMATTED mine.copy",
    "SHOW PARTITIONS mine.copy",
    "SHOW TBLPROPERTIES mine.copy",
    "SHOW TABLES IN mine",
    "SHOW DATABASES",
    "SHOW VIEWS IN mine",
    "SELECT * FROM mine.copy",
    "SELECT * FROM mine.seen",
    "SELECT \"$path\" FROM mine.copy",
)  # fmt: skip


@pytest.mark.parametrize("who", [one for one in PEOPLE if one not in ("root", "ten")])
def test_laundering(private: World, who: str, record_property: Note) -> None:
    """Then everything that this person sees is read."""
    database = "scratch" if who == "ana" else "mine"
    words = {"db": database, "bucket": BUCKET, "who": who, "lake": private.project / "lake"}
    target_of(private, "eng")
    for one in LAUNDERING:
        statement = one.format(**words)
        clean(private, who, private.athena(who, statement), statement)
    listed = private.api(who, "athena", "ListTableMetadata", CatalogName="AwsDataCatalog", DatabaseName=database)
    found = [one["Name"] for one in listed.json.get("TableMetadataList", ())]
    assert bool(found) == (who == "ana")
    for name in found:
        clean(private, who, private.athena(who, f"SELECT * FROM {database}.{name}"))
    total(record_property, "attempts to launder", len(LAUNDERING) + len(found))
    assert not private.athena("ten", "SELECT * FROM mine.copy").failed


def test_a_view_reads_with_the_rights_of_who_asks(private: World, policy: Policy) -> None:
    """Though `ten` made it, and whoever may read it."""
    private.policy = replace(
        policy, grants=(*policy.grants, Grant("more", ("mine.seen",), frozenset({"everyone"}), ALL))
    )
    for who in PEOPLE:
        told = private.athena(who, "SELECT * FROM mine.seen")
        clean(private, who, told)
        assert told.failed == (who in ("nil", "box")), who


STEALING = {"Columns": [{"Name": "line", "Type": "string"}], "Location": f"s3://{BUCKET}/primary/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"}}  # fmt: skip


def test_glue_gives_nobody_anothers_rights(private: World) -> None:
    """A table whose owner is said to be another, over everybody's results; then one that is moved there."""
    target_of(private, "eng")
    table = {"Name": "rich", "Owner": "root", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": STEALING,
             "Parameters": {"EXTERNAL": "TRUE", "owner": "root"}}  # fmt: skip
    made = private.api("ana", "glue", "CreateTable", DatabaseName="scratch", TableInput=table)
    told = private.athena("ana", "SELECT * FROM scratch.rich")
    clean(private, "ana", told)
    if made.status == 200:
        for changed in (table | {"Owner": "eng"}, table | {"Parameters": {"owner": "eng"}}):
            private.api("ana", "glue", "UpdateTable", DatabaseName="scratch", TableInput=changed)
            clean(private, "ana", private.athena("ana", "SELECT * FROM scratch.rich"))
    view = {"Name": "plans", "TableType": "VIRTUAL_VIEW", "Owner": "root", "StorageDescriptor": STEALING,
            "ViewOriginalText": "SELECT * FROM gold.plans", "ViewExpandedText": "SELECT * FROM gold.plans"}  # fmt: skip
    private.api("ana", "glue", "CreateTable", DatabaseName="scratch", TableInput=view)
    clean(private, "ana", private.athena("ana", "SELECT * FROM scratch.plans"))


def test_another_table_may_not_take_a_name_of_the_lake(private: World, policy: Policy) -> None:
    """Not even for those who may create there: rules that name the lake's table are not for what somebody made."""
    private.policy = replace(policy, grants=(*policy.grants, Grant("more", ("gold.*",), frozenset({"user:ana"}), ALL)))
    for statement in (
        "CREATE TABLE gold.plans AS SELECT 1 AS id",
        "CREATE VIEW gold.plans AS SELECT 1 AS id",
        "CREATE OR REPLACE VIEW gold.plans AS SELECT 1 AS id",
        "DROP TABLE gold.plans",
    ):
        told = private.athena("ana", statement)
        assert told.failed
        clean(private, "ana", told)
    assert found_in(private.athena("root", "SELECT * FROM gold.plans").data)
