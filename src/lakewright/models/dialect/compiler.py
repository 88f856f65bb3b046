"""Walks a parsed query and gives DuckDB text with Spark's types; what is not on the allow-list becomes a mistake."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlglot import exp

from lakewright.errors import LakewrightError, SpecError
from lakewright.models.dialect.parser import line_of
from lakewright.models.dialect.values import UNKNOWN, Origins, Relation, Scope, Sql, coerced, quote, wider
from lakewright.models.types import SparkType

Schemas = Mapping[str, Mapping[str, str]]
Handler = Callable[["Compiler", exp.Expr, Scope], Sql]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query's DuckDB text and its output columns in order; None when a star over an unknown table hides them.

    `origins`: output column → the table columns its values come from, through CTEs and subqueries.
    """

    text: str
    columns: dict[str, SparkType] | None
    origins: Mapping[str, Origins] = field(default_factory=dict)


Ctes = dict[str, Compiled]


@dataclass(slots=True)
class Compiler:
    """`schemas` None means that tables are not known: then only what does not depend on types is found.

    `path` and `line` say where the SQL begins; `mistakes` fills up, and the text is only valid while it is empty.
    """

    expressions: Mapping[type[exp.Expr], Handler]
    query: Callable[[Compiler, exp.Expr, Scope | None, Ctes], Compiled]
    schemas: Schemas | None
    now: datetime | None
    path: str
    line: int
    tables: Mapping[str, str] = field(default_factory=dict)
    ctes: Ctes = field(default_factory=dict)
    windows: dict[str, str] = field(default_factory=dict)
    mistakes: list[LakewrightError] = field(default_factory=list)
    touched: set[tuple[str, str]] = field(default_factory=set)

    @contextmanager
    def touching(self) -> Iterator[set[tuple[str, str]]]:
        """Collects the table columns that are named meanwhile; they also count for what is around."""
        around, self.touched = self.touched, set()
        try:
            yield self.touched
        finally:
            around |= self.touched
            self.touched = around

    def expression(self, node: exp.Expr, scope: Scope) -> Sql:
        handler = self.expressions.get(type(node))
        if handler is None:
            return self.refuse(
                node, f"{_spoken(node)} is not in the allowed dialect", "see docs/models.md for the list"
            )
        return handler(self, node, scope)

    def refuse(self, node: exp.Expr, fact: str, hint: str = "") -> Sql:
        """Records a mistake at `node` and gives a value of unknown type, so that the walk goes on."""
        place = f"{self.path}:{self.line + line_of(node) - 1}"
        mistake = SpecError("LW510", fact, place=place, hint=hint)
        if all(str(mistake) != str(other) for other in self.mistakes):
            self.mistakes.append(mistake)
        return Sql("NULL", UNKNOWN)

    def common(self, node: exp.Expr, values: list[Sql]) -> SparkType:
        """The one type of several values side by side (CASE, coalesce, IN, UNION); a mistake when there is none."""
        found = SparkType("void")
        for value in values:
            both = wider(found, value.type)
            if both is None:
                fact = f"{_spoken(node)} mixes {found} and {value.type}"
                self.refuse(node, fact, "cast one side, so that both modes of Spark agree")
                return UNKNOWN
            found = both
        return found

    def column(self, node: exp.Column, scope: Scope) -> Sql:
        """What a name means here: a column, a lambda's parameter, a struct's field, or an alias further left."""
        parts = [part.name for part in node.parts]
        around: Scope | None = scope
        while around is not None:
            found = self._in_scope(node, parts, around)
            if found is not None:
                self.touched |= found.origins
                return found
            around = around.outer
        return self._unknown_column(node, parts, scope)

    def _in_scope(self, node: exp.Column, parts: list[str], scope: Scope) -> Sql | None:
        name = parts[0].lower()
        if name in scope.lambdas:
            return self._fields(node, scope.lambdas[name], parts[1:])
        if len(parts) > 1:
            for relation in scope.relations:
                if relation.alias == name:
                    return self._of_relation(node, relation, parts[1:])
        if name in scope.merged:
            return self._fields(node, scope.merged[name], parts[1:])
        owners = [relation for relation in scope.relations if relation.columns and name in relation.columns]
        if len(owners) > 1:
            both = " and ".join(owner.alias for owner in owners)
            return self.refuse(node, f"column {name!r} could be of {both}", "write the table's alias before it")
        if owners:
            columns = owners[0].columns or {}
            return self._fields(node, columns[name], parts[1:])
        if name in scope.aliases:
            return self._fields(node, scope.aliases[name], parts[1:])
        if any(relation.columns is None for relation in scope.relations):
            return Sql(quote(parts[-1]), UNKNOWN)
        return None

    def _of_relation(self, node: exp.Column, relation: Relation, parts: list[str]) -> Sql:
        if relation.columns is None:
            return Sql(quote(parts[-1]), UNKNOWN)
        found = relation.columns.get(parts[0].lower())
        if found is None:
            close = difflib.get_close_matches(parts[0].lower(), list(relation.columns), 1)
            hint = f"did you mean {close[0]!r}?" if close else f"its columns: {', '.join(relation.columns)}"
            return self._missing(node, f"{relation.alias} has no column {parts[0]!r}", hint)
        return self._fields(node, found, parts[1:])

    def _fields(self, node: exp.Expr, value: Sql, names: list[str]) -> Sql:
        origins = value.origins
        for name in names:
            value = replace(self.field(node, value, name), origins=origins)
        return value

    def field(self, node: exp.Expr, value: Sql, name: str) -> Sql:
        """A struct's field."""
        if value.type == UNKNOWN:
            return value
        lowered = [field_name.lower() for field_name in value.type.names]
        if value.type.name != "struct" or name.lower() not in lowered:
            return self._missing(node, f"{value.type} has no field {name!r}", "")
        at = lowered.index(name.lower())
        field_name = value.type.names[at].replace("'", "''")
        return Sql(f"struct_extract({value.text}, '{field_name}')", value.type.items[at])

    def _unknown_column(self, node: exp.Column, parts: list[str], scope: Scope) -> Sql:
        names = [name for relation in scope.relations for name in relation.columns or ()]
        aliases = [relation.alias for relation in scope.relations]
        close = difflib.get_close_matches(parts[-1].lower(), names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"tables here: {', '.join(aliases) or 'none'}"
        return self._missing(node, f"there is no column {'.'.join(parts)!r}", hint)

    def _missing(self, node: exp.Expr, fact: str, hint: str) -> Sql:
        place = f"{self.path}:{self.line + line_of(node) - 1}"
        self.mistakes.append(SpecError("LW511", fact, place=place, hint=hint))
        return Sql("NULL", UNKNOWN)


def texts(values: list[Sql], kind: SparkType) -> list[str]:
    return [coerced(value, kind) for value in values]


def _spoken(node: exp.Expr) -> str:
    """A node's name as a person would write it."""
    if isinstance(node, exp.Anonymous):
        return f"{node.name.lower()}()"
    return {"Bracket": "x[…]", "ILike": "ILIKE", "DPipe": "||", "IntDiv": "div", "Map": "map"}.get(
        type(node).__name__, type(node).__name__.upper()
    )
