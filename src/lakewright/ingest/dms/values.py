"""Canonical columns → the columns of DMS's Parquet files, with DMS's losses: cut large values, six decimals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

import pyarrow as pa

from lakewright.ingest.dms.settings import S3Settings
from lakewright.ingest.dms.types import DmsType
from lakewright.ingest.mappings.arrow import Array, pc

LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, 999999)
LAST_DAY = date(9999, 12, 31)
_ZONE = re.compile(r"[+-]\d\d(:\d\d)*$")
_PARTS = re.compile(r"(-?)P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?")
_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


@dataclass(frozen=True, slots=True)
class Converted:
    """`cut`: how many values were shortened. `lost`: how many could not be held at all and are NULL."""

    array: Array
    cut: int = 0
    lost: int = 0


def converted(
    values: Array, special: Array | None, kind: DmsType, interval: bool, target: S3Settings, lob_bytes: int | None
) -> Converted:
    """One column. `special` holds, as text, what the canonical type could not (infinities, NaN)."""
    wanted = kind.arrow(target)
    if kind.is_lob:
        return _cut(values.cast(wanted), lob_bytes)
    if kind.name == "DATETIME":
        return _instants(values, special, wanted)
    if kind.name == "DATE":
        return _last(values, special, LAST_DAY)
    if kind.name == "NUMERIC" and not pa.types.is_decimal(values.type):
        return _decimals(values, kind)
    if kind.name == "CHAR":
        return Converted(pc.if_else(values, "true", "false") if pa.types.is_boolean(values.type) else values)
    if kind.name == "TIME":
        texts = [None if v is None else _ZONE.sub("", v) for v in values.to_pylist()]
        return _times(texts, wanted)
    if interval:
        return Converted(pa.array([None if v is None else interval_text(v) for v in values.to_pylist()], pa.string()))
    lost = 0 if special is None else len(special) - special.null_count
    return Converted(values if values.type == wanted else pc.cast(values, wanted), lost=lost)


def _cut(values: Array, limit: int | None) -> Converted:
    """Limited LOB mode: what is longer than `limit` bytes keeps its beginning. Without LOBs nothing is kept."""
    if limit is None:
        return Converted(pa.nulls(len(values), values.type), lost=len(values) - values.null_count)
    long = pc.greater(pc.binary_length(values), limit)
    count = int(pc.sum(long).as_py() or 0)
    if count == 0:
        return Converted(values)
    shorten = _SHORTEN[pa.types.is_binary(values.type)]
    shortened = [None if value is None else shorten(value, limit) for value in values.to_pylist()]
    return Converted(pa.array(shortened, values.type), cut=count)


def _text_start(value: str, limit: int) -> str:
    return value.encode()[:limit].decode(errors="ignore")


def _byte_start(value: bytes, limit: int) -> bytes:
    return value[:limit]


_SHORTEN: Mapping[bool, Callable[..., str | bytes]] = {True: _byte_start, False: _text_start}


def _instants(values: Array, special: Array | None, wanted: pa.DataType) -> Converted:
    plain = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64()).cast(pa.timestamp("us"))
    found = _last(plain, special, LAST_INSTANT)
    return Converted(pc.cast(found.array, wanted, safe=False), lost=found.lost)


def _last(values: Array, special: Array | None, last: date) -> Converted:
    """`infinity` becomes the last day there is; other special values are lost."""
    if special is None:
        return Converted(values)
    endless = pc.fill_null(pc.equal(special, "infinity"), False)
    array = pc.if_else(endless, pa.scalar(last, values.type), values)
    lost = len(special) - special.null_count - int(pc.sum(endless).as_py() or 0)
    return Converted(array, lost=lost)


def _decimals(texts: Array, kind: DmsType) -> Converted:
    """Text (unconstrained numerics, money) as decimals: rounded to the scale, NULL where there is no room."""
    found: list[Decimal | None] = []
    lost = 0
    with localcontext() as context:
        context.prec = 200
        for text in texts.to_pylist():
            value = None if text is None else _decimal(text, kind)
            lost += text is not None and value is None
            found.append(value)
    return Converted(pa.array(found, pa.decimal128(kind.precision, kind.scale)), lost=lost)


def _decimal(text: str, kind: DmsType) -> Decimal | None:
    try:
        rounded = Decimal(re.sub(r"[^0-9.eE+-]", "", text)).quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return rounded if len(rounded.as_tuple().digits) <= kind.precision else None


def _times(texts: list[str | None], wanted: pa.DataType) -> Converted:
    """Times of day; 24:00:00 is none for Parquet."""
    kept = [None if text is None or text.startswith("24") else text for text in texts]
    lost = sum(text is not None for text in texts) - sum(text is not None for text in kept)
    exact = pa.array([None if text is None else time.fromisoformat(text) for text in kept], pa.time64("us"))
    return Converted(pc.cast(exact, wanted, safe=False), lost=lost)


def interval_text(iso: str) -> str:
    """`P1Y2M3DT4H` → `1 YEAR, 2 MONTHS, 3 DAYS, 4 HOURS`."""
    found = _PARTS.fullmatch(iso)
    if found is None:
        return iso
    numbers = zip(found.groups()[1:], _UNITS, strict=True)
    parts = [f"{number} {unit}{'' if number == '1' else 'S'}" for number, unit in numbers if number not in (None, "0")]
    return ", ".join(parts) or "0 SECONDS"
