"""Whether our answer to a statement is what Trino answered: equal, refused, or different."""

from __future__ import annotations

import base64
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from lakewright.query.athena import sql as dialect
from lakewright.query.athena.sql import SqlError
from lakewright.query.athena.sql.render import plain, printer
from lakewright.query.athena.sql.types import Type

NOW = datetime(2024, 6, 15, 12, 30, 45, 123456, tzinfo=UTC)
_APPROXIMATE = 1e-9


@dataclass(frozen=True)
class Outcome:
    """`verdict`: equal, refused (by us, not by Trino) or different."""

    verdict: str
    detail: str


def ours(
    connection: duckdb.DuckDBPyConnection, text: str, database: str, schemas: Mapping[str, Mapping[str, str]]
) -> tuple[list[tuple[str, str]], list[list[Any]]]:
    """Our columns and rows, in the shape of Trino's JSON; SqlError as the service would give it."""
    found = dialect.translate(dialect.parse(text, database), schemas, now=NOW)
    try:
        connection.execute(found.prelude)
        table = connection.execute(found.sql).to_arrow_table()
    except duckdb.Error as problem:
        raise dialect.failure(str(problem)) from problem
    columns = [(column.name, column.type) for column in found.columns]
    values = [
        [None if value is None else shaped(value, column.kind) for value in plain(table.column(index).combine_chunks())]
        for index, column in enumerate(found.columns)
    ]
    return columns, [list(row) for row in zip(*values, strict=True)] if values else []


def shaped(value: Any, kind: Type) -> Any:
    """A value as Trino's JSON has it."""
    match kind.name:
        case "array":
            return [None if one is None else shaped(one, kind.items[0]) for one in value]
        case "row":
            fields = zip(value.values(), kind.items, strict=True)
            return [None if one is None else shaped(one, item) for one, item in fields]
        case "map":
            return {_key(key, kind.items[0]): None if one is None else shaped(one, kind.items[1]) for key, one in value}
        case "varbinary":
            return base64.b64encode(value).decode()
        case "real":
            return float(printer(kind)(value)) if math.isfinite(value) else printer(kind)(value)
        case "double":
            return value if math.isfinite(value) else printer(kind)(value)
        case "boolean" | "tinyint" | "smallint" | "integer" | "bigint" | "varchar" | "unknown":
            return value
    return printer(kind)(value)


def _key(value: Any, kind: Type) -> str:
    found = shaped(value, kind)
    return found if isinstance(found, str) else str(found)


def judged(
    connection: duckdb.DuckDBPyConnection, vector: Mapping[str, Any], database: str,
    schemas: Mapping[str, Mapping[str, str]], *, lengths: bool = True,
) -> Outcome:  # fmt: skip
    """`lengths`: whether varchar(n) is asked to have the same n."""
    try:
        columns, rows = ours(connection, vector["sql"], database, schemas)
    except SqlError as refusal:
        return _judged_error(vector, refusal)
    if "error" in vector:
        return Outcome("different", f"Trino fails: {vector['error']}; we answer {rows[:3]}")
    expected = [(name, _type(kind, lengths)) for name, kind in vector["columns"]]
    given = [(name, _type(kind, lengths)) for name, kind in columns]
    if given != expected:
        return Outcome("different", f"columns {given}, Trino's {expected}")
    ordered = "order by" in vector["sql"].lower()
    if not (same_rows(rows, vector["rows"], ordered=ordered) or same_order(rows, vector["rows"], vector["sql"])):
        return Outcome("different", f"rows {rows[:5]}, Trino's {vector['rows'][:5]}")
    return Outcome("equal", "")


def _type(kind: str, lengths: bool) -> str:
    kind = kind.lower() if kind.startswith("INTERVAL") else kind
    kind = re.sub(r"(decimal\(\d+), ", r"\1,", kind)
    return kind if lengths else re.sub(r"(?:var)?char\(\d+\)", "varchar", kind)


def _judged_error(vector: Mapping[str, Any], refusal: SqlError) -> Outcome:
    if "error" not in vector:
        return Outcome("refused", str(refusal))
    kind, message = vector["error"]
    place = re.match(r"line (\d+):(\d+)", message)
    if (refusal.kind, bool(place)) == (kind, refusal.line is not None):
        return Outcome("equal", "" if refusal.message == message else f"{refusal.message} / {message}")
    return Outcome("equal", f"other words: {refusal} / {kind}: {message}")


def same_rows(ours_: list[list[Any]], theirs: list[list[Any]], *, ordered: bool) -> bool:
    if len(ours_) != len(theirs):
        return False
    if not ordered:
        return _equal_sorted(ours_, theirs)
    return _equal(ours_, theirs)


def same_order(ours_: list[list[Any]], theirs: list[list[Any]], sql: str) -> bool:
    """Whether rows agree when those that ORDER BY (by places in the output) leaves equal may come in any order."""
    terms = re.split(r"(?i)order by", sql)[-1].split(",")
    places = [re.match(r"\s*(\d+)\b", term) for term in terms]
    if not all(places):
        return False
    keys = [int(place[1]) - 1 for place in places if place is not None]
    picked = [[[row[key] for key in keys] for row in rows] for rows in (ours_, theirs)]
    return _equal(picked[0], picked[1]) and _equal_sorted(ours_, theirs)


def _equal_sorted(ours_: list[list[Any]], theirs: list[list[Any]]) -> bool:
    return _equal(sorted(ours_, key=repr), sorted(theirs, key=repr))


def _equal(ours_: list[list[Any]], theirs: list[list[Any]]) -> bool:
    return len(ours_) == len(theirs) and all(
        len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
        for one, other in zip(ours_, theirs, strict=True)
    )


def same(one: Any, other: Any) -> bool:
    """Equal; doubles up to their last digits, which depend on the order of a sum."""
    if isinstance(one, float) and isinstance(other, int | float):
        return one == other or math.isclose(one, other, rel_tol=_APPROXIMATE, abs_tol=1e-12)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def counted(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.verdict for outcome in outcomes)
