"""The lake's tables, views and the audit, as the trusted reader reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from lakewright.engines import Engine
from lakewright.engines.duckdb import scan_sql
from lakewright.errors import SpecError
from lakewright.governance.decisions import TableFacts
from lakewright.governance.from_spec import table_classes
from lakewright.governance.predicate import Predicate
from lakewright.models import Model, Models, dialect
from lakewright.query.audit import COLUMNS, audit_select
from lakewright.query.governed.pruning import files_that_may_fit
from lakewright.query.governed.terms import Pin, TableSource, ViewSource
from lakewright.query.lake import Lake, Relation

AUDIT_TABLE = "audit.queries"
RAW_COLUMNS = ("_old_key", "_special")
"""Bronze's own columns that repeat values of others, masked and hidden ones too: personal unless granted."""


class _Spelling:
    """Spells scans as DuckDB reads them, without one."""

    def scan(self, files: Sequence[str], columns: Mapping[str, str], partition_by: Sequence[str]) -> str:
        return scan_sql(files, columns, partition_by)


class LakeSources:
    """One lake at the moment of one query. `open_engine`: for what only Bronze's data can tell (a time's position)."""

    def __init__(
        self, lake: Lake, models: Models, open_engine: Callable[[], Engine], *, audit: Path | None = None
    ) -> None:
        self._lake = lake
        self._models = models
        self._open_engine = open_engine
        self._audit = audit

    def names(self) -> list[str]:
        return sorted([*self._lake.names(), *([AUDIT_TABLE] if self._audit else [])])

    def facts(self, name: str) -> TableFacts:
        if name == AUDIT_TABLE and self._audit is not None:
            return TableFacts(name, COLUMNS)
        return TableFacts(name, self._lake.describe(name).columns, self._classes(name))

    def source(self, name: str, pin: Pin) -> TableSource:
        if name == AUDIT_TABLE and self._audit is not None:
            return TableSource(COLUMNS, audit_select(self._audit), (str(self._audit),), None)
        found = self._lake.relation(name, pin, _Spelling(), self._ask)
        narrowed = None if found.select is None else partial(_narrowed, found)
        return TableSource(found.info.columns, found.sql, (self._folder(name),), found.info.version, narrowed)

    def view(self, name: str) -> ViewSource | None:
        model = self._lake.view(name)
        if model is None:
            return None
        return ViewSource(model.schema, model.inputs, lambda schemas, tables: _compiled(model, schemas, tables))

    def _ask(self, sql: str) -> object:
        engine = self._open_engine()
        try:
            engine.reach(self._lake.storage.location(""))
            return engine.session().rows(sql)[0][0]
        finally:
            engine.close()

    def _folder(self, name: str) -> str:
        """Where a table's files lie. Bronze has its own below one root, by source."""
        layer = name.partition(".")[0]
        root = "" if layer in ("bronze", "changes") else name.replace(".", "/", 1)
        return self._lake.storage.location(root)

    def _classes(self, name: str) -> Mapping[str, frozenset[str]]:
        """Classes of personal data by column, from the model's header; what it put aside is as personal as what it
        kept."""
        if name.startswith(("bronze.", "changes.")):
            return dict.fromkeys(RAW_COLUMNS, frozenset({"pii"}))
        short = name.partition(".")[2]
        names = [name] if not name.startswith("quarantine.") else [f"{layer}.{short}" for layer in ("silver", "gold")]
        found: dict[str, frozenset[str]] = {}
        for one in names:
            model = self._models.get(one)
            if model is not None:
                found |= table_classes({column.name: column.pii for column in model.columns})
        return found


def _narrowed(found: Relation, condition: Predicate) -> str:
    files = files_that_may_fit(found.files, condition, found.info.columns)
    return found.select(files) if found.select else found.sql


def _compiled(model: Model, schemas: Mapping[str, Mapping[str, str]], tables: Mapping[str, str]) -> str:
    try:
        return dialect.to_duckdb(model.sql, schemas, tables=tables)
    except SpecError as error:
        raise SpecError("LW1110", f"{model.name} reads what is not there", place=model.place) from error


__all__ = ["AUDIT_TABLE", "LakeSources"]
