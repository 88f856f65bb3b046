"""Reads queries: WITH, SELECT, set operations, VALUES, FROM."""

from __future__ import annotations

from collections.abc import Callable

from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.expressions import expression, sorts, window
from lakewright.query.athena.sql.forms import FORMS
from lakewright.query.athena.sql.reader import Reader
from lakewright.query.athena.sql.syntax import (
    Aliased,
    Cte,
    Derived,
    Dot,
    Expression,
    GroupTerm,
    Item,
    Join,
    Lateral,
    Name,
    Node,
    Number,
    Parameter,
    Pinned,
    Place,
    Query,
    Relation,
    RowOf,
    Select,
    SetOperation,
    Table,
    TableNode,
    Unnest,
    Values,
    Window,
)

CATALOG = "awsdatacatalog"
_MAX_BRANCHES = 150
_JOIN_WORDS = ("CROSS", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "NATURAL")


def reader_of(text: str, database: str, catalog: str = CATALOG, *, named: bool = False) -> Reader:
    """A reader at the beginning of `text`. `catalog`: the one that tables are of; `named`: each says so itself."""
    found = Reader(text, database, query, FORMS)
    found.catalog, found.named = catalog, named
    return found


def query(reader: Reader) -> Query:
    """A query with its WITH in front and ORDER BY, OFFSET, LIMIT behind."""
    reader.deeper()
    place = reader.place
    known = len(reader.ctes)
    recursive, ctes = _with(reader)
    body = _terms(reader)
    order = sorts(reader) if reader.take("ORDER", "BY") else ()
    offset, limit, ties = _limits(reader)
    del reader.ctes[known:]
    reader.depth -= 1
    return Query(place, ctes, recursive, body, order, offset, limit, ties)


def _with(reader: Reader) -> tuple[bool, tuple[Cte, ...]]:
    if not reader.take("WITH"):
        return False, ()
    recursive = reader.take("RECURSIVE")
    found: list[Cte] = []
    while True:
        place = reader.place
        name = reader.name().value.lower()
        columns = reader.names() if reader.see("(") else ()
        reader.need("AS", "(")
        if recursive:
            reader.ctes.append(frozenset([name]))
        inner = query(reader)
        reader.need(")")
        if any(cte.name == name for cte in found):
            raise at(place, "DUPLICATE_NAMED_QUERY", f"WITH query name '{name}' specified more than once")
        found.append(Cte(place, name, columns, inner))
        if not recursive:
            reader.ctes.append(frozenset([name]))
        if not reader.take(","):
            return recursive, tuple(found)


def _limits(reader: Reader) -> tuple[Expression | None, Expression | None, bool]:
    offset: Expression | None = None
    limit: Expression | None = None
    ties = False
    if reader.take("OFFSET"):
        offset = _count(reader)
        if not reader.take("ROW"):
            reader.take("ROWS")
    if reader.take("LIMIT"):
        limit = None if reader.take("ALL") else _count(reader)
    elif reader.take("FETCH"):
        if not reader.take("FIRST"):
            reader.need("NEXT")
        limit = Number(reader.place, "1") if reader.now.upper in ("ROW", "ROWS") else _count(reader)
        if not reader.take("ROW"):
            reader.need("ROWS")
        ties = reader.take("WITH", "TIES")
        if not ties:
            reader.need("ONLY")
    return offset, limit, ties


def _count(reader: Reader) -> Expression:
    place = reader.place
    if reader.take("?"):
        reader.parameters += 1
        return Parameter(place, reader.parameters - 1)
    return Number(place, str(reader.whole()))


def _terms(reader: Reader) -> Node:
    left = _intersections(reader)
    count = 0
    while reader.now.upper in ("UNION", "EXCEPT"):
        left = _set(reader, left, _intersections)
        count += 1
        if count > _MAX_BRANCHES:
            raise at(reader.place, "STATEMENT_TOO_COMPLEX", "statement is too large (stack overflow while parsing)")
    return left


def _intersections(reader: Reader) -> Node:
    left = _branch(reader)
    while reader.now.upper == "INTERSECT":
        left = _set(reader, left, _branch)
    return left


def _set(reader: Reader, left: Node, right: Callable[[Reader], Node]) -> Node:
    token = reader.next()
    every = reader.take("ALL")
    if not every:
        reader.take("DISTINCT")
    return SetOperation(left.place, token.upper, every, left, right(reader))


