"""A model made ready to run: views written out, a fingerprint of what its rows depend on, the shape of its table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sqlglot
from sqlglot import exp

from lakewright.models import Model, Models
from lakewright.pipeline.merge import Shape
from lakewright.tables import Column

QUARANTINE = (
    Column("_model", "string"),
    Column("_scope", "string"),
    Column("_key", "string"),
    Column("_reasons", "array<string>"),
    Column("_row", "string"),
    Column("_run", "string"),
    Column("_at", "timestamp"),
)
QUARANTINE_SHAPE = Shape(QUARANTINE, ("_scope", "_key"), (), ("_run", "_at"))


@dataclass(frozen=True)
class Prepared:
    """A model whose inputs are tables only. `fingerprint` differs when its rows may differ for equal inputs."""

    model: Model

    @property
    def name(self) -> str:
        return self.model.name

    @cached_property
    def shape(self) -> Shape:
        columns = tuple(Column(column.name, column.type) for column in self.model.columns)
        return Shape(columns, self.model.key, self.model.partition_by)

    @property
    def scope(self) -> tuple[str, ...]:
        """The columns whose groups are recomputed together; empty when only the whole can be."""
        if self.model.kind == "incremental_by_time" and self.model.time_column:
            return (self.model.time_column,)
        return self.model.scope if self.model.kind == "incremental_by_key" else ()

    @property
    def quarantine(self) -> str:
        """The name of the table that takes its bad rows; its path is `quarantine/<layer>_<model>`."""
        return "quarantine." + self.name.replace(".", "_", 1)

    @cached_property
    def fingerprint(self) -> int:
        """63 bits, so that it fits a Delta application transaction."""
        model = self.model
        parts = [
            model.kind,
            model.key,
            self.scope,
            model.time_column,
            model.lookback_days,
            model.partition_by,
            [(column.name, column.type) for column in model.columns],
            [(check.name, check.expect, check.on_failure) for check in model.checks],
            " ".join(model.sql.split()),
        ]
        return int(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:15], 16)


def prepare(models: Models) -> Mapping[str, Prepared]:
    """All models but views, in order; views are written into the models that read them."""
    views: dict[str, Model] = {}
    ready: dict[str, Prepared] = {}
    for model in models.order():
        whole = _without_views(model, views)
        if model.kind == "view":
            views[model.name] = whole
        else:
            ready[model.name] = Prepared(whole)
    return ready


def _without_views(model: Model, views: Mapping[str, Model]) -> Model:
    read = [name for name in model.inputs if name in views]
    if not read:
        return model
    tree = sqlglot.parse_one(model.sql, read="spark")
    for table in list(tree.find_all(exp.Table)):
        name = ".".join(part.name.lower() for part in table.parts)
        if name in read:
            view = sqlglot.parse_one(views[name].sql, read="spark")
            alias = table.alias or table.name
            table.replace(exp.Subquery(this=view, alias=exp.TableAlias(this=exp.to_identifier(alias))))
    inputs = {name for name in model.inputs if name not in views}
    inputs.update(name for view in read for name in views[view].inputs)
    return replace(model, sql=tree.sql("spark"), inputs=tuple(sorted(inputs)))
