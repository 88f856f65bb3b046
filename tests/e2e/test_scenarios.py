"""The demo's lake as a user meets it later: the named queries and the scenarios, against queries written by hand.

What is right comes from DuckDB over the Parquet files of tables further below, which delta-rs lists; the demo itself
has compared Gold with PostgreSQL. LAKEWRIGHT_DEMO_LAKE names a kept lake to use instead of a new one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from deltalake import DeltaTable

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

NAMED = {
    "revenue_by_tenant": """
        select t.name, f.month, sum(f.total), count(*), sum(f.total) / count(*)
        from gold_fact_order f join gold_dim_tenant t using (tenant_id) where f.is_completed
        group by all order by 1, 2""",
    "customer_acquisition": """
        with debut as (select tenant_id, date_trunc('month', min(dt)) as month from gold_fact_order where is_completed
                       group by tenant_id, customer_id),
        month_of as (select tenant_id, date_trunc('month', created_on) as month from gold_dim_customer union
                     select tenant_id, date_trunc('month', dt) from gold_fact_order where dt is not null)
        select t.name, cast(m.month as date),
               (select count(*) from gold_dim_customer c where c.tenant_id = m.tenant_id
                   and date_trunc('month', c.created_on) = m.month),
               (select count(*) from gold_dim_customer c where c.tenant_id = m.tenant_id
                   and date_trunc('month', c.created_on) <= m.month),
               (select count(*) from debut d where d.tenant_id = m.tenant_id and d.month = m.month)
        from month_of m join gold_dim_tenant t using (tenant_id) order by 1, 2""",
    "product_performance": """
        select p.tenant_id, p.name, p.category, sum(i.quantity), sum(i.net), sum(i.margin), sum(i.margin) / sum(i.net)
        from gold_fact_order_item i join gold_dim_product p using (product_id) where i.is_completed
        group by p.tenant_id, p.product_id, p.name, p.category order by 5 desc, p.product_id limit 100""",
    "subscription_mrr": """
        with sub as (select tenant_id, monthly_amount as amount, started_month as began,
                            coalesce(churned_month, date '9999-01-01') as ended
                     from silver_subscription where status <> 'trialing'),
        span as (select tenant_id, unnest(generate_series(min(began), greatest(max(began),
                     max(ended) filter (ended < date '9999-01-01')), interval 1 month))::date as month
                 from sub group by tenant_id)
        select month, coalesce(sum(amount) filter (began <= month and ended > month), 0),
               coalesce(sum(amount) filter (began = month), 0), coalesce(sum(amount) filter (ended = month), 0),
               count(*) filter (began <= month and ended > month),
               coalesce(sum(amount) filter (ended = month), 0)
                   / nullif(sum(amount) filter (began < month and ended >= month), 0)
        from span join sub using (tenant_id) group by month order by month""",
    "event_funnel": """
        select cast(date_trunc('month', created_at) as date), count(*) filter (event_type = 'page_view'),
               count(*) filter (event_type = 'product_view'), count(*) filter (event_type = 'add_to_cart'),
               count(*) filter (event_type = 'checkout'), count(*) filter (event_type = 'purchase'),
               count(*) filter (event_type = 'purchase') / count(*) filter (event_type = 'page_view')
        from silver_event group by 1 order by 1""",
}
NEEDED = (
    "gold.fact_order",
    "gold.fact_order_item",
    "gold.dim_tenant",
    "gold.dim_customer",
    "gold.dim_product",
    "silver.subscription",
    "silver.event",
    "silver.customer",
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if "LAKEWRIGHT_DEMO_LAKE" in os.environ:
        return Path(os.environ["LAKEWRIGHT_DEMO_LAKE"])
    keep = tmp_path_factory.mktemp("demo") / "lake"
    done = _run("demo", "--orders=1500", "--tenants=4", "--rate=300", "--live=3", f"--keep={keep}", "--json")
    assert done["ok"], done
    return keep


@pytest.fixture(scope="module")
def files(lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Gold and Silver as views over their present files."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for name in NEEDED:
        database, _, table = name.partition(".")
        _view(connection, name.replace(".", "_"), DeltaTable(str(lake / "lake" / database / table)))
    yield connection
    connection.close()


def _view(connection: duckdb.DuckDBPyConnection, name: str, table: DeltaTable) -> None:
    paths = ", ".join(f"'{path}'" for path in table.file_uris())
    connection.execute(
        f"create view {name} as from read_parquet([{paths}], hive_partitioning = true, union_by_name = true)"
    )


def _run(*arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "lakewright", *arguments], capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _same(ours: Any, theirs: Any) -> bool:
    """Text of any client against a value; a quotient to the digits that it has, where it is a decimal."""
    if isinstance(theirs, float) and ours is not None:
        digits = len(str(ours).partition(".")[2])
        return bool(float(ours) == pytest.approx(theirs, rel=1e-9, abs=0.51 * 10**-digits if digits <= 2 else 0))
    if isinstance(theirs, (int, Decimal)) and ours is not None:
        return Decimal(str(ours)) == theirs
    return ours in (theirs, None if theirs is None else str(theirs))


def _assert_equal(ours: list[Any], theirs: list[Any]) -> None:
    assert len(ours) == len(theirs)
    assert ours
    for mine, right in zip(ours, theirs, strict=True):
        assert len(mine) == len(right)
        assert all(map(_same, mine, right)), (mine, right)


@pytest.mark.parametrize("name", NAMED)
def test_a_named_query_says_what_the_files_say(lake: Path, files: duckdb.DuckDBPyConnection, name: str) -> None:
    found = _run("-C", str(lake), "sql", "--as", "ana", "--named", name, "--json")
    _assert_equal(found["rows"], files.execute(NAMED[name]).fetchall())


def test_the_service_lists_and_runs_them(lake: Path, files: duckdb.DuckDBPyConnection) -> None:
    with _serving(lake) as athena:
        ids = athena.list_named_queries(WorkGroup="analytics-team")["NamedQueryIds"]
        queries = athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]
        assert {one["Name"] for one in queries} == set(NAMED)
        for one in queries:
            rows = _answer(athena, one)
            _assert_equal(rows[1:], files.execute(NAMED[one["Name"]]).fetchall())


def test_partition_keys_are_in_the_catalog_for_those_who_see_the_table(lake: Path) -> None:
    with _serving(lake) as athena:
        asked = {"CatalogName": "AwsDataCatalog", "DatabaseName": "gold"}
        found = athena.list_table_metadata(**asked, MaxResults=50)["TableMetadataList"]
        keys = {one["Name"]: [key["Name"] for key in one["PartitionKeys"]] for one in found}
        for name in ("revenue_metrics", "fact_order", "dim_tenant"):
            table = DeltaTable(str(lake / "lake" / "gold" / name))
            assert keys[name] == table.metadata().partition_columns, name
            (one,) = (one for one in found if one["Name"] == name)
            columns = [column["Name"] for column in one["Columns"]]
            assert sorted(columns + keys[name]) == sorted(field.name for field in table.schema().fields)
        glue = boto3.Session(profile_name="ana").client("glue")
        glued = glue.get_table(DatabaseName="gold", Name="revenue_metrics")["Table"]
        assert glued["PartitionKeys"] == [{"Name": "month", "Type": "date"}]


@contextmanager
def _serving(lake: Path) -> Iterator[Any]:
    command = [sys.executable, "-m", "lakewright", "-C", str(lake), "serve", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            facts = json.loads(process.stdout.readline())
            with pytest.MonkeyPatch.context() as patched:
                patched.setenv("AWS_SHARED_CREDENTIALS_FILE", facts["credentials"])
                patched.setenv("AWS_CONFIG_FILE", facts["config"])
                patched.delenv("AWS_ENDPOINT_URL", raising=False)
                yield boto3.Session(profile_name="ana").client("athena")
        finally:
            process.terminate()


def _answer(athena: Any, query: dict[str, Any]) -> list[list[str | None]]:
    started = athena.start_query_execution(
        QueryString=query["QueryString"],
        QueryExecutionContext={"Database": query["Database"]},
        WorkGroup="analytics-team",
    )
    asked = {"QueryExecutionId": started["QueryExecutionId"]}
    while (status := athena.get_query_execution(**asked)["QueryExecution"]["Status"])["State"] in ("QUEUED", "RUNNING"):
        time.sleep(0.05)
    assert status["State"] == "SUCCEEDED", status
    pages = athena.get_paginator("get_query_results").paginate(**asked)
    rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    return [[cell.get("VarCharValue") for cell in row] for row in rows]


@pytest.mark.parametrize("name", ["cdc", "history", "isolation", "timetravel", "cost"])
def test_a_scenario_shows_what_it_says(lake: Path, name: str) -> None:
    told = _run("demo", name, "-C", str(lake), "--json")
    assert told["ok"], [one for one in told["findings"] if not one["holds"]]
    assert (told["command"], told["scenario"]) == ("demo", name)


def _steps(lake: Path, name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = _run("demo", name, "-C", str(lake), "--json")["steps"]
    return steps


def test_history_is_what_the_files_say(lake: Path, files: duckdb.DuckDBPyConnection) -> None:
    gold, silver, bronze, _ = _steps(lake, "history")
    first, last = gold["rows"][0][0], gold["rows"][-1][0]
    right = files.execute(
        "select month, count(*), sum(total) from gold_fact_order "
        "where is_completed and month between ? and ? group by 1 order by 1",
        [first, last],
    ).fetchall()
    for layer in (gold, silver, bronze):
        _assert_equal(layer["rows"], right)


def test_each_tenants_analyst_got_that_tenants_rows(lake: Path, files: duckdb.DuckDBPyConnection) -> None:
    first, second, *_ = _steps(lake, "isolation")
    for step, tenant in ((first, 2), (second, 1)):
        figures = "tenant_id, count(distinct dt), count(*), sum(total)"
        sql = f"select {figures} from gold_fact_order where is_completed and tenant_id = ? group by 1"
        _assert_equal(step["rows"], files.execute(sql, [tenant]).fetchall())


def test_the_lost_customers_are_those_that_the_first_version_had(lake: Path, files: duckdb.DuckDBPyConnection) -> None:
    _, _, _, gone, _, _ = _steps(lake, "timetravel")
    _view(files, "customer_before", DeltaTable(str(lake / "lake" / "silver" / "customer"), version=0))
    sql = "select customer_id from customer_before anti join silver_customer using (customer_id) order by 1"
    assert [row[0] for row in gone["rows"]] == [row[0] for row in files.execute(sql).fetchall()]


def test_partitions_make_it_cheaper_by_the_files_they_leave_out(lake: Path) -> None:
    *_, bill = _steps(lake, "cost")
    without, within = bill["rows"]
    every = DeltaTable(str(lake / "lake" / "silver" / "order")).file_uris()
    assert without[1] == len(every)
    assert 0 < within[1] < without[1]
    assert 0 < within[3] < without[3] <= sum(Path(path).stat().st_size for path in every)


def test_where_there_is_no_lake_it_says_what_to_run(tmp_path: Path) -> None:
    (error,) = _run("demo", "isolation", "-C", str(tmp_path), "--json")["errors"]
    assert error["code"] == "LW811"
    assert "lakewright demo --keep" in error["hint"]
