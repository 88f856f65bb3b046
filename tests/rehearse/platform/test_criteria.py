"""Each success criterion is met by a rehearsal in which all went well, and fails as soon as its own part is broken."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from lakewright.rehearse.comparison import Comparison, Difference
from lakewright.rehearse.platform.criteria import Criterion, Grade, judged
from lakewright.rehearse.platform.evidence import (
    Alarms,
    Answer,
    Cataloged,
    Counted,
    Evidence,
    JobRun,
    Module,
    Paused,
    Replication,
    StackSeen,
    TableLoaded,
)


def well() -> Evidence:
    """What a rehearsal sees in which everything works."""
    return Evidence(
        environment="dev",
        stacks=[StackSeen("foundation", 12, {"add": 12}, {"apply": 60.0})],
        modules=[Module("kms_key", 2, True, ())],
        second_plan=True,
        replications=[
            Replication("shop", "dms", "running", (TableLoaded("public.core_order", 2000, 2000, 20),), 1.5),
        ],
        crawlers={"bronze": "SUCCEEDED"},
        catalog=[Cataloged("bronze", frozenset({"core_order"}), frozenset({"core_order", "other"}))],
        workflow="COMPLETED",
        jobs=[JobRun("silver", "SUCCEEDED", 3.0)],
        silver=[Counted("silver.order", 2000)],
        gold=[Counted("gold.revenue_metrics", 40)],
        comparisons=[Comparison("gold.revenue_metrics", 40, 400, 0, ())],
        named_queries={"revenue_by_tenant": "SUCCEEDED"},
        answers=[
            Answer("TenantSpecificAnalyst", "SELECT 1", 5, ("1",), ("1",)),
            Answer("DataAnalyst", "SELECT 2", refused="AccessDenied", must_refuse=True),
        ],
        alarms=Alarms({"late": "OK"}, ("overview",), {"job-failures": ("OK", "ALARM")}, 1),
        cost={"usd": 150.0, "noted": "2025-06"},
        budget=200.0,
        followed=20.0,
        paused=Paused(("shop",), (), True, 20, 0, 3.0),
        destroyed={"foundation": 12},
    )


def by_number(evidence: Evidence) -> dict[int, Criterion]:
    return {one.number: one for one in judged(evidence)}


def test_a_good_rehearsal_meets_all_twelve_and_claims_no_more_than_it_saw() -> None:
    found = by_number(well())
    assert sorted(found) == list(range(1, 13))
    assert {number: one.ok for number, one in found.items() if not one.ok} == {}
    assert found[5].grade is Grade.NOT_PROVEN  # Hudi needs Spark
    assert found[8].grade is Grade.EXECUTED


def but(part: Any, **changes: Any) -> Any:
    return replace(part, **changes)


BROKEN: list[tuple[int, str, Callable[[Evidence], Any]]] = [
    (1, "stacks", lambda e: [replace(e.stacks[0], error="boom")]),
    (1, "stacks", lambda e: [replace(e.stacks[0], differences=("aws_kms_key.this",))]),
    (1, "modules", lambda e: [replace(e.modules[0], tests=0)]),
    (2, "replications", lambda e: [replace(e.replications[0], status="stopped")]),
    (2, "replications", lambda e: [replace(e.replications[0], lag=None)]),
    (2, "replications", lambda e: [replace(e.replications[0], tables=())]),
    (2, "replications", lambda e: [replace(e.replications[0], tables=(TableLoaded("public.core_order", 2000, 1999),))]),
    (3, "crawlers", lambda _: {"bronze": "FAILED"}),
    (3, "catalog", lambda e: [replace(e.catalog[0], found=frozenset({"other"}))]),
    (4, "jobs", lambda e: [replace(e.jobs[0], state="FAILED")]),
    (4, "workflow", lambda _: "ERROR"),
    (4, "silver", lambda e: [replace(e.silver[0], rows=0)]),
    (5, "silver", lambda e: [replace(e.silver[0], duplicates=1)]),
    (6, "gold", lambda e: [replace(e.gold[0], rows=0)]),
    (7, "comparisons", lambda _: [Comparison("gold.x", 1, 10, 1, (Difference((1,), "revenue", 2, 3),))]),
    (7, "named_queries", lambda _: {"revenue_by_tenant": "TABLE_NOT_FOUND"}),
    (8, "answers", lambda e: [replace(e.answers[0], sees=("1", "2"))]),
    (8, "answers", lambda e: [replace(e.answers[0], sees=())]),
    (8, "answers", lambda e: [replace(e.answers[0], leaks=("column email is shown",))]),
    (8, "answers", lambda e: [replace(e.answers[1], refused="", rows=3)]),
    (9, "alarms", lambda _: Alarms({}, ())),
    (9, "alarms", lambda e: but(e.alarms, provoked={"job-failures": ("OK",)})),
    (9, "alarms", lambda e: but(e.alarms, delivered=0)),
    (10, "budget", lambda _: 149.99),
    (11, "modules", lambda e: [replace(e.modules[0], readme=False)]),
    (11, "modules", lambda e: [replace(e.modules[0], undescribed=("name",))]),
    (12, "paused", lambda e: but(e.paused, missing=1)),
    (12, "paused", lambda e: but(e.paused, quiet=False)),
    (12, "left", lambda _: ("foundation",)),
]


@pytest.mark.parametrize(("number", "part", "broken"), BROKEN)
def test_each_criterion_fails_when_its_part_is_broken(
    number: int, part: str, broken: Callable[[Evidence], Any]
) -> None:
    evidence = deepcopy(well())
    setattr(evidence, part, broken(evidence))
    found = by_number(evidence)
    assert found[number].ok is False
    allowed = {number} | ({4, 5} if part == "silver" else set()) | ({1, 11} if part == "modules" else set())
    assert {one.number for one in found.values() if one.ok is False} <= allowed


def test_what_was_not_looked_at_is_not_met() -> None:
    found = judged(Evidence("dev"))
    assert {one.ok for one in found} == {None}
    assert {one.grade for one in found} <= {Grade.UNCHECKED, Grade.NOT_PROVEN}


@pytest.mark.parametrize(
    ("module", "of", "declared"),
    [
        ("dms", 2, True),
        ("ingester", 2, True),
        ("glue", 4, True),
        ("file_catalog", 3, True),
        ("file_catalog", 4, False),
        ("lake_formation", 8, True),
        ("monitoring", 9, True),
        ("organization", 2, False),
    ],
)
def test_a_part_that_the_platform_has_is_never_left_out(module: str, of: int, declared: bool) -> None:
    """What it has and was not looked at is unchecked; what it does not have is no criterion of this platform."""
    found = by_number(Evidence("dev", modules=[Module(module, 1, True, ())]))
    assert found[of].declared is declared
    assert bool(found[of].checks) is declared
    assert {number for number in (1, 10, 11, 12) if found[number].declared} == {1, 10, 11, 12}


def test_what_was_seen_is_told_whatever_the_modules_are_called() -> None:
    evidence = replace(well(), modules=[Module("my_own", 1, True, ())])
    assert all(one.declared for one in judged(evidence))
