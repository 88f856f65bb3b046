"""Runs principals' queries: decides, plans, reads what is permitted, and writes down what happened."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal
from lakewright.models.types import duckdb_type
from lakewright.query.audit import Audit, Event
from lakewright.query.governed.answer import Answer, Running, Stats, failure_of
from lakewright.query.governed.deciding import Deciding, Permitted
from lakewright.query.governed.folding import ROWS, Folded, fold
from lakewright.query.governed.link import Closed, pair
from lakewright.query.governed.planning import Need, needs
from lakewright.query.governed.pool import READER, USER, Pool, Worker
from lakewright.query.governed.problems import Cancelled, QueryFailed, Refused, TimedOut, Unreadable
from lakewright.query.governed.selects import permitted_select
from lakewright.query.governed.terms import Limits, Query, Reading, Sources, TableRead
from lakewright.query.governed.visible import Visible

Clock = Callable[[], datetime]
REFUSAL_STEP = 0.05
"""Seconds; refusals take a multiple of it."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Reach:
    """What a trusted reader needs beside files: statements for its engine (S3 credentials, asked for anew for each
    query, since they expire), network, and more paths (certificates, the resolver)."""

    setup: Callable[[], Sequence[str]] = tuple
    network: bool = False
    locations: Sequence[str] = (
        "/etc/resolv.conf",
        "/etc/hosts",
        "/etc/nsswitch.conf",
        "/etc/ssl",
        "/usr/share/ca-certificates",
    )


@dataclass(frozen=True)
class _Started:
    """A query that has not ended."""

    query: Query
    running: Running
    stats: Stats
    began: float


