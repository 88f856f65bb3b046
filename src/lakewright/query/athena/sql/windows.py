"""OVER: partitions, order and frames."""

from __future__ import annotations

from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import Bound, Select, Window
from lakewright.query.athena.sql.types import is_integer, is_numeric
from lakewright.query.athena.sql.values import Scope


def define_windows(compiler: Compiler, node: Select, scope: Scope) -> None:
    """The windows that WINDOW names, known to this SELECT."""
    for window in node.windows:
        if window.name in scope.windows:
            raise at(window.place, "DUPLICATE_WINDOW_NAME", f"WINDOW '{window.name}' specified more than once")
        scope.windows[window.name] = specification(compiler, window, scope, named=False)


def specification(compiler: Compiler, window: Window, scope: Scope, *, named: bool = True) -> str:
    """What stands in the parentheses behind OVER."""
    from lakewright.query.athena.sql.queries import direction

    if named and window.name:
        for around in scope.chain():
            if window.name in around.windows:
                if window.partition or window.order or window.unit:
                    raise at(window.place, "NOT_SUPPORTED", "windows built on windows are not supported")
                return around.windows[window.name]
        raise at(window.place, "INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {window.name}")
    parts: list[str] = []
    if window.partition:
        parts.append("PARTITION BY " + ", ".join(compiler.expression(one, scope).text for one in window.partition))
    if window.order:
        terms = [f"({compiler.expression(sort.value, scope).text}){direction(sort)}" for sort in window.order]
        parts.append("ORDER BY " + ", ".join(terms))
    if window.unit:
        parts.append(_frame(compiler, window, scope))
    return " ".join(parts)


def _frame(compiler: Compiler, window: Window, scope: Scope) -> str:
    assert window.low is not None  # noqa: S101 - the grammar gives a lower bound with the unit
    if window.unit in ("RANGE", "GROUPS") and not window.order:
        bounds = [bound for bound in (window.low, window.high) if bound is not None and bound.value is not None]
        if bounds or window.unit == "GROUPS":
            raise at(
                window.place,
                "MISSING_ORDER_BY",
                f"Window frame of type {window.unit} PRECEDING or FOLLOWING requires ORDER BY",
            )
    low = _bound(compiler, window, window.low, scope)
    if window.low.kind == "UNBOUNDED FOLLOWING":
        raise at(window.place, "INVALID_WINDOW_FRAME", "Window frame start cannot be UNBOUNDED FOLLOWING")
    if window.high is None:
        if window.low.kind == "FOLLOWING":
            raise at(
                window.place, "INVALID_WINDOW_FRAME", "Window frame starting from FOLLOWING cannot end with CURRENT ROW"
            )
        return (
            f"{window.unit} {low}" if window.low.kind != "FOLLOWING" else f"{window.unit} BETWEEN {low} AND CURRENT ROW"
        )
    if window.high.kind == "UNBOUNDED PRECEDING":
        raise at(window.place, "INVALID_WINDOW_FRAME", "Window frame end cannot be UNBOUNDED PRECEDING")
    return f"{window.unit} BETWEEN {low} AND {_bound(compiler, window, window.high, scope)}"


def _bound(compiler: Compiler, window: Window, bound: Bound, scope: Scope) -> str:
    if bound.value is None:
        return bound.kind
    value = compiler.expression(bound.value, scope)
    if window.unit in ("ROWS", "GROUPS"):
        if not is_integer(value.type):
            raise at(
                bound.place,
                "TYPE_MISMATCH",
                f"Window frame {window.unit} value type must be exact numeric type with scale 0 (actual {value.type})",
            )
        return f"{value.text} {bound.kind}"
    if is_numeric(value.type):
        return f"{value.text} {bound.kind}"
    if value.type.name == "interval day to second":
        return f"to_milliseconds({value.text}) {bound.kind}"
    if value.type.name == "interval year to month":
        return f"to_months({value.text}) {bound.kind}"
    raise at(bound.place, "TYPE_MISMATCH", f"Window frame RANGE value type {value.type} is not supported")
