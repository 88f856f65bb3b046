"""Schedules as AWS takes them: `cron(minutes hours day-of-month month day-of-week year)`, in UTC."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from lakewright.spec.values import problem

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_FIELDS: Sequence[tuple[str, int, int, Mapping[str, int]]] = (
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2199, {}),
)
LEAST_MINUTES = 5
"""Glue starts nothing more often (AWS Glue Developer Guide, "Time-based schedules for jobs and crawlers")."""

_EXAMPLE = "for example cron(15 * * * ? *): every hour at a quarter past"


def runs_per_month(text: str | None) -> float:
    """How often a schedule starts in a month of 730 hours, about; never for None. Raises the problem of `schedule`."""
    if text is None:
        return 0.0
    minutes, hours, days, months, weekdays, _ = _checked(text)
    share = len(weekdays) / 7 if weekdays else len(days) / 31 if days else 1 / 31
    return round(len(minutes) * len(hours) * 730 / 24 * share * len(months) / 12, 1)


def schedule(text: str) -> str:
    """The schedule itself. Refused: what is no AWS cron, and what never fires, such as the 30th of February."""
    fields = _checked(text)
    days, months = fields[2], fields[3]
    longest = {month: 29 if month == 2 else calendar.monthrange(2001, month)[1] for month in range(1, 13)}
    if days and months and not any(day <= longest[month] for month in months for day in days):
        raise problem("LW1323", f"{text} never fires: no such day in that month", _EXAMPLE)
    starts = sorted(fields[0])
    gaps = [(after - before) % 60 or 60 for before, after in zip(starts, [*starts[1:], starts[0]], strict=True)]
    if min(gaps) < LEAST_MINUTES:
        raise problem("LW1323", f"{text} is more often than every {LEAST_MINUTES} minutes", _EXAMPLE)
    return text


def _checked(text: str) -> list[frozenset[int]]:
    match = re.fullmatch(r"cron\(([^()]+)\)", text.strip())
    parts = match[1].split() if match else []
    if len(parts) != len(_FIELDS):
        raise problem("LW1323", f'"{text}" is no schedule of AWS: six fields in cron(…)', _EXAMPLE)
    if (parts[2] == "?") == (parts[4] == "?"):
        raise problem("LW1323", f"{text}: exactly one of day of month and day of week is `?`", _EXAMPLE)
    return [_values(text, part, *field) for part, field in zip(parts, _FIELDS, strict=True)]


def _values(text: str, part: str, what: str, low: int, high: int, names: Mapping[str, int]) -> frozenset[int]:
    """Empty for `?`, `L` and `W`, whose days differ from month to month."""
    if part == "?" and what.startswith("day"):
        return frozenset()
    if what == "day of month" and re.fullmatch(r"L|LW|[0-9]{1,2}W", part):
        return frozenset()
    if what == "day of week" and re.fullmatch(r"(L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))", part):
        return frozenset()
    found: set[int] = set()
    for item in part.split(","):
        span, slash, step = item.partition("/")
        first, dash, last = span.partition("-")
        ends = [names.get(word.upper(), word) for word in ((first, last) if dash else (first,))]
        numbers = [low, high] if span == "*" else _numbers(ends)
        by = int(step) if step.isdigit() and int(step) else 0
        if not numbers or (slash and not by) or not all(low <= number <= high for number in numbers):
            raise problem("LW1323", f'{text}: "{item}" is no {what} ({low} to {high})', _EXAMPLE)
        end = numbers[-1] if len(numbers) > 1 else (high if slash else numbers[0])
        if numbers[0] > end:
            raise problem("LW1323", f'{text}: "{item}" ends before it begins', _EXAMPLE)
        found.update(range(numbers[0], end + 1, by or 1))
    return frozenset(found)


def _numbers(words: Iterable[int | str]) -> list[int]:
    texts = [str(word) for word in words]
    return [int(text) for text in texts] if all(text.isdigit() for text in texts) else []


Schedule = Annotated[str, AfterValidator(schedule), WithJsonSchema({"type": "string", "pattern": r"^cron\([^()]+\)$"})]
