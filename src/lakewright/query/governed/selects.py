"""The trusted reader's SELECT: a table as one decision permits it, narrowed to what one statement needs."""

from __future__ import annotations

from lakewright.governance.decisions import Allowed
from lakewright.governance.predicate import And, all_of, double_quoted
from lakewright.query.governed.planning import Need
from lakewright.query.governed.terms import TableSource


def permitted_select(source: TableSource, allowed: Allowed, need: Need) -> str:
    """Rows that the decision permits, masked, and of those the ones that `need` asks for.

    The row condition and cell conditions look at stored values; `need` looks at what they became.
    """
    delivered = [column for column in need.columns if column in allowed.columns]
    asked = need.rows.columns() if need.rows is not None else frozenset()
    inside = [column for column in allowed.columns if column in asked or column in delivered]
    values = ", ".join(f"{_value(source, allowed, column)} AS {double_quoted(column)}" for column in inside)
    rows = f" WHERE {allowed.rows.sql(_stored)}" if allowed.rows is not None else ""
    permitted = f"SELECT {values or 'true AS one'} FROM ({_scan(source, allowed, need)}) AS t{rows}"
    names = ", ".join(double_quoted(column) for column in delivered) or "true AS one"
    condition = f" WHERE {need.rows.sql()}" if need.rows is not None else ""
    return f"SELECT {names} FROM ({permitted}) AS p{condition}"


def _scan(source: TableSource, allowed: Allowed, need: Need) -> str:
    """The source without files that hold no wanted row. What `need` asks of a masked or blanked column says nothing
    of the stored values."""
    parts = need.rows.items if isinstance(need.rows, And) else (need.rows,)
    changed = allowed.masks.keys() | allowed.cells.keys()
    plain = [part for part in parts if part is not None and not part.columns() & changed]
    condition = all_of([allowed.rows, *plain])
    return source.sql if condition is None or source.narrowed is None else source.narrowed(condition)


def _value(source: TableSource, allowed: Allowed, column: str) -> str:
    value = _stored(column)
    mask = allowed.masks.get(column)
    if mask is not None:
        value = mask.duckdb(value, source.columns[column])
    cell = allowed.cells.get(column)
    return value if cell is None else f"CASE WHEN {cell.sql(_stored)} THEN {value} END"


def _stored(column: str) -> str:
    """The column as the source has it, never a masked one of the same name."""
    return f"t.{double_quoted(column)}"
