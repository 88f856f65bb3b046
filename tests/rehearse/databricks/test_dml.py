"""INSERT, UPDATE, DELETE, MERGE: against rows worked out by hand, and who may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from databricks.sdk.service import catalog, sql
from deltalake import DeltaTable

from lakewright.rehearse.databricks.sql.reading import Reading

from .shop import Shop

pytestmark = pytest.mark.slow
ALL = "SELECT * FROM shop.silver.orders ORDER BY id"


def counts(found: sql.StatementResponse) -> dict[str, str]:
    """A change's own figures, by name."""
    assert found.status.state is sql.StatementState.SUCCEEDED, found.status.error
    columns = found.manifest.schema.columns
    assert {one.type_text for one in columns} == {"BIGINT"}
    return dict(zip([one.name for one in columns], found.result.data_array[0], strict=True))


def test_rows_are_inserted_by_place_by_name_and_from_queries(shop: Shop) -> None:
    added = counts(shop.run("-- a note\nINSERT INTO shop.silver.orders VALUES (4, 'c', 7), (5, 'c', 8.5);"))
    assert added == {"num_affected_rows": "2", "num_inserted_rows": "2"}
    shop.rows("INSERT INTO shop.silver.orders (amount, id) VALUES (9.999, 6)")
    shop.rows("INSERT INTO shop.silver.orders BY NAME SELECT 'd' AS tenant, 7 AS id")
    shop.rows("WITH some AS (SELECT 8 AS id) INSERT INTO shop.silver.orders SELECT id, 'e', 1.5 FROM some")
    shop.rows("INSERT INTO orders TABLE orders", catalog="shop", schema="silver")
    shop.rows("DELETE FROM shop.silver.orders WHERE id < 4")
    assert shop.rows("SELECT DISTINCT id, tenant, amount FROM shop.silver.orders ORDER BY id") == [
        ["4", "c", "7.00"], ["5", "c", "8.50"], ["6", None, "10.00"], ["7", "d", None], ["8", "e", "1.50"],
    ]  # fmt: skip
    assert shop.rows("SELECT count(*) FROM shop.silver.orders") == [["10"]]
    shop.rows("INSERT OVERWRITE shop.silver.orders VALUES (1, 'z', 0)")
    assert shop.rows(ALL) == [["1", "z", "0.00"]]


def test_values_are_the_columns_or_refused(shop: Shop) -> None:
    shop.rows("CREATE TABLE shop.silver.kinds (day DATE NOT NULL, at TIMESTAMP, n TINYINT, ok BOOLEAN, word STRING)")
    shop.rows("INSERT INTO shop.silver.kinds VALUES ('2024-02-29', '2024-02-29 10:00:00', 7, true, 5)")
    assert shop.rows("SELECT * FROM shop.silver.kinds") == [
        ["2024-02-29", "2024-02-29T10:00:00.000Z", "7", "true", "5"]
    ]
    wrong = {
        "VALUES (NULL, NULL, NULL, NULL, NULL)": "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
        "(at) VALUES (NULL)": "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
        "VALUES ('2024-02-30', NULL, NULL, NULL, NULL)": "CAST_INVALID_INPUT",
        "VALUES ('2024-02-29', NULL, 128, NULL, NULL)": "CAST_OVERFLOW_IN_TABLE_INSERT",
        "VALUES (true, NULL, NULL, NULL, NULL)": "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
        "VALUES ('2024-02-29', NULL)": "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS",
        "(day, days) VALUES ('2024-02-29', 1)": "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "(day, Day) VALUES ('2024-02-29', '2024-02-29')": "COLUMN_ALREADY_EXISTS",
        "VALUES (DEFAULT, NULL, NULL, NULL, NULL)": "UNSUPPORTED_HERE",
        "PARTITION (day = '2024-02-29') SELECT 1": "UNSUPPORTED_HERE",
    }
    for rest, said in wrong.items():
        assert said in shop.refused(f"INSERT INTO shop.silver.kinds {rest}"), rest
    assert shop.rows("SELECT count(*) FROM shop.silver.kinds") == [["1"]]


