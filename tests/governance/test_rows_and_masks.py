"""Conditions and masks in DuckDB against their meaning in plain Python, on random values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.governance import And, Compare, In, IsNull, Mask, Never, Not, Or, Predicate
from lakewright.governance.masks import KINDS
from lakewright.governance.predicate import OPERATORS
from lakewright.models.types import arrow_type
from lakewright.spec import Secret

TYPES = {
    "n": "bigint",
    "t": "string",
    "d": "date",
    "z": "timestamp",
    "l": "timestamp_ntz",
    "m": "decimal(12,2)",
    "b": "boolean",
}
words = st.one_of(
    st.sampled_from(["", "a", "'", "it''s", "\\", "\x00", "ß", "é", "e\u0301", "😀", "%_", "\n", "A", "Z", "10", "9"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
moments = st.datetimes(datetime(1600, 1, 1), datetime(2600, 1, 1))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "n": st.one_of(st.integers(-3, 3), st.sampled_from([2**63 - 1, -(2**63)])),
    "t": words,
    "d": st.dates(date(1600, 1, 1), date(2600, 1, 1)),
    "z": moments.map(lambda moment: moment.replace(tzinfo=UTC)),
    "l": moments,
    "m": st.decimals(-10, 10, places=2),
    "b": st.booleans(),
}


@st.composite
def predicates(draw: st.DrawFn, depth: int = 2) -> Predicate:
    kind = draw(st.sampled_from(["in", "compare", "null", "never", "not", "and", "or"] if depth else ["in", "compare"]))
    if kind in ("and", "or"):
        items = tuple(draw(predicates(depth - 1)) for _ in range(2))
        return And(items) if kind == "and" else Or(items)
    if kind == "not":
        return Not(draw(predicates(depth - 1)))
    if kind == "never":
        return Never()
    column = draw(st.sampled_from(sorted(TYPES)))
    if kind == "null":
        return IsNull(column)
    if kind == "in":
        return In(column, tuple(draw(st.lists(_constants(column), min_size=1, max_size=3))))
    operators = ["=", "<>"] if column == "b" else sorted(OPERATORS)
    return Compare(column, draw(st.sampled_from(operators)), draw(_constants(column)))


def _constants(column: str) -> st.SearchStrategy[Any]:
    """Binding refuses NUL in constants; values may hold it."""
    return VALUES[column].filter(lambda value: "\x00" not in str(value))


rows = st.lists(
    st.fixed_dictionaries({column: st.one_of(st.none(), values) for column, values in VALUES.items()}),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'America/St_Johns'")  # conditions must not depend on it
        yield connection


def column_of(values: Sequence[Any], kind: str) -> pa.Array[Any]:
    return pa.array(values, arrow_type(kind))


@given(predicates(), rows)
@settings(max_examples=500, deadline=None)
def test_a_condition_means_the_same_in_duckdb(
    duck: duckdb.DuckDBPyConnection, predicate: Predicate, rows: list[dict[str, Any]]
) -> None:
    arrays = {column: column_of([row[column] for row in rows], kind) for column, kind in TYPES.items()}
    duck.register("rows", pa.table(arrays | {"number": pa.array(range(len(rows)))}))
    found = duck.execute(f"SELECT number FROM rows WHERE {predicate.sql()} ORDER BY number").fetchall()
    assert [number for (number,) in found] == [number for number, row in enumerate(rows) if predicate.holds(row)]


mails = st.one_of(
    st.sampled_from(
        [
            "ana@example.com",
            "@",
            "a@",
            "@b",
            "a@b",
            "a@b@c",
            "a b@c",
            "ä@ö.de",
            "x@y\n",
            "\n@y",
            "no mail",
            "'@'",
            "@@a",
        ]
    ),
    st.text("ab@.\n ä😀\\'", max_size=10),
    words,
)
phones = st.one_of(
    st.sampled_from(["+49 151 2345678", "1234567", "12345678", "٠١٢٣٤٥٦٧٨", "tel:0800-CALL-NOW", "", "()"]),
    st.text("0123456789+-() x٣", max_size=16),
)
addresses = st.one_of(
    st.sampled_from(
        ["203.0.113.7", "203.0.113.7\n", "1.2.3", "1.2.3.4.5", "999.9.9.9", "2001:db8::1", "::1", "fe80::1%eth0", "a:"]
    ),
    st.ip_addresses().map(str),
    st.text("0123456789abcdef:.\n", max_size=20),
)
ANY_TEXT = st.one_of(st.none(), mails, phones, addresses)
MASKED: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    **dict.fromkeys(("hash", "partial_email", "partial_phone", "partial_ip", "redact"), ("string", ANY_TEXT)),
    "null": ("decimal(12,2)", st.one_of(st.none(), st.just(Decimal("1.50")))),
    "year": ("date", st.one_of(st.none(), VALUES["d"])),
}
CASES = [*((kind, *case) for kind, case in MASKED.items()), ("year", "timestamp", st.one_of(st.none(), VALUES["z"]))]
CASES += [("year", "timestamp_ntz", st.one_of(st.none(), VALUES["l"])), ("null", "string", ANY_TEXT)]


def test_every_mask_is_tried() -> None:
    assert {kind for kind, _, _ in CASES} == KINDS.keys()


@pytest.mark.parametrize(("kind", "type_", "values"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_a_mask_means_the_same_in_duckdb(
    duck: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    kind: Any,
    type_: str,
    values: st.SearchStrategy[Any],
) -> None:
    monkeypatch.setenv("SALT", "pepper'\\")
    mask = Mask(kind, Secret("${SALT}") if kind == "hash" else None)
    assert mask.fits(type_)

    @given(st.lists(values, min_size=1, max_size=20))
    @settings(max_examples=150, deadline=None)
    def check(column: list[Any]) -> None:
        rows = pa.table({"x": column_of(column, type_), "number": pa.array(range(len(column)))})
        duck.register("rows", rows)
        shown = duck.execute(f"SELECT {mask.duckdb('x', type_)} AS x FROM rows ORDER BY number").to_arrow_table()
        assert shown.schema.field("x").type == arrow_type(type_) or kind == "year"
        assert shown.column("x").cast(arrow_type(type_)).to_pylist() == [mask.apply(value) for value in column]

    check()


DOCUMENTED = [
    ("partial_email", "ana@example.com", "a***@example.com"),
    ("partial_email", "nobody", "***"),
    ("partial_phone", "+49 151 2345678", "***5678"),
    ("partial_phone", "12", "***"),
    ("partial_ip", "203.0.113.7", "203.0.*.*"),
    ("partial_ip", "2001:db8::1", "2001:***"),
    ("redact", "secret", "[redacted]"),
    ("year", date(2026, 7, 9), date(2026, 1, 1)),
    ("year", datetime(2026, 1, 1, 0, 30, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    ("null", "x", None),
]


@pytest.mark.parametrize(("kind", "value", "shown"), DOCUMENTED)
def test_what_masks_show(kind: Any, value: Any, shown: Any) -> None:
    assert Mask(kind).apply(value) == shown
    assert Mask(kind).apply(None) is None


HASHED = "cc4d03b6166bf443d42c621e0ee1ebe2d2d9a43cb08a8ebec9a6cf0b263f35f1"
"""printf 'pepperana@example.com' | sha256sum"""


def test_a_hash_is_sha256_of_salt_and_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALT", "pepper")
    mask = Mask("hash", Secret("${SALT}"))
    assert mask.apply("ana@example.com") == HASHED
    assert "pepper" not in repr(mask)