class Governor:
    """One per process. `sources` and `policy` are asked anew for each query, so that changes count at once."""

    def __init__(
        self,
        sources: Callable[[], Sources],
        policy: Callable[[], Policy],
        audit: Audit,
        *,
        reach: Reach | None = None,
        preludes: Sequence[str] = ("",),
        seldom: Sequence[str] = (),
        ahead: int = 2,
        clock: Clock = utc_now,
    ) -> None:
        self._sources = sources
        self._policy = policy
        self._audit = audit
        self._reach = reach or Reach()
        self._clock = clock
        self._pool = Pool(preludes, ahead=ahead, network=self._reach.network, seldom=seldom)
        self._deadlines = Deadlines()
        self._running: dict[str, _Started] = {}
        self._lock = threading.Lock()
        self._notes = ThreadPoolExecutor(1, "query-audit")

    def visible(self, principal: Principal) -> Visible:
        """The catalog as the principal may see it, now."""
        return Visible(self._sources(), self._policy(), principal, self._clock())

    def run(self, query: Query) -> Answer:
        """Starts a query; its rows come through the answer. Raises QueryFailed, and what `query.compile` raises."""
        began = time.perf_counter()
        try:
            permitted = self._permitted(query)
            sql = query.compile({name: table.columns for name, table in permitted.items()})
            noted = self._note(query, Stats(), None, outcome="started")
            answer = self._start(query, permitted, sql, began)
            noted.result()  # no row leaves before it is on the disk that somebody asked
        except Refused as error:
            self._ended(query, Stats(seconds=time.perf_counter() - began), error)
            time.sleep(-(time.perf_counter() - began) % REFUSAL_STEP)  # how long a look took tells nothing
            raise
        except Exception as error:  # whatever a dialect says of the statement: written down, and passed on
            self._ended(query, Stats(seconds=time.perf_counter() - began), error)
            raise
        except KeyboardInterrupt:
            if not self._cut(query.id):
                self._ended(query, Stats(seconds=time.perf_counter() - began), Cancelled())
            raise
        return answer

    def cancel(self, query_id: str) -> bool:
        """Ends a running query, from any thread; False when there is none of that id."""
        with self._lock:
            started = self._running.get(query_id)
        if started is not None:
            started.running.end(Cancelled())
        return started is not None

    def scanned(self, query_id: str) -> int:
        """Bytes that a running query's scans have delivered; 0 when there is none of that id."""
        with self._lock:
            started = self._running.get(query_id)
        return 0 if started is None else started.running.scanned_so_far()

    def note(self, query_id: str, principal: Principal, text: str, failure: Exception | None, detail: str = "") -> None:
        """For the audit: a statement that ended without a query here, or after it. Returns when it is on the disk."""
        if failure is not None and vars(failure).get("noted"):
            return
        outcome, detail = ("succeeded", detail) if failure is None else (_outcome(failure), _detail(failure))
        event = Event(self._clock(), query_id, principal.name, text, outcome=outcome, detail=detail)
        self._notes.submit(self._audit.append, event).result()

    def still_permitted(self, stored: Reading, principal: Principal) -> bool:
        """Whether a result that was made before may be given to the principal now: each decision is still the same."""
        deciding = Deciding(self._sources(), self._policy(), principal, self._clock())
        return all(deciding.fingerprint(name) == before for name, before in stored.tables.items())

    def in_force(self) -> Mapping[str, Mapping[str, bool]]:
        """What the kernel takes from the processes, by role: namespaces, landlock, seccomp."""
        return self._pool.in_force()

    def close(self) -> None:
        """Ends every query, and writes down that it did."""
        self._deadlines.close()
        with self._lock:
            open_ones = list(self._running)
        for query_id in open_ones:
            self._cut(query_id)
        self._pool.close()
        self._notes.shutdown()

    def _permitted(self, query: Query) -> dict[str, Permitted]:
        """Every table of the query, decided. Raises Refused, the same for hidden and for missing tables."""
        if not query.tables:
            return {}
        deciding = Deciding(self._sources(), self._policy(), query.principal, self._clock())
        return {name: deciding.permitted(query.table(name), pin) for name, pin in query.tables.items()}

    def _start(
        self, query: Query, permitted: Mapping[str, Permitted], sql: str, began: float, *, again: bool = True
    ) -> Answer:
        """`again`: once more with other processes, if these went because what they come from had just been killed."""
        user = self._pool.take(USER, query.prelude)
        running = Running(user, None, query.limits)
        self._deadlines.add(query.limits.seconds, running)
        stats = Stats()
        with self._lock:
            self._running[query.id] = _Started(query, running, stats, began)

        def over(failure: QueryFailed | None) -> None:
            if not (again and running.is_orphan(failure)):
                self._over(query, stats, failure)

        try:
            stats.tables = tuple(self._hand_over(query, permitted, sql, running))
            answer = Answer(running, stats, self._reading(query, permitted), began, over)
        except Closed:
            failure = running.failure()
        except QueryFailed as error:
            failure = error
        else:
            again = False
            return answer
        again = again and running.is_orphan(failure)
        running.release()
        if not again:
            raise failure from None
        return self._start(query, permitted, sql, began, again=False)

    def _hand_over(
        self, query: Query, permitted: Mapping[str, Permitted], sql: str, running: Running
    ) -> list[TableRead]:
        """Gives the principal's process its job and, once the plan is known, the reader its own."""
        limits = query.limits
        job: dict[str, Any] = {
            "sql": sql,
            "memory": limits.memory,
            "seconds": limits.seconds,
            "threads": limits.threads if permitted else 1,
            "tables": {
                name: {column: duckdb_type(kind) for column, kind in table.columns.items()}
                for name, table in permitted.items()
            },
        }
        if not permitted:
            running.user.link.send(job)
            return []
        mine, theirs = pair()
        with mine, theirs:
            running.user.link.send(job, files=(theirs.fileno(),))
            running.reader = self._pool.take(READER)
            self._prepare(running.reader, permitted, limits)
            plan, _, _ = running.user.link.receive()
            if plan["kind"] == "failed":
                raise failure_of(plan["text"])
            schemas = {name: table.columns for name, table in permitted.items()}
            wanted = {} if "explain" in plan else needs(plan["scans"], schemas)
            folded = _folded(sql, schemas, wanted, limits)
            if wanted:
                running.reader.link.send(_order(permitted, wanted, folded, limits), files=(mine.fileno(),))
                running.reads = True
            else:
                running.reader.release()
                running.reader = None
        views = _views(job["tables"], wanted) if folded is None else [_view(next(iter(wanted)), 0, folded.columns)]
        threads = 1 if plan.get("early") else limits.threads
        running.user.link.send({"threads": threads, "views": views, "sql": sql if folded is None else folded.sql})
        return _reads(query, permitted, wanted)

    def _prepare(self, reader: Worker, permitted: Mapping[str, Permitted], limits: Limits) -> None:
        """The reader makes ready while the statement is planned: it knows where it may read, and not yet what."""
        locations = {path for table in permitted.values() for path in table.source.locations}
        reader.link.send(
            {
                "locations": [*(self._reach.locations if self._reach.network else ()), *sorted(locations)],
                "setup": list(self._reach.setup()),
                "network": self._reach.network,
                "memory": limits.memory,
                "seconds": limits.seconds,
                "threads": limits.threads,
            }
        )

    def _reading(self, query: Query, permitted: Mapping[str, Permitted]) -> Reading:
        return Reading({query.table(name): table.fingerprint for name, table in permitted.items()}, self._clock())

    def _cut(self, query_id: str) -> bool:
        """Ends a running query for which nobody waits any more; False when it is over already."""
        with self._lock:
            started = self._running.pop(query_id, None)
        if started is None:
            return False
        why = Cancelled()
        started.running.end(why)
        started.stats.seconds = time.perf_counter() - started.began
        self._ended(started.query, started.stats, why)
        return True

    def _over(self, query: Query, stats: Stats, failure: QueryFailed | None) -> None:
        """An answer has ended: written down, unless `_cut` did."""
        with self._lock:
            started = self._running.pop(query.id, None)
        if started is not None:
            self._ended(query, stats, failure)

    def _ended(self, query: Query, stats: Stats, failure: Exception | None) -> None:
        with self._lock:
            self._running.pop(query.id, None)
        if isinstance(failure, QueryFailed):
            if failure.noted:
                return
            failure.noted = True
        self._note(query, stats, failure)

    def _note(
        self, query: Query, stats: Stats, failure: Exception | None, *, outcome: str = "succeeded"
    ) -> Future[None]:
        event = Event(
            at=self._clock(),
            id=query.id,
            principal=query.principal.name,
            text=query.text,
            tables=tuple(read.name for read in stats.tables) or tuple(map(query.table, query.tables)),
            columns=tuple(f"{read.name}.{column}" for read in stats.tables for column in read.columns),
            rules=tuple(dict.fromkeys(rule for read in stats.tables for rule in read.because)),
            rows=stats.rows,
            bytes=stats.scanned_bytes,
            seconds=round(stats.seconds, 6),
            outcome=outcome if failure is None else _outcome(failure),
            detail=_detail(failure),
        )
        return self._notes.submit(self._audit.append, event)


