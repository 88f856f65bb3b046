"""Column-level lineage through the models, and what a change of a source table breaks downstream. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lakewright.errors import LakewrightError, Mistakes
from lakewright.models import dialect
from lakewright.models.dialect import Schemas
from lakewright.models.graph import Models

Column = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where values come from. A column is (table, column); tables are models and sources alike.

    `parents`: a model's column → the columns of its inputs that its expression names (CASE conditions and window
    clauses included, WHERE and JOIN conditions not). `uses`: a model → every input column its SQL names anywhere.
    """

    parents: Mapping[Column, frozenset[Column]]
    uses: Mapping[str, frozenset[Column]]

    def upstream(self, column: Column) -> frozenset[Column]:
        """Every column, down to the sources, that `column`'s values come from."""
        return _closure(column, self.parents)

    def downstream(self, column: Column) -> frozenset[Column]:
        """Every model column whose values come from `column`."""
        children: dict[Column, frozenset[Column]] = {}
        for child, parents in self.parents.items():
            for parent in parents:
                children[parent] = children.get(parent, frozenset()) | {child}
        return _closure(column, children)

    def sources(self, column: Column) -> frozenset[Column]:
        """The source columns at the far end of `upstream`."""
        return frozenset(one for one in self.upstream(column) if one not in self.parents)

    def readers(self, column: Column) -> tuple[str, ...]:
        """Models whose SQL names `column`, in whatever place."""
        return tuple(sorted(model for model, used in self.uses.items() if column in used))


def _closure(start: Column, edges: Mapping[Column, frozenset[Column]]) -> frozenset[Column]:
    found: set[Column] = set()
    waiting = [start]
    while waiting:
        fresh = edges.get(waiting.pop(), frozenset()) - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


def all_schemas(models: Models, sources: Schemas) -> dict[str, Mapping[str, str]]:
    """Schemas of the source tables and, as their headers declare them, of the models."""
    return {**sources, **{name: model.schema for name, model in models.items()}}


def column_lineage(models: Models, sources: Schemas) -> Lineage:
    """The lineage of every model's columns; `sources`: source table → column → canonical type."""
    schemas = all_schemas(models, sources)
    parents: dict[Column, frozenset[Column]] = {}
    uses: dict[str, frozenset[Column]] = {}
    for name, model in models.items():
        found = dialect.uses(model.sql, schemas)
        uses[name] = found.anywhere
        for column in model.columns:
            parents[name, column.name] = found.columns.get(column.name.lower(), frozenset())
    return Lineage(parents, uses)


@dataclass(frozen=True, slots=True)
class Broken:
    """A model that no longer works after a change, why, and what lies behind it: models and columns fed by it."""

    model: str
    mistakes: tuple[LakewrightError, ...]
    retyped: Mapping[str, tuple[str, str]]
    downstream: tuple[str, ...]


def impact(models: Models, before: Schemas, after: Schemas) -> tuple[Broken, ...]:
    """What breaks when the source tables change from `before` to `after` (dropped, renamed, retyped columns).

    A model is broken when its SQL no longer compiles, or gives an output column another type than it did (`retyped`:
    column → old and new type). Models that only read broken ones are named in `downstream`.
    """
    found: list[Broken] = []
    old, new = all_schemas(models, before), all_schemas(models, after)
    changed = {table for table in {*before, *after} if before.get(table) != after.get(table)}
    for model in models.order():
        if not changed.intersection(model.inputs):
            continue
        mistakes: tuple[LakewrightError, ...] = ()
        retyped: dict[str, tuple[str, str]] = {}
        try:
            was, now = dialect.output_types(model.sql, old), None
            now = dialect.output_types(model.sql, new, place=(model.path, model.line))
            retyped = {name: (kind, now[name]) for name, kind in was.items() if now.get(name, kind) != kind}
        except Mistakes as problem:
            mistakes = problem.mistakes
        if mistakes or retyped:
            downstream = tuple(one.name for one in models.order(models.downstream(model.name)))
            found.append(Broken(model.name, mistakes, retyped, downstream))
    return tuple(found)
