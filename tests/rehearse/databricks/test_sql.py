"""Statements really run, and each principal gets what was granted: read against what was written, by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest
from databricks.sdk.errors import InvalidParameterValue, NotFound
from databricks.sdk.service import catalog, jobs, sql
from databricks.sdk.service import workspace as objects
from deltalake import write_deltalake

from lakewright.errors import ProblemError
from lakewright.governance import Allowed, Denied, Privilege, TableFacts
from lakewright.governance.unity_catalog import load_unity_catalog
from lakewright.query.governed.governor import utc_now
from lakewright.rehearse.databricks.asking import Asking

from .shop import Shop

pytestmark = pytest.mark.slow
ROWS = [["1", "a", "10.50"], ["2", "b", "20.00"], ["3", "a", None]]


def test_what_was_written_is_read_typed(shop: Shop) -> None:
    found = shop.run("SELECT * FROM shop.silver.orders ORDER BY id")
    assert found.result.data_array == ROWS
    assert [(one.name, one.type_text) for one in found.manifest.schema.columns] == [
        ("id", "INT"),
        ("tenant", "STRING"),
        ("amount", "DECIMAL(10,2)"),
    ]
    total = "SELECT o.tenant, SUM(amount) FROM orders o WHERE tenant = :t GROUP BY o.tenant"
    parameters = [sql.StatementParameterListItem("t", value="a")]
    assert shop.rows(total, catalog="shop", schema="silver", parameters=parameters) == [["a", "10.50"]]
    assert shop.rows("SELECT count(*) FROM shop.silver.orders a JOIN shop.silver.orders b ON a.id = b.id") == [["3"]]


def test_each_link_of_the_chain_is_needed(shop: Shop) -> None:
    ana = shop.user("ana", "analysts")
    question = "SELECT id FROM shop.silver.orders ORDER BY id"
    steps = (
        ("USE CATALOG on Catalog 'shop'", "GRANT USE CATALOG ON CATALOG shop TO analysts"),
        ("USE SCHEMA on Schema 'shop.silver'", "GRANT USE SCHEMA ON SCHEMA shop.silver TO `ana@example.com`"),
        ("SELECT on Table 'shop.silver.orders'", "GRANT SELECT ON TABLE shop.silver.orders TO analysts"),
    )
    for lacking, grant in steps:
        assert f"User does not have {lacking}" in shop.refused(question, ana)
        shop.rows(grant)
    assert shop.rows(question, ana) == [["1"], ["2"], ["3"]]
    for _, grant in steps:
        shop.rows(grant.replace("GRANT", "REVOKE", 1).replace(" TO ", " FROM "))
        assert "INSUFFICIENT_PERMISSIONS" in shop.refused(question, ana)
        shop.rows(grant)
    assert shop.rows(question, ana) == [["1"], ["2"], ["3"]]


def test_grants_on_a_catalog_hold_for_tables_to_come(shop: Shop) -> None:
    ana = shop.user("ana", "analysts")
    shop.rows("GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG shop TO analysts")
    shop.rows("CREATE TABLE shop.silver.later AS SELECT id, tenant FROM shop.silver.orders WHERE id > 1")
    assert shop.rows("SELECT id FROM shop.silver.later ORDER BY id", ana) == [["2"], ["3"]]
    assert "does not have MODIFY" in shop.refused("INSERT INTO shop.silver.later SELECT 9, 'x'", ana)
    assert "does not have MANAGE" in shop.refused("DROP TABLE shop.silver.later", ana)


def test_owners_have_all_of_their_own_and_nothing_below(shop: Shop) -> None:
    ana = shop.user("ana")
    shop.rows("ALTER SCHEMA shop.silver OWNER TO `ana@example.com`")
    shop.rows("GRANT USE CATALOG ON CATALOG shop TO `ana@example.com`")
    assert "SELECT on Table" in shop.refused("SELECT * FROM shop.silver.orders", ana)
    shop.rows("GRANT SELECT ON TABLE shop.silver.orders TO `ana@example.com`", ana)  # who owns a schema may grant
    assert len(shop.rows("SELECT * FROM shop.silver.orders", ana)) == 3
    shop.rows("CREATE TABLE shop.silver.mine AS SELECT 1 AS x", ana)
    assert shop.rows("SELECT * FROM shop.silver.mine", ana) == [["1"]]


def test_filters_and_masks_hold_for_everybody_they_are_about(shop: Shop) -> None:
    ana, bo = shop.user("ana", "tenant-a"), shop.user("bo", "managers")
    shop.rows("GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG shop TO `account users`")
    shop.rows(
        "CREATE FUNCTION shop.silver.rows_of(`tenant` STRING) RETURNS BOOLEAN RETURN "
        "(is_account_group_member('managers') OR (is_account_group_member('tenant-a') AND `tenant` = 'a'))"
    )
    shop.rows("ALTER TABLE shop.silver.orders SET ROW FILTER shop.silver.rows_of ON (tenant)")
    shop.rows(
        "CREATE FUNCTION shop.silver.amount_of(`amount` DECIMAL(10,2)) RETURNS DECIMAL(10,2) RETURN "
        "CASE WHEN is_account_group_member('managers') THEN `amount` ELSE NULL END"
    )
    shop.rows("ALTER TABLE shop.silver.orders ALTER COLUMN amount SET MASK shop.silver.amount_of")
    question = "SELECT id, amount FROM shop.silver.orders ORDER BY id"
    assert shop.rows(question, ana) == [["1", None], ["3", None]]
    assert shop.rows(question, bo) == [["1", "10.50"], ["2", "20.00"], ["3", None]]
    assert shop.rows(question) == []  # not even its owner, who is in neither group
    assert "filters or masks table" in shop.refused("DROP FUNCTION shop.silver.rows_of")
    shop.rows("CREATE FUNCTION shop.silver.odd(x INT) RETURNS BOOLEAN RETURN rand() > x")
    assert "does not have this" in shop.refused("ALTER TABLE shop.silver.orders SET ROW FILTER shop.silver.odd ON (id)")
    assert shop.rows(question, ana) == [["1", None], ["3", None]]
    shop.rows("CREATE OR REPLACE FUNCTION shop.silver.rows_of(tenant STRING) RETURNS BOOLEAN RETURN rand() > 0.5")
    assert "nobody reads shop.silver.orders" in shop.refused(question, bo)


def test_a_catalog_that_is_bound_elsewhere_is_not_there(shop: Shop) -> None:
    place = shop.place
    field = place.workspace("field")
    place.account.metastore_assignments.create(field, shop.admin.metastores.current().metastore_id)
    other = place.client(field)
    warehouse = other.warehouses.create(name="small", cluster_size="2X-Small", max_num_clusters=1).response.id
    question = "SELECT count(*) FROM shop.silver.orders"

    def asked(statement: str) -> sql.StatementResponse:
        return other.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s")

    assert asked(question).result.data_array == [["3"]]
    shop.admin.catalogs.update("shop", isolation_mode=catalog.CatalogIsolationMode.ISOLATED)
    assert "not accessible in current workspace" in str(asked(question).status.error.message)
    reading = catalog.WorkspaceBinding(field, catalog.WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY)
    shop.admin.workspace_bindings.update_bindings("catalog", "shop", add=[reading])
    assert asked(question).result.data_array == [["3"]]
    insert = "INSERT INTO shop.silver.orders SELECT 4, 'c', 1.00"
    assert "for reading only" in str(asked(insert).status.error.message)
    shop.rows(insert)


def test_the_state_that_was_applied_decides_as_the_statements_did(shop: Shop) -> None:
    """The document of `unity_catalog()`, loaded by governance alone, against what SQL answered."""
    ana, bo, cy = shop.user("ana", "analysts"), shop.user("bo", "readers"), shop.user("cy", "analysts", "readers")
    shop.rows("GRANT USE CATALOG ON CATALOG shop TO analysts")
    shop.rows("GRANT USE SCHEMA ON SCHEMA shop.silver TO readers")
    shop.rows("GRANT SELECT ON TABLE shop.silver.orders TO analysts")
    shop.rows("GRANT SELECT ON TABLE shop.silver.orders TO readers")
    policy = load_unity_catalog(shop.place.databricks.unity_catalog("shop"))
    table = TableFacts("silver.orders", {"id": "int", "tenant": "string", "amount": "decimal(10,2)"})
    groups = {"ana": {"analysts"}, "bo": {"readers"}, "cy": {"analysts", "readers"}}
    for name, client in (("ana", ana), ("bo", bo), ("cy", cy)):
        who = policy.principal(f"{name}@example.com", groups[name])
        decided = policy.decide(who, table, Privilege.SELECT, utc_now())
        answered = shop.run("SELECT * FROM shop.silver.orders", client).status.state
        assert isinstance(decided, Allowed) == (answered is sql.StatementState.SUCCEEDED), name
        assert isinstance(decided, Allowed if name == "cy" else Denied)


def test_mistakes_of_a_request_are_told(shop: Shop) -> None:
    with pytest.raises(NotFound, match="warehouse"):
        shop.admin.statement_execution.execute_statement("SELECT 1", "nothing")
    with pytest.raises(InvalidParameterValue, match="wait_timeout"):
        shop.admin.statement_execution.execute_statement("SELECT 1", shop.warehouse, wait_timeout="3s")
    assert "TABLE_OR_VIEW_NOT_FOUND" in shop.refused("SELECT * FROM shop.silver.nothing")
    assert "PARSE_SYNTAX_ERROR" in shop.refused("SELECT FROM WHERE")
    assert "does not have this" in shop.refused("VACUUM shop.silver.orders")
    assert "SCHEMA_NOT_EMPTY" in shop.refused("DROP SCHEMA shop.silver")


def test_sql_tasks_of_a_job_run_as_whom_it_says(shop: Shop) -> None:
    source = b"""-- Databricks notebook source
    CREATE TABLE shop.silver.totals AS SELECT tenant, SUM(amount) AS total FROM shop.silver.orders GROUP BY tenant
