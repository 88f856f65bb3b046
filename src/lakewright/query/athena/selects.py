"""SELECT through the governed engine: compiled for what the principal sees, streamed, cancellable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from lakewright.errors import SpecError
from lakewright.query.athena.sql import MACROS, Column, SqlError, Statement, Translated, translate
from lakewright.query.athena.sql.compiler import Types
from lakewright.query.athena.sql.syntax import Number, Pinned, Typed
from lakewright.query.governed.answer import Answer
from lakewright.query.governed.governor import Governor
from lakewright.query.governed.problems import QueryFailed, Refused
from lakewright.query.governed.terms import Limits, Query
from lakewright.query.lake import NEWEST, Pin
from lakewright.query.session import moment

if TYPE_CHECKING:
    from lakewright.governance import Principal


@dataclass
class Selected:
    """A running SELECT: its columns, its rows as they come, and what it took so far. Close it at the end."""

    answer: Answer
    translated: Translated
    planning: float = 0.0
    views: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.translated.columns

    def batches(self) -> Iterator[pa.RecordBatch]:
        return self.answer.batches()

    @property
    def scanned_bytes(self) -> int:
        return self.answer.stats.scanned_bytes or self.answer.scanned_so_far()

    @property
    def scanned_rows(self) -> int:
        return self.answer.stats.scanned_rows

    @property
    def reading(self) -> dict[str, Any]:
        """What a stored result depends on: each table's decision and version."""
        reading = self.answer.reading
        versions: dict[str, int | None] = {one.name: one.version for one in self.answer.stats.tables}
        versions |= dict.fromkeys(self.views)
        return {"tables": dict(reading.tables), "versions": versions, "at": reading.at.isoformat()}

    def cancel(self) -> None:
        self.answer.cancel()

    def close(self) -> None:
        self.answer.close()


class NotCompiled(QueryFailed):
    """The dialect refuses the statement: told in the Governor's terms, so that the audit has it."""

    outcome = "refused"

    def __init__(self, error: SqlError) -> None:
        super().__init__("LW1123", str(error))
        self.error = error


class Expansion(Protocol):
    """A statement with the queries of its views in it."""

    @property
    def statement(self) -> Statement: ...

    @property
    def views(self) -> Mapping[str, Statement]: ...

    @property
    def types(self) -> Types: ...

    def told(self, error: Exception, schemas: Mapping[str, Mapping[str, str]] | None = None) -> Exception:
        """The error as it may be told to who wrote the statement."""


@dataclass(frozen=True)
class Unexpanded:
    """A statement as it is, where there are no views."""

    statement: Statement
    views: Mapping[str, Statement] = field(default_factory=dict)
    types: Types = field(default_factory=dict)

    def told(self, error: Exception, schemas: Mapping[str, Mapping[str, str]] | None = None) -> Exception:  # noqa: ARG002
        return error


Expand = Callable[[Statement, "Principal"], Expansion]
"""Puts views into a statement of somebody."""


def unexpanded(statement: Statement, _: Principal) -> Expansion:
    return Unexpanded(statement)


@dataclass
class _Compilation:
    """Compiles once the visible schemas are known, and remembers what came of it."""

    expansion: Expansion
    parameters: tuple[str, ...]
    now: datetime
    explain: bool
    limit: int | None
    seconds: float = 0.0
    translated: list[Translated] = field(default_factory=list)

    def __call__(self, schemas: Mapping[str, Mapping[str, str]]) -> str:
        began = time.perf_counter()
        try:
            statement, types = self.expansion.statement, self.expansion.types
            found = translate(statement, schemas, parameters=self.parameters, now=self.now, types=types)
        except SqlError as error:
            told = self.expansion.told(error, schemas)
            raise (NotCompiled(told) if isinstance(told, SqlError) else told) from None
        self.translated.append(found)
        self.seconds += time.perf_counter() - began
        sql = found.sql if self.limit is None else f"SELECT * FROM ({found.sql}) LIMIT {self.limit}"
        return f"EXPLAIN {sql}" if self.explain else sql


@dataclass(frozen=True)
class Asked:
    """One SELECT to run: for whom, under which limits, `text` as written for the audit; at most `limit` rows."""

    id: str
    principal: Principal
    text: str
    statement: Statement
    parameters: tuple[str, ...]
    limits: Limits
    explain: bool = False
    limit: int | None = None


class Selects:
    """Runs SELECTs for principals."""

    def __init__(self, governor: Governor, clock: Callable[[], float], expand: Expand = unexpanded) -> None:
        self._governor = governor
        self._clock = clock
        self._expand = expand

    def cancel(self, execution_id: str) -> None:
        """Ends what runs under this id before its first row."""
        self._governor.cancel(execution_id)

    def scanned(self, execution_id: str) -> int:
        """What it has read up to now."""
        return self._governor.scanned(execution_id)

    def run(self, asked: Asked) -> Selected:
        """Raises SqlError, and what the Governor raises."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        expansion = self._expand(asked.statement, asked.principal)
        compilation = _Compilation(expansion, asked.parameters, now, asked.explain, asked.limit)
        query = Query(
            id=asked.id,
            principal=asked.principal,
            text=asked.text,
            tables=pins(expansion.statement),
            compile=compilation,
            limits=asked.limits,
            prelude=MACROS,
        )
        try:
            answer = self._governor.run(query)
        except NotCompiled as refused:
            raise _noted(refused.error) from None
        except Refused as refused:
            raise _noted(expansion.told(refused)) from None
        return Selected(answer, compilation.translated[-1], compilation.seconds, tuple(expansion.views))


def _noted(error: Exception) -> Exception:
    """The error, with word for the Governor that the audit has it."""
    vars(error)["noted"] = True
    return error


def pins(statement: Statement) -> dict[str, Pin]:
    """Which state of each table the statement reads. Raises SqlError for a pin that is no constant."""
    return {name: _pin(statement.pins[name]) if name in statement.pins else NEWEST for name in statement.tables}


def _pin(pinned: Pinned) -> Pin:
    match pinned:
        case Pinned(kind="VERSION", value=Number(text=text)) if text.isdecimal():
            return Pin(version=int(text))
        case Pinned(kind="TIMESTAMP", value=Typed(type=kind, value=text)) if kind.lower() == "timestamp":
            return Pin(moment=_moment(text, pinned.place))
    raise SqlError(
        "NOT_SUPPORTED", f"FOR {pinned.kind} AS OF takes a number or a TIMESTAMP with its zone", *pinned.place
    )


def _moment(text: str, place: tuple[int, int]) -> datetime:
    try:
        return moment(text.replace(" UTC", "+00:00"))
    except SpecError:
        if any(one.isalpha() for one in text.removesuffix(" UTC")):
            fact = f"FOR TIMESTAMP AS OF takes a time in UTC or with an offset, not '{text}'"
            raise SqlError("NOT_SUPPORTED", fact, *place) from None
        raise SqlError("INVALID_LITERAL", f"'{text}' is not a valid TIMESTAMP literal", *place) from None


@dataclass(frozen=True)
class Starting:
    """A query between its start and its first row."""

    selects: Selects
    execution_id: str

    @property
    def scanned_bytes(self) -> int:
        return self.selects.scanned(self.execution_id)

    def cancel(self) -> None:
        self.selects.cancel(self.execution_id)
