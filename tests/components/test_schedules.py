"""Schedules: AWS's documented examples are taken; what AWS refuses and what never fires is not."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from lakewright.components.schedules import Schedule

SCHEDULE: TypeAdapter[str] = TypeAdapter(Schedule)

DOCUMENTED = (
    # AWS Glue Developer Guide, "Time-based schedules for jobs and crawlers"; EventBridge User Guide, "Cron expressions"
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(15 10 ? * 6L 2019-2022)",
    "cron(0 9 ? * 2#1 *)",
    "cron(0 10 L * ? *)",
    "cron(0 10 15W * ? *)",
    "cron(0 0 29 2 ? *)",
    "cron(0 9 1,15 JAN,JUL ? 2026)",
)
REFUSED = (
    ("every hour", "six fields"),
    ("rate(1 hour)", "six fields"),
    ("cron(0 10 * * *)", "six fields"),
    ("cron(0 10 * * * *)", "exactly one"),
    ("cron(0 10 ? * ? *)", "exactly one"),
    ("cron(60 10 * * ? *)", "minutes"),
    ("cron(0 24 * * ? *)", "hours"),
    ("cron(0 10 32 * ? *)", "day of month"),
    ("cron(0 10 ? * 8 *)", "day of week"),
    ("cron(0 10 * 13 ? *)", "month"),
    ("cron(0 10 * * ? 1969)", "year"),
    ("cron(30-10 * * * ? *)", "ends before it begins"),
    ("cron(0/0 10 * * ? *)", "minutes"),
    ("cron(0 10 31 2 ? *)", "never fires"),
    ("cron(0 10 30,31 FEB ? *)", "never fires"),
    ("cron(0 10 31 4,6,9,11 ? *)", "never fires"),
    ("cron(* * * * ? *)", "more often"),
    ("cron(0/2 * * * ? *)", "more often"),
    ("cron(58,0 * * * ? *)", "more often"),
)


@pytest.mark.parametrize("text", DOCUMENTED)
def test_documented_schedules_are_taken(text: str) -> None:
    assert SCHEDULE.validate_python(text) == text


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_others_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        SCHEDULE.validate_python(text)