def _branch(reader: Reader) -> Node:
    place = reader.place
    if reader.take("("):
        inner = query(reader)
        reader.need(")")
        return TableNode(place, inner)
    if reader.take("VALUES"):
        rows = [expression(reader)]
        while reader.take(","):
            rows.append(expression(reader))
        return Values(place, tuple(rows))
    if reader.take("TABLE"):
        table = _table(reader, place)
        return Select(place, False, (Item(place, None, "", True),), (table,), None, None, False, None, ())
    if reader.see("SELECT"):
        return _select(reader)
    raise reader.wrong("'('", "'SELECT'", "'TABLE'", "'VALUES'")


def _select(reader: Reader) -> Select:
    place = reader.next().place
    distinct = reader.take("DISTINCT")
    if not distinct:
        reader.take("ALL")
    items = [_item(reader)]
    while reader.take(","):
        items.append(_item(reader))
    source: list[Relation] = []
    if reader.take("FROM"):
        source.append(relation(reader))
        while reader.take(","):
            source.append(relation(reader))
    where = expression(reader) if reader.take("WHERE") else None
    group, group_distinct = _group(reader) if reader.take("GROUP", "BY") else (None, False)
    having = expression(reader) if reader.take("HAVING") else None
    windows: list[Window] = []
    if reader.take("WINDOW"):
        while True:
            name = reader.name()
            reader.need("AS")
            inner = window(reader, "")
            windows.append(
                Window(name.place, name.value.lower(), inner.partition, inner.order, inner.unit, inner.low, inner.high)
            )
            if inner.name:
                raise at(name.place, "NOT_SUPPORTED", "windows built on windows are not supported")
            if not reader.take(","):
                break
    return Select(place, distinct, tuple(items), tuple(source), where, group, group_distinct, having, tuple(windows))


def _item(reader: Reader) -> Item:
    place = reader.place
    if reader.take("*"):
        return Item(place, None, "", True)
    value = expression(reader)
    if reader.see(".", "*"):
        reader.need(".", "*")
        if not isinstance(value, Name | Dot):
            raise at(place, "NOT_SUPPORTED", "a star over a row is not supported")
        aliases = reader.names() if reader.see("AS", "(") and reader.take("AS") else ()
        return Item(place, value, "", True, aliases)
    if reader.take("AS") or reader.is_name():
        return Item(place, value, reader.name().value, False)
    return Item(place, value, "", False)


def _group(reader: Reader) -> tuple[tuple[GroupTerm, ...], bool]:
    distinct = reader.take("DISTINCT")
    if not distinct:
        reader.take("ALL")
    terms = [_term(reader)]
    while reader.take(","):
        terms.append(_term(reader))
    return tuple(terms), distinct


def _term(reader: Reader) -> GroupTerm:
    place = reader.place
    if reader.now.upper in ("ROLLUP", "CUBE"):
        kind = reader.next().upper.lower()
        reader.need("(")
        return GroupTerm(place, kind, () if reader.take(")") else _sets(reader))
    if reader.take("GROUPING"):
        reader.need("SETS", "(")
        return GroupTerm(place, "sets", _sets(reader))
    value = expression_or_empty(reader)
    if value is None:
        return GroupTerm(place, "plain", ((),))
    if isinstance(value, RowOf):
        return GroupTerm(place, "plain", (value.items,))
    return GroupTerm(place, "plain", ((value,),))


def expression_or_empty(reader: Reader) -> Expression | None:
    if reader.take("(", ")"):
        return None
    return expression(reader)


def _sets(reader: Reader) -> tuple[tuple[Expression, ...], ...]:
    found: list[tuple[Expression, ...]] = []
    while True:
        value = expression_or_empty(reader)
        found.append(() if value is None else value.items if isinstance(value, RowOf) else (value,))
        if not reader.take(","):
            reader.need(")")
            return tuple(found)


def relation(reader: Reader) -> Relation:
    """One relation of FROM with the joins behind it."""
    left = _sampled(reader)
    while reader.now.upper in _JOIN_WORDS:
        place = reader.place
        if reader.take("NATURAL"):
            raise at(place, "NOT_SUPPORTED", "Natural join not supported")
        if reader.take("CROSS", "JOIN"):
            left = Join(left.place, "CROSS", left, _sampled(reader), None, ())
            continue
        left = _join(reader, left)
    return left


def _join(reader: Reader, left: Relation) -> Join:
    kind = "INNER"
    if reader.now.upper in ("LEFT", "RIGHT", "FULL"):
        kind = reader.next().upper
        reader.take("OUTER")
    else:
        reader.take("INNER")
    reader.need("JOIN")
    reader.deeper()
    right = relation(reader)
    reader.depth -= 1
    if reader.take("ON"):
        return Join(left.place, kind, left, right, expression(reader), ())
    reader.need("USING", "(")
    names: list[Name] = []
    while True:
        token = reader.name()
        names.append(Name(token.place, token.value, token.kind == "quoted"))
        if not reader.take(","):
            break
    reader.need(")")
    return Join(left.place, kind, left, right, None, tuple(names))


