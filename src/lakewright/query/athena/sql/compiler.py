"""Walks a parsed query and gives DuckDB text with Trino's types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.syntax import Dot, Expression, Lambda, Name, Node, Place, Query
from lakewright.query.athena.sql.types import BOOLEAN, UNKNOWN, Type, field_names, from_spark, quote, wider
from lakewright.query.athena.sql.values import Field, Scope, Sql, coerced

Schemas = Mapping[str, Mapping[str, str]]
Types = Mapping[str, Mapping[str, tuple[str, Type]]]
"""Table → column → canonical type, and the type that it stands for: Hive's varchar(3) is a string elsewhere."""
Handler = Callable[["Compiler", Expression, Scope], Sql]
CATALOG = "awsdatacatalog"


@dataclass(frozen=True, slots=True)
class Output:
    """A query's output column: the name shown, the name inside DuckDB, the type."""

    name: str
    internal: str
    type: Type


@dataclass(frozen=True, slots=True)
class Compiled:
    text: str
    columns: tuple[Output, ...]


@dataclass(slots=True)
class Compiler:
    """`schemas`: table → column → canonical type. `parameters`: what each question mark stands for."""

    expressions: Mapping[type[Node], Handler]
    compile_query: Callable[[Compiler, Query, Scope | None], Compiled]
    schemas: Schemas
    now: datetime
    parameters: tuple[Expression, ...] = ()
    types: Types = field(default_factory=dict)
    ctes: dict[str, tuple[str, tuple[Output, ...]]] = field(default_factory=dict)
    reads: dict[str, dict[str, None]] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    owners: dict[int, Scope] = field(default_factory=dict)
    counter: int = 0

    def fresh(self, letter: str) -> str:
        """A name that nothing else has."""
        self.counter += 1
        return f"{letter}{self.counter}"

    def expression(self, node: Expression, scope: Scope) -> Sql:
        handler = self.expressions.get(type(node))
        if handler is None:
            raise at(node.place, "SYNTAX_ERROR", f"{type(node).__name__.lower()} cannot stand here")
        found = handler(self, node, scope)
        self.texts[id(node)] = found.text
        return found

    def query(self, node: Query, outer: Scope | None) -> Compiled:
        return self.compile_query(self, node, outer)

    def truth(self, node: Expression, scope: Scope, message: str) -> str:
        """Text of a condition; `message` is Athena's, with {0} for the type that stands there instead."""
        value = self.expression(node, scope)
        if value.type not in (BOOLEAN, UNKNOWN):
            raise at(node.place, "TYPE_MISMATCH", message.format(value.type))
        return coerced(value, BOOLEAN)

    def common(self, node: Node, values: list[Sql], message: str) -> Type:
        """The one type of values side by side; `message` has {0} for the type so far and {1} for the other."""
        found = UNKNOWN
        for value in values:
            both = wider(found, value.type)
            if both is None:
                raise at(node.place, "TYPE_MISMATCH", message.format(found, value.type))
            found = both
        return found

    def lambda_(self, node: Expression, kinds: list[Type], scope: Scope) -> tuple[list[str], Sql]:
        """A lambda's parameter names inside DuckDB and its body."""
        if not isinstance(node, Lambda):
            raise at(node.place, "FUNCTION_NOT_FOUND", "a lambda expression is expected here")
        if len(node.parameters) != len(kinds):
            raise at(
                node.place,
                "INVALID_PARAMETER_USAGE",
                f"Expected a lambda that takes {len(kinds)} argument(s) but got {len(node.parameters)}",
            )
        names = [self.fresh("p") for _ in kinds]
        known = {name: Sql(inner, kind) for name, inner, kind in zip(node.parameters, names, kinds, strict=True)}
        inner = Scope(outer=scope, lambdas=known)
        return names, self.expression(node.body, inner)

    def name(self, node: Name, scope: Scope) -> Sql:
        return self._resolved(node, [node.value], scope)

    def dot(self, node: Dot, scope: Scope) -> Sql:
        parts = _parts(node)
        if parts is None:
            return self.field(node, self.expression(node.base, scope), node.name.value)
        return self._resolved(node, parts, scope)

    def _resolved(self, node: Expression, parts: list[str], scope: Scope) -> Sql:
        lowered = [part.lower() for part in parts]
        for around in scope.chain():
            if lowered[0] in around.lambdas:
                return self._fields(node, around.lambdas[lowered[0]], parts[1:])
            found = self._in_fields(node, lowered, parts, around.fields)
            if found is not None:
                self.owners[id(node)] = around
                return found
        raise at(node.place, "COLUMN_NOT_FOUND", f"Column '{'.'.join(parts)}' cannot be resolved")

    def _in_fields(self, node: Expression, lowered: list[str], parts: list[str], fields: list[Field]) -> Sql | None:
        for split in range(len(lowered) - 1, -1, -1):
            before = tuple(lowered[:split])
            named = [
                one
                for one in fields
                if one.name.lower() == lowered[split] and (not before or one.qualifier[-len(before) :] == before)
            ]
            if len(named) > 1:
                raise at(node.place, "AMBIGUOUS_NAME", f"Column '{'.'.join(parts)}' is ambiguous")
            if named:
                return self._fields(node, named[0].value, parts[split + 1 :])
        return None

    def _fields(self, node: Expression, value: Sql, names: list[str]) -> Sql:
        for name in names:
            value = self.field(node, value, name)
        return value

    def field(self, node: Expression, value: Sql, name: str) -> Sql:
        """A row's field."""
        if value.type.name != "row":
            raise at(node.place, "TYPE_MISMATCH", f"Expression {_shown(node)} is not of type ROW")
        found = [index for index, other in enumerate(value.type.names) if other.lower() == name.lower()]
        if not found:
            raise at(node.place, "COLUMN_NOT_FOUND", f"Column '{_shown(node)}' cannot be resolved")
        if len(found) > 1:
            raise at(node.place, "AMBIGUOUS_NAME", f"Ambiguous row field reference: {name}")
        return Sql(f"struct_extract_at({value.text}, {found[0] + 1})", value.type.items[found[0]])

    def table(self, name: str, place: Place) -> list[tuple[str, Type]]:
        """The columns of a table, as the schemas say."""
        columns = self.schemas.get(name)
        if columns is None:
            raise at(place, "TABLE_NOT_FOUND", f"Table '{CATALOG}.{name}' does not exist")
        self.reads.setdefault(name, {})
        exact = self.types.get(name, {})
        return [(column, _exact(exact.get(column), kind)) for column, kind in columns.items()]


def _exact(exact: tuple[str, Type] | None, canonical: str) -> Type:
    """A column's own type where its canonical type is still the one that this stands for (a mask may change it)."""
    return exact[1] if exact is not None and exact[0] == canonical else from_spark(canonical)


def _parts(node: Expression) -> list[str] | None:
    """The names of a dotted path; None when its base is something else."""
    names: list[str] = []
    while isinstance(node, Dot):
        names.append(node.name.value)
        node = node.base
    if not isinstance(node, Name):
        return None
    names.append(node.value)
    return names[::-1]


def _shown(node: Expression) -> str:
    parts = _parts(node)
    return ".".join(parts) if parts else (node.name.value if isinstance(node, Dot) else "expression")


def refused(place: Place, fact: str) -> SqlError:
    """What Athena has and this service has not."""
    return at(place, "NOT_SUPPORTED", fact)


def struct_of(kind: Type, texts: list[str]) -> str:
    """A DuckDB struct for a row of `kind`."""
    names = field_names(kind)
    return "struct_pack(" + ", ".join(f"{quote(n)} := {t}" for n, t in zip(names, texts, strict=True)) + ")"
