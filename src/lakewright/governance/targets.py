"""What the compilers to other systems share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lakewright.errors import SpecError
from lakewright.governance.policy import Policy
from lakewright.governance.predicate import And, Compare, Constant, In, IsNull, Never, Not, Or, Predicate
from lakewright.spec.access import Targets

Literal = Callable[[Constant], str]


def inexpressible(target: str, place: str, fact: str, way_out: str) -> SpecError:
    """What a target cannot express: the rule (by its place), the target, and a way out."""
    file, _, name = place.partition(" ")
    return SpecError("LW1010", f"{name or place}: {target} {fact}", place=file if name else "", hint=way_out)


def time_limits(target: str, policy: Policy, targets: Targets) -> Iterator[SpecError]:
    """Grants with a time limit, for a target that has none, unless each apply is to look at the clock."""
    for grant in policy.grants:
        if (grant.starts or grant.until) and targets.time_limits == "refuse":
            way_out = "targets: {time_limits: at_apply} makes each apply look at the clock"
            yield inexpressible(target, grant.place, "has no grants with a time limit", way_out)


def rows_text(predicate: Predicate, quote: Callable[[str], str], literal: Literal) -> str:
    """A condition as standard SQL has it, which Trino, Spark and PartiQL read alike."""
    match predicate:
        case In(column, values):
            return f"{quote(column)} IN ({', '.join(map(literal, values))})"
        case Compare(column, op, constant):
            return f"{quote(column)} {op} {literal(constant)}"
        case IsNull(column):
            return f"{quote(column)} IS NULL"
        case And(items):
            return "(" + " AND ".join(rows_text(item, quote, literal) for item in items) + ")"
        case Or(items):
            return "(" + " OR ".join(rows_text(item, quote, literal) for item in items) + ")"
        case Not(item):
            return f"NOT ({rows_text(item, quote, literal)})"
        case Never():
            return "FALSE"
    raise AssertionError(predicate)


def standard_literal(value: Constant) -> str:
    """A constant in Trino and Spark."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            text = value.isoformat(" ")
            return f"TIMESTAMP '{text.replace('+', ' +')}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def plain(value: Any) -> Any:
    """Frozen data as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value
