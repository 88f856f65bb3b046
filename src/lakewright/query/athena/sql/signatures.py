"""Function signatures as Trino writes them, and which of them a call means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TIME,
    DOUBLE,
    INTEGER,
    JSON,
    REAL,
    SMALLINT,
    TINYINT,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    YEAR_MONTH,
    Type,
    is_integer,
    is_numeric,
    timestamp,
    wider,
    zoned,
)

_NAMED = {
    "boolean": BOOLEAN, "tinyint": TINYINT, "smallint": SMALLINT, "integer": INTEGER, "bigint": BIGINT, "real": REAL,
    "double": DOUBLE, "varchar": VARCHAR, "varbinary": VARBINARY, "date": DATE, "json": JSON, "daytime": DAY_TIME,
    "yearmonth": YEAR_MONTH, "timestamp": timestamp(-1), "timestamptz": zoned(-1, ""), "decimal": Type("decimal"),
    "time": Type("time", -1),
}  # fmt: skip
_PART = re.compile(r"\s*([A-Za-z_0-9]+|[(),]|\.\.\.)")


@dataclass(frozen=True, slots=True)
class Signature:
    """`takes` are parameter types, where a capital letter stands for any type; a lambda is a `function` type.

    `text` is DuckDB's, with {0}, {1} … for the arguments. `variadic`: the last parameter may come any number of times.
    """

    takes: tuple[Type, ...]
    gives: Type
    text: str
    variadic: bool = False


def signature(written: str, text: str) -> Signature:
    """`"array(T), function(T, boolean) -> array(T)"`."""
    left, _, right = written.partition("->")
    variadic = "..." in left
    parts = _PART.findall(left.replace("...", ""))
    takes: list[Type] = []
    position = 0
    while position < len(parts):
        kind, position = _read(parts, position)
        takes.append(kind)
        position += 1
    gives, _ = _read(_PART.findall(right), 0)
    return Signature(tuple(takes), gives, text, variadic)


def _read(parts: list[str], position: int) -> tuple[Type, int]:
    name = parts[position]
    if position + 1 < len(parts) and parts[position + 1] == "(":
        items: list[Type] = []
        position += 2
        while True:
            item, position = _read(parts, position)
            items.append(item)
            if parts[position] == ")":
                return Type(name, items=tuple(items)), position + 1
            position += 1
    return _NAMED.get(name, Type(name)), position + 1


def is_variable(kind: Type) -> bool:
    return kind.name.isupper()


def bound(kind: Type, names: dict[str, Type]) -> Type:
    """`kind` with its variables replaced."""
    if is_variable(kind):
        return names.get(kind.name, UNKNOWN)
    if kind.items:
        items = tuple(bound(item, names) for item in kind.items)
        return replace(kind, items=items, names=kind.names or (("",) * len(items) if kind.name == "row" else ()))
    return kind


def accepted(param: Type, given: Type, names: dict[str, Type]) -> int | None:
    """How far `given` is from `param` (0: it is that type); None when it does not fit. Fills `names`."""
    if is_variable(param):
        before = names.get(param.name)
        both = given if before is None else wider(before, given)
        if both is None:
            return None
        names[param.name] = both
        return 0
    if given == UNKNOWN:
        for item in param.items:
            accepted(item, UNKNOWN, names)
        return 1
    if param.items:
        if given.name != param.name or len(given.items) != len(param.items):
            return None
        costs = [accepted(one, other, names) for one, other in zip(param.items, given.items, strict=True)]
        return sum(cost for cost in costs if cost is not None) if None not in costs else None
    return _plain_cost(param, given)


def _plain_cost(param: Type, given: Type) -> int | None:
    if param.name == given.name:
        return 0
    if param.name == "decimal":
        return 3 if is_integer(given) else None
    if param.name in ("timestamp", "timestamp with time zone") and given.name in ("date", "timestamp"):
        return {"date": 2, "timestamp": 1}[given.name] + (param.name != "timestamp")
    if is_numeric(param) and is_numeric(given):
        order = ("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double")
        distance = order.index(param.name) - order.index(given.name)
        return distance if distance > 0 else None
    if param.name == "varchar" and given.name == "char":
        return None
    return None


@lru_cache(maxsize=4096)
def target(param: Type, given: Type) -> Type:
    """The type an argument is brought to; lengths and digits stay the argument's own."""
    if param.name == given.name and param.name in (
        "varchar",
        "decimal",
        "timestamp",
        "time",
        "timestamp with time zone",
    ):
        return given
    if param.name == "timestamp":
        return timestamp(0 if given.name == "date" else given.precision)
    if param.name == "timestamp with time zone":
        return zoned(0 if given.name == "date" else given.precision, "UTC")
    return param


Chooser = Callable[[Sequence[Type]], Signature | None]
