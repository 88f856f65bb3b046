"""Expressions against SQLite itself: the same text with the values written in, evaluated by a bare connection."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakewright.errors import SpecError
from lakewright.ingest.mappings.expressions import evaluate, parse
from lakewright.ingest.mappings.values import convert, from_python


def values(text: str, *, as_string: bool = False, op: str = "I", **columns: Any) -> list[Any]:
    expression = parse(text)
    arrays = {name: pa.array([value]) if not isinstance(value, pa.Array) else value for name, value in columns.items()}
    length = len(next(iter(arrays.values()))) if arrays else 1
    found = evaluate(expression, arrays, pa.array([op] * length), as_string=as_string)
    return found if isinstance(found, list) else found.to_pylist()


ROWS = [
    ("Ada", "Lovelace", 36, Decimal("12.50"), 1.5),
    ("", None, -7, Decimal("-0.05"), -2.25),
    (None, "O'Brien é日本", 0, None, 0.0),
    ("  pad ", "100%", None, Decimal("99999999.99"), 1e20),
]
EXPRESSIONS = [
    "$a || '_' || $b",
    "$a",
    "'it''s ' || $b",
    "upper(trim($a)) || length($b)",
    "$i",
    "$i || '/' || $a",
    "$d",
    "$f",
    "$f || $i",
    "coalesce($b, $a, 'none')",
    "ifnull(nullif($a, ''), '∅')",
    "CASE WHEN $i > 30 THEN 'old' WHEN $i IS NULL THEN 'unknown' ELSE 'young' END",
    "$i * 2 + 1",
    "$i % 5",
    "($i + 3) / 2",
    "abs($i) & 6 | 1",
    "round($d * 1.2, 1)",
    "max($i, 0, 10)",
    "substr($b, -3, 2)",
    "instr($b, 'e')",
    "replace($b, 'e', 'E')",
    "$a like 'A%' and not $b is null",
    "$i between 0 and 40",
    "$i in (0, 36)",
    "hex($a)",
    "$d > 10",
    "$d || ''",
    "$f * 2",
    "cast($d as integer)",
    "$a is not null",
    "ltrim($a, ' p') || rtrim($a)",
    "$f >= $i",
    "strftime('%Y', '2025-03-04') || date('2025-01-31', '+1 month')",
]


@pytest.mark.parametrize("as_string", [False, True])
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_sqlite_agrees(text: str, as_string: bool) -> None:
    """The oracle: SQLite's own table with columns declared as a person would declare them, read by name."""
    oracle = sqlite3.connect(":memory:")
    oracle.execute('create table t ("$a" text, "$b" text, "$i" integer, "$d" numeric, "$f" real)')
    oracle.executemany("insert into t values (?, ?, ?, ?, ?)", [(a, b, i, d and str(d), f) for a, b, i, d, f in ROWS])
    quoted = text
    for name in "abidf":
        quoted = quoted.replace(f"${name}", f'"${name}"')
    wanted = [v for (v,) in oracle.execute(f"select {f'cast({quoted} as text)' if as_string else quoted} from t")]
    oracle.close()
    types = {"a": pa.string(), "b": pa.string(), "i": pa.int64(), "d": pa.decimal128(12, 2), "f": pa.float64()}
    arrays = {name: pa.array([row[n] for row in ROWS], kind) for n, (name, kind) in enumerate(types.items())}
    used = {name: array for name, array in arrays.items() if name in parse(text).columns}
    if used:
        assert values(text, as_string=as_string, **used) == wanted
    else:
        assert values(text, as_string=as_string) == wanted[:1]


@given(st.lists(st.tuples(st.none() | st.text(max_size=5), st.none() | st.text(max_size=5)), min_size=1, max_size=5))
def test_joining_in_arrow_is_joining_in_sqlite(rows: list[tuple[str | None, str | None]]) -> None:
    rows = [(a and a.replace("\0", ""), b and b.replace("\0", "")) for a, b in rows]
    arrays = {"a": pa.array([a for a, _ in rows], pa.string()), "b": pa.array([b for _, b in rows], pa.string())}
    joined, computed = "$a || '-''-' || $b", "($a || '-''-' || $b)"
    assert parse(joined).joined
    assert not parse(computed).joined
    assert values(joined, as_string=True, **arrays) == values(computed, as_string=True, **arrays)


def test_dates_and_booleans_are_what_dms_makes_of_them() -> None:
    assert values("strftime('%Y-%m', $at)", at=datetime(2025, 3, 4, 5, 6, 7, 891011)) == ["2025-03"]
    assert values("$at || ''", at=datetime(2025, 3, 4, 5, 6, 7, 891011)) == ["2025-03-04 05:06:07.891011"]
    assert values("julianday($d) - julianday('2025-01-01')", d=date(2025, 1, 31)) == [30.0]
    assert values("case $ok when 'true' then 1 else 0 end", ok=pa.array([True, False, None])) == [1, 0, 0]


