"""Statistics of columns, counted as whoever asks for them: of the rows and values that the grants let them see.

Nothing is kept, so nothing can be out of date, or tell of rows that are hidden. Glue's shapes: ColumnStatisticsData.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from lakewright.governance import Principal

Ask = Callable[[Principal, str], Sequence[Any]]
"""(who, a SELECT of one row in Spark's SQL) → its values. Raises LakewrightError."""
Data = dict[str, Any]

_WHOLE = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
_REAL = frozenset({"float", "double"})
MOST_COLUMNS = 100
"""In one request (GetColumnStatisticsForTable)."""


@dataclass(frozen=True)
class Kind:
    """One of Glue's kinds: its name, what is selected of a column `{x}` besides NULLs, and the data made of that."""

    name: str
    select: tuple[str, ...]
    data: Callable[[Sequence[Any]], Data]


def kind_of(type_: str) -> Kind | None:
    """By the catalog's type; None for columns that have no statistics: timestamps, binary and nested ones."""
    base = type_.lower().partition("(")[0].strip()
    if base in _WHOLE:
        return LONG
    if base in _REAL:
        return DOUBLE
    return {"string": STRING, "varchar": STRING, "char": STRING, "decimal": DECIMAL, "date": DATE}.get(
        base, BOOLEAN if base == "boolean" else None
    )


def statistics(
    ask: Ask, principal: Principal, table: str, columns: Mapping[str, str], now: datetime
) -> list[dict[str, Any]]:
    """The statistics of those of the columns (name → the catalog's type) that have some, by one query."""
    kinds = {name: kind for name, type_ in columns.items() if (kind := kind_of(type_)) is not None}
    if not kinds:
        return []
    parts = [
        part
        for name, kind in kinds.items()
        for x in [_quoted(name)]
        for part in (f"count(*) - count({x})", *(one.format(x=x) for one in kind.select))
    ]
    listed = ", ".join(f"{part} AS s{number}" for number, part in enumerate(parts))
    place = ".".join(map(_quoted, table.split(".", 1)))
    values = iter(ask(principal, f"SELECT {listed} FROM {place}"))
    found = []
    for name, kind in kinds.items():
        nulls = next(values)
        counted = [next(values) for _ in kind.select]
        data = {"NumberOfNulls": nulls, **kind.data(counted)}
        shape = {"Type": kind.name, f"{_member(kind.name)}ColumnStatisticsData": data}
        found.append(
            {
                "ColumnName": name,
                "ColumnType": columns[name],
                "AnalyzedTime": now.timestamp(),
                "StatisticsData": shape,
            }
        )
    return found


def _member(name: str) -> str:
    return name.title()


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _known(**values: Any) -> Data:
    return {name: value for name, value in values.items() if value is not None}


def _numbers(values: Sequence[Any]) -> Data:
    least, most, distinct = values
    return {**_known(MinimumValue=least, MaximumValue=most), "NumberOfDistinctValues": distinct}


def _decimals(values: Sequence[Any]) -> Data:
    least, most, distinct = values
    return _numbers((_unscaled(least), _unscaled(most), distinct))


def _unscaled(value: Decimal | None) -> Data | None:
    """Glue's DecimalNumber: two's complement, the highest byte first."""
    if value is None:
        return None
    sign, digits, exponent = value.as_tuple()
    scale = -int(exponent)
    number = int("".join(map(str, digits))) * (-1 if sign else 1)
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return {"UnscaledValue": base64.b64encode(number.to_bytes(size, "big", signed=True)).decode(), "Scale": scale}


def _dates(values: Sequence[Any]) -> Data:
    least, most, distinct = values
    return _numbers((_moment(least), _moment(most), distinct))


def _moment(value: date | None) -> float | None:
    return None if value is None else datetime.combine(value, time(), UTC).timestamp()


def _texts(values: Sequence[Any]) -> Data:
    longest, average, distinct = values
    return {"MaximumLength": longest or 0, "AverageLength": float(average or 0), "NumberOfDistinctValues": distinct}


def _truths(values: Sequence[Any]) -> Data:
    true, known = values
    return {"NumberOfTrues": int(true or 0), "NumberOfFalses": known - int(true or 0)}


_RANGE = ("min({x})", "max({x})", "count(DISTINCT {x})")
LONG = Kind("LONG", _RANGE, _numbers)
DOUBLE = Kind("DOUBLE", _RANGE, _numbers)
DECIMAL = Kind("DECIMAL", _RANGE, _decimals)
DATE = Kind("DATE", _RANGE, _dates)
STRING = Kind("STRING", ("max(length({x}))", "avg(length({x}))", "count(DISTINCT {x})"), _texts)
BOOLEAN = Kind("BOOLEAN", ("sum(CASE WHEN {x} THEN 1 ELSE 0 END)", "count({x})"), _truths)


def asked(names: Iterable[str], columns: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The columns of a request that are there, with their types; and those that are not."""
    wanted = [name.lower() for name in names]
    return {name: columns[name] for name in wanted if name in columns}, [one for one in wanted if one not in columns]
