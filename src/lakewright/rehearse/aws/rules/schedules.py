"""Schedule expressions: `rate(…)`, `cron(…)`, `at(…)`.

Documentation: Amazon EventBridge User Guide, "Cron expressions", "Rate expressions"; EventBridge Scheduler User Guide,
"Schedule types in EventBridge Scheduler".
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime

_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_MONTHS: Mapping[str, int] = {
    name: place
    for place, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
_DAYS: Mapping[str, int] = {
    name: place for place, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)
}
_FIELDS: tuple[tuple[int, int, Mapping[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, {}),
)


def fault(expression: str, *, at: bool = False, now: datetime | None = None) -> str | None:
    """What is wrong with an expression; None when nothing is. `at` allows a single moment, after `now`."""
    if (found := _RATE.fullmatch(expression)) is not None:
        return _rate_fault(int(found[1]), found[2])
    if (found := _CRON.fullmatch(expression)) is not None:
        return _cron_fault(found[1].split())
    if at and (found := _AT.fullmatch(expression)) is not None:
        return _at_fault(found[1], now)
    return "it is neither cron(...) nor rate(...)" + (" nor at(yyyy-mm-ddThh:mm:ss)" if at else "")


def _rate_fault(count: int, unit: str) -> str | None:
    if count < 1:
        return "a rate is a positive number"
    if (count == 1) is unit.endswith("s"):
        return f"the unit of {count} is {unit.rstrip('s')}{'' if count == 1 else 's'}"
    return None


def _at_fault(written: str, now: datetime | None) -> str | None:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return f"{written} is no moment"
    return "it lies in the past" if now is not None and moment < now else None


def _cron_fault(fields: list[str]) -> str | None:
    if len(fields) != 6:
        return f"cron has six fields, not {len(fields)}"
    day, weekday = fields[2], fields[4]
    if (day == "?") is (weekday == "?"):
        return "one of day-of-month and day-of-week, and only one, is ?"
    for place, (text, (least, most, names)) in enumerate(zip(fields, _FIELDS, strict=True)):
        wrong = _field_fault(text, least, most, names, place)
        if wrong:
            return wrong
    return _never(fields)


def _field_fault(text: str, least: int, most: int, names: Mapping[str, int], place: int) -> str | None:
    if text == "?" and place in (2, 4):
        return None
    if (place == 2 and re.fullmatch(r"L|LW|([1-9]|[12]\d|3[01])W", text)) or (
        place == 4 and re.fullmatch(r"L|[1-7]L|[1-7]#[1-5]", text)
    ):
        return None
    for part in text.split(","):
        body, slash, step = part.partition("/")
        if slash and not (step.isdigit() and int(step) > 0):
            return f"{part!r} has no step"
        ends = [] if body == "*" else body.split("-")
        values = [names.get(end.upper(), int(end) if end.isdigit() else -1) for end in ends]
        if len(values) > 2 or any(not least <= value <= most for value in values):
            return f"{part!r} is not within {least} to {most}"
    return None


def _never(fields: list[str]) -> str | None:
    """A day that none of the months has, or years that are over."""
    day, month = fields[2], fields[3]
    if day.isdigit():
        months = [_MONTHS.get(one.upper(), int(one) if one.isdigit() else 0) for one in month.split(",")]
        if all(months) and all(int(day) > monthrange(2024, one)[1] for one in months):
            return f"there is no day {day} in month {month}: it never fires"
    if fields[5].isdigit() and int(fields[5]) < datetime.now().year:
        return f"the year {fields[5]} is over: it never fires"
    return None
