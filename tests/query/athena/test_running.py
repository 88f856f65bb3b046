"""Steps of an execution that happen at the same time: one wins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lakewright.query.athena.execution import Execution, Request, State
from lakewright.query.athena.running import Live
from lakewright.query.athena.sql import parse
from lakewright.query.athena.workgroups import WorkGroup
from tests.query.athena.conftest import ANALYST


class Work:
    scanned_bytes = 5
    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def live(saved: list[Execution]) -> Live:
    request = Request("SELECT 1", "default", "AwsDataCatalog", "primary", "s3://results/x.csv")
    execution = Execution("x", "ana", request, "DML", "SELECT", State.QUEUED, 100.0)
    return Live(execution, parse("SELECT 1"), ANALYST, WorkGroup("primary"), saved.append)


def final(one: Live, **changes: Any) -> Execution:
    return replace(one.execution, state=State.SUCCEEDED, **changes)


def test_a_stop_before_the_query_has_begun_to_run_reaches_it_later() -> None:
    saved: list[Execution] = []
    one, work = live(saved), Work()
    assert one.begin(101.0)
    assert one.cancel("stop", 102.0)
    one.attach(work)
    assert work.cancelled
    assert not one.finish(final(one))
    assert [each.state for each in saved] == [State.CANCELLED]
    assert (saved[0].times.queue, saved[0].times.engine) == (1000, 1000)


def test_a_stop_reaches_what_runs() -> None:
    one, work = live([]), Work()
    one.begin(101.0)
    one.attach(work)
    assert one.cancel("stop", 102.0)
    assert work.cancelled
    assert not one.cancel("stop", 103.0)


def test_what_was_stopped_in_the_queue_does_not_begin() -> None:
    one = live([])
    assert one.cancel("stop", 103.5)
    assert not one.begin(104.0)
    assert one.execution.times.queue == 3500


def test_a_stop_after_the_end_changes_nothing() -> None:
    saved: list[Execution] = []
    one = live(saved)
    one.begin(101.0)
    assert one.finish(final(one))
    assert not one.cancel("stop", 102.0)
    assert [each.state for each in saved] == [State.SUCCEEDED]
