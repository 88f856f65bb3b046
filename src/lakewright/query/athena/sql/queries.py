"""SELECT, WITH, set operations, VALUES, ORDER BY and LIMIT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lakewright.query.athena.sql.compiler import Compiled, Compiler, Output, _parts
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.grouping import check_grouped, group_by, is_grouped
from lakewright.query.athena.sql.recursion import recursive_cte
from lakewright.query.athena.sql.sources import source
from lakewright.query.athena.sql.syntax import (
    Cte,
    Expression,
    Item,
    Node,
    Number,
    Parameter,
    Query,
    RowOf,
    Select,
    SetOperation,
    Sort,
    TableNode,
    Values,
)
from lakewright.query.athena.sql.types import Type, quote
from lakewright.query.athena.sql.values import Field, Scope, Sql, coerced
from lakewright.query.athena.sql.windows import define_windows

WHERE = "WHERE clause must evaluate to a boolean: actual type {0}"
_UNORDERABLE = ("map", "json", "function")


def query(compiler: Compiler, node: Query, outer: Scope | None) -> Compiled:
    """A whole query; CTEs are known inside it only."""
    saved = dict(compiler.ctes)
    head = _with(compiler, node, outer)
    body = node.body
    if isinstance(body, Select):
        found = _select(compiler, body, outer, node)
    else:
        inner = _body(compiler, body, outer)
        relation = compiler.fresh("r")
        scope = Scope(_fields_of(relation, inner.columns), outer)
        tail = _order(compiler, node, scope, list(_values_of(relation, inner.columns)), inner.columns, True)
        limits = _limits(compiler, node)
        text = f"SELECT * FROM ({inner.text}) AS {relation}{tail}{limits}" if tail or limits else inner.text
        found = Compiled(text, inner.columns)
    compiler.ctes = saved
    return replace(found, text=head + found.text)


def _fields_of(relation: str, columns: Sequence[Output]) -> list[Field]:
    values = _values_of(relation, columns)
    return [Field((), column.name, value) for column, value in zip(columns, values, strict=True)]


def _values_of(relation: str, columns: Sequence[Output]) -> list[Sql]:
    return [Sql(f"{relation}.{quote(column.internal)}", column.type) for column in columns]


def _with(compiler: Compiler, node: Query, outer: Scope | None) -> str:
    parts: list[str] = []
    recursive = False
    for cte in node.ctes:
        if node.recursive and _names_itself(cte):
            recursive = True
            text, name, columns = recursive_cte(compiler, cte, outer)
        else:
            inner = compiler.query(cte.query, outer)
            name = compiler.fresh("w")
            columns = renamed(cte, cte.columns, inner.columns)
            text = f"{name} AS ({inner.text})"
        compiler.ctes[cte.name] = (name, columns)
        parts.append(text)
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)} " if parts else ""


def _names_itself(cte: Cte) -> bool:
    from lakewright.query.athena.sql.statements import walk
    from lakewright.query.athena.sql.syntax import Table

    return any(isinstance(node, Table) and node.name == cte.name for node in walk(cte.query))


def renamed(node: Node, names: tuple[str, ...], columns: tuple[Output, ...]) -> tuple[Output, ...]:
    """Columns under the names of an alias's list."""
    if not names:
        return columns
    if len(names) != len(columns):
        raise at(
            node.place,
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but relation has {len(columns)} columns",
        )
    return tuple(replace(column, name=name) for name, column in zip(names, columns, strict=True))


def _body(compiler: Compiler, node: Node, outer: Scope | None) -> Compiled:
    match node:
        case Select():
            return _select(compiler, node, outer, None)
        case TableNode(query=inner):
            found = compiler.query(inner, outer)
            return replace(found, text=f"({found.text})")
        case SetOperation():
            return _set_operation(compiler, node, outer)
        case Values():
            return _values(compiler, node, outer)
    raise at(node.place, "SYNTAX_ERROR", "a query is expected here")


def _values(compiler: Compiler, node: Values, outer: Scope | None) -> Compiled:
    scope = Scope(outer=outer)
    rows: list[list[Sql]] = []
    for row in node.rows:
        items = row.items if isinstance(row, RowOf) else (row,)
        rows.append([compiler.expression(item, scope) for item in items])
    width = len(rows[0])
    for found, written in zip(rows, node.rows, strict=True):
        if len(found) != width:
            raise at(written.place, "TYPE_MISMATCH", f"Values rows have mismatched sizes: {width} vs {len(found)}")
    message = "Values rows have mismatched types: {0} vs {1}"
    kinds = [compiler.common(node, [row[index] for row in rows], message) for index in range(width)]
    columns = tuple(Output("", f"_col{index}", kind) for index, kind in enumerate(kinds))
    texts = [f"({', '.join(coerced(v, k) for v, k in zip(row, kinds, strict=True))})" for row in rows]
    listed = ", ".join(quote(column.internal) for column in columns)
    return Compiled(f"SELECT * FROM (VALUES {', '.join(texts)}) AS {compiler.fresh('r')}({listed})", columns)


