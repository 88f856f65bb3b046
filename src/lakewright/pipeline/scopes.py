"""Which scopes of a model changed, and its inputs narrowed to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lakewright.engines import Session
from lakewright.errors import ProblemError
from lakewright.models.types import duckdb_type
from lakewright.pipeline.checks import from_json_text
from lakewright.pipeline.inputs import SIGN, BronzeInput, Changes, Everything, Input
from lakewright.pipeline.routes import CHANGED, Route, Schemas
from lakewright.pipeline.sql import columns, identifier, literal, same
from lakewright.pipeline.task import Range, Task
from lakewright.pipeline.translations import Translations
from lakewright.tables import Table

SCOPES = "_scopes"


class Scopes:
    """Fills the temporary table `_scopes` of a session for one task, and binds the model's inputs to relations.

    Inputs are bound as views under their own names in the session's catalog.
    """

    def __init__(
        self,
        session: Session,
        translations: Translations,
        task: Task,
        schemas: Schemas,
        routes: Mapping[str, Route],
        now: datetime,
    ) -> None:
        self._session = session
        self._translations = translations
        self._task = task
        self._schemas = schemas
        self._routes = routes
        self._now = now
        self._prepared = task.prepared
        self._names = task.prepared.scope
        self._only: dict[str, Changes] | None = {}
        self.rows_in = 0

    def find(self, tables: Mapping[str, Table]) -> str | None:
        """Fills `_scopes`; gives the reason when the whole model has to be computed instead."""
        task = self._task
        time = self._time() if task.span is not None and self._names else ""
        if task.decision.doing in ("create", "rebuild") or task.state is None:
            return task.decision.reason
        if not self._names:
            return self._count_all()
        types = {column.name: duckdb_type(column.type) for column in self._prepared.shape.columns}
        spelled = ", ".join(f"{identifier(name)} {types[name]}" for name in self._names)
        self._session.run(f"CREATE OR REPLACE TEMP TABLE {SCOPES} ({spelled})")
        if task.span is not None:
            self._of_span(task.span, time)
        if task.replay:
            self._of_quarantine(tables[self._prepared.quarantine])
        for name in task.decision.news:
            reason = self._of_changes(name)
            if reason:
                return reason
        return None

    def count(self) -> int:
        return int(self._session.rows(f"SELECT count(*) FROM {SCOPES}")[0][0])

    def affected(self, alias: str) -> str:
        """What follows `FROM … AS alias` to keep the rows of the changed scopes."""
        if self._lookback:
            return f" WHERE {self._within(f'{alias}.{identifier(self._names[0])}')}"
        return f" SEMI JOIN (SELECT DISTINCT * FROM {SCOPES}) AS s ON {same(alias, 's', self._names)}"

    def affected_text(self, alias: str) -> str:
        """The same for rows whose scope is JSON text in the column `_scope`."""
        types = {column.name: column.type for column in self._prepared.shape.columns}
        if self._lookback:
            name = self._names[0]
            return f" WHERE {self._within(from_json_text(f'{alias}._scope', name, types[name]))}"
        pairs = ", ".join(f"{literal(name)}, {identifier(name)}" for name in self._names)
        text = f"SELECT DISTINCT CAST(json_object({pairs}) AS VARCHAR) AS _scope FROM {SCOPES}"
        return f" SEMI JOIN ({text}) AS s ON {alias}._scope = s._scope"

    def bind(self, *, restricted: bool) -> None:
        """Makes the inputs readable under their names; `restricted`: only the rows that the changed scopes need."""
        for name, found in self._task.inputs.items():
            route = self._routes.get(name)
            if restricted and route is not None and route.direct is not None and not self._lookback:
                self._view(name, self._narrowed(name, found, route.direct))
            else:
                self._view(name, found.sql(self._session))

    @property
    def _lookback(self) -> int:
        model = self._prepared.model
        return model.lookback_days if model.kind == "incremental_by_time" else 0

    def _within(self, value: str) -> str:
        days = f"INTERVAL {self._lookback} DAY"
        name = identifier(self._names[0])
        return (
            f"{value} BETWEEN (SELECT min({name}) FROM {SCOPES}) - {days} "
            f"AND (SELECT max({name}) FROM {SCOPES}) + {days}"
        )

    def _count_all(self) -> str:
        return "" if not self._task.decision.news else f"{', '.join(self._task.decision.news)} changed"

    def _of_changes(self, name: str) -> str:
        """Adds the scopes that the changes of one input touch; the reason when they cannot be told."""
        task = self._task
        assert task.state is not None  # noqa: S101 - an update has a table
        found, route = task.inputs[name], self._routes.get(name)
        only_key = route is not None and _key_only(found, route)
        changes = found.changes(self._session, task.state.marks[name], only_key=only_key)
        if isinstance(changes, Everything):
            return changes.reason
        if not changes.count:
            return ""
        if route is None:
            return f"changes of {name} do not tell which rows of {self._prepared.name} change"
        self.rows_in += changes.count
        if self._only is not None:
            self._only[name] = changes
        self._view(CHANGED, _that_matter(changes, route))
        schemas = {**self._schemas, CHANGED: self._schemas[name]}
        if route.direct is None:
            self._bind_old_and_new()
        sql = self._translations.sql(route.sql, schemas, self._now)
        self._session.run(f"INSERT INTO {SCOPES} SELECT DISTINCT * FROM ({sql})")
        return ""

    def _bind_old_and_new(self) -> None:
        """Inputs as their rows now and, where they changed, as they were: what was joined before is found too."""
        task = self._task
        for name, found in task.inputs.items():
            rows = f"SELECT {columns(tuple(self._schemas[name]))} FROM ({found.sql(self._session)})"
            if name in task.decision.news and task.state is not None:
                changes = found.changes(self._session, task.state.marks[name], only_key=False)
                if isinstance(changes, Changes) and changes.count:
                    rows += f" UNION ALL SELECT {columns(tuple(self._schemas[name]))} FROM {changes.rows}"
            self._view(name, rows)

    def _narrowed(self, name: str, found: Input, direct: tuple[str, ...]) -> str:
        """The rows of an input that belong to the changed scopes."""
        plain = tuple(self._plain(expression) for expression in direct)
        if isinstance(found, BronzeInput) and set(plain) == set(found.table.key):
            pairs = ", ".join(
                f"{identifier(scope)} AS {identifier(column)}"
                for scope, column in zip(self._names, plain, strict=True)
                if column
            )
            only = self._only
            if only is not None and set(only) == {name} and only[name].fresh:
                return f"SELECT * FROM {only[name].fresh}"
            keys = f"_keys_{identifier(name)[1:-1]}".replace(".", "_")
            self._session.run(
                f"CREATE OR REPLACE TEMP TABLE {identifier(keys)} AS SELECT DISTINCT {pairs} FROM {SCOPES}"
            )
            return found.keyed_sql(self._session, identifier(keys))
        values = ", ".join(f"({expression}) AS `_s{at}`" for at, expression in enumerate(direct))
        listed = ", ".join(_spark_name(column) for column in self._schemas[name])
        match = " AND ".join(
            f"t._s{at} IS NOT DISTINCT FROM s.{identifier(scope)}" for at, scope in enumerate(self._names)
        )
        whole = f"whole.{name}"
        self._view(whole, found.sql(self._session))
        text = f"SELECT {listed}, {values} FROM whole.{_spark_name(name)}"
        sql = self._translations.sql(text, {whole: self._schemas[name]}, self._now)
        return (
            f"SELECT {columns(tuple(self._schemas[name]))} FROM ({sql}) AS t "
            f"SEMI JOIN (SELECT DISTINCT * FROM {SCOPES}) AS s ON {match}"
        )

    def _plain(self, expression: str) -> str:
        """The column that an expression is; empty when it is more than one."""
        name = expression.strip("`")
        return name if name.isidentifier() else ""

    def _time(self) -> str:
        """The column that a range is about; also a model that is computed as a whole anyway must have it."""
        time = self._prepared.model.time_column
        if time is None:
            raise ProblemError(
                "LW721",
                f"{self._prepared.name} has no time_column",
                place=self._prepared.model.place,
                hint="run it with --full-refresh and no range, or declare its time_column",
            )
        return time

    def _of_span(self, span: Range, time: str) -> None:
        """Scopes that have a row in a range of the time column: in the table, or as the model computes it now."""
        self._only = None
        start, end = (literal(moment.isoformat()) for moment in span)
        kind = duckdb_type(dict(self._prepared.model.schema)[time])
        inside = f"t.{identifier(time)} >= {start}::{kind} AND t.{identifier(time)} < {end}::{kind}"
        sql = self._translations.sql(self._prepared.model.sql, self._schemas, self._now)
        self.bind(restricted=False)
        names = columns(self._names, "t")
        self._session.run(f"INSERT INTO {SCOPES} SELECT DISTINCT {names} FROM ({sql}) AS t WHERE {inside}")
        rows = self._task.output.sql(self._session)
        self._session.run(f"INSERT INTO {SCOPES} SELECT DISTINCT {names} FROM ({rows}) AS t WHERE {inside}")

    def _of_quarantine(self, table: Table) -> None:
        if not table.exists():
            return
        self._only = None
        types = {column.name: column.type for column in self._prepared.shape.columns}
        values = ", ".join(from_json_text("_scope", name, types[name]) for name in self._names)
        rows = self._task.quarantine.sql(self._session)
        self._session.run(f"INSERT INTO {SCOPES} SELECT DISTINCT {values} FROM ({rows})")

    def _view(self, name: str, sql: str) -> None:
        schema, _, table = name.partition(".")
        self._session.need_schema(schema)
        self._session.run(f"CREATE OR REPLACE VIEW {identifier(schema)}.{identifier(table)} AS {sql}")


def _spark_name(name: str) -> str:
    """A quoted identifier, in the dialect of models."""
    return "`" + name.replace("`", "``") + "`"


def _that_matter(changes: Changes, route: Route) -> str:
    """The changed rows that differ in a column the model reads."""
    if not changes.signed or not route.reads:
        return f"SELECT * FROM {changes.rows}"
    names = columns(sorted(route.reads))
    return f"SELECT {names} FROM {changes.rows} GROUP BY {names} HAVING sum({SIGN}) <> 0"


def _key_only(found: Input, route: Route) -> bool:
    """Whether a route from a Bronze table needs no column but its key, so that old rows need not be looked up."""
    return isinstance(found, BronzeInput) and bool(route.columns) and route.columns <= set(found.table.key)
