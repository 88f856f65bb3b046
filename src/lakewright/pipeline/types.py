"""Whether the types of a query are those its header declares."""

from __future__ import annotations

from lakewright.engines import Session
from lakewright.errors import ProblemError
from lakewright.models.typed import fits
from lakewright.models.types import from_arrow, parse_type
from lakewright.pipeline.prepared import Prepared


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