def _set_operation(compiler: Compiler, node: SetOperation, outer: Scope | None) -> Compiled:
    left, right = _body(compiler, node.left, outer), _body(compiler, node.right, outer)
    if len(left.columns) != len(right.columns):
        raise at(
            node.place,
            "TYPE_MISMATCH",
            f"{node.word} query has different number of fields: {len(left.columns)}, {len(right.columns)}",
        )
    kinds: list[Type] = []
    for index, (one, other) in enumerate(zip(left.columns, right.columns, strict=True)):
        message = f"column {index + 1} in {node.word} query has incompatible types: {{0}}, {{1}}"
        kinds.append(compiler.common(node, [Sql("", one.type), Sql("", other.type)], message))
        if (node.word != "UNION" or not node.every) and kinds[-1].name == "json":
            raise at(node.place, "NOT_SUPPORTED", f"{node.word} of json values is not supported")
    columns = tuple(
        Output(one.name, f"c{index}", kind) for index, (one, kind) in enumerate(zip(left.columns, kinds, strict=True))
    )
    texts = [_cast_columns(compiler, side, columns) for side in (left, right)]
    every = " ALL" if node.every else ""
    return Compiled(f"({texts[0]}) {node.word}{every} ({texts[1]})", columns)


def _cast_columns(compiler: Compiler, side: Compiled, columns: tuple[Output, ...]) -> str:
    relation = compiler.fresh("r")
    values = _values_of(relation, side.columns)
    texts = (f"{coerced(v, c.type)} AS {quote(c.internal)}" for v, c in zip(values, columns, strict=True))
    return f"SELECT {', '.join(texts)} FROM ({side.text}) AS {relation}"


def _select(compiler: Compiler, node: Select, outer: Scope | None, around: Query | None) -> Compiled:
    scope = Scope(outer=outer)
    from_ = source(compiler, node.source, scope)
    where = f" WHERE {compiler.truth(node.where, scope, WHERE)}" if node.where is not None else ""
    if node.where is not None:
        _no_aggregate(node.where, "WHERE clause")
    define_windows(compiler, node, scope)
    scope.grouped = is_grouped(node, around)
    items, values = _items(compiler, node, scope)
    group = group_by(compiler, node, scope, items, values)
    having = ""
    if node.having is not None:
        having = (
            f" HAVING {compiler.truth(node.having, scope, 'HAVING clause must evaluate to a boolean: actual type {0}')}"
        )
    columns = _outputs(items, values)
    order = _order(compiler, around, scope, values, columns, node.distinct) if around is not None else ""
    if scope.grouped:
        check_grouped(compiler, node, scope, group.keys, around)
    once = "DISTINCT " if node.distinct else ""
    if node.distinct:
        _comparable(node, values)
    listed = ", ".join(f"{v.text} AS {quote(c.internal)}" for v, c in zip(values, columns, strict=True))
    limits = _limits(compiler, around) if around is not None else ""
    return Compiled(f"SELECT {once}{listed}{from_}{where}{group.text}{having}{order}{limits}", columns)


def _comparable(node: Select, values: list[Sql]) -> None:
    for value in values:
        if value.type.name == "json":
            raise at(node.place, "NOT_SUPPORTED", "DISTINCT of json values is not supported")


def _no_aggregate(node: Expression, where: str) -> None:
    from lakewright.query.athena.sql.grouping import aggregates_in

    for found in aggregates_in(node):
        raise at(
            found.place,
            "EXPRESSION_NOT_SCALAR",
            f"{where} cannot contain aggregations, window functions or grouping operations: [{found.name}]",
        )


def _items(compiler: Compiler, node: Select, scope: Scope) -> tuple[list[tuple[str, Expression | None]], list[Sql]]:
    """Names (empty: none was given) and values of the output columns; a star's have no expression of their own."""
    items: list[tuple[str, Expression | None]] = []
    values: list[Sql] = []
    for item in node.items:
        if item.star:
            for name, value in _star(item, scope):
                items.append((name, None))
                values.append(value)
            continue
        assert item.value is not None  # noqa: S101 - only a star has none
        value = compiler.expression(item.value, scope)
        if value.type.name == "function":
            raise at(item.place, "TYPE_MISMATCH", "a lambda cannot be an output")
        path = _parts(item.value)
        name = item.alias or (path[-1] if path else "")
        items.append((name, item.value))
        values.append(value)
    return items, values


