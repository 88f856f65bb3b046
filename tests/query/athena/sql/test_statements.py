"""What is read from a statement, how values are printed, and what is refused before anything runs."""

# ruff: noqa: E501 (cases and options, one a line)

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from lakewright.query.athena.sql import MACROS, SqlError, csv, failure, parse, render, translate
from lakewright.query.athena.sql.column import Column
from lakewright.query.athena.sql.relations import reader_of

NOW = datetime(2024, 6, 15, 12, 30, 45, 123456, tzinfo=UTC)
SCHEMAS = {"silver.entry": {"id": "bigint", "at": "timestamp", "tags": "array<string>"}}


def _type(text: str) -> Column:
    return Column("x", text, reader_of(text, "").type())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT 1", "select"), ("-- /* {\"app\": \"dbt\"} */\nselect 1", "select"), ("(VALUES 1)", "select"),
        ("EXPLAIN SELECT 1", "explain"), ("EXECUTE p USING 1, 'a,b'", "execute"), ("PREPARE p FROM SELECT ?", "prepare"),
        ("DEALLOCATE PREPARE p", "deallocate"), ("SHOW TABLES IN silver", "show"), ("DESCRIBE silver.entry", "describe"),
        ("CREATE EXTERNAL TABLE `a`.`b` (x int) LOCATION 's3://b/c'", "ddl"), ("MSCK REPAIR TABLE a", "ddl"),
        ("CREATE TABLE a.b WITH (format = 'PARQUET') AS SELECT 1 AS x", "ctas"), ("INSERT INTO a.b SELECT 1", "insert"),
        ("UNLOAD (SELECT 1) TO 's3://b/c/' WITH (format = 'PARQUET')", "unload"), ("CREATE VIEW v AS SELECT 1", "view"),
        ("DELETE FROM a WHERE x = 1", "delete"), ("MERGE INTO a USING b ON 1 = 1", "merge"), ("UPDATE a SET x = 1", "update"),
    ],
)  # fmt: skip
def test_kinds(text: str, kind: str) -> None:
    assert parse(text).kind == kind


def test_tables_get_the_database_and_lose_the_catalog() -> None:
    found = parse(
        'WITH a AS (SELECT * FROM "awsdatacatalog"."silver"."entry") SELECT * FROM a, Item, gold.x '
        "WHERE id IN (SELECT id FROM deep) -- b",
        "shop",
    )
    assert found.tables == ("silver.entry", "shop.item", "gold.x", "shop.deep")


def test_parts_of_statements() -> None:
    ctas = parse("CREATE TABLE IF NOT EXISTS t WITH (partitioned_by = ARRAY['a'], bucket_count = 3) AS SELECT 1 a", "d")
    assert (ctas.name, ctas.if_not_exists) == ("d.t", True)
    assert ctas.properties == {"partitioned_by": ["a"], "bucket_count": 3}
    unload = parse("UNLOAD (SELECT * FROM t) TO 's3://b/c/' WITH (format = 'ORC')", "d")
    assert (unload.location, unload.properties, unload.tables) == ("s3://b/c/", {"format": "ORC"}, ("d.t",))
    execute = parse("EXECUTE p USING 1, 'a,b', DATE '2024-01-01'")
    assert (execute.name, execute.arguments) == ("p", ("1", "'a,b'", "DATE '2024-01-01'"))
    insert = parse("INSERT INTO d.t (a, b) SELECT 1, 2")
    assert (insert.name, insert.columns) == ("d.t", ("a", "b"))
    pinned = parse("SELECT * FROM silver.entry FOR VERSION AS OF 3")
    assert pinned.pins["silver.entry"].kind == "VERSION"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "SYNTAX_ERROR: line 1:1: mismatched input '<EOF>'. Expecting: <statement>"),
        ("SELEC 1", "SYNTAX_ERROR: line 1:1: mismatched input 'SELEC'. Expecting: <statement>"),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: Only one sql statement is allowed. Got: SELECT 1; SELECT 2"),
        ("SELECT nope FROM silver.entry", "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved"),
        ("SELECT 1\nFROM gold.x", "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.gold.x' does not exist"),
        ("SELECT id + 'a' FROM silver.entry", "TYPE_MISMATCH: line 1:11: Cannot apply operator: bigint + varchar(1)"),
        ("SELECT foo(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"),
        ("SELECT id, count(*) FROM silver.entry",
         "EXPRESSION_NOT_AGGREGATE: line 1:8: 'id' must be an aggregate expression or appear in GROUP BY clause"),
        ("SELECT ?", "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found 0"),
    ],
)  # fmt: skip
def test_errors_have_athenas_words_and_places(text: str, error: str) -> None:
    with pytest.raises(SqlError) as caught:
        translate(parse(text), SCHEMAS, now=NOW)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 5000 + "1" + ")" * 5000, "SELECT " + "NOT " * 3000 + "TRUE", "SELECT " + "+".join(["1"] * 5000),
        "SELECT * FROM " + "(" * 3000, "SELECT CAST(1 AS " + "array(" * 3000, "SELECT " + "CASE WHEN TRUE THEN " * 2000,
        "SELECT " + "x -> " * 2000, "SELECT " + "f(" * 2000, "SELECT " + "(SELECT " * 40 + "1" + ")" * 40,
        " UNION ALL ".join(["SELECT 1"] * 1000), "WITH a AS (" * 300, "EXPLAIN " * 3000, "SELECT * FROM a " + "JOIN a " * 2000,
        "SELECT '" + "x" * 300_000 + "'",
    ],
)  # fmt: skip
def test_huge_and_deep_statements_are_refused(text: str) -> None:
    with pytest.raises(SqlError):
        translate(parse(text), SCHEMAS, now=NOW)


