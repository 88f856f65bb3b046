"""Views: made, and put into the statements that name them, so that who asks reads with their own rights only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lakewright.catalog import Snapshot, Table
from lakewright.governance import Allowed, Privilege
from lakewright.query.athena.commands import Answer, Context, Done
from lakewright.query.athena.ddl.authority import Authority, Decide, canonical_columns
from lakewright.query.athena.ddl.sources import types_of
from lakewright.query.athena.ddl.types import trino_type
from lakewright.query.athena.ddl.view_text import content_of, view_definition
from lakewright.query.athena.ddl.writing import check_columns, check_name
from lakewright.query.athena.sql import SqlError, Statement, parse, translate
from lakewright.query.athena.sql.compiler import Types
from lakewright.query.athena.sql.statements import named_tables
from lakewright.query.athena.sql.syntax import Aliased, Derived, Node
from lakewright.query.athena.sql.syntax import Table as Named
from lakewright.query.governed.problems import Refused

if TYPE_CHECKING:
    from lakewright.governance import Principal

DEEPEST = 16
Schemas = Mapping[str, Mapping[str, str]]


def create_view(statement: Statement, authority: Authority, context: Context) -> Answer:
    """CREATE [OR REPLACE] VIEW. Its query must run for who makes it."""
    database, _, name = statement.name.partition(".")
    check_name(name)
    snapshot = authority.catalog.snapshot()
    if not authority.sees_database(database, snapshot) or database not in snapshot.databases:
        raise SqlError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", 1, 1)
    if statement.name not in snapshot.tables:
        authority.need_create(statement.name)
    if statement.parameters:
        raise SqlError("NOT_SUPPORTED", "A view cannot have parameters", 1, 1)
    if statement.pins:
        raise SqlError("NOT_SUPPORTED", "A view cannot read a version of a table", 1, 1)
    selected = context.select(statement)
    check_columns(selected.columns)
    sql = _query_text(statement)
    owner = authority.principal.name
    definition = view_definition(name, sql, context.database, selected.columns, owner)
    with authority.catalog.exclusive() as now:
        old = now.tables.get(statement.name)
        if old is not None:
            _check_replaced(old, statement, authority)
            definition["Owner"] = old.owner
        if context.stopped():
            raise SqlError("USER_CANCELED", "Query was canceled")
        authority.catalog.put_table(Table(database, definition))
    return Done()


def _check_replaced(old: Table, statement: Statement, authority: Authority) -> None:
    if not old.is_view:
        fact = f"Table already exists: 'awsdatacatalog.{statement.name}'"
        raise SqlError("TABLE_ALREADY_EXISTS", fact, 1, 1)
    if "REPLACE" not in statement.options:
        raise SqlError("ALREADY_EXISTS", f"View already exists: 'awsdatacatalog.{statement.name}'", 1, 1)
    authority.need(old, Privilege.ALTER)


def _query_text(statement: Statement) -> str:
    """The query of CREATE VIEW as it is written."""
    if statement.query is None:
        raise SqlError("SYNTAX_ERROR", "CREATE VIEW takes a query", 1, 1)
    line, column = statement.query.place
    lines = statement.text.split("\n")
    return "\n".join([lines[line - 1][column - 1 :], *lines[line:]]).strip()


@dataclass(frozen=True)
class Expansion:
    """A statement with its views' queries in it. `views`: the statements of those views, by name."""

    statement: Statement
    views: Mapping[str, Statement]
    written: frozenset[str]
    types: Types

    def told(self, error: Exception, schemas: Schemas | None = None) -> Exception:
        """The error as it may be told: what is wrong inside a view would tell of what it reads."""
        if isinstance(error, Refused) and error.table not in self.written:
            return _broken(next(iter(self.views), error.table))
        if isinstance(error, SqlError) and schemas is not None:
            for name, view in self.views.items():
                try:
                    translate(view, schemas, now=datetime.now(UTC), types=self.types)
                except SqlError:
                    return _broken(name)
        return error


def _broken(name: str) -> SqlError:
    fact = f"Failed analyzing stored view 'awsdatacatalog.{name}': it reads what is not there, or what you may not read"
    return SqlError("INVALID_VIEW", fact, 1, 1)


@dataclass(frozen=True)
class Views:
    """Puts views into statements. `made` gives the catalog as it is now."""

    made: Callable[[], Snapshot]
    decide: Decide

    def expand(self, statement: Statement, principal: Principal) -> Expansion:
        """Views that the principal may not read stay names, and are refused as any table is."""
        written = frozenset(statement.tables)
        if statement.query is None or not statement.tables:
            return Expansion(statement, {}, written, {})
        snapshot = self.made()
        if not any(name in snapshot.tables and snapshot.tables[name].is_view for name in statement.tables):
            return Expansion(statement, {}, written, _types(snapshot, statement.tables))
        views: dict[str, Statement] = {}
        query = _Expanding(snapshot, self.decide, principal, views).node(statement.query, 0)
        tables, pins = named_tables(query)
        whole = replace(statement, query=query, tables=tables, pins=pins)
        return Expansion(whole, views, written, _types(snapshot, tables))


def _types(snapshot: Snapshot, names: Sequence[str]) -> Types:
    """What Hive's types of made tables are in Trino."""
    found = ((name, types_of(snapshot.tables[name])) for name in names if name in snapshot.tables)
    return {
        name: {column: (kind.canonical, trino_type(kind)) for column, kind in types.items()}
        for name, types in found
        if types is not None
    }


@dataclass(frozen=True)
class _Expanding:
    snapshot: Snapshot
    decide: Decide
    principal: Principal
    views: dict[str, Statement]

    def node(self, node: Any, depth: int) -> Any:
        """The tree with views in the place of their names."""
        if isinstance(node, tuple):
            return tuple(self.node(one, depth) for one in node)
        if not isinstance(node, Node):
            return node
        if isinstance(node, Named) and (view := self._view(node)) is not None:
            return self._inside(node, view, depth)
        changed = {}
        for part in fields(node):
            old = getattr(node, part.name)
            new = self.node(old, depth)
            if new is not old and new != old:
                changed[part.name] = new
        return replace(node, **changed) if changed else node

    def _view(self, node: Named) -> Table | None:
        table = self.snapshot.tables.get(node.name)
        if table is None or not table.is_view:
            return None
        columns = canonical_columns(table)
        decision = self.decide(self.principal, table.name, columns, Privilege.SELECT)
        if not isinstance(decision, Allowed):
            return None
        whole = not (decision.rows or decision.cells or decision.masks) and set(decision.columns) >= set(columns)
        return table if whole else None

    def _inside(self, node: Named, view: Table, depth: int) -> Node:
        if node.pin is not None:
            raise SqlError("NOT_SUPPORTED", "A view has no versions", *node.place)
        if depth >= DEEPEST:
            raise SqlError("INVALID_VIEW", "View is recursive, or nested too deep", *node.place)
        content = content_of(view)
        statement = parse(str(content["originalSql"]), str(content["schema"]))
        if statement.query is None or statement.kind != "select":
            raise _broken(view.name)
        query = self.node(statement.query, depth + 1)
        tables, pins = named_tables(query)
        self.views.setdefault(view.name, replace(statement, query=query, tables=tables, pins=pins))
        names = tuple(str(column["name"]) for column in content["columns"])
        return Aliased(node.place, Derived(node.place, query), node.parts[-1], names)