def _outcome(failure: Exception) -> str:
    return failure.outcome if isinstance(failure, QueryFailed) else "failed"


def _detail(failure: Exception | None) -> str:
    """For those who may read the audit: a reader's trouble in full."""
    if failure is None:
        return ""
    return failure.detail if isinstance(failure, Unreadable) else str(failure)


def _folded(
    sql: str, schemas: Mapping[str, Mapping[str, str]], wanted: Mapping[str, Need], limits: Limits
) -> Folded | None:
    """A statement with a limit on what it reads sees rows: so it ends while they are read."""
    if len(schemas) != 1 or len(wanted) != 1 or limits.scan_bytes is not None:
        return None
    ((name, need),) = wanted.items()
    return fold(sql, name, schemas[name], need)


def _order(
    permitted: Mapping[str, Permitted], wanted: Mapping[str, Need], folded: Folded | None, limits: Limits
) -> dict[str, Any]:
    """What the reader is to read."""
    selects = [permitted_select(permitted[name].source, permitted[name].allowed, need) for name, need in wanted.items()]
    order: dict[str, Any] = {"tables": selects, "scan_bytes": limits.scan_bytes, "weight": None}
    if folded is not None:
        order["tables"] = [folded.select(selects[0])]
        order["weight"] = {"rows": ROWS, "width": folded.width, "texts": folded.texts}
    return order


def _view(name: str, number: int, columns: Mapping[str, str]) -> dict[str, Any]:
    """All of it delivered."""
    return {"name": name, "number": number, "columns": dict(columns), "delivered": list(columns)}


def _views(tables: Mapping[str, Mapping[str, str]], wanted: Mapping[str, Need]) -> list[dict[str, Any]]:
    """A view for each table that the reader delivers, numbered as the reader's SELECTs are."""
    return [
        {"name": name, "number": number, "columns": dict(tables[name]), "delivered": list(need.columns)}
        for number, (name, need) in enumerate(wanted.items())
    ]


def _reads(query: Query, permitted: Mapping[str, Permitted], wanted: Mapping[str, Need]) -> list[TableRead]:
    return [
        TableRead(
            query.table(name),
            permitted[name].source.version,
            wanted[name].columns if name in wanted else (),
            permitted[name].allowed.because,
        )
        for name in permitted
    ]


class Deadlines:
    """Ends queries whose time is over, in a thread of its own."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, float, weakref.ref[Running]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="query-deadlines", daemon=True)
        self._thread.start()

    def add(self, seconds: float, running: Running) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), seconds, weakref.ref(running)))
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(5)

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                if not self._due:
                    self._changed.wait()
                    continue
                wait = self._due[0][0] - time.monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                _, _, seconds, reference = heapq.heappop(self._due)
                running = reference()
                if running is not None:
                    running.end(TimedOut(seconds))


__all__ = ["Governor", "Reach"]
