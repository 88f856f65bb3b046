"""Views and information_schema: what each principal gets, worked out by hand from what was granted."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied
from databricks.sdk.service import catalog

from .shop import Shop

pytestmark = pytest.mark.slow
IDS = "SELECT * FROM shop.gold.ids ORDER BY id"


@pytest.fixture
def views(shop: Shop) -> Shop:
    """A view over silver in a schema of its own, that everybody may use; silver is the administrator's."""
    shop.admin.schemas.create("gold", "shop")
    shop.rows("GRANT USE CATALOG ON CATALOG shop TO `account users`")
    shop.rows("GRANT USE SCHEMA ON SCHEMA shop.gold TO `account users`")
    shop.rows("CREATE VIEW gold.ids (id COMMENT 'the key', who) COMMENT 'keys' AS SELECT id, tenant FROM silver.orders",
              catalog="shop", schema="silver")  # fmt: skip
    return shop


def test_a_view_is_read_with_its_owners_privileges(views: Shop) -> None:
    ana = views.user("ana", "analysts")
    assert "SELECT on Table 'shop.gold.ids'" in views.refused(IDS, ana)
    views.rows("GRANT SELECT ON VIEW shop.gold.ids TO analysts")
    assert views.rows(IDS, ana) == [["1", "a"], ["2", "b"], ["3", "a"]]
    assert "USE SCHEMA on Schema 'shop.silver'" in views.refused("SELECT id FROM shop.silver.orders", ana)
    joined = "SELECT count(*) FROM shop.gold.ids i JOIN (SELECT who FROM shop.gold.ids) j ON i.who = j.who"
    assert views.rows(joined, ana) == [["5"]]
    info = views.admin.tables.get("shop.gold.ids")
    assert (info.table_type, info.comment) == (catalog.TableType.VIEW, "keys")
    assert [(one.name, one.type_text, one.comment) for one in info.columns] == [
        ("id", "int", "the key"), ("who", "string", None),
    ]  # fmt: skip


def test_an_owner_without_the_right_makes_a_view_that_nobody_reads(views: Shop) -> None:
    bo = views.user("bo", "makers")
    views.rows("GRANT USE SCHEMA, CREATE TABLE, SELECT ON SCHEMA shop.gold TO makers")
    make = "CREATE VIEW shop.gold.mine AS SELECT id FROM shop.silver.orders"
    assert "USE SCHEMA on Schema 'shop.silver'" in views.refused(make, bo)
    views.rows("GRANT USE SCHEMA, SELECT ON SCHEMA shop.silver TO makers")
    views.rows(make, bo)
    views.rows("GRANT SELECT ON SCHEMA shop.gold TO `account users`")
    views.rows("CREATE VIEW shop.gold.above AS SELECT max(id) AS most FROM shop.gold.mine")
    assert views.rows("SELECT * FROM shop.gold.above") == [["3"]]
    views.rows("REVOKE SELECT ON SCHEMA shop.silver FROM makers")
    for question in ("SELECT * FROM shop.gold.mine", "SELECT * FROM shop.gold.above"):
        assert "the owner of view 'shop.gold.mine' may not read" in views.refused(question)
    views.rows("ALTER VIEW shop.gold.mine OWNER TO makers")  # a group that lost it too
    assert "the owner of view" in views.refused("SELECT * FROM shop.gold.mine")
    views.rows("GRANT SELECT ON TABLE shop.silver.orders TO makers")
    assert views.rows("SELECT count(*) FROM shop.gold.mine") == [["3"]]


def test_a_view_is_not_given_to_somebody_with_more_rights(views: Shop) -> None:
    """It would be read with theirs."""
    bo = views.user("bo", "makers")
    views.user("ana")
    administrator = views.place.databricks.client_id
    views.rows("GRANT USE SCHEMA, SELECT, CREATE TABLE, CREATE FUNCTION ON SCHEMA shop.gold TO makers")
    views.rows("GRANT USE SCHEMA, SELECT ON SCHEMA shop.silver TO makers")
    views.rows("CREATE VIEW shop.gold.mine AS SELECT id FROM shop.silver.orders", bo)
    views.rows("CREATE FUNCTION shop.gold.one() RETURNS INT RETURN 1", bo)
    views.rows("CREATE TABLE shop.gold.rows (id INT)", bo)
    views.rows("REVOKE SELECT ON SCHEMA shop.silver FROM makers")
    for who in (administrator, "ana@example.com"):
        said = views.refused(f"ALTER VIEW shop.gold.mine OWNER TO `{who}`", bo)
        assert "INSUFFICIENT_PERMISSIONS" in said, who
        assert "metastore" in said, who
        assert "INSUFFICIENT_PERMISSIONS" in views.refused(f"ALTER FUNCTION shop.gold.one OWNER TO `{who}`", bo)
        with pytest.raises(PermissionDenied, match="metastore"):
            bo.tables.update("shop.gold.mine", owner=who)
        with pytest.raises(PermissionDenied, match="metastore"):
            bo.functions.update("shop.gold.one", owner=who)
    assert "the owner of view" in views.refused("SELECT * FROM shop.gold.mine", bo)
    assert views.admin.tables.get("shop.gold.mine").owner == "bo@example.com"
    views.rows("ALTER VIEW shop.gold.mine OWNER TO `bo@example.com`", bo)
    views.rows("ALTER VIEW shop.gold.mine OWNER TO Makers", bo)
    bo.functions.update("shop.gold.one", owner="makers")
    assert views.admin.tables.get("shop.gold.mine").owner == "makers"
    body = {"catalog_name": "shop", "schema_name": "gold", "name": "other", "table_type": "VIEW"}
    body["view_definition"] = "SELECT id FROM shop.silver.orders"
    with pytest.raises(InvalidParameterValue, match="EXTERNAL"):  # SQL asks whether its maker may read that
        bo.api_client.do("POST", "/api/2.1/unity-catalog/tables", body=body)
    bo.tables.update("shop.gold.rows", owner="ana@example.com")  # a table has no rights of its own
    views.rows(f"ALTER VIEW shop.gold.mine OWNER TO `{administrator}`")
    assert len(views.rows("SELECT * FROM shop.gold.mine", bo)) == 3