def test_constants_are_what_the_engine_makes_of_them(shop: Shop) -> None:
    """Rows of constants alone are not asked of the engine; the same as a query are."""
    shop.rows("CREATE TABLE shop.silver.both (n BIGINT, exact DECIMAL(20,10), word STRING, ok BOOLEAN, none INT)")
    rows = r"(-1, 0.0000000001, 'it\'s', true, NULL), (3000000000, 7, NULL, false, NULL)"
    shop.rows(f"INSERT INTO shop.silver.both VALUES {rows}")
    shop.rows(
        f"INSERT INTO shop.silver.both SELECT a, b, c, d, CAST(NULL AS INT) FROM VALUES {rows} AS v(a, b, c, d, e)"
    )
    found = shop.rows("SELECT * FROM shop.silver.both ORDER BY n")
    first, second = ["-1", "0.0000000001", "it's", "true", None], ["3000000000", "7.0000000000", None, "false", None]
    assert found == [first, first, second, second]
    assert "UNSUPPORTED_OR_WRONG" in shop.refused("INSERT INTO shop.silver.both (word) VALUES (1), ('a')")


def test_rows_are_updated_and_deleted(shop: Shop) -> None:
    found = counts(
        shop.run("UPDATE shop.silver.orders AS o SET amount = o.amount * 2, tenant = 'A' WHERE tenant = 'a'")
    )
    assert found == {"num_affected_rows": "2"}
    assert shop.rows(ALL) == [["1", "A", "21.00"], ["2", "b", "20.00"], ["3", "A", None]]
    shop.rows("UPDATE shop.silver.orders SET amount = :most WHERE amount IS NULL",
              parameters=[sql.StatementParameterListItem("most", "DECIMAL(10,2)", "99.5")])  # fmt: skip
    assert shop.rows("SELECT amount FROM shop.silver.orders WHERE id = 3") == [["99.50"]]
    gone = "DELETE FROM shop.silver.orders WHERE amount IN (SELECT max(amount) FROM shop.silver.orders)"
    assert counts(shop.run(gone)) == {"num_affected_rows": "1"}
    assert counts(shop.run("DELETE FROM shop.silver.orders WHERE id = 77")) == {"num_affected_rows": "0"}
    assert shop.rows(ALL) == [["1", "A", "21.00"], ["2", "b", "20.00"]]
    assert "CAST_OVERFLOW_IN_TABLE_INSERT" in shop.refused("UPDATE shop.silver.orders SET amount = 123456789.5")
    assert "UNRESOLVED_COLUMN" in shop.refused("UPDATE shop.silver.orders SET prize = 1")
    assert shop.rows("TRUNCATE TABLE shop.silver.orders") == []
    assert shop.rows(ALL) == []


