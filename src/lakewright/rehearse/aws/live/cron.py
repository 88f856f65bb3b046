"""Schedules as AWS writes them: `cron(…)`, `rate(…)`, `at(…)`; when the next one is due."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lakewright.errors import SpecError

MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
YEARS_AHEAD = 5


@dataclass(frozen=True)
class Cron:
    """Six fields in a zone."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]
    zone: ZoneInfo

    def next(self, after: datetime) -> datetime | None:
        """The first time after that moment, in UTC; None when there is none within some years."""
        local = after.astimezone(self.zone).replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=1)
        day = local.date()
        for _ in range(366 * YEARS_AHEAD):
            if day.year in self.years and day.month in self.months and self._fits(day.year, day.month, day.day):
                begin = local if day == local.date() else datetime(day.year, day.month, day.day)
                for hour in sorted(one for one in self.hours if one >= begin.hour):
                    least = begin.minute if hour == begin.hour else 0
                    for minute in sorted(one for one in self.minutes if one >= least):
                        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                        return moment.astimezone(UTC)
            day += timedelta(days=1)
        return None

    def _fits(self, year: int, month: int, day: int) -> bool:
        last = calendar.monthrange(year, month)[1]
        weekday = (calendar.weekday(year, month, day) + 1) % 7 + 1
        if self.days != "?":
            return _day_of_month(self.days, year, month, day, last)
        if self.weekdays.endswith("L") and self.weekdays != "L":
            return weekday == _number(self.weekdays[:-1], DAYS) and day > last - 7
        name, mark, number = self.weekdays.partition("#")
        if mark:
            return weekday == _number(name, DAYS) and (day - 1) // 7 + 1 == int(number)
        return weekday in _values("7" if self.weekdays == "L" else self.weekdays, 1, 7, DAYS)


def _day_of_month(text: str, year: int, month: int, day: int, last: int) -> bool:
    if text == "L":
        return day == last
    if text.endswith("W"):
        wanted = last if text == "LW" else min(int(text[:-1]), last)
        weekday = calendar.weekday(year, month, wanted)
        shift = {5: -1 if wanted > 1 else 2, 6: 1 if wanted < last else -2}.get(weekday, 0)
        return day == wanted + shift
    return day in _values(text, 1, 31, {})


@dataclass(frozen=True)
class Rate:
    seconds: int
    begin: datetime

    def next(self, after: datetime) -> datetime:
        passed = max((after - self.begin).total_seconds(), 0)
        return self.begin + timedelta(seconds=(passed // self.seconds + 1) * self.seconds)


@dataclass(frozen=True)
class Once:
    moment: datetime

    def next(self, after: datetime) -> datetime | None:
        return self.moment if self.moment > after else None


Schedule = Cron | Rate | Once


def parse_schedule(text: str, begin: datetime, zone: str = "UTC") -> Schedule:
    """`begin`: what a rate counts from. Raises SpecError LW1453."""
    kind, _, inner = text.strip().partition("(")
    inner = inner.rstrip(")").strip()
    try:
        place = ZoneInfo(zone or "UTC")
        if kind == "rate":
            number, unit = inner.split()
            return Rate(int(number) * UNITS[unit.rstrip("s")], begin)
        if kind == "at":
            return Once(datetime.fromisoformat(inner).replace(tzinfo=place).astimezone(UTC))
        if kind == "cron":
            return _cron(inner.split(), place)
    except (ValueError, KeyError):
        pass
    raise SpecError(
        "LW1453", f"{text} is no schedule", hint="cron(0 3 * * ? *), rate(5 minutes) or at(2026-01-01T00:00:00)"
    )


def _cron(parts: list[str], zone: ZoneInfo) -> Cron:
    minutes, hours, days, months, weekdays, years = parts
    return Cron(
        _values(minutes, 0, 59, {}),
        _values(hours, 0, 23, {}),
        days,
        _values(months, 1, 12, MONTHS),
        weekdays,
        _values(years, 1970, 2199, {}),
        zone,
    )


def _values(text: str, low: int, high: int, names: Mapping[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        begin = low if span == "*" else _number(first, names)
        end = high if span == "*" or (step and not dash) else _number(last, names) if dash else begin
        found.update(range(begin, end + 1, int(step or 1)))
    if not found or min(found) < low or max(found) > high:
        raise ValueError(text)
    return frozenset(found)


def _number(text: str, names: Mapping[str, int]) -> int:
    return names.get(text.upper()) or int(re.fullmatch(r"\d+", text)[0])  # type: ignore[index]
