"""Statements over a lake. Each runs in an engine of its own that can read the lake's files and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from lakewright.engines import Engine
from lakewright.engines import Session as EngineSession
from lakewright.errors import Mistakes, SpecError
from lakewright.models import dialect
from lakewright.models.dialect.parser import PlainSpark
from lakewright.models.facts import table_names
from lakewright.query.lake import NEWEST, Lake, Pin, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

STATEMENT = Path("statement")
PINNED = "as_of"


@dataclass(frozen=True)
class Result:
    """What a statement gave: rows in Arrow, and the version of each table that it read."""

    rows: pa.Table
    versions: Mapping[str, int | None]
    seconds: float


class Session:
    """Runs statements in the canonical dialect. `as_of` is when all tables are read, unless the statement says so."""

    def __init__(
        self, lake: Callable[[], Lake], open_engine: Callable[[], Engine], as_of: datetime | None = None
    ) -> None:
        self._lake = lake
        self._open_engine = open_engine
        self._everywhere = Pin(moment=as_of) if as_of else NEWEST

    def run(self, statement: str, limit: int | None = None) -> Result:
        """Runs one SELECT, SHOW TABLES or DESCRIBE; `limit` cuts the rows off. Raises SpecError for anything else."""
        began = time.perf_counter()
        tree = parsed(statement)
        lake = self._lake()
        match tree:
            case exp.Command() if tree.name.upper() == "SHOW" and str(tree.expression).strip("' ").upper() == "TABLES":
                rows, versions = pa.table({"table": lake.names()}), {}
            case exp.Describe() if isinstance(tree.this, exp.Table):
                info = lake.describe(dotted(tree.this))
                rows = pa.table({"column": list(info.columns), "type": list(info.columns.values())})
                versions = {info.name: info.version}
            case exp.Query():
                rows, versions = self._select(statement, tree, lake, limit)
            case _:
                raise SpecError(
                    "LW910",
                    "only SELECT, SHOW TABLES and DESCRIBE are possible here",
                    hint="tables are written by ingest and by models",
                )
        return Result(rows, versions, time.perf_counter() - began)

    def in_force(self) -> Mapping[str, object]:
        """Nothing stands between the owner of the files and their content."""
        return {}

    def _select(
        self, statement: str, tree: exp.Query, lake: Lake, limit: int | None
    ) -> tuple[pa.Table, dict[str, int | None]]:
        pins = take_pins(tree)
        text = written(tree) if pins else statement
        if problems := dialect.refusals(text, STATEMENT, 1):
            raise Mistakes(problems)
        engine = self._open_engine()
        try:
            session = engine.session()
            read = _Reading(lake, engine, session)
            for name in sorted(table_names(tree)):
                original, pin = pins.get(name, (name, self._everywhere))
                read.make(name, original, pin)
            sql = engine.translate(text, read.schemas, now=datetime.now(UTC))
            _confine(session, lake)
            limited = sql if limit is None else f"SELECT * FROM ({sql}) LIMIT {limit}"
            return session.table(limited), read.versions
        finally:
            engine.close()


class _Reading:
    """The tables of one statement, made as views in its engine."""

    def __init__(self, lake: Lake, engine: Engine, session: EngineSession) -> None:
        self._lake = lake
        self._engine = engine
        self._session = session
        self.schemas: dict[str, Mapping[str, str]] = {}
        self.versions: dict[str, int | None] = {}

    def make(self, name: str, original: str, pin: Pin) -> None:
        """A view called `name` of the table `original`; views that are models bring what they read."""
        if name in self.schemas:
            return
        if (model := self._lake.view(original)) is not None:
            if name != original:
                raise SpecError("LW914", f"{original} is a view and has no versions", hint="use --as-of for all tables")
            for table in model.inputs:
                self.make(table, table, pin)
            sql = self._engine.translate(model.sql, self.schemas)
            self._view(name, sql, model.schema, original, None)
            return
        relation: Relation = self._lake.relation(original, pin, self._engine, self._ask)
        self._view(name, relation.sql, relation.info.columns, original, relation.info.version)

    def _view(self, name: str, sql: str, columns: Mapping[str, str], original: str, version: int | None) -> None:
        schema, _, table = name.partition(".")
        self._session.run(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
        self._session.run(f"CREATE VIEW {_quoted(schema)}.{_quoted(table)} AS {sql}")
        self.schemas[name] = columns
        self.versions[original if name == original else f"{original} VERSION {version}"] = version

    def _ask(self, sql: str) -> object:
        return self._session.rows(sql)[0][0]


def _confine(session: EngineSession, lake: Lake) -> None:
    """From here on the engine reads files of the lake only, and its settings cannot be changed."""
    root = lake.storage.location("").rstrip("/") + "/"
    literal = root.replace("'", "''")
    session.run(f"SET allowed_directories = ['{literal}']")
    session.run("SET enable_external_access = false")
    session.run("SET lock_configuration = true")


def parsed(statement: str) -> exp.Expr:
    """The tree of one statement. SpecError LW504 when it cannot be read, LW910 for several."""
    if statement.strip(" \t\r\n;").upper().split() == ["SHOW", "TABLES"]:
        return exp.Command(this="SHOW", expression="TABLES")  # sqlglot's keeps the blanks in between
    try:
        trees = [tree for tree in sqlglot.parse(statement, read=PlainSpark) if tree is not None]
    except (ParseError, TokenError) as problem:
        first = problem.errors[0] if isinstance(problem, ParseError) and problem.errors else {}
        fact = first.get("description") or str(problem).splitlines()[0]
        place = f"statement:{first.get('line') or 1}"
        raise SpecError("LW504", f"the SQL cannot be read: {fact}", place=place, hint="it is Spark SQL") from None
    if len(trees) != 1:
        raise SpecError("LW910", "one statement at a time", hint="separate calls, or the interactive prompt")
    return trees[0]


def written(tree: exp.Query) -> str:
    """The tree as text again, functions as they were written: columns are named after them."""
    return tree.sql(PlainSpark, normalize_functions=False)


def dotted(table: exp.Table) -> str:
    """`silver.order`, in small letters."""
    return ".".join(part.name.lower() for part in table.parts)


def take_pins(tree: exp.Query) -> dict[str, tuple[str, Pin]]:
    """Takes `VERSION AS OF` and `TIMESTAMP AS OF` out of the tree: name of the stand-in → (table, pin)."""
    pins: dict[str, tuple[str, Pin]] = {}
    for table in _versioned(tree):
        version = table.args["version"]
        name, pin = dotted(table), _pin(version)
        stand_in = f"{name.replace('.', '_')}_{len(pins)}"
        table.set("version", None)
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(stand_in))
        table.set("db", exp.to_identifier(PINNED))
        pins[f"{PINNED}.{stand_in}"] = (name, pin)
    return pins


def _versioned(tree: exp.Query) -> Iterator[exp.Table]:
    yield from [table for table in tree.find_all(exp.Table) if table.args.get("version")]


def _pin(version: exp.Expr) -> Pin:
    value = version.expression
    if version.name.upper() == "TIMESTAMP" and isinstance(value, exp.Literal) and value.is_string:
        return Pin(moment=moment(value.name))
    if version.name.upper() == "VERSION" and isinstance(value, exp.Literal) and value.name.isdigit():
        return Pin(version=int(value.name))
    raise SpecError("LW915", "VERSION AS OF takes a number and TIMESTAMP AS OF a quoted time")


def moment(text: str) -> datetime:
    """A point in time as people write it; UTC unless it says otherwise. SpecError LW915."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "2026-11-20, 2026-11-20 14:30 or 2026-11-20T14:30:00Z"
        raise SpecError("LW915", f'"{text}" is no time', hint=hint) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
