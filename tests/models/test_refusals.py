"""What is not in the dialect is refused by name: what differs in silence, and what depends on ANSI mode."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lakewright.errors import Mistakes, SpecError
from lakewright.models import dialect

SCHEMAS = {
    "bronze.t": {
        "id": "bigint", "n": "int", "s": "string", "d": "date", "ts": "timestamp", "x": "double", "m": "decimal(12,2)",
        "wide": "decimal(38,18)", "b": "boolean", "f": "float", "a": "array<int>", "o": "struct<p:int>",
    },
    "bronze.u": {"id": "bigint", "v": "string"},
}  # fmt: skip
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def refused(sql: str) -> str:
    with pytest.raises(Mistakes) as caught:
        dialect.to_duckdb(sql, SCHEMAS, now=NOW)
    return str(caught.value)


@pytest.mark.parametrize(
    ("expression", "fact"),
    [
        ("n / n", "nullif(y, 0)"),
        ("n / (n - 1)", "nullif(y, 0)"),
        ("m / 0", "nullif(y, 0)"),
        ("n % n", "nullif(y, 0)"),
        ("mod(n, n)", "nullif(y, 0)"),
        ("n div n", "nullif(y, 0)"),
        ("cast(s as int)", "write try_cast(… as int)"),
        ("cast(id as int)", "try_cast"),
        ("cast(x as string)", "cast(double as string)"),
        ("cast(x as decimal(10,2))", "cast(double as decimal(10,2))"),
        ("cast(m as decimal(5,2))", "try_cast"),
        ("cast(wide as string)", "cast(decimal(38,18) as string)"),
        ("cast('2024-02-30' as date)", "is not a date"),
        ("cast(id as timestamp)", "cast(bigint as timestamp)"),
        ("try_cast(x as decimal(3,1))", "not in the allowed dialect"),
        ("cast(a as string)", "cast(array<int> as string)"),
        ("s + 1", "arithmetic with a string"),
        ("d - d", "datediff"),
        ("ts - ts", "arithmetic with a timestamp"),
        ("s = 1", "string is compared with int"),
        ("d = s", "date is compared with string"),
        ("d = 'soon'", "date is compared with string"),
        ("o = o", "compare single fields"),
        ("f + n", "cast the float to double"),
        ("coalesce(s, 1)", "mixes string and int"),
        ("case when b then s else d end", "mixes string and date"),
        ("if(n, 1, 2)", "where a condition is needed"),
        ("not n", "where a condition is needed"),
        ("wide * wide", "more than 38"),
        ("round(x, 2)", "round a decimal"),
        ("size(a)", "array_size"),
        ("a[0]", "x[…]"),
        ("element_at(a, 1)", "try_element_at"),
        ("months_between(d, d)", "timestampdiff"),
        ("initcap(s)", "initcap"),
        ("to_timestamp(s)", "try_to_timestamp"),
        ("to_date(s)", "takes a date or timestamp"),
        ("make_date(n, n, n)", "try_cast"),
        ("from_utc_timestamp(ts, 'CET')", "UTC"),
        ("date_format(ts, 'EEE')", "yyyy"),
        ("date_format(ts, s)", "written pattern"),
        ("date_trunc('decade', ts)", "written unit"),
        ("unix_timestamp(ts)", "unix_seconds"),
        ("extract(second from ts)", "extract(second"),
        ("s ilike 'a%'", "ILIKE"),
        ("s like s", "written pattern"),
        ("s like 'a\\\\b'", "backslash"),
        ("s rlike s", "written pattern"),
        ("s rlike '(?i)a'", "lower(x)"),
        ("s rlike 'a(?=b)'", "groups other than"),
        ("s rlike '\\\\bword'", "means different things"),
        ("s rlike '(a)\\\\1'", "means different things"),
        ("s rlike 'a++'", "possessive"),
        ("s rlike '[a&&b]'", "&&"),
        ("regexp_replace(s, 'a$', '')", "\\z"),
        ("regexp_replace(s, 'a*', '-')", "use + instead"),
        ("regexp_replace(s, 'a', '$12')", "$0 to $9"),
        ("regexp_extract(s, '(a)', 2)", "1 groups, not 2"),
        ("get_json_object(s, '$.*')", "written path"),
        ("get_json_object(s, s)", "written path"),
        ("lpad(s, 3, '')", "not empty"),
        ("sha2(s, 512)", "256"),
        ("first(s)", "min_by"),
        ("collect_list(s)", "sort_array(collect_list(x))"),
        ("approx_count_distinct(s)", "count(DISTINCT x)"),
        ("percentile(m, 0.5)", "whole number"),
        ("percentile(n, 0.9)", "other than 0.5"),
        ("stddev(x)", "last digits"),
        ("sum(distinct n)", "DISTINCT"),
        ("count(n, m)", "several values"),
        ("sum(s)", "sum() of a string"),
        ("max(o)", "max_by"),
        ("row_number()", "without OVER"),
        ("sum(n) over (order by d range between interval 7 days preceding and current row)", "RANGE frame"),
        ("sum(n) filter (where b) over ()", "FILTER together with OVER"),
        ("rand()", "same rows whenever it runs"),
        ("uuid()", "same rows"),
        ("xxhash64(s)", "sha2"),
        ("explode(a)", "LATERAL VIEW"),
        ("transform(a, z -> z + 1)", "transform() is not in the allowed dialect"),
        ("map('a', 1)", "map() is not in the allowed dialect"),
        ("interval 1 day", "INTERVAL is not in the allowed dialect"),
        ("d + interval '1-2' year to month", "INTERVAL 3 DAYS"),
        ("n & 1", "not in the allowed dialect"),
        ("t.nope", "t has no column 'nope'"),
        ("o.q", "has no field 'q'"),
        ("idd", "did you mean 'id'?"),
    ],
)
def test_expressions_that_are_refused(expression: str, fact: str) -> None:
    assert fact in refused(f"SELECT {expression} AS r FROM bronze.t t")


@pytest.mark.parametrize(
    ("sql", "fact"),
    [
        ("SELECT id FROM bronze.t WHERE id NOT IN (SELECT id FROM bronze.u)", "use NOT EXISTS"),
        ("SELECT id FROM bronze.t WHERE id <> ALL (SELECT id FROM bronze.u)", "use EXISTS"),
        ("SELECT id FROM bronze.t QUALIFY row_number() OVER (ORDER BY id) = 1", "number the rows in a subquery"),
        ("SELECT b, count(*) AS n FROM bronze.t GROUP BY ALL", "name the columns"),
        ("SELECT b, count(*) AS n FROM bronze.t GROUP BY ROLLUP (b)", "ROLLUP"),
        ("SELECT * EXCEPT (id) FROM bronze.t", "name the columns"),
        ("SELECT id FROM bronze.t TABLESAMPLE (10 PERCENT)", "SAMPLE"),
        ("SELECT id FROM bronze.t SORT BY id", "SORT BY"),
        ("SELECT id FROM bronze.t NATURAL JOIN bronze.u", "NATURAL"),
        ("SELECT id FROM bronze.t t JOIN bronze.u u ON t.id = u.id", "could be of t and u"),
        ("SELECT id, id FROM bronze.t", "gives column 'id' twice"),
        ("SELECT NULL AS x FROM bronze.t", "bare NULL"),
        ("SELECT id FROM bronze.t UNION ALL SELECT id, v FROM bronze.u", "1 and 2 columns"),
        ("SELECT id FROM bronze.t UNION ALL SELECT v FROM bronze.u", "mixes bigint and string"),
        ("SELECT id FROM bronze.t EXCEPT ALL SELECT id FROM bronze.u", "EXCEPT ALL"),
        ("SELECT m FROM bronze.t LATERAL VIEW explode(a) v AS m JOIN bronze.u u ON u.id = m", "into a subquery"),
        ("SELECT m FROM bronze.t LATERAL VIEW inline(a) v AS m", "LATERAL VIEW takes"),
        ("SELECT id FROM bronze.nope", "bronze.nope is not known"),
        ("SELECT b, n FROM bronze.t GROUP BY b", "n is neither in GROUP BY"),
        ("SELECT b, sum(n) + id AS r FROM bronze.t GROUP BY b", "id is neither in GROUP BY"),
        ("SELECT id, count(*) AS n FROM bronze.t", "id is neither in GROUP BY"),
        ("SELECT b, sum(n) OVER (ORDER BY b) AS r FROM bronze.t GROUP BY b", "n is neither in GROUP BY"),
        ("SELECT b, count(*) AS c FROM bronze.t GROUP BY b HAVING n > 1", "n is neither in GROUP BY"),
        ("SELECT *, count(*) OVER () AS c FROM bronze.t WHERE count(*) > 1", "use HAVING"),
        ("SELECT id FROM bronze.t WHERE row_number() OVER (ORDER BY id) = 1", "in a subquery and filter around it"),
        ("SELECT count(*) AS c FROM bronze.t GROUP BY max(n)", "max() in GROUP BY"),
        ("SELECT t.id FROM bronze.t t JOIN bronze.u u ON t.id = max(u.id)", "max() in ON"),
        ("WITH RECURSIVE r AS (SELECT id FROM bronze.t) SELECT id FROM r", "RECURSIVE"),
    ],
)
def test_queries_that_are_refused(sql: str, fact: str) -> None:
    assert fact in refused(sql)


def test_all_refusals_of_a_query_come_at_once_with_their_lines() -> None:
    sql = "SELECT\n  size(a) AS p,\n  id AS q,\n  initcap(s) AS r\nFROM bronze.t\nWHERE rand() > 0.5"
    found = dialect.refusals(sql, Path("gold/x.sql"), 10)
    assert [(error.place, error.code) for error in found] == [
        ("gold/x.sql:15", "LW510"),
        ("gold/x.sql:11", "LW510"),
        ("gold/x.sql:13", "LW510"),
    ]


def test_types_are_only_asked_for_when_they_are_known() -> None:
    sql = "SELECT s + 1 AS r FROM bronze.t"
    assert dialect.refusals(sql, Path("x.sql"), 1) == []
    assert [error.fact for error in dialect.refusals(sql, Path("x.sql"), 1, SCHEMAS)] == ["arithmetic with a string"]


def test_the_time_of_the_run_comes_from_outside() -> None:
    with pytest.raises(Mistakes, match="the run's time is not given"):
        dialect.to_duckdb("SELECT current_date() AS d", {})
    assert "2024-01-01" in dialect.to_duckdb("SELECT current_timestamp AS t", {}, now=NOW)


def test_sql_that_cannot_be_read_is_a_mistake_with_its_line() -> None:
    for sql in ("SELECT\n  trim(both 'x' from s) AS r FROM bronze.t", "SELECT\n (id FROM bronze.t"):
        with pytest.raises(SpecError, match=r"LW504 models/x.sql:8: the SQL cannot be read"):
            dialect.to_duckdb(sql, SCHEMAS, place=("models/x.sql", 7))
    with pytest.raises(SpecError, match="not one expression"):
        dialect.expression_to_duckdb("a > 0, b > 0", {"a": "int", "b": "int"})


def test_a_table_can_be_read_from_elsewhere() -> None:
    text = dialect.to_duckdb("SELECT t.id FROM bronze.t", SCHEMAS, tables={"bronze.t": "changed_rows"})
    assert text == 'SELECT "t"."id" AS "id" FROM changed_rows AS "t"'


def test_a_check_is_an_expression_over_the_columns() -> None:
    text = dialect.expression_to_duckdb("total >= 0 and name is not null", {"total": "decimal(12,2)", "name": "string"})
    assert text == '(("total" >= CAST(0 AS DECIMAL(12,2))) AND (NOT ("name" IS NULL)))'
    with pytest.raises(Mistakes, match="did you mean 'total'"):
        dialect.expression_to_duckdb("totl >= 0", {"total": "int"})


def test_odd_names_are_quoted() -> None:
    schemas = {'silver.odd"table': {'we"ird': "int", "select": "int"}}
    text = dialect.to_duckdb('SELECT `we"ird` AS `from`, `select` AS x FROM silver.`odd"table` AS `a"b`', schemas)
    assert text == 'SELECT "a""b"."we""ird" AS "from", "a""b"."select" AS "x" FROM "silver"."odd""table" AS "a""b"'
