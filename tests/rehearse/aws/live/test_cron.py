"""Schedules; expected times from AWS's documented examples and the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lakewright.errors import SpecError
from lakewright.rehearse.aws.live.cron import parse_schedule

SUNDAY = datetime(2026, 11, 22, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("cron(0 10 * * ? *)", "2026-11-23 10:00"),
        ("cron(15 12 * * ? *)", "2026-11-22 12:15"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-23 18:00"),
        ("cron(0 8 1 * ? *)", "2026-12-01 08:00"),
        ("cron(0/15 * * * ? *)", "2026-11-22 10:15"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-11-23 00:00"),
        ("cron(0 0 L * ? *)", "2026-11-30 00:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-12-07 09:00"),
        ("cron(0 9 ? * 6L *)", "2026-11-27 09:00"),
        ("cron(30 6 15W * ? *)", "2026-12-15 06:30"),
        ("cron(0 12 29 2 ? *)", "2028-02-29 12:00"),
        ("rate(5 minutes)", "2026-11-22 10:12"),
        ("rate(1 hour)", "2026-11-22 11:07"),
        ("at(2026-11-22T12:00:00)", "2026-11-22 12:00"),
    ],
)
def test_when_it_is_due(text: str, due: str) -> None:
    found = parse_schedule(text, SUNDAY).next(SUNDAY)
    assert found is not None
    assert found.strftime("%Y-%m-%d %H:%M") == due


def test_a_zone() -> None:
    found = parse_schedule("cron(0 9 * * ? *)", SUNDAY, "America/New_York").next(SUNDAY)
    assert found == datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def test_what_never_comes() -> None:
    assert parse_schedule("cron(0 0 30 2 ? *)", SUNDAY).next(SUNDAY) is None
    assert parse_schedule("at(2026-01-01T00:00:00)", SUNDAY).next(SUNDAY) is None


@pytest.mark.parametrize("text", ["cron(0 3 * * ?)", "rate(5)", "every day", "cron(61 3 * * ? *)", "at(soon)"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(SpecError, match="LW1453"):
        parse_schedule(text, SUNDAY)