def test_dms_functions() -> None:
    assert values("hash_sha256($x)", x="C6BGJ566669K") == [hashlib.sha256(b"C6BGJ566669K").hexdigest()]
    assert values("hash_sha256($x)", x=pa.array([None], pa.string())) == [None]
    for op, wanted in (("D", "gone"), ("U", "changed"), ("I", "new")):
        assert values("operation_indicator('gone', 'changed', 'new')", op=op) == [wanted]
        assert values("lower(Operation_Indicator ( 'GONE', 'CHANGED', upper($x) ))", op=op, x="new") == [wanted]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("random()", "cannot be repeated"),
        ("date('now')", "depends on the clock"),
        ("datetime($a, 'localtime')", "depends on the clock"),
        ("date()", "with 0 arguments"),
        ("strftime('%Y')", "with 1 arguments"),
        ("max($a)", "with 1 arguments"),
        ("current_timestamp", "use $AR_H_COMMIT_TIMESTAMP"),
        ("replaceChars($a, 'x', 'y')", "use replace()"),
        ("load_extension('x')", 'the function "load_extension" is not supported'),
        ("(select 1)", 'the word "select" is not supported'),
        ("$a; drop", "is not supported"),
        ("$a -- comment", 'the word "comment" is not supported'),
        ('"a"', "columns as $name"),
        ("first_name", "columns are written as $name"),
        ("uper($a)", "did you mean upper?"),
        ("$AR_H_USER", "$AR_H_USER is not supported"),
        ("$a ||", "is no expression"),
        ("", "is no expression"),
        ("($a", "is no expression"),
        ("$a, $b", "is no expression"),
        ("?", "is not supported"),
    ],
)
def test_what_cannot_be_trusted_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(SpecError, match="LW316") as caught:
        parse(text)
    assert says in str(caught.value)


@given(st.text("$ab|'(),+- casewhnd1.*/%<>=!~&\";-", max_size=25))
def test_no_text_gets_past_the_check_and_fails_later(text: str) -> None:
    try:
        expression = parse(text)
    except SpecError:
        return
    arrays = {name: pa.array(["x", None]) for name in expression.columns}
    assert len(evaluate(expression, arrays, pa.array(["I", "I"]), as_string=False)) == 2


def test_values_that_do_not_fit_are_kept_as_text() -> None:
    array, refused = from_python(["12.345", 7, None, "x", 10**9, "1e3"], "decimal(6,2)")
    assert array.to_pylist() == [Decimal("12.35"), Decimal("7.00"), None, None, None, Decimal("1000.00")]
    assert refused == {3: "x", 4: "1000000000"}
    array, refused = from_python([1.5, "40000", 2.0, "-32768"], "smallint")
    assert (array.to_pylist(), refused) == ([2, None, 2, -32768], {1: "40000"})
    array, refused = from_python(["2025-02-30", "2025-02-03"], "date")
    assert (array.to_pylist(), refused) == ([None, date(2025, 2, 3)], {0: "2025-02-30"})


def test_decimals_are_rounded_alike_in_arrow_and_one_by_one() -> None:
    texts = ["1.005", "-1.005", "2.500", "-2.500", "0.494", "12345678.990", None]
    decimals = pa.array([t and Decimal(t) for t in texts], pa.decimal128(20, 3))
    for target in ("decimal(12,2)", "decimal(6,1)", "bigint", "int", "smallint", "decimal(2,0)"):
        array, refused = convert(decimals, target)
        wanted, wanted_refused = from_python(texts, target)
        assert (array.to_pylist(), refused) == (wanted.to_pylist(), wanted_refused)


@pytest.mark.parametrize(
    ("values_", "target", "wanted", "refused"),
    [
        ([datetime(2025, 3, 4, 23, 59), datetime(1969, 12, 31, 1)], "date", [date(2025, 3, 4), date(1969, 12, 31)], {}),
        ([datetime(2025, 3, 4, 23, tzinfo=UTC)], "timestamp_ntz", [datetime(2025, 3, 4, 23)], {}),
        ([date(2025, 3, 4)], "timestamp", [datetime(2025, 3, 4, tzinfo=UTC)], {}),
        ([1.5, -2.5, float("nan"), 1e20], "int", [2, -3, None, None], {2: "nan", 3: "1e+20"}),
        ([0.1, 2.5], "decimal(5,1)", [Decimal("0.1"), Decimal("2.5")], {}),
        ([True, False, None], "bigint", [1, 0, None], {}),
        ([1, 0, 2], "boolean", [True, False, True], {}),
        (["true", "F", "2"], "boolean", [True, False, None], {2: "2"}),
        (["2025-03-04T01:00:00+02:00"], "timestamp", [datetime(2025, 3, 3, 23, tzinfo=UTC)], {}),
        ([b"\x00\xff"], "string", ["00ff"], {}),
    ],
)
def test_conversions(values_: list[Any], target: str, wanted: list[Any], refused: dict[int, str]) -> None:
    assert (convert(pa.array(values_), target)[0].to_pylist(), convert(pa.array(values_), target)[1]) == (
        wanted,
        refused,
    )
