"""One execution while it lives: steps that several threads may try, of which one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from lakewright.query.athena.execution import Execution, State, Times

if TYPE_CHECKING:
    from lakewright.query.athena.caller import Caller
    from lakewright.query.athena.sql import Statement
    from lakewright.query.athena.workgroups import WorkGroup

BY_USER = "Query cancelled by user"


class Cancellable(Protocol):
    """Something that runs and can be ended from another thread."""

    @property
    def scanned_bytes(self) -> int: ...

    def cancel(self) -> None: ...


class Live:
    """An execution that is queued or running. `execution` is its newest state; `done` is set once that is final."""

    def __init__(
        self,
        execution: Execution,
        statement: Statement,
        caller: Caller,
        workgroup: WorkGroup,
        save: Callable[[Execution], None],
    ) -> None:
        self.execution = execution
        self.statement = statement
        self.caller = caller
        self.workgroup = workgroup
        self.done = threading.Event()
        self._save = save
        self._lock = threading.Lock()
        self._work: Cancellable | None = None

    @property
    def stopped(self) -> bool:
        return self.execution.state.final

    @property
    def scanned_bytes(self) -> int:
        """What its query has read up to now."""
        return 0 if self._work is None else self._work.scanned_bytes

    def begin(self, now: float) -> bool:
        """From queued to running; False when it was stopped before."""
        with self._lock:
            if self.stopped:
                return False
            queue = round((now - self.execution.submitted) * 1000)
            self.execution = replace(self.execution, state=State.RUNNING, times=Times(queue=queue))
            return True

    def attach(self, work: Cancellable) -> None:
        """What a stop has to end from now on; ended at once when the stop was before."""
        with self._lock:
            self._work = work
            stopped = self.stopped
        if stopped:
            work.cancel()

    def finish(self, final: Execution) -> bool:
        """Makes `final` the last state and saves it; False when the execution was stopped before."""
        with self._lock:
            if self.stopped:
                return False
            self._save(final)
            self.execution = final
        self.done.set()
        return True

    def cancel(self, reason: str, now: float) -> bool:
        """Ends it, whether it is queued or running; False when it had ended."""
        with self._lock:
            if self.stopped:
                return False
            final = cancelled(self.execution, reason, now)
            self._save(final)
            self.execution = final
            work = self._work
        self.done.set()
        if work is not None:
            work.cancel()
        return True


def cancelled(execution: Execution, reason: str, now: float) -> Execution:
    waited = round((now - execution.submitted) * 1000)
    queue = execution.times.queue if execution.state is State.RUNNING else waited
    times = replace(execution.times, queue=queue, engine=max(0, waited - queue))
    return replace(execution, state=State.CANCELLED, reason=reason, completed=now, times=times)
