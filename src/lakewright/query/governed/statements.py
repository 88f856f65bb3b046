"""Statements in the canonical dialect for one principal: SELECT, SHOW TABLES and DESCRIBE, as `lakewright sql --as`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from sqlglot import exp

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.governance.principals import Principal
from lakewright.models import dialect
from lakewright.models.facts import table_names
from lakewright.query.governed.answer import Answer
from lakewright.query.governed.governor import Governor
from lakewright.query.governed.terms import NEWEST, Limits, Pin, Query, Schemas
from lakewright.query.session import STATEMENT, Result, dotted, parsed, take_pins, written


@dataclass(frozen=True)
class GovernedSession:
    """What `query.Session` is for the owner of the files, for a principal. Raises QueryFailed and SpecError."""

    governor: Governor
    principal: Principal
    as_of: datetime | None = None
    limits: Limits = field(default_factory=Limits)

    def run(self, statement: str, limit: int | None = None) -> Result:
        began = time.perf_counter()
        try:
            tree = parsed(statement)
            if isinstance(tree, exp.Query):
                with self.start(statement, tree, limit) as answer:
                    rows = answer.table()
            else:
                rows = self._told(tree)
                self._note(statement, None)
        except LakewrightError as error:
            self._note(statement, error)
            raise
        return Result(rows, {}, time.perf_counter() - began)

    def _told(self, tree: exp.Expr) -> pa.Table:
        """What SHOW TABLES and DESCRIBE answer. Raises for any other statement."""
        match tree:
            case exp.Command() if tree.name.upper() == "SHOW" and str(tree.expression).strip("' ").upper() == "TABLES":
                return pa.table({"table": pa.array(self.governor.visible(self.principal).names(), pa.string())})
            case exp.Describe() if isinstance(tree.this, exp.Table):
                columns = self.governor.visible(self.principal).describe(dotted(tree.this))
                return pa.table({"column": list(columns), "type": list(columns.values())})
            case _:
                raise SpecError(
                    "LW910",
                    "only SELECT, SHOW TABLES and DESCRIBE are possible here",
                    hint="tables are written by ingest and by models",
                )

    def _note(self, statement: str, failure: Exception | None) -> None:
        self.governor.note(str(uuid.uuid4()), self.principal, statement, failure)

    def in_force(self) -> Mapping[str, object]:
        """What the kernel takes from the processes of a query, and who asks."""
        return {"principal": self.principal.name, **self.governor.in_force()}

    def start(self, statement: str, tree: exp.Query, limit: int | None) -> Answer:
        """A SELECT whose rows have not been read yet."""
        pins = take_pins(tree)
        text = written(tree) if pins else statement
        if problems := dialect.refusals(text, STATEMENT, 1):
            raise Mistakes(problems)
        everywhere = Pin(moment=self.as_of) if self.as_of else NEWEST
        tables = {name: pins[name][1] if name in pins else everywhere for name in sorted(table_names(tree))}
        query = Query(
            id=str(uuid.uuid4()),
            principal=self.principal,
            text=statement,
            tables=tables,
            compile=_Compilation(text, limit),
            limits=self.limits,
            prelude=dialect.MACROS,
            names={name: table for name, (table, _) in pins.items()},
        )
        return self.governor.run(query)


@dataclass(frozen=True)
class _Compilation:
    text: str
    limit: int | None

    def __call__(self, schemas: Schemas) -> str:
        known: Mapping[str, Mapping[str, str]] = schemas
        sql = dialect.to_duckdb(self.text, known, now=datetime.now(UTC))
        return sql if self.limit is None else f"SELECT * FROM ({sql}) LIMIT {self.limit}"