def test_who_asks_is_who_filters_and_functions_mean(views: Shop) -> None:
    ana, bo = views.user("ana", "tenant-a"), views.user("bo", "tenant-b")
    views.rows(
        "CREATE FUNCTION shop.silver.rows_of(tenant STRING) RETURNS BOOLEAN RETURN "
        "((is_account_group_member('tenant-a') AND tenant = 'a') OR "
        "(is_account_group_member('tenant-b') AND tenant = 'b'))"
    )
    views.rows("ALTER TABLE shop.silver.orders SET ROW FILTER shop.silver.rows_of ON (tenant)")
    views.rows(
        "CREATE FUNCTION shop.silver.name_of(tenant STRING) RETURNS STRING RETURN "
        "CASE WHEN is_account_group_member('tenant-b') THEN tenant ELSE NULL END"
    )
    views.rows("ALTER TABLE shop.silver.orders ALTER COLUMN tenant SET MASK shop.silver.name_of")
    views.rows("CREATE VIEW shop.gold.me AS SELECT id, current_user() AS me FROM shop.silver.orders")
    views.rows("GRANT SELECT ON SCHEMA shop.gold TO `account users`")
    assert views.rows(IDS, ana) == [["1", None], ["3", None]]
    assert views.rows(IDS, bo) == [["2", "b"]]
    assert views.rows(IDS) == []
    for name in ("shop.silver.`orders/granted`", "shop.silver.`orders/empty`", "made.rows.`x/handed`"):
        assert "NOT_FOUND" in views.refused(f"SELECT * FROM {name}"), name  # what the engine calls its own
    assert views.rows("SELECT * FROM shop.gold.me", bo) == [["2", "bo@example.com"]]


def test_only_its_owner_changes_what_a_view_is(views: Shop) -> None:
    ana = views.user("ana", "managers")
    views.rows("GRANT USE SCHEMA, SELECT, MANAGE, CREATE TABLE ON CATALOG shop TO managers")
    replace = "CREATE OR REPLACE VIEW shop.gold.ids AS SELECT id FROM shop.silver.orders WHERE id > 1"
    assert "not an owner" in views.refused(replace, ana)
    assert "not an owner" in views.refused("ALTER VIEW shop.gold.ids AS SELECT 1 AS id", ana)
    views.rows(replace)
    assert views.rows(IDS) == [["2"], ["3"]]
    views.rows("ALTER VIEW shop.gold.ids AS SELECT 7 AS id")
    assert views.rows(IDS) == [["7"]]
    views.rows("DROP VIEW shop.gold.ids", ana)
    assert "TABLE_OR_VIEW_NOT_FOUND" in views.refused(IDS)


def test_a_view_is_no_table(views: Shop) -> None:
    refused = {
        "INSERT INTO shop.gold.ids VALUES (1, 'x')": "EXPECT_TABLE_NOT_VIEW",
        "DELETE FROM shop.gold.ids": "EXPECT_TABLE_NOT_VIEW",
        "DROP TABLE shop.gold.ids": "EXPECT_TABLE_NOT_VIEW",
        "DROP VIEW shop.silver.orders": "EXPECT_VIEW_NOT_TABLE",
        "CREATE OR REPLACE VIEW shop.silver.orders AS SELECT 1 AS a": "EXPECT_VIEW_NOT_TABLE",
        "CREATE OR REPLACE TABLE shop.gold.ids AS SELECT 1 AS a": "EXPECT_TABLE_NOT_VIEW",
        "CREATE VIEW shop.gold.ids AS SELECT 1 AS a": "TABLE_OR_VIEW_ALREADY_EXISTS",
        "CREATE VIEW shop.gold.two (a) AS SELECT 1 AS a, 2 AS b": "CREATE_VIEW_COLUMN_ARITY_MISMATCH",
        "CREATE VIEW shop.gold.two AS SELECT id FROM shop.silver.orders WHERE id = :p": "PARAMETER_MARKER",
        "CREATE MATERIALIZED VIEW shop.gold.two AS SELECT 1 AS a": "UNSUPPORTED_HERE",
        "CREATE VIEW shop.gold.two AS SELECT id FROM shop.silver.nothing": "TABLE_OR_VIEW_NOT_FOUND",
    }
    for statement, said in refused.items():
        assert said in views.refused(statement), statement
    views.rows("CREATE VIEW IF NOT EXISTS shop.gold.ids AS SELECT 1 AS a")
    assert len(views.rows(IDS)) == 3
    views.rows("CREATE VIEW shop.gold.next AS SELECT id FROM shop.gold.ids")
    views.rows("ALTER VIEW shop.gold.ids AS SELECT id FROM shop.gold.next")
    assert "RECURSIVE_VIEW" in views.refused(IDS)


