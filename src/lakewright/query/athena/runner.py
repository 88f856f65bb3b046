"""Brings a running execution to its end, whatever kind of statement it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lakewright.errors import LakewrightError
from lakewright.observe import Event, Observer
from lakewright.query.athena import failures
from lakewright.query.athena.columns import column_info
from lakewright.query.athena.commands import Commands, Context, Done, Lines, Written
from lakewright.query.athena.errors import AwsError
from lakewright.query.athena.execution import Execution, Result, State, Work
from lakewright.query.athena.explain import check_explainable, explained
from lakewright.query.athena.failures import Failure
from lakewright.query.athena.history import History
from lakewright.query.athena.parameters import bound
from lakewright.query.athena.prepared import PreparedStatements
from lakewright.query.athena.problems import failure_of
from lakewright.query.athena.results import Results, ResultTooLarge, Target, target_of
from lakewright.query.athena.reuse import reusable, reuse_key, wanted_age
from lakewright.query.athena.running import Live
from lakewright.query.athena.selects import Asked, Selected, Selects, Starting
from lakewright.query.athena.sql import SqlError, Statement, csv, parse
from lakewright.query.governed.terms import Limits
from lakewright.storage.objects import ObjectError

if TYPE_CHECKING:
    from lakewright.governance import Principal

Note = Callable[[str, "Principal", str, Exception | None, str], None]
"""(execution, who, the statement as written, why it failed, what else there is to say); as `Governor.note`."""
KNOWN_FAILURES = (SqlError, AwsError, LakewrightError, ResultTooLarge, ObjectError)


QUERIES = ("select", "explain", "execute")
"""Kinds of statement whose ends the Governor notes."""


@dataclass(frozen=True)
class Outcome:
    """What a statement gave. `location` replaces the output location where it is not empty."""

    result: Result = field(default_factory=Result)
    work: Work = field(default_factory=Work)
    planning: float = 0.0
    reading: Mapping[str, Any] | None = None
    location: str = ""


@dataclass(frozen=True)
class Task:
    """An execution with the statement that runs: for an EXECUTE what it stands for, with what its `?` are."""

    live: Live
    statement: Statement
    parameters: tuple[str, ...]

    @property
    def target(self) -> Target:
        return target_of(self.live.execution)


@dataclass(frozen=True)
class Workshop:
    """What running needs. `unchanged` tells whether grants and tables are as a stored execution had them; `note` keeps
    in the audit what no query of `selects` does."""

    selects: Selects
    results: Results
    prepared: PreparedStatements
    history: History
    commands: Commands
    unchanged: Callable[[Execution, Principal], bool]
    note: Note
    clock: Callable[[], float]
    threads: int
    observe: Observer


class Runner:
    """Called in a thread of the queue with each execution."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._routes: Mapping[str, Callable[[Task], Outcome]] = {
            "select": self._select,
            "explain": self._explain,
            "prepare": self._prepare,
            "deallocate": self._deallocate,
        }

    def __call__(self, live: Live) -> None:
        if not live.begin(self._shop.clock()):
            return
        try:
            final = self._succeeded(live)
            if final.reused or live.statement.kind not in QUERIES:
                self._note(live, None, "the result that was stored before" if final.reused else "")
        except KNOWN_FAILURES as error:
            self._note(live, error)
            final = self._ended(live, failure_of(error, live.statement))
        except BaseException:
            self._shop.observe(Event("athena.internal", {"error": repr(sys.exception())}, "error"))
            live.finish(self._ended(live, failures.INTERNAL_ERROR))
            raise
        if not live.finish(final) and final.state is State.SUCCEEDED and not final.reused:
            self._shop.results.remove(final)

    def _succeeded(self, live: Live) -> Execution:
        task = self._task(live)
        request = live.execution.request
        key = ""
        if task.statement.kind == "select":
            text = task.statement.body + "\0" + "\0".join(task.parameters)
            key = reuse_key(live.execution.principal, request, text)
            if (stored := self._stored(live, key)) is not None:
                return self._again(live, stored)
        began = self._shop.clock()
        outcome = self._routes.get(task.statement.kind, self._command)(task)
        engine = self._shop.clock() - began - outcome.planning
        planning, engine = _milliseconds(outcome.planning), max(1, _milliseconds(engine))
        return replace(
            live.execution,
            state=State.SUCCEEDED,
            completed=self._shop.clock(),
            times=replace(live.execution.times, planning=planning, engine=engine, service=1),
            result=outcome.result,
            work=outcome.work,
            reading=outcome.reading,
            reuse_key=key,
            request=replace(request, location=outcome.location or request.location),
        )

    def _note(self, live: Live, failure: Exception | None, detail: str = "") -> None:
        execution = live.execution
        self._shop.note(execution.id, live.caller.principal, execution.request.query, failure, detail)

    def _ended(self, live: Live, failure: Failure) -> Execution:
        now = self._shop.clock()
        engine = max(1, _milliseconds(now - live.execution.submitted) - live.execution.times.queue)
        return replace(
            live.execution,
            state=failure.state,
            reason=failure.reason,
            error=failure.error,
            completed=now,
            times=replace(live.execution.times, engine=engine),
            work=Work(scanned_bytes=live.scanned_bytes),
        )

    def _task(self, live: Live) -> Task:
        statement, request = live.statement, live.execution.request
        given = tuple(bound(one) for one in request.parameters)
        if statement.kind != "execute":
            return Task(live, statement, given if statement.parameters else ())
        text = self._shop.prepared.text(statement.name, request.workgroup)
        if text is None:
            raise SqlError("NOT_FOUND", f"Prepared statement not found: {statement.name}")
        return Task(live, parse(text, request.database, request.catalog.lower()), statement.arguments or given)

    def _stored(self, live: Live, key: str) -> Execution | None:
        """A stored result that may stand for this one, when the client wants that."""
        age = wanted_age(live.execution.request.reuse)
        if age is None:
            return None
        since = self._shop.clock() - age
        principal = live.caller.principal
        return reusable(
            self._shop.history, self._shop.results, key, since, lambda one: self._shop.unchanged(one, principal)
        )

    def _again(self, live: Live, stored: Execution) -> Execution:
        return replace(
            live.execution,
            state=State.SUCCEEDED,
            completed=self._shop.clock(),
            times=replace(live.execution.times, service=1),
            result=replace(stored.result, owner_execution=stored.result.owner_execution or stored.id),
            work=Work(output_rows=stored.work.output_rows, output_bytes=stored.work.output_bytes, updated=0),
            reading=stored.reading,
            reused=True,
            request=replace(live.execution.request, location=stored.request.location),
        )

    def _started(self, task: Task, *, explain: bool = False) -> Selected:
        live, workgroup, execution = task.live, task.live.workgroup, task.live.execution
        spent = self._shop.clock() - execution.submitted - execution.times.queue / 1000
        limits = Limits(
            memory=workgroup.memory,
            seconds=max(0.001, workgroup.seconds - spent),
            threads=self._shop.threads,
            scan_bytes=workgroup.scan_limit,
        )
        asked = Asked(
            execution.id,
            live.caller.principal,
            execution.request.query,
            task.statement,
            task.parameters,
            limits,
            explain,
        )
        live.attach(Starting(self._shop.selects, execution.id))
        selected = self._shop.selects.run(asked)
        live.attach(selected)
        return selected

    def _select(self, task: Task) -> Outcome:
        selected = self._started(task)
        try:
            columns = [column_info(column.name, column.type) for column in selected.columns]
            chunks = csv(selected.batches(), selected.columns)
            result = self._shop.results.write_csv(task.target, chunks, columns)
        finally:
            selected.close()
        return self._outcome(selected, result, updated=0)

    def _explain(self, task: Task) -> Outcome:
        check_explainable(task.statement)
        selected = self._started(task, explain=True)
        try:
            lines = ["Query Plan", *explained(task.statement, selected.batches())]
        finally:
            selected.close()
        result = self._shop.results.write_lines(task.target, lines, [column_info("Query Plan", "varchar")], header=True)
        return self._outcome(selected, result, updated=None)

    def _outcome(self, selected: Selected, result: Result, updated: int | None) -> Outcome:
        work = Work(
            scanned_bytes=selected.scanned_bytes,
            input_rows=selected.scanned_rows,
            output_rows=max(0, result.rows - result.header),
            output_bytes=result.size,
            updated=updated,
        )
        return Outcome(result, work, selected.planning, selected.reading)

    def _prepare(self, task: Task) -> Outcome:
        inner = task.statement.inner
        if inner is None or inner.kind in ("prepare", "execute", "deallocate"):
            raise SqlError("NOT_SUPPORTED", "Invalid statement type for prepared statement")
        self._shop.prepared.keep(task.statement.name, task.live.workgroup.name, inner.text.strip(), replace=False)
        return self._nothing(task)

    def _deallocate(self, task: Task) -> Outcome:
        name = task.statement.name
        if not self._shop.prepared.drop(name, task.live.workgroup.name):
            raise SqlError("NOT_FOUND", f"Prepared statement not found: {name}")
        return self._nothing(task)

    def _nothing(self, task: Task) -> Outcome:
        return Outcome(self._shop.results.write_lines(task.target, [], [], header=False))

    def _command(self, task: Task) -> Outcome:
        live, request = task.live, task.live.execution.request
        selects: list[Selected] = []

        def select(query: Statement) -> Selected:
            selects.append(self._started(replace(task, statement=query)))
            return selects[-1]

        context = Context(
            execution_id=live.execution.id,
            caller=live.caller,
            database=request.database,
            workgroup=live.workgroup,
            output=request.location,
            select=select,
            stopped=lambda: live.stopped,
        )
        try:
            answer = self._shop.commands.run(task.statement, context)
        finally:
            for one in selects:
                one.close()
        return _counted(self._stored_answer(task, answer), selects)

    def _stored_answer(self, task: Task, answer: Lines | Written | Done) -> Outcome:
        target = task.target
        match answer:
            case Lines(columns=columns, lines=lines):
                described = [column_info(name, kind) for name, kind in columns]
                result = self._shop.results.write_lines(target, lines, described, header=False)
                work = Work(output_rows=len(lines), output_bytes=result.size, updated=0)
                return Outcome(result, work)
            case Written(kind=kind, rows=rows, files=files, location=location):
                placed = replace(target, location=location or target.location)
                result = self._shop.results.write_count(placed, kind, rows)
                manifest = self._shop.results.write_manifest(target, files) if files else ""
                return Outcome(result, Work(output_rows=rows, updated=rows, manifest=manifest), location=location)
            case Done():
                return self._nothing(task)


def _counted(outcome: Outcome, selects: list[Selected]) -> Outcome:
    """With what the statement's own queries read."""
    work = replace(
        outcome.work,
        scanned_bytes=sum(one.scanned_bytes for one in selects),
        input_rows=sum(one.scanned_rows for one in selects),
    )
    return replace(outcome, work=work, planning=sum(one.planning for one in selects))


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))
