"""One model in one run: find the scopes that changed, compute them, check the rows, merge them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lakewright.engines import Engine, Session
from lakewright.models.types import duckdb_type
from lakewright.pipeline.checks import Checked, checked_sql, compute, quarantine_sql
from lakewright.pipeline.inputs import SIGN
from lakewright.pipeline.merge import ADDED, REMOVED, Merged, Merger, Stamp
from lakewright.pipeline.prepared import QUARANTINE_SHAPE, Prepared
from lakewright.pipeline.report import ModelReport
from lakewright.pipeline.scopes import Scopes
from lakewright.pipeline.sql import columns, identifier
from lakewright.pipeline.state import transactions
from lakewright.pipeline.task import Run, Task
from lakewright.pipeline.translations import Translations
from lakewright.tables import Table


class Worker:
    """Runs tasks in one session."""

    def __init__(
        self,
        engine: Engine,
        session: Session,
        merger: Merger,
        translations: Translations,
        tables: Mapping[str, Table],
        run: Run,
    ) -> None:
        self._engine = engine
        self._session = session
        self._merger = merger
        self._translations = translations
        self._tables = tables
        self._run = run

    def do(self, task: Task) -> ModelReport:
        """Runs one model. Raises LakewrightError when it cannot be; its table is then as before."""
        begun = time.perf_counter()
        prepared = task.prepared
        schemas = {name: found.schema() for name, found in task.inputs.items()}
        routes = self._translations.routes(prepared, schemas)
        scopes = Scopes(self._session, self._translations, task, schemas, routes, self._run.started)
        whole = scopes.find(self._tables)
        if whole is None and not scopes.count():
            return self._nothing(task, scopes.rows_in, begun)
        sql = self._translations.sql(prepared.model.sql, schemas, self._run.started)
        scopes.bind(restricted=whole is None)
        self._translations.enforce_types(self._session, prepared, sql)
        output = _output(prepared, sql, "" if whole is not None else scopes.affected("t"))
        tested = checked_sql(prepared, self._translations, self._run.started)
        checked = compute(self._session, prepared, output, tested)
        self._put_aside(prepared, checked, None if whole is not None else scopes.affected_text("t"))
        merged = self._write(task, checked, None if whole is not None else scopes.affected("t"))
        return self._report(task, whole, scopes.rows_in, checked, merged, begun)

    def _put_aside(self, prepared: Prepared, checked: Checked, affected: str | None) -> None:
        """The model's quarantine holds, for the scopes computed, exactly the rows that failed now."""
        table = self._tables[prepared.quarantine]
        there = table.exists()
        if not checked.quarantined and not (there and any(file.rows for file in table.files())):
            return
        rows = quarantine_sql(prepared, self._run.id, self._run.started.isoformat())
        if not checked.quarantined:
            rows = "SELECT NULL AS _scope WHERE false"
            empty = ", ".join(f"NULL::{duckdb_type(c.type)} AS {identifier(c.name)}" for c in QUARANTINE_SHAPE.columns)
            rows = f"SELECT {empty} WHERE false"
        self._session.run(f"CREATE OR REPLACE TEMP TABLE _aside AS {rows}")
        stamp = Stamp({}, self._run.metadata(prepared))
        if there:
            self._merger.merge(self._session, table, QUARANTINE_SHAPE, "_aside", affected, stamp)
        else:
            self._merger.replace(self._session, table, QUARANTINE_SHAPE, "_aside", stamp)

    def _write(self, task: Task, checked: Checked, affected: str | None) -> Merged:
        prepared, shape = task.prepared, task.prepared.shape
        table = self._tables[prepared.name]
        stamp = Stamp(transactions(prepared, task.marks), self._run.metadata(prepared))
        if task.state is None or not task.fits:
            return self._merger.replace(self._session, table, shape, checked.good, stamp)
        if not shape.key:
            return self._merger.replace_if_different(self._session, table, shape, checked.good, stamp)
        merged = self._merger.merge(self._session, table, shape, checked.good, affected, stamp)
        names = columns(shape.names)
        rows = f"SELECT {names}, -1 AS {SIGN} FROM {REMOVED} UNION ALL SELECT {names}, 1 AS {SIGN} FROM {ADDED}"
        task.output.publish(self._session, task.state.version, rows if merged.changed else None)
        return merged

    def _nothing(self, task: Task, rows_in: int, begun: float) -> ModelReport:
        """No scope of the model is touched: only the marks move, and they only when something was read."""
        version = None if task.state is None else task.state.version
        if rows_in and task.state is not None:
            stamp = Stamp(transactions(task.prepared, task.marks), self._run.metadata(task.prepared))
            version = self._merger.stamp(self._session, self._tables[task.prepared.name], stamp)
            task.output.publish(self._session, task.state.version, None)
        seconds = round(time.perf_counter() - begun, 4)
        return ModelReport(
            task.prepared.name,
            "unchanged",
            "no row of it is touched",
            rows_in=rows_in,
            version=version,
            positions=self._run.positions,
            seconds=seconds,
        )

    def _report(
        self, task: Task, whole: str | None, rows_in: int, checked: Checked, merged: Merged, begun: float
    ) -> ModelReport:
        doing = {"create": "created", "rebuild": "rebuilt"}.get(task.decision.doing)
        action = doing or ("updated" if merged.changed else "unchanged")
        return ModelReport(
            task.prepared.name,
            action,  # type: ignore[arg-type]
            task.decision.reason or (whole or ""),
            rows_in=rows_in,
            rows_out=checked.rows,
            inserted=merged.inserted,
            updated=merged.updated,
            deleted=merged.deleted,
            quarantined=checked.quarantined,
            checks=checked.results,
            version=merged.version,
            positions=self._run.positions,
            seconds=round(time.perf_counter() - begun, 4),
        )


def _output(prepared: Prepared, sql: str, affected: str) -> str:
    """A SELECT of the model's rows in the types of its header."""
    casts = ", ".join(
        f"CAST(t.{identifier(column.name)} AS {duckdb_type(column.type)}) AS {identifier(column.name)}"
        for column in prepared.shape.columns
    )
    return f"SELECT {casts} FROM ({sql}) AS t{affected}"