def test_information_schema_tells_each_what_they_may_see(views: Shop) -> None:
    ana = views.user("ana", "analysts")
    views.rows("GRANT SELECT ON VIEW shop.gold.ids TO analysts")
    tables = (
        "SELECT table_schema, table_name, table_type, table_owner FROM shop.information_schema.tables ORDER BY 1, 2"
    )
    admin = views.place.databricks.client_id
    assert views.rows(tables) == [["gold", "ids", "VIEW", admin], ["silver", "orders", "MANAGED", admin]]
    assert views.rows(tables, ana) == [["gold", "ids", "VIEW", admin]]
    columns = "SELECT column_name, ordinal_position, full_data_type, numeric_precision FROM information_schema.columns"
    where = {"catalog": "shop"}
    assert views.rows(f"{columns} WHERE table_name = 'orders' ORDER BY ordinal_position", **where) == [
        ["id", "1", "int", "32"], ["tenant", "2", "string", None], ["amount", "3", "decimal(10,2)", "10"],
    ]  # fmt: skip
    assert [row[0] for row in views.rows(f"{columns} ORDER BY 2", ana, **where)] == ["id", "who"]
    grants = "SELECT grantee, table_name, privilege_type, inherited_from FROM shop.information_schema.table_privileges"
    views.rows("GRANT SELECT ON SCHEMA shop.gold TO `ana@example.com`")
    mine = [["analysts", "ids", "SELECT", "NONE"], ["ana@example.com", "ids", "SELECT", "SCHEMA"]]
    assert sorted(views.rows(grants, ana)) == sorted(mine)
    assert sorted(views.rows(grants)) == sorted(mine)
    bo = views.user("bo", "others")
    views.rows("GRANT SELECT ON SCHEMA shop.gold TO others")
    assert views.rows(grants, bo) == [["others", "ids", "SELECT", "SCHEMA"]]
    schemas = "SELECT schema_name FROM system.information_schema.schemata WHERE catalog_name = 'shop' ORDER BY 1"
    assert views.rows(schemas, ana) == [["gold"]]
    text = "SELECT view_definition IS NULL FROM shop.information_schema.views"
    assert (views.rows(text, ana), views.rows(text)) == ([["true"]], [["false"]])
    views.rows("REVOKE USE CATALOG ON CATALOG shop FROM `account users`")
    assert "USE CATALOG on Catalog 'shop'" in views.refused(tables, ana)
    assert views.rows(schemas, ana) == []
    assert "TABLE_OR_VIEW_NOT_FOUND" in views.refused("SELECT * FROM shop.information_schema.secrets")


def test_show_and_describe(views: Shop) -> None:
    ana = views.user("ana", "analysts")
    views.rows("GRANT SELECT ON VIEW shop.gold.ids TO analysts")
    assert views.rows("SHOW VIEWS IN shop.gold", ana) == [["gold", "ids", "false", "false"]]
    assert views.rows("SHOW TABLES IN shop.silver LIKE 'ord*|cust*'") == [["silver", "orders", "false"]]
    assert views.rows("SHOW TABLES IN shop.silver 'cust*'") == []
    assert views.rows("SHOW SCHEMAS IN shop", ana) == [["gold"]]
    assert views.rows("SHOW CATALOGS LIKE 'sh*'", ana) == [["shop"]]
    assert views.rows("SHOW COLUMNS IN shop.gold.ids", ana) == [["id"], ["who"]]
    assert views.rows("SHOW GRANTS analysts ON TABLE shop.gold.ids") == [
        ["analysts", "SELECT", "TABLE", "shop.gold.ids"]
    ]
    assert views.rows("DESCRIBE shop.gold.ids", ana) == [["id", "int", "the key"], ["who", "string", None]]
    extended = {row[0]: row[1] for row in views.rows("DESCRIBE TABLE EXTENDED shop.gold.ids", ana)}
    assert (extended["Type"], extended["Catalog"]) == ("VIEW", "shop")
    assert ["Catalog Name", "shop"] in views.rows("DESCRIBE SCHEMA shop.gold", ana)
    assert "USE SCHEMA on Schema 'shop.silver'" in views.refused("DESCRIBE shop.silver.orders", ana)
    for statement in (
        "SHOW PARTITIONS shop.silver.orders",
        "DESCRIBE HISTORY shop.silver.orders",
        "OPTIMIZE t",
        "USE shop",
    ):
        assert "UNSUPPORTED_HERE" in views.refused(statement), statement