def test_what_is_just_not_too_deep_is_answered() -> None:
    found = translate(parse("SELECT " + "1 + (" * 70 + "1" + ")" * 70), {}, now=NOW)
    connection = duckdb.connect()
    connection.execute(found.prelude)
    assert connection.execute(found.sql).fetchall() == [(71,)]


def test_parameters_and_now() -> None:
    found = translate(
        parse("SELECT id FROM silver.entry WHERE id = ? AND at < current_timestamp LIMIT ?"), SCHEMAS,
        parameters=("7", "3"), now=NOW,
    )  # fmt: skip
    assert found.tables == ("silver.entry",)
    assert "7" in found.sql
    assert "2024-06-15 12:30:45.123" in found.sql
    assert found.sql.endswith("LIMIT 3")
    with pytest.raises(SqlError, match="Incorrect number of parameters"):
        translate(parse("SELECT 1"), {}, parameters=("1",), now=NOW)


def test_a_zone_that_differs_from_row_to_row_is_not_printed() -> None:
    schemas = {"a.t": {"s": "string"}}
    with pytest.raises(SqlError, match="AT TIME ZONE"):
        translate(parse("SELECT from_iso8601_timestamp(s) FROM a.t"), schemas, now=NOW)
    translate(parse("SELECT from_iso8601_timestamp(s) AT TIME ZONE 'UTC' FROM a.t"), schemas, now=NOW)


@pytest.mark.parametrize(
    ("kind", "array", "text"),
    [
        ("double", pa.array([1e10]), "1.0E10"), ("double", pa.array([0.001]), "0.001"), ("double", pa.array([1e7]), "1.0E7"),
        ("double", pa.array([float("nan")]), "NaN"), ("real", pa.array([0.1], pa.float32()), "0.1"),
        ("decimal(5,2)", pa.array([Decimal("1.50")]), "1.50"), ("varbinary", pa.array([b"\x0a\xff"]), "0a ff"),
        ("array(integer)", pa.array([[1, None]]), "[1, null]"), ("boolean", pa.array([True]), "true"),
        ("map(varchar, integer)", pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())), "{k=1}"),
        ("row(a integer, b varchar)", pa.array([{"a": 1, "b": None}], pa.struct([("a", pa.int32()), ("b", pa.string())])), "{a=1, b=null}"),
        ("date", pa.array([date(2024, 1, 5)]), "2024-01-05"),
        ("timestamp(3)", pa.array([datetime(2024, 1, 5, 1, 2, 3, 456789)]), "2024-01-05 01:02:03.456"),
        ("timestamp(3) with time zone", pa.array([datetime(2024, 1, 5, tzinfo=UTC)]), "2024-01-05 00:00:00.000 UTC"),
        ("interval day to second", pa.array([90_061_001]), "1 01:01:01.001"), ("varchar", pa.array([None], pa.string()), None),
    ],
)  # fmt: skip
def test_values_are_printed_as_athena_prints_them(kind: str, array: pa.Array, text: str | None) -> None:
    batch = pa.record_batch([array], names=["x"])
    assert render(batch, [_type(kind)]) == [[text]]


def test_csv_quotes_every_value_and_leaves_null_bare() -> None:
    batch = pa.record_batch([pa.array(['a"b', None, ""]), pa.array([1, 2, 3])], names=["x", "y"])
    columns = [Column("x", "varchar", _type("varchar").kind), Column("y", "bigint", _type("bigint").kind)]
    assert b"".join(csv([batch], columns)) == b'"x","y"\n"a""b","1"\n,"2"\n"","3"\n'


def test_duckdbs_failures_get_athenas_words() -> None:
    connection = duckdb.connect()
    connection.execute(MACROS)
    for text, kind in (("1 / 0", "DIVISION_BY_ZERO"), ("CAST('x' AS integer)", "INVALID_CAST_ARGUMENT"),
                       ("2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE"), ("ARRAY[1][2]", "INVALID_FUNCTION_ARGUMENT")):  # fmt: skip
        with pytest.raises(duckdb.Error) as caught:
            connection.execute(translate(parse(f"SELECT {text}"), {}, now=NOW).sql).fetchall()
        assert failure(str(caught.value)).kind == kind
