"""Whether the types of a query are those its header declares."""

from __future__ import annotations

from lakewright.engines import Session
from lakewright.errors import ProblemError
from lakewright.models.types import SparkType, from_arrow, parse_type
from lakewright.pipeline.prepared import Prepared

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_REAL = ("float", "double")


def enforce(session: Session, prepared: Prepared, sql: str) -> None:
    """Raises LW713 naming each column whose type the header declares otherwise.

    Whole numbers and decimals may differ in width only (values are checked when they are cast); nothing that would
    lose digits or guess (text to number, timestamp to date) is done silently.
    """
    schema = session.table(f"SELECT * FROM ({sql}) LIMIT 0").schema
    declared = {column.name: column.type for column in prepared.shape.columns}
    actual = {field.name.lower(): from_arrow(field.type) for field in schema}
    missing = [name for name in declared if name not in actual]
    wrong = [
        f"{name} is {actual[name]}, declared {kind}"
        for name, kind in declared.items()
        if name in actual and not fits(parse_type(actual[name]), parse_type(kind))
    ]
    if missing or wrong:
        facts = [f"the query gives no {', '.join(missing)}"] if missing else []
        raise ProblemError(
            "LW713",
            f"{prepared.name}: {'; '.join([*facts, *wrong])}",
            place=prepared.model.place,
            hint="cast in the SQL, or correct `columns` in the header",
        )


def fits(actual: SparkType, declared: SparkType) -> bool:
    """Whether values of `actual` become `declared` without loss, or with an error when one does not fit."""
    if actual == declared or actual.name == "void":
        return True
    if actual.name in _WHOLE:
        return declared.name in (*_WHOLE, *_REAL, "decimal")
    if actual.name == "decimal":
        if declared.name == "decimal":
            return declared.scale >= actual.scale
        return declared.name in _REAL or (actual.scale == 0 and declared.name in _WHOLE)
    if actual.name in _REAL:
        return declared.name in _REAL
    if actual.name == declared.name and actual.items:
        same_parts = len(actual.items) == len(declared.items) and actual.names == declared.names
        return same_parts and all(fits(a, d) for a, d in zip(actual.items, declared.items, strict=True))
    return False
