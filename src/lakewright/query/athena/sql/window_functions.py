"""Functions that only a window has."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import Call
from lakewright.query.athena.sql.types import BIGINT, DOUBLE, is_integer, wider
from lakewright.query.athena.sql.values import Scope, Sql, coerced
from lakewright.query.athena.sql.windows import specification

WINDOW_FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "row_number": (0, 0),
    "rank": (0, 0),
    "dense_rank": (0, 0),
    "percent_rank": (0, 0),
    "cume_dist": (0, 0),
    "ntile": (1, 1),
    "lag": (1, 3),
    "lead": (1, 3),
    "first_value": (1, 1),
    "last_value": (1, 1),
    "nth_value": (2, 2),
}
"""How many arguments each takes."""


def window_call(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """A window function with its OVER."""
    low, high = WINDOW_FUNCTIONS[node.name]
    values = [compiler.expression(one, scope) for one in node.arguments]
    if not low <= len(values) <= high or node.star or node.distinct or node.order:
        given = ", ".join(str(value.type) for value in values)
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {node.name}")
    if node.filter is not None:
        raise at(node.place, "NOT_SUPPORTED", f"FILTER is not supported for {node.name}")
    assert node.over is not None  # noqa: S101 - the caller asked
    over = f" OVER ({specification(compiler, node.over, scope)})"
    if high == 0:
        kind = DOUBLE if node.name in ("percent_rank", "cume_dist") else BIGINT
        return Sql(f"{node.name}(){over}", kind)
    if node.name == "ntile":
        return Sql(f"ntile({values[0].text}){over}", BIGINT)
    return _value(node, values, over)


def _value(node: Call, values: list[Sql], over: str) -> Sql:
    kind = values[0].type
    texts = [coerced(values[0], kind)]
    if len(values) > 1:
        if not is_integer(values[1].type):
            raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters for function {node.name}")
        if values[1].literal is None:
            raise refused(node.place, f"{node.name} takes a written number")
        texts.append(values[1].literal)
    if len(values) > 2:
        both = wider(kind, values[2].type)
        if both is None:
            raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters for function {node.name}")
        kind = both
        texts = [coerced(values[0], kind), texts[1], coerced(values[2], kind)]
    nulls = " IGNORE NULLS" if node.nulls == "IGNORE" else ""
    return Sql(f"{node.name}({', '.join(texts)}{nulls}){over}", kind)