def _star(item: Item, scope: Scope) -> list[tuple[str, Sql]]:
    wanted: tuple[str, ...] = ()
    if item.value is not None:
        wanted = tuple(part.lower() for part in _parts(item.value) or ())
    found = [
        (field.name, field.value) for field in scope.fields if (not wanted or field.qualifier[-len(wanted) :] == wanted)
    ]
    if not found:
        if wanted:
            raise at(item.place, "TABLE_NOT_FOUND", f"Unable to resolve reference {'.'.join(wanted)}")
        raise at(item.place, "COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause")
    if item.aliases:
        if len(item.aliases) != len(found):
            raise at(
                item.place,
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(item.aliases)} entries but relation has {len(found)} columns",
            )
        return [(name, value) for name, (_, value) in zip(item.aliases, found, strict=True)]
    return found


def _outputs(items: list[tuple[str, Expression | None]], values: list[Sql]) -> tuple[Output, ...]:
    found: list[Output] = []
    used: set[str] = set()
    for index, ((name, _), value) in enumerate(zip(items, values, strict=True)):
        shown = name or f"_col{index}"
        internal = shown if shown.lower() not in used else f"{shown}#{index}"
        used.add(internal.lower())
        found.append(Output(name, internal, value.type))
    return tuple(found)


def _order(
    compiler: Compiler, node: Query | None, scope: Scope, values: list[Sql], columns: Sequence[Output], only: bool
) -> str:
    """ORDER BY: output names win over input names. `only` outputs may be named behind DISTINCT and set operations."""
    if node is None or not node.order:
        return ""
    named = [Field((), column.name, value) for column, value in zip(columns, values, strict=True) if column.name]
    inner = Scope(_unique(named), scope, grouped=scope.grouped)
    terms: list[str] = []
    for sort in node.order:
        text = _sort_text(compiler, sort, inner, values)
        if only and text.partition(" ")[0] not in [str(n + 1) for n in range(len(values))]:
            raise at(
                sort.place,
                "EXPRESSION_NOT_IN_DISTINCT",
                "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
            )
        terms.append(text)
    return f" ORDER BY {', '.join(terms)}"


def _unique(fields: list[Field]) -> list[Field]:
    """One of several outputs with one name and one value."""
    found: dict[tuple[str, str], Field] = {}
    for field in fields:
        found.setdefault((field.name.lower(), field.value.text), field)
    return list(found.values())


def _sort_text(compiler: Compiler, sort: Sort, scope: Scope, values: list[Sql]) -> str:
    if isinstance(sort.value, Number) and sort.value.text.isdecimal():
        place = int(sort.value.text)
        if not 1 <= place <= len(values):
            raise at(sort.value.place, "INVALID_COLUMN_REFERENCE", f"ORDER BY position {place} is not in select list")
        text, kind = str(place), values[place - 1].type
    else:
        value = compiler.expression(sort.value, scope)
        found = next((n for n, other in enumerate(values) if other.text == value.text), None)
        text = str(found + 1) if found is not None else f"({value.text})"
        kind = value.type
    if kind.name in _UNORDERABLE:
        raise at(
            sort.place,
            "TYPE_MISMATCH",
            f"Type {kind} is not orderable, and therefore cannot be used in ORDER BY",
        )
    return text + direction(sort)


def direction(sort: Sort) -> str:
    return f"{' DESC' if sort.descending else ''} NULLS {sort.nulls or 'LAST'}"


def _limits(compiler: Compiler, node: Query) -> str:
    if node.ties:
        raise at(node.place, "NOT_SUPPORTED", "FETCH FIRST … WITH TIES is not supported")
    text = ""
    if node.limit is not None:
        text += f" LIMIT {_count(compiler, node.limit)}"
    if node.offset is not None:
        text += f" OFFSET {_count(compiler, node.offset)}"
    return text


def _count(compiler: Compiler, node: Expression) -> str:
    if isinstance(node, Parameter):
        node = compiler.parameters[node.number]
    if isinstance(node, Number) and node.text.isdecimal():
        return node.text
    raise at(node.place, "TYPE_MISMATCH", "LIMIT and OFFSET take a whole number")
