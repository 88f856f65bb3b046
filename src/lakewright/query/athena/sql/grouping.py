"""GROUP BY with its sets, and what may stand beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from lakewright.query.athena.sql.aggregates import AGGREGATES
from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import (
    Call,
    Dot,
    Expression,
    Grouping,
    GroupTerm,
    Name,
    Node,
    Number,
    Query,
    Select,
)
from lakewright.query.athena.sql.values import Scope, Sql

_MAX_SETS = 2048
Items = list[tuple[str, Expression | None]]


@dataclass(frozen=True, slots=True)
class Groups:
    text: str
    keys: frozenset[str]


def aggregates_in(node: Node) -> Iterator[Call]:
    """Aggregate calls below `node` that are no window functions; subqueries are not looked into."""
    rest = [node]
    while rest:
        one = rest.pop()
        if isinstance(one, Call) and one.over is None and one.name in AGGREGATES:
            yield one
            continue
        if isinstance(one, Grouping):
            yield Call(one.place, "grouping", one.columns)
            continue
        rest.extend(child for child in one.children() if not isinstance(child, Query))


def is_grouped(node: Select, around: Query | None) -> bool:
    if node.group is not None:
        return True
    parts: list[Node] = [item.value for item in node.items if item.value is not None]
    parts += [node.having] if node.having is not None else []
    parts += [sort.value for sort in around.order] if around is not None else []
    return any(True for part in parts for _ in aggregates_in(part))


def group_by(compiler: Compiler, node: Select, scope: Scope, items: Items, values: list[Sql]) -> Groups:
    """The GROUP BY text; keys are DuckDB texts of the expressions."""
    if node.group is None:
        return Groups("", frozenset())
    choices = [_sets(compiler, term, scope, items, values) for term in node.group]
    keys = frozenset(key for choice in choices for one in choice for key in one)
    if all(len(choice) == 1 for choice in choices):
        texts = list(dict.fromkeys(key for choice in choices for key in choice[0]))
        return Groups(f" GROUP BY {', '.join(map(_key, texts))}" if texts else " GROUP BY ()", keys)
    sets: list[tuple[str, ...]] = [()]
    for choice in choices:
        sets = [(*one, *(key for key in other if key not in one)) for one in sets for other in choice]
        if len(sets) > _MAX_SETS:
            raise at(node.place, "TOO_MANY_GROUPING_SETS", f"GROUP BY has more than {_MAX_SETS} grouping sets")
    if node.group_distinct:
        sets = list({frozenset(one): one for one in sets}.values())
    listed = ", ".join(f"({', '.join(map(_key, one))})" for one in sets)
    return Groups(f" GROUP BY GROUPING SETS ({listed})", keys)


def _key(text: str) -> str:
    return f"CAST({text} AS INTEGER)" if text.isdecimal() else text


def _sets(compiler: Compiler, term: GroupTerm, scope: Scope, items: Items, values: list[Sql]) -> list[tuple[str, ...]]:
    parts = [tuple(_text(compiler, one, scope, items, values) for one in listed) for listed in term.sets]
    if term.kind == "rollup":
        return [tuple(key for part in parts[:count] for key in part) for count in range(len(parts), -1, -1)]
    if term.kind == "cube":
        every = range(len(parts))
        return [
            tuple(key for index in chosen for key in parts[index])
            for count in range(len(parts), -1, -1)
            for chosen in combinations(every, count)
        ]
    return parts


def _text(compiler: Compiler, node: Expression, scope: Scope, items: Items, values: list[Sql]) -> str:
    if isinstance(node, Number) and node.text.isdecimal():
        place = int(node.text)
        if not 1 <= place <= len(values):
            raise at(node.place, "INVALID_COLUMN_REFERENCE", f"GROUP BY position {place} is not in select list")
        given = items[place - 1][1]
        for found in aggregates_in(given) if given is not None else ():
            raise at(
                found.place,
                "EXPRESSION_NOT_SCALAR",
                f"GROUP BY clause cannot contain aggregations, window functions or grouping operations: [{found.name}]",
            )
        value = values[place - 1]
    else:
        for found in aggregates_in(node):
            raise at(
                found.place,
                "EXPRESSION_NOT_SCALAR",
                f"GROUP BY clause cannot contain aggregations, window functions or grouping operations: [{found.name}]",
            )
        value = compiler.expression(node, scope)
    if value.type.name == "json":
        raise at(node.place, "NOT_SUPPORTED", "GROUP BY of json values is not supported")
    return value.text


def check_grouped(compiler: Compiler, node: Select, scope: Scope, keys: frozenset[str], around: Query | None) -> None:
    """Every column of the outputs, HAVING and ORDER BY is a group key or stands inside an aggregate."""
    parts: list[tuple[Node, bool]] = [
        (item.value, False) for item in node.items if item.value is not None and not item.star
    ]
    if any(item.star for item in node.items):
        starred = [field for field in scope.fields if field.value.text not in keys]
        if starred:
            star = next(item for item in node.items if item.star)
            raise at(star.place, "EXPRESSION_NOT_AGGREGATE", f"Column '{starred[0].name}' not in GROUP BY clause")
    if node.having is not None:
        parts.append((node.having, False))
    for sort in around.order if around is not None else ():
        parts.append((sort.value, True))
    for part, _ in parts:
        column = _ungrouped(compiler, part, scope, keys)
        if column is not None:
            raise at(
                column.place,
                "EXPRESSION_NOT_AGGREGATE",
                f"'{shown(column)}' must be an aggregate expression or appear in GROUP BY clause",
            )


def shown(node: Node) -> str:
    if isinstance(node, Name):
        return node.value
    if isinstance(node, Dot):
        return f"{shown(node.base)}.{node.name.value}"
    return type(node).__name__.lower()


def _ungrouped(compiler: Compiler, node: Node, scope: Scope, keys: frozenset[str]) -> Node | None:
    rest = [node]
    while rest:
        one = rest.pop()
        if compiler.texts.get(id(one)) in keys:
            continue
        if isinstance(one, Call) and one.over is None and one.name in AGGREGATES:
            continue
        if isinstance(one, Grouping):
            continue
        if compiler.owners.get(id(one)) is scope:
            return one
        rest.extend(reversed(list(one.children())))
    return None
