"""Statements that were sent: running, ended, cancelled; their results in chunks, inline or behind links.

What the statement execution API promises of formats, dispositions and limits is in the docstrings of `databricks-sdk`'s
StatementExecutionAPI.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lakewright.rehearse.databricks.faults import invalid
from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.store import Body

if TYPE_CHECKING:
    import pyarrow as pa

STATEMENTS = "/api/2.0/sql/statements"
RESULTS = "/external-results"
INLINE, LINKS = "INLINE", "EXTERNAL_LINKS"
JSON, ARROW, CSV = "JSON_ARRAY", "ARROW_STREAM", "CSV"
ROWS_IN_CHUNK = {INLINE: 10_000, LINKS: 50_000}
MOST_INLINE = 25 << 20
LINK_SECONDS = 900
RESULT_SECONDS = 3600


class Stopped(Exception):  # noqa: N818 - an answer
    """The statement was cancelled."""


@dataclass(frozen=True)
class Wanted:
    """How a request wants its result."""

    disposition: str = INLINE
    format: str = JSON
    rows: int | None = None
    bytes: int | None = None

    @classmethod
    def of(cls, body: Body) -> Wanted:
        """Raises INVALID_PARAMETER_VALUE."""
        disposition, format_ = str(body.get("disposition") or INLINE), str(body.get("format") or JSON)
        if disposition not in ROWS_IN_CHUNK:
            raise invalid(f"Unknown disposition '{disposition}': it is {INLINE} or {LINKS}")
        if format_ not in (JSON, ARROW, CSV):
            raise invalid(f"Unknown format '{format_}': it is {JSON}, {ARROW} or {CSV}")
        if disposition == INLINE and format_ != JSON:
            raise invalid(f"The format {format_} is supported with the disposition {LINKS} only")
        limits = [None if body.get(name) is None else int(body[name]) for name in ("row_limit", "byte_limit")]
        if any(one is not None and one < 1 for one in limits):
            raise invalid("row_limit and byte_limit must be greater than 0")
        return cls(disposition, format_, *limits)


@dataclass(frozen=True)
class Chunk:
    """Some rows of a result: as they are (inline), or as the bytes behind a link."""

    offset: int
    count: int
    rows: pa.Table | None = None
    content: bytes = b""


@dataclass(frozen=True)
class Result:
    wanted: Wanted
    schema: Body
    chunks: tuple[Chunk, ...]
    truncated: bool

    @property
    def count(self) -> int:
        return sum(one.count for one in self.chunks)

    def manifest(self) -> Body:
        chunks: list[Body] = []
        for number, one in enumerate(self.chunks):
            size = {} if one.rows is not None else {"byte_count": len(one.content)}
            chunks.append({"chunk_index": number, "row_offset": one.offset, "row_count": one.count, **size})
        found: Body = {
            "format": self.wanted.format,
            "schema": self.schema,
            "total_chunk_count": len(chunks),
            "total_row_count": self.count,
            "chunks": chunks,
            "truncated": self.truncated,
        }
        if self.wanted.disposition == LINKS:
            found["total_byte_count"] = sum(len(one.content) for one in self.chunks)
        return found


def result_of(rows: pa.Table, wanted: Wanted) -> Result:
    """Raises SqlProblem for what is too large to be inline."""
    from lakewright.rehearse.databricks.sql.results import encoded, schema_of

    whole = rows.num_rows
    if wanted.rows is not None:
        rows = rows.slice(0, wanted.rows)
    if wanted.bytes is not None:
        rows = rows.slice(0, _within(rows, wanted.bytes))
    if wanted.disposition == INLINE and rows.nbytes > MOST_INLINE:
        text = (
            f"Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at "
            f"most {MOST_INLINE} bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you want to "
            "download the full result."
        )
        raise SqlProblem("RESULT_SIZE_LIMIT_EXCEEDED", text, "54000")
    size = ROWS_IN_CHUNK[wanted.disposition]
    chunks = []
    for at in range(0, rows.num_rows, size):
        some = rows.slice(at, size)
        if wanted.disposition == INLINE:
            chunks.append(Chunk(at, some.num_rows, some))
        else:
            chunks.append(Chunk(at, some.num_rows, None, encoded(some, wanted.format, is_first=at == 0)))
    return Result(wanted, schema_of(rows), tuple(chunks), rows.num_rows < whole)


def _within(rows: pa.Table, limit: int) -> int:
    """How many of the first rows take so many bytes."""
    low, high = 0, rows.num_rows
    while low < high:
        middle = (low + high + 1) // 2
        if rows.slice(0, middle).nbytes <= limit:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass
class Execution:
    """One statement of one principal, in one workspace. `stops` ends a query by its id."""

    id: str
    principal: str
    workspace: int
    wanted: Wanted
    stops: Callable[[str], None]
    done: Future[Result] = field(default_factory=Future)
    cancelled: bool = False
    until: float | None = None
    """When its result goes, once there is one."""
    _query: str = ""
    _is_beyond: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begins(self, query: str) -> None:
        """A query of it starts. Raises Stopped."""
        with self._lock:
            if self.cancelled:
                raise Stopped
            self._query = query

    def alive(self) -> None:
        """From now on it is done, whatever happens. Raises Stopped."""
        with self._lock:
            if self.cancelled:
                raise Stopped
            self._is_beyond = True

    def cancel(self) -> None:
        """Without effect on what has ended, or is being written."""
        with self._lock:
            if self._is_beyond or self.done.done():
                return
            self.cancelled = True
            query = self._query
        if query:
            self.stops(query)

    def shown(self, links: Links) -> Body:
        """As the API answers it."""
        found: Body = {"statement_id": self.id}
        if self.cancelled:
            return found | {"status": {"state": "CANCELED"}}
        if not self.done.done():
            return found | {"status": {"state": "RUNNING" if self.done.running() else "PENDING"}}
        error = self.done.exception()
        if isinstance(error, SqlProblem):
            said = {"error_code": error.code, "message": str(error)}
            return found | {"status": {"state": "FAILED", "error": said, "sql_state": error.state}}
        if error is not None:
            said = {"error_code": "INTERNAL_ERROR", "message": f"{type(error).__name__}: {error}"}
            return found | {"status": {"state": "FAILED", "error": said}}
        if self.is_closed(links.clock()):
            return found | {"status": {"state": "CLOSED"}}
        result = self.done.result()
        body: Body = {"status": {"state": "SUCCEEDED"}, "manifest": result.manifest()}
        return found | body | {"result": self.chunk(0, links)}

    def is_closed(self, now: float) -> bool:
        return self.until is not None and now > self.until

    def chunk(self, number: int, links: Links) -> Body:
        """Raises INVALID_PARAMETER_VALUE."""
        if self.cancelled or not self.done.done() or self.done.exception() is not None or self.is_closed(links.clock()):
            raise invalid(f"The statement {self.id} has no result")
        from lakewright.rehearse.databricks.sql.results import arrays

        result = self.done.result()
        if number and number >= len(result.chunks):
            raise invalid(f"There is no chunk {number}")
        one = result.chunks[number] if result.chunks else Chunk(0, 0)
        found: Body = {"chunk_index": number, "row_offset": one.offset, "row_count": one.count}
        if number + 1 < len(result.chunks):
            link = f"{STATEMENTS}/{self.id}/result/chunks/{number + 1}"
            found |= {"next_chunk_index": number + 1, "next_chunk_internal_link": link}
        if result.wanted.disposition == INLINE:
            return found | {"data_array": list(arrays(one.rows)) if one.rows is not None else []}
        if not result.chunks:
            return {"external_links": []}
        url, until = links.made(self, number)
        return {"external_links": [found | {"byte_count": len(one.content), "external_link": url, "expiration": until}]}


@dataclass(frozen=True)
class Links:
    """Addresses of chunks that need no token: signed, for a quarter of an hour. `address` is that of a workspace."""

    key: bytes = field(repr=False)
    address: Callable[[int], str]
    clock: Callable[[], float]

    def made(self, execution: Execution, chunk: int) -> tuple[str, str]:
        """The address, and until when it is good."""
        until = int(self.clock()) + LINK_SECONDS
        path = f"{RESULTS}/{execution.id}/{chunk}"
        url = f"{self.address(execution.workspace)}{path}?expires={until}&signature={self._signature(path, str(until))}"
        return url, datetime.fromtimestamp(until, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def refuses(self, path: str, expires: str, signature: str) -> str:
        """Why an address is not good; empty when it is."""
        if not hmac.compare_digest(self._signature(path, expires).encode(), signature.encode(errors="replace")):
            return "SignatureDoesNotMatch"
        return "" if self.clock() <= int(expires) else "AccessDenied: Request has expired"

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self.key, f"{path}?{expires}".encode(), hashlib.sha256).hexdigest()
