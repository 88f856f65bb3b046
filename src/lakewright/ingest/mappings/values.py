"""DMS data types and values in canonical terms: what `change-data-type`, `add-column` and filters speak of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

from lakewright.errors import SpecError
from lakewright.ingest.mappings.arrow import Array, pc
from lakewright.ingest.mappings.rules import DataType
from lakewright.models.types import arrow_type, parse_type

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

DMS_TYPES: Mapping[str, str] = {
    "boolean": "boolean",
    "int1": "smallint",
    "int2": "smallint",
    "int4": "int",
    "int8": "bigint",
    "uint1": "smallint",
    "uint2": "int",
    "uint4": "bigint",
    "uint8": "decimal(20,0)",
    "real4": "float",
    "real8": "double",
    "string": "string",
    "wstring": "string",
    "clob": "string",
    "nclob": "string",
    "bytes": "binary",
    "blob": "binary",
    "date": "date",
    "time": "string",
    "datetime": "timestamp_ntz",
}
TRUTHS: Mapping[str, bool] = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def canonical_of(data_type: DataType) -> str:
    """The canonical type for a DMS data type; LW315 when there is none. Lengths do not cut anything off."""
    if data_type.type == "numeric":
        precision, scale = data_type.precision or 38, data_type.scale or 0
        if not scale <= precision <= 38:
            raise SpecError("LW315", f"numeric({precision},{scale}) is not supported", hint="at most 38 digits")
        return f"decimal({precision},{scale})"
    if data_type.type not in DMS_TYPES:
        known = ", ".join(sorted([*DMS_TYPES, "numeric"]))
        raise SpecError("LW315", f'the data type "{data_type.type}" is not supported', hint=f"known are {known}")
    return DMS_TYPES[data_type.type]


def parse_value(text: str, canonical: str) -> Any:
    """A literal of a mapping as a Python value of a canonical type; ValueError when it is none, or not exactly."""
    kind = parse_type(canonical)
    if kind.name == "decimal":
        return _fitting(Decimal(text), kind.precision, kind.scale, exact=True)
    return PARSERS[kind.name](text)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _local(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _integer(bits: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise ValueError(text)
        return number

    return parse


def _truth(text: str) -> bool:
    try:
        return TRUTHS[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _day(text: str) -> date:
    return date.fromisoformat(text)


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "boolean": _truth,
    "smallint": _integer(16),
    "int": _integer(32),
    "bigint": _integer(64),
    "float": float,
    "double": float,
    "string": str,
    "date": _day,
    "timestamp": _instant,
    "timestamp_ntz": _local,
}


def _fitting(number: Decimal, precision: int, scale: int, *, exact: bool = False) -> Decimal:
    """`number` with `scale` decimals, rounded half away from zero. ValueError when too long, or changed if `exact`."""
    with localcontext() as context:
        context.prec = 400
        if not number.is_finite():
            raise ValueError(str(number))
        rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if len(rounded.as_tuple().digits) > precision or (exact and rounded != number):
        raise ValueError(str(number))
    return rounded


def convert(values: Array, target: str) -> tuple[Array, dict[int, str]]:
    """`values` as canonical type `target`, and row → text of those that it cannot hold (they are NULL there)."""
    if values.type == arrow_type(target):
        return values, {}
    if target == "string":
        return as_text(values), {}
    if not pa.types.is_string(values.type):
        try:
            return pc.cast(_rounded(values, target), arrow_type(target)), {}
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            pass  # some value does not fit: find out which, one by one
    return from_python(as_text(values).to_pylist(), target)


def _rounded(values: Array, target: str) -> Array:
    """Decimals with no more decimals than `target` has, rounded half away from zero."""
    kind = parse_type(target)
    exact = kind.name in ("decimal", "smallint", "int", "bigint")
    return (
        pc.round(values, kind.scale, "half_towards_infinity") if exact and pa.types.is_decimal(values.type) else values
    )


def from_python(values: Sequence[Any], target: str) -> tuple[Array, dict[int, str]]:
    """Values as SQLite returns them (None, int, float, str, bytes) as canonical type `target`, and what did not fit."""
    kind = parse_type(target)
    result: list[Any] = []
    refused: dict[int, str] = {}
    for row, value in enumerate(values):
        try:
            result.append(None if value is None else _one(value, kind.name, kind.precision, kind.scale))
        except (ValueError, InvalidOperation, OverflowError):
            result.append(None)
            refused[row] = str(value)
    return pa.array(result, arrow_type(target)), refused


def _one(value: Any, name: str, precision: int, scale: int) -> Any:
    if name == "binary":
        return value if isinstance(value, bytes) else str(value).encode()
    text = value.decode() if isinstance(value, bytes) else str(value)
    match name:
        case "decimal":
            return _fitting(Decimal(text), precision, scale)
        case "smallint" | "int" | "bigint":
            return PARSERS[name](str(_fitting(Decimal(text), 38, 0)))
    return PARSERS[name](text)


def as_text(values: Array) -> Array:
    """Values as text the way DMS writes them: `true`/`false`, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, hex for bytes."""
    kind = values.type
    if pa.types.is_string(kind):
        return values
    if pa.types.is_timestamp(kind):
        return pc.strftime(pc.cast(values, pa.timestamp("us")), format="%Y-%m-%d %H:%M:%S")
    if pa.types.is_binary(kind):
        return pa.array([None if v is None else v.hex() for v in values.to_pylist()], pa.string())
    return pc.cast(values, pa.string())