def test_merge_does_each_clause_for_the_rows_that_fit_it_first(shop: Shop) -> None:
    shop.rows("CREATE TABLE shop.silver.news (id INT, tenant STRING, amount DECIMAL(10,2))")
    shop.rows("INSERT INTO shop.silver.news VALUES (1, 'gone', NULL), (2, 'b2', 25.00), (4, 'd', 40.00), (5, 'no', 0)")
    merge = """MERGE INTO shop.silver.orders AS t USING shop.silver.news AS s ON t.id = s.id
        WHEN MATCHED AND s.tenant = 'gone' THEN DELETE
        WHEN MATCHED THEN UPDATE SET tenant = s.tenant, t.amount = s.amount + t.amount
        WHEN NOT MATCHED AND s.amount > 0 THEN INSERT (id, amount) VALUES (s.id, s.amount)
        WHEN NOT MATCHED BY SOURCE THEN UPDATE SET tenant = 'alone'"""
    assert counts(shop.run(merge)) == {
        "num_affected_rows": "4", "num_updated_rows": "2", "num_deleted_rows": "1", "num_inserted_rows": "1",
    }  # fmt: skip
    assert shop.rows(ALL) == [["2", "b2", "45.00"], ["3", "alone", None], ["4", None, "40.00"]]
    whole = "MERGE INTO shop.silver.orders USING shop.silver.news ON orders.id = news.id "
    shop.rows(whole + "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
    assert shop.rows(ALL) == [
        ["1", "gone", None], ["2", "b2", "25.00"], ["3", "alone", None], ["4", "d", "40.00"], ["5", "no", "0.00"],
    ]  # fmt: skip
    twice = "MERGE INTO shop.silver.orders t USING (VALUES (1, 'x'), (1, 'y')) AS s(id, w) ON t.id = s.id WHEN MATCHED "
    assert "DELTA_MULTIPLE_SOURCE_ROW_MATCHING" in shop.refused(twice + "THEN UPDATE SET tenant = s.w")
    assert counts(shop.run(twice + "THEN DELETE"))["num_deleted_rows"] == "1"
    untouched = twice.replace("(1, '", "(2, '") + "AND s.w = 'y' THEN UPDATE SET tenant = 'once'"
    assert counts(shop.run(untouched))["num_updated_rows"] == "1"
    assert [row[:2] for row in shop.rows(ALL)] == [["2", "once"], ["3", "alone"], ["4", "d"], ["5", "no"]]


def test_who_changes_rows_has_modify_and_reads_what_is_read(shop: Shop) -> None:
    ana = shop.user("ana", "writers")
    shop.rows("GRANT USE CATALOG, USE SCHEMA ON CATALOG shop TO writers")
    update = "UPDATE shop.silver.orders SET tenant = 'q' WHERE id = 1"
    merge = "MERGE INTO shop.silver.orders t USING (SELECT 9 AS id) s ON t.id = s.id "
    merge += "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)"
    every = (update, "DELETE FROM shop.silver.orders", "INSERT INTO shop.silver.orders (id) VALUES (9)", merge)
    for statement in (*every, "TRUNCATE TABLE shop.silver.orders"):
        assert "INSUFFICIENT_PERMISSIONS" in (said := shop.refused(statement, ana)), statement
        assert "User does not have MODIFY on Table 'shop.silver.orders'" in said
    shop.rows("GRANT MODIFY ON TABLE shop.silver.orders TO writers")
    for statement in (update, merge):
        assert "User does not have SELECT on Table 'shop.silver.orders'" in shop.refused(statement, ana)
    shop.rows("INSERT INTO shop.silver.orders (id) VALUES (4)", ana)
    shop.rows("GRANT SELECT ON TABLE shop.silver.orders TO writers")
    for statement in (update, merge, "DELETE FROM shop.silver.orders WHERE id = 4"):
        shop.rows(statement, ana)
    assert shop.rows("SELECT id, tenant FROM shop.silver.orders ORDER BY id", ana) == [
        ["1", "q"], ["2", "b"], ["3", "a"], ["9", None],
    ]  # fmt: skip
    assert "TABLE_OR_VIEW_NOT_FOUND" in shop.refused("DELETE FROM shop.silver.nothing", ana)
    bo = shop.user("bo")
    assert "USE CATALOG on Catalog 'shop'" in shop.refused("DELETE FROM shop.silver.nothing", bo)
    source = "INSERT INTO shop.silver.orders SELECT * FROM shop.silver.hidden"
    shop.rows("CREATE TABLE shop.silver.hidden AS SELECT 1 AS id, 'x' AS tenant, 1.00 AS amount")
    assert "SELECT on Table 'shop.silver.hidden'" in shop.refused(source, ana)


def test_a_right_that_goes_while_rows_are_read_commits_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = shop.user("ana", "writers")
    shop.rows("GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG shop TO writers")
    place = shop.admin.tables.get("shop.silver.orders").storage_location.removeprefix("s3://lake/")
    lying = str(shop.place.databricks.world.cloud.folder_of("lake") / place)
    version, before = DeltaTable(lying).version(), shop.rows(ALL)
    whole = Reading.rows

    def meanwhile(reading: Reading, *given: Any) -> Any:
        rows = whole(reading, *given)
        shop.rows("REVOKE MODIFY ON TABLE shop.silver.orders FROM writers")
        return rows

    for statement in (
        "INSERT INTO shop.silver.orders SELECT id + 10, tenant, amount FROM shop.silver.orders",
        "INSERT OVERWRITE shop.silver.orders SELECT 1, 'a', 1.00",
        "UPDATE shop.silver.orders SET tenant = 'q'",
        "DELETE FROM shop.silver.orders",
    ):
        shop.rows("GRANT MODIFY ON TABLE shop.silver.orders TO writers")
        with monkeypatch.context() as patch:
            patch.setattr(Reading, "rows", meanwhile)
            assert "User does not have MODIFY" in shop.refused(statement, ana), statement
    assert (DeltaTable(lying).version(), shop.rows(ALL)) == (version, before)
    shop.rows("GRANT MODIFY ON TABLE shop.silver.orders TO writers")
    shop.rows("DELETE FROM shop.silver.orders", ana)
    assert DeltaTable(lying).version() == version + 1


def test_what_a_filter_hides_is_not_lost(shop: Shop) -> None:
    """Rows that the caller does not see would be, if the table was put together from what is seen."""
    shop.rows("CREATE FUNCTION shop.silver.mine(tenant STRING) RETURNS BOOLEAN RETURN tenant = 'a'")
    shop.rows("ALTER TABLE shop.silver.orders SET ROW FILTER shop.silver.mine ON (tenant)")
    for statement in ("DELETE FROM shop.silver.orders WHERE id = 1", "UPDATE shop.silver.orders SET id = 1"):
        assert "row filter or masks" in shop.refused(statement)
    shop.rows("INSERT INTO shop.silver.orders VALUES (8, 'b', 1)")
    shop.rows("ALTER TABLE shop.silver.orders DROP ROW FILTER")
    assert [row[0] for row in shop.rows(ALL)] == ["1", "2", "3", "8"]


def test_overwriting_leaves_what_a_filter_hides(shop: Shop) -> None:
    """A table that is replaced by what its caller sees of it has lost the rest."""
    ana = shop.user("ana", "writers")
    shop.rows("GRANT USE CATALOG, USE SCHEMA, SELECT, MODIFY ON CATALOG shop TO writers")
    shop.rows("CREATE FUNCTION shop.silver.some(tenant STRING) RETURNS BOOLEAN RETURN "
              "NOT is_account_group_member('writers') OR tenant = 'a'")  # fmt: skip
    shop.rows("ALTER TABLE shop.silver.orders SET ROW FILTER shop.silver.some ON (tenant)")
    assert [row[0] for row in shop.rows(ALL, ana)] == ["1", "3"]
    for source in ("SELECT * FROM shop.silver.orders", "VALUES (9, 'a', 1)"):
        assert "row filter or masks" in shop.refused(f"INSERT OVERWRITE shop.silver.orders {source}", ana), source
    assert [row[0] for row in shop.rows(ALL)] == ["1", "2", "3"]
    shop.rows("INSERT INTO shop.silver.orders VALUES (4, 'b', 1)", ana)
    assert [row[0] for row in shop.rows(ALL)] == ["1", "2", "3", "4"]


ORDERS = "shop.silver.orders"
MERGE = f"MERGE INTO {ORDERS} t USING {ORDERS} s ON t.id = s.id"
UNREAD = (
    f"DELETE FROM {ORDERS} LIMIT 1",
    f"DELETE FROM {ORDERS} WHERE id > 0 ORDER BY id LIMIT 1",
    f"DELETE FROM {ORDERS} USING (SELECT 1 AS id) AS x WHERE x.id = 1",
    f"DELETE FROM {ORDERS} RETURNING id",
    f"DELETE o FROM {ORDERS} AS o",
    f"DELETE FROM {ORDERS} VERSION AS OF 0",
    f"DELETE FROM {ORDERS} TABLESAMPLE (10 PERCENT)",
    f"DELETE FROM {ORDERS} JOIN {ORDERS} AS x ON false",
    f"DELETE FROM {ORDERS} AS o (a, b, c)",
    f"UPDATE {ORDERS} SET id = 7 FROM (SELECT 1 AS one) AS x WHERE x.one = 2",
    f"UPDATE {ORDERS} SET id = 7 LIMIT 1",
    f"UPDATE {ORDERS} SET id = 7 ORDER BY id",
    f"UPDATE {ORDERS} SET id = 7 RETURNING id",
    f"UPDATE {ORDERS}, {ORDERS} AS x SET id = 7",
    f"INSERT INTO {ORDERS} VALUES (1, 'a', 1) ON CONFLICT DO NOTHING",
    f"INSERT INTO {ORDERS} VALUES (1, 'a', 1) ON DUPLICATE KEY UPDATE id = 1",
    f"INSERT INTO {ORDERS} VALUES (1, 'a', 1) RETURNING id",
    f"INSERT INTO {ORDERS} IF EXISTS VALUES (1, 'a', 1)",
    f"INSERT INTO {ORDERS} REPLACE WHERE id = 1 VALUES (1, 'a', 1)",
    f"INSERT INTO {ORDERS} REPLACE USING (id) SELECT 1, 'a', 1",
    f"INSERT INTO {ORDERS} SETTINGS x = 1 VALUES (1, 'a', 1)",
    f"{MERGE} WHEN MATCHED THEN DELETE RETURNING t.id",
    f"{MERGE} WHEN MATCHED THEN UPDATE SET id = 7 WHERE t.id = 2",
    f"{MERGE} WHEN NOT MATCHED THEN INSERT (id) VALUES (1) WHERE t.id = 2",
    MERGE.replace("ON t.id = s.id", "USING (id)") + " WHEN MATCHED THEN DELETE",
    f"TRUNCATE TABLE IF EXISTS {ORDERS}",
    f"TRUNCATE TABLE {ORDERS} CASCADE",
    f"TRUNCATE TABLE {ORDERS} RESTART IDENTITY",
    f"TRUNCATE TABLE {ORDERS} PARTITION (id = 1)",
    "TRUNCATE DATABASE shop.silver",
    f"MERGE INTO {ORDERS} t USING (SELECT 9 AS id, true AS __lw_there) s ON t.id = s.id WHEN MATCHED THEN DELETE",
)


def test_what_a_change_says_and_nothing_here_does_is_refused(shop: Shop) -> None:
    """Not dropped: `DELETE … LIMIT 1` would take every row."""
    before = shop.rows(ALL)
    said = {statement: shop.refused(statement) for statement in UNREAD}
    assert {one: text for one, text in said.items() if "UNSUPPORTED_HERE" not in text} == {}
    assert shop.rows(ALL) == before
    assert "__lw_" in shop.refused("CREATE TABLE shop.silver.own (id INT, `__LW_hit` BOOLEAN)")
    assert "__lw_" in shop.refused("CREATE TABLE shop.silver.own AS SELECT 1 AS __lw_act")


def test_a_binding_for_reading_refuses_every_change(shop: Shop) -> None:
    field = shop.place.workspace("field")
    shop.place.account.metastore_assignments.create(field, shop.admin.metastores.current().metastore_id)
    shop.admin.catalogs.update("shop", isolation_mode=catalog.CatalogIsolationMode.ISOLATED)
    reading = catalog.WorkspaceBinding(field, catalog.WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY)
    shop.admin.workspace_bindings.update_bindings("catalog", "shop", add=[reading])
    other = shop.place.client(field)
    warehouse = other.warehouses.create(name="small", cluster_size="2X-Small", max_num_clusters=1).response.id
    for statement in (
        "INSERT INTO shop.silver.orders VALUES (4, 'c', 1)",
        "UPDATE shop.silver.orders SET id = 4",
        "DELETE FROM shop.silver.orders",
        "CREATE TABLE shop.silver.other (id INT)",
        "CREATE VIEW shop.silver.ids AS SELECT id FROM shop.silver.orders",
    ):
        found = other.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s")
        assert "for reading only" in str(found.status.error.message), statement
    assert [row[0] for row in shop.rows(ALL)] == ["1", "2", "3"]


def test_tables_are_kept_apart_by_their_partitions(shop: Shop) -> None:
    shop.rows("CREATE TABLE shop.silver.days (id INT, day DATE) PARTITIONED BY (day)")
    shop.rows("INSERT INTO shop.silver.days VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, '2024-01-01')")
    shop.rows("DELETE FROM shop.silver.days WHERE id = 3")
    place = shop.admin.tables.get("shop.silver.days").storage_location
    folder = shop.place.databricks.world.cloud.folder_of("lake")
    lying = DeltaTable(str(folder / place.removeprefix("s3://lake/")))
    assert lying.metadata().partition_columns == ["day"]
    assert sorted(zip(*lying.to_pyarrow_table().to_pydict().values(), strict=True))[0][0] == 1
    assert [row[0] for row in shop.rows("DESCRIBE TABLE shop.silver.days")][2] == "# Partition Information"
    assert "cannot be resolved" in shop.refused("CREATE TABLE shop.silver.w (id INT) PARTITIONED BY (month)")


def test_writers_of_one_table_wait_for_each_other(shop: Shop) -> None:
    def add(number: int) -> str:
        shop.rows(f"INSERT INTO shop.silver.orders VALUES ({number}, 't', 1)")
        return counts(shop.run(f"UPDATE shop.silver.orders SET amount = amount + 1 WHERE id = {number}"))[
            "num_affected_rows"
        ]

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(add, range(100, 112))) == {"1"}
    found = shop.rows("SELECT id, amount FROM shop.silver.orders WHERE id >= 100 ORDER BY id")
    assert found == [[str(number), "2.00"] for number in range(100, 112)]
