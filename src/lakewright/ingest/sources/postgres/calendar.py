"""PostgreSQL's binary dates and timestamps.

Dates count days, timestamps microseconds, both from 2000-01-01. The canonical types hold the years 1 to 9999;
what lies outside, and the infinities, become special values in PostgreSQL's own (ISO, UTC) text.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakewright.ingest.sources.postgres.buffer import Array, Bools, Values, fixed

DAY = 86_400_000_000
EPOCH_DAYS = 10_957
EPOCH = EPOCH_DAYS * DAY
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31, counted from 1970-01-01."""


def dates(values: Values) -> tuple[Array, Array | None]:
    """(date array, special values)."""
    days = values.buffer.i32(values.starts).astype(np.int64)
    info = np.iinfo(np.int32)
    inside = (days >= FIRST_DAY - EPOCH_DAYS) & (days <= LAST_DAY - EPOCH_DAYS)
    null, odd = _without(inside, values.null)
    shifted = np.where(inside, days + EPOCH_DAYS, 0).astype(np.int32)
    texts = {row: _infinity(int(days[row]), info.min, info.max) or _date(int(days[row])) for row in odd}
    return fixed(pa.date32(), shifted, null), _specials(texts, len(values))


def timestamps(values: Values, zone: bool) -> tuple[Array, Array | None]:
    """(timestamp array with microseconds, special values); `zone`: instants in UTC."""
    moments = values.buffer.i64(values.starts)
    inside = (moments >= FIRST_DAY * DAY - EPOCH) & (moments < (LAST_DAY + 1) * DAY - EPOCH)
    null, odd = _without(inside, values.null)
    shifted = np.where(inside, moments, -EPOCH) + EPOCH
    kind = pa.timestamp("us", "UTC") if zone else pa.timestamp("us")
    info = np.iinfo(np.int64)
    texts = {row: _infinity(int(moments[row]), info.min, info.max) or _moment(int(moments[row]), zone) for row in odd}
    return fixed(kind, shifted, null), _specials(texts, len(values))


def _without(inside: Bools, null: Bools | None) -> tuple[Bools | None, list[int]]:
    """(new NULL mask, rows that are special)."""
    if inside.all():
        return null, []
    if null is None:
        return ~inside, np.flatnonzero(~inside).tolist()
    rows: npt.NDArray[np.intp] = np.flatnonzero(~inside & ~null)
    return null | ~inside, rows.tolist()


def _specials(texts: dict[int, str], size: int) -> Array | None:
    return pa.array([texts.get(row) for row in range(size)], pa.string()) if texts else None


def _infinity(number: int, lowest: int, highest: int) -> str | None:
    return {lowest: "-infinity", highest: "infinity"}.get(number)


def _date(days: int) -> str:
    """PostgreSQL's text of a day, counted from 2000-01-01."""
    year, month, day = civil(days + EPOCH_DAYS)
    return f"{_year(year)}-{month:02d}-{day:02d}{_era(year)}"


def _moment(microseconds: int, zone: bool) -> str:
    days, rest = divmod(microseconds, DAY)
    year, month, day = civil(days + EPOCH_DAYS)
    seconds, micro = divmod(rest, 1_000_000)
    fraction = f".{micro:06d}".rstrip("0") if micro else ""
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
    return f"{_year(year)}-{month:02d}-{day:02d} {clock}{'+00' if zone else ''}{_era(year)}"


def _year(year: int) -> str:
    return f"{year if year > 0 else 1 - year:04d}"


def _era(year: int) -> str:
    return "" if year > 0 else " BC"


def civil(days: int) -> tuple[int, int, int]:
    """(year, month, day) in the proleptic Gregorian calendar; the year before 1 is 0.

    `days` count from 1970-01-01. Algorithm: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    """
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    month = month_index + 3 if month_index < 10 else month_index - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * month_index + 2) // 5 + 1