-- COMMAND ----------
    INSERT INTO shop.silver.totals SELECT 'semi;colon', 1.00; -- and no more
"""
    files = shop.admin.workspace
    files.mkdirs("/Shared")
    files.upload("/Shared/totals", source, format=objects.ImportFormat.SOURCE, language=objects.Language.SQL)
    files.upload("/Shared/copy.sql", b"CREATE TABLE shop.silver.copied AS SELECT * FROM shop.silver.totals",
                 format=objects.ImportFormat.AUTO)  # fmt: skip
    after = [jobs.TaskDependency("make")]
    copy = jobs.SqlTask(warehouse_id=shop.warehouse, file=jobs.SqlTaskFile(path="/Shared/copy.sql"))
    tasks = [
        jobs.Task(task_key="copy", sql_task=copy, depends_on=after),
        jobs.Task(task_key="make", notebook_task=jobs.NotebookTask("/Shared/totals", warehouse_id=shop.warehouse)),
    ]
    made = shop.admin.jobs.create(name="nightly", tasks=tasks)
    run = shop.admin.jobs.run_now(made.job_id).result()
    assert run.state.result_state is jobs.RunResultState.SUCCESS, run.state.state_message
    found = shop.rows("SELECT * FROM shop.silver.copied ORDER BY tenant")
    assert found == [["a", "10.50"], ["b", "20.00"], ["semi;colon", "1.00"]]

    shop.user("ana")
    shop.admin.jobs.update(
        made.job_id, new_settings=jobs.JobSettings(run_as=jobs.JobRunAs(user_name="ana@example.com"))
    )
    run_id = shop.admin.jobs.run_now(made.job_id).response.run_id
    failed = shop.admin.jobs.wait_get_run_job_terminated_or_skipped(run_id)
    states = {one.task_key: one.state for one in failed.tasks}
    assert failed.state.result_state is jobs.RunResultState.FAILED
    assert "User does not have USE CATALOG" in states["make"].state_message
    assert states["copy"].life_cycle_state is jobs.RunLifeCycleState.SKIPPED


def test_tables_that_lie_in_a_location_are_read_where_they_are(shop: Shop) -> None:
    """Another writer's Delta table, registered and asked for as a rehearsal asks."""
    folder = shop.place.databricks.world.cloud.folder_of("lake")
    write_deltalake(folder / "gold" / "days", pa.table({"day": [1, 2], "open": [True, False]}))
    ana = shop.user("ana")
    create = "CREATE TABLE shop.silver.days USING DELTA LOCATION 's3://lake/gold/days'"
    shop.rows("GRANT USE CATALOG, USE SCHEMA, CREATE TABLE ON CATALOG shop TO `ana@example.com`")
    assert "CREATE EXTERNAL TABLE on External Location 'lake'" in shop.refused(create, ana)
    shop.rows("GRANT CREATE EXTERNAL TABLE ON EXTERNAL LOCATION lake TO `ana@example.com`")
    shop.rows(create, ana)
    asking = Asking(shop.place.databricks, shop.workspace, "ana@example.com")
    assert asking.rows("SELECT day, open FROM shop.silver.days ORDER BY day") == [["1", "true"], ["2", "false"]]
    with pytest.raises(ProblemError, match=r"SELECT on Table 'shop.silver.orders'"):
        asking.rows("SELECT * FROM shop.silver.orders")
    with pytest.raises(ProblemError, match="overlaps with other external tables"):
        asking.rows("CREATE TABLE shop.silver.again USING DELTA LOCATION 's3://lake/gold'")