def _sampled(reader: Reader) -> Relation:
    found = _aliased(reader)
    if reader.see("TABLESAMPLE"):
        raise at(reader.place, "NOT_SUPPORTED", "TABLESAMPLE is not supported: it gives other rows each time")
    if reader.see("MATCH_RECOGNIZE"):
        raise at(reader.place, "NOT_SUPPORTED", "MATCH_RECOGNIZE is not supported")
    return found


def _aliased(reader: Reader) -> Relation:
    found = _primary(reader)
    named = reader.take("AS")
    if not named and not (
        reader.is_name()
        and reader.now.upper not in ("TABLESAMPLE", "MATCH_RECOGNIZE", "WINDOW", "LIMIT", "OFFSET", "FETCH")
    ):
        return found
    alias = reader.name().value.lower()
    columns = reader.names() if reader.see("(") else ()
    return Aliased(found.place, found, alias, columns)


def _primary(reader: Reader) -> Relation:
    place = reader.place
    if reader.take("UNNEST"):
        reader.need("(")
        values = [expression(reader)]
        while reader.take(","):
            values.append(expression(reader))
        reader.need(")")
        return Unnest(place, tuple(values), reader.take("WITH", "ORDINALITY"))
    if reader.see("LATERAL", "("):
        reader.need("LATERAL", "(")
        inner = query(reader)
        reader.need(")")
        return Lateral(place, inner)
    if reader.see("TABLE", "(") or reader.see("JSON_TABLE"):
        raise at(place, "NOT_SUPPORTED", "table functions are not supported")
    if reader.see("("):
        return _parenthesised(reader, place)
    return _table(reader, place)


def _parenthesised(reader: Reader, place: Place) -> Relation:
    offset = 0
    while reader.ahead(offset).upper == "(" and reader.ahead(offset).kind == "mark":
        offset += 1
    saved = (reader.position, reader.parameters)
    reader.need("(")
    if reader.ahead(offset - 1).upper in ("SELECT", "WITH", "VALUES", "TABLE"):
        if offset == 1 or _closes_as_query(reader):
            inner = query(reader)
            reader.need(")")
            return Derived(place, inner)
        reader.position, reader.parameters = saved
        reader.need("(")
    reader.deeper()
    found = relation(reader)
    reader.depth -= 1
    reader.need(")")
    return found


def _closes_as_query(reader: Reader) -> bool:
    """Behind ((SELECT …: whether the inner parentheses are a query's term and no relation with an alias or a join."""
    depth, offset = 0, 0
    while reader.ahead(offset).kind != "end":
        token = reader.ahead(offset)
        if token.kind == "mark" and token.upper in ("(", ")"):
            depth += 1 if token.upper == "(" else -1
            if depth == 0:
                following = reader.ahead(offset + 1).upper
                return following in ("UNION", "EXCEPT", "INTERSECT", ")", "ORDER", "LIMIT", "OFFSET", "FETCH")
        offset += 1
    return False


def _table(reader: Reader, place: Place) -> Table:
    parts = reader.qualified()
    if len(parts) > 3 or (len(parts) == 3 and parts[0] != reader.catalog):
        if len(parts) == 3:
            raise at(place, "CATALOG_NOT_FOUND", f"Catalog '{parts[0]}' not found")
        raise at(place, "SYNTAX_ERROR", f"Too many dots in table name: {'.'.join(parts)}")
    if len(parts) == 1 and any(parts[0] in names for names in reader.ctes):
        return Table(place, parts, parts[0], None)
    if reader.named and len(parts) < 3:
        fact = f"Table '{'.'.join(parts)}' beside tables of {reader.catalog}: one catalog in a query here"
        raise at(place, "NOT_SUPPORTED", fact)
    name = ".".join(parts[-2:]) if len(parts) > 1 else f"{reader.database}.{parts[0]}"
    return Table(place, parts, name, _pin(reader))


def _pin(reader: Reader) -> Pinned | None:
    if not (reader.see("FOR") and reader.ahead().upper in ("VERSION", "TIMESTAMP", "SYSTEM_TIME", "SYSTEM_VERSION")):
        return None
    reader.next()
    kind = reader.next()
    reader.need("AS", "OF")
    value = expression(reader)
    return Pinned(kind.place, "VERSION" if kind.upper.endswith("VERSION") else "TIMESTAMP", value)
