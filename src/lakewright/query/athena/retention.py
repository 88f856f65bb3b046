"""How long results and history are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lakewright.query.athena.execution import Execution, Form
from lakewright.query.athena.history import History
from lakewright.query.athena.results import Results
from lakewright.query.athena.workgroups import PRIMARY, WorkGroup, WorkGroups

DAY = 86_400.0
HISTORY_DAYS = 45
"""Athena's own: executions are listed for 45 days."""


class Retention:
    """Removes results after their workgroup's days (30 by default), and executions after 45 days."""

    def __init__(self, history: History, results: Results, workgroups: WorkGroups, clock: Callable[[], float]) -> None:
        self._history = history
        self._results = results
        self._workgroups = workgroups
        self._clock = clock

    def sweep(self) -> int:
        """The number of results that were removed."""
        now = self._clock()
        shortest = min((self._days(name) for name in self._workgroups.names()), default=30.0)
        removed = 0
        for execution in self._history.completed(0, now - shortest * DAY):
            age = now - (execution.completed or now)
            if self._has_result(execution) and age >= self._days(execution.request.workgroup) * DAY:
                self._remove(execution)
                removed += 1
            if age >= max(HISTORY_DAYS, self._days(execution.request.workgroup)) * DAY:
                self._history.forget([execution.id])
        return removed

    def _remove(self, execution: Execution) -> None:
        if not execution.reused:
            self._results.remove(execution)
        self._history.save(replace(execution, result=replace(execution.result, form=Form.REMOVED), reuse_key=""))

    def _has_result(self, execution: Execution) -> bool:
        return execution.result.form in (Form.CSV, Form.LINES)

    def _days(self, workgroup: str) -> float:
        return (self._workgroups.settings(workgroup) or WorkGroup(PRIMARY)).keep_days
