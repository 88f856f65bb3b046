"""All models, run in order against one pinned state of their sources."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from lakewright.bronze.state import BronzeState
from lakewright.engines import Engine, Session
from lakewright.engines.attended import end
from lakewright.errors import LakewrightError, ProblemError
from lakewright.models import Models
from lakewright.observe import Event, Observer, ignore
from lakewright.pipeline.contents import Memory
from lakewright.pipeline.histories import Histories
from lakewright.pipeline.inputs import Input, Mark, Published, TableInput, bronze_inputs, position_of
from lakewright.pipeline.locks import TableLocks
from lakewright.pipeline.merge import Merger
from lakewright.pipeline.prepared import prepare
from lakewright.pipeline.report import ModelReport, RunReport
from lakewright.pipeline.state import TableState, decide, read_state
from lakewright.pipeline.task import Range, Run, Task
from lakewright.pipeline.translations import Translations
from lakewright.pipeline.work import Worker
from lakewright.storage import Storage
from lakewright.tables import Table, open_table

ReadStates = Callable[[], Sequence[BronzeState]]


@dataclass(frozen=True, slots=True)
class Request:
    """What one run is asked for. `models` None: all. `refresh`: compute from scratch. `span`: the rows whose time
    column lies in it, again. `replay`: the scopes in quarantine, again. `upto`: no later position than this."""

    models: Collection[str] | None = None
    refresh: bool = False
    span: Range | None = None
    replay: bool = False
    upto: int | None = None


class Pipeline:
    """Runs models over a lake; may be kept, so that tables, translations and small tables' rows stay at hand.

    `in_memory`: keep copies of small tables in the engine between cycles (for `up`). `state_dir` holds locks and the
    history of runs. Not to be used by two threads at once.
    """

    def __init__(
        self,
        storage: Storage,
        models: Models,
        engine: Engine,
        read_states: ReadStates,
        state_dir: Path,
        *,
        observe: Observer = ignore,
        threads: int = 2,
        in_memory: bool = False,
    ) -> None:
        self.storage = storage
        self.models = models
        self.prepared = prepare(models)
        self.locks = TableLocks(state_dir / "locks")
        engine.reach(storage.location(""))
        self._engine = engine
        self._read_states = read_states
        self._runs = state_dir / "runs"
        self._observe = observe
        self._memory = Memory(engine) if in_memory else None
        self._histories = Histories(storage) if in_memory else None
        self._merger = Merger(engine, self._memory)
        self._translations = Translations(engine)
        self._published = Published()
        self._threads = threads
        self._all_sessions = [engine.session() for _ in range(threads)]
        self._sessions: SimpleQueue[Session] = SimpleQueue()
        for session in self._all_sessions:
            self._sessions.put(session)
        self.tables: dict[str, Table] = {}
        for name, prepared in self.prepared.items():
            self.tables[name] = open_table(storage, name)
            self.tables[prepared.quarantine] = open_table(storage, prepared.quarantine)

    def cycle(self, request: Request | None = None) -> RunReport:
        """One run over all or some models. Problems of one model are in its report and stop only what depends on it."""
        wanted = request or Request()
        started = datetime.now(UTC)
        states = self._read_states()
        positions = {state.source: position_of(state, wanted.upto) for state in states}
        run = Run(f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}", started, positions)
        bronze = bronze_inputs(self.storage, states, positions, self._published, self._histories)
        chosen = [name for name in self.prepared if wanted.models is None or name in wanted.models]
        reports = _InOrder(self, run, bronze, wanted, chosen).reports()
        session = self._sessions.get()
        self._published.clear(session)
        self._sessions.put(session)
        seconds = (datetime.now(UTC) - started).total_seconds()
        at = {state.source: state.at for state in states}
        report = RunReport(run.id, started, seconds, positions, tuple(reports[name] for name in chosen), at)
        self._keep(report)
        if self._memory is not None:  # the tables are made: what follows is small
            self._engine.share(self._threads)
        return report

    def one(self, run: Run, name: str, bronze: Mapping[str, Input], wanted: Request) -> ModelReport:
        """Runs one model whose inputs are ready."""
        session = self._sessions.get()
        try:
            with self.locks.hold(name, f"run {run.id}"):
                task = self._task(name, bronze, wanted)
                if isinstance(task, ModelReport):
                    return task
                worker = Worker(self._engine, session, self._merger, self._translations, self.tables, run)
                return worker.do(task)
        finally:
            self._sessions.put(session)

    def _task(self, name: str, bronze: Mapping[str, Input], wanted: Request) -> Task | ModelReport:
        prepared = self.prepared[name]
        self._refresh(name)
        inputs = {table: self._input(table, bronze) for table in prepared.model.inputs}
        stopped = [found.stopped for found in inputs.values() if found.stopped]
        if stopped:
            return ModelReport(name, "skipped", "; ".join(stopped))
        state = read_state(self.tables[name], inputs)
        decision = decide(prepared, state, _now(inputs, state), wanted.refresh)
        more = wanted.span is not None or wanted.replay
        if decision.doing == "none" and (not more or decision.reason.startswith("the table is already")):
            return ModelReport(name, "unchanged", decision.reason, version=None if state is None else state.version)
        return Task(
            prepared,
            decision,
            state,
            inputs,
            self._table_input(name),
            self._table_input(prepared.quarantine),
            wanted.span,
            wanted.replay,
        )

    def _refresh(self, name: str) -> None:
        """Looks for commits of others. Under the lock there can be none but those of people who do not use it."""
        self.tables[name].refresh()
        quarantine = self.tables[self.prepared[name].quarantine]
        quarantine.exists()

    def _input(self, table: str, bronze: Mapping[str, Input]) -> Input:
        if table in self.prepared:
            if not self.tables[table].exists():
                raise ProblemError("LW702", f"{table} is not made yet", place=table, hint=f"lakewright run {table}")
            return self._table_input(table)
        if table not in bronze:
            raise ProblemError(
                "LW703", f"{table} is not in Bronze", place=table, hint="check the source's tables, then ingest once"
            )
        return bronze[table]

    def _table_input(self, name: str) -> TableInput:
        return TableInput(self._engine, self.tables[name], self._published, self._memory)

    def tell(self, run: Run, report: ModelReport) -> None:
        fields = {
            "run": run.id,
            "model": report.name,
            "action": report.action,
            "reason": report.reason,
            "rows": report.rows_out,
            "quarantined": report.quarantined,
            "seconds": report.seconds,
            "error": report.error,
        }
        self._observe(Event("pipeline.model", fields, "error" if report.error else "info"))

    def interrupt(self) -> None:
        """Ends the statements that run now; their models fail."""
        for session in self._all_sessions:
            session.interrupt()

    @property
    def threads(self) -> int:
        return self._threads

    def _keep(self, report: RunReport) -> None:
        """Appends the run to the history, unless nothing happened."""
        self._observe(
            Event("pipeline.run", {"run": report.run, "seconds": report.seconds, "positions": dict(report.positions)})
        )
        if not report.changed and report.ok:
            return
        self._runs.mkdir(parents=True, exist_ok=True)
        with (self._runs / f"{report.started:%Y-%m-%d}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(report.as_dict(), default=str) + "\n")

    def close(self) -> None:
        self._engine.close()


class _InOrder:
    """Runs models as soon as those they read are done, on a few threads; of those that could run, Silver goes first,
    so that it is not kept waiting by Gold."""

    def __init__(
        self, pipeline: Pipeline, run: Run, bronze: Mapping[str, Input], wanted: Request, chosen: Sequence[str]
    ) -> None:
        self._pipeline = pipeline
        self._run = run
        self._bronze = bronze
        self._wanted = wanted
        self._waiting = {
            name: {table for table in pipeline.prepared[name].model.inputs if table in chosen} for name in chosen
        }
        self._reports: dict[str, ModelReport] = {}

    def reports(self) -> Mapping[str, ModelReport]:
        with ThreadPoolExecutor(self._pipeline.threads, thread_name_prefix="model") as pool:
            running: dict[Future[ModelReport], str] = {}
            while self._waiting or running:
                for name in self._ready()[: self._pipeline.threads - len(running)]:
                    del self._waiting[name]
                    running[pool.submit(self._one, name)] = name
                try:
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                except KeyboardInterrupt:
                    end(running, self._pipeline.interrupt)
                    raise
                for future in done:
                    name = running.pop(future)
                    self._reports[name] = future.result()
                    self._pipeline.tell(self._run, self._reports[name])
                    for inputs in self._waiting.values():
                        inputs.discard(name)
        return self._reports

    def _ready(self) -> list[str]:
        """Models whose inputs are done, the most urgent first."""
        ready = [name for name, inputs in self._waiting.items() if not inputs]
        return sorted(ready, key=lambda name: self._pipeline.prepared[name].model.layer != "silver")

    def _one(self, name: str) -> ModelReport:
        bad = [
            table
            for table in self._pipeline.prepared[name].model.inputs
            if table in self._reports and (self._reports[table].error or self._reports[table].action == "skipped")
        ]
        if bad:
            why = self._reports[bad[0]]
            return ModelReport(name, "skipped", f"{bad[0]} did not run: {why.error or why.reason}")
        try:
            return self._pipeline.one(self._run, name, self._bronze, self._wanted)
        except LakewrightError as error:
            return ModelReport(name, "failed", error=str(error))


def _now(inputs: Mapping[str, Input], state: TableState | None) -> Mapping[str, Mark]:
    """How far each input has moved; one that cannot have changed since it was read counts as not moved."""
    found: dict[str, Mark] = {}
    for name, item in inputs.items():
        mark = state.marks.get(name) if state is not None else None
        found[name] = mark if mark is not None and not item.moved(mark) else item.mark()
    return found
