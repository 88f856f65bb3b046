"""JSON: paths, parts, and casts to and from it.

A json value is a text inside DuckDB. `scale` 1 of its type says that Trino sorts its keys when it is printed
(json_parse does, json_extract of a text does not).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.syntax import Call
from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    JSON,
    UNKNOWN,
    VARCHAR,
    Type,
)
from lakewright.query.athena.sql.values import Scope, Sql, coerced, text_literal

SORTED = Type("json", scale=1)
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\[\"((?:[^\"\\]|\\.)*)\"\]")


def path_literal(node: Call, value: Sql) -> str:
    """DuckDB's path, as a literal, for a written one of Trino's."""
    if value.literal is None or value.type.name != "varchar":
        raise refused(node.place, f"{node.name} takes a written path")
    written = value.literal.strip()
    wrong = SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{value.literal}'")
    if not written.startswith("$"):
        raise wrong
    position, steps = 1, "$"
    while position < len(written):
        match = _STEP.match(written, position)
        if match is None:
            raise wrong
        name, index, quoted = match.groups()
        if index is not None:
            steps += f"[{index}]"
        else:
            key = name if name is not None else (quoted or "")
            if '"' in key or "\\" in key or "*" in key or not key:
                raise refused(node.place, "a JSON path with such a name is not supported")
            steps += f'."{key}"'
        position = match.end()
    return text_literal(steps)


def _json(compiler: Compiler, node: Call, scope: Scope, count: int) -> tuple[str, list[Sql]]:
    """The text of the first argument as JSON, and all arguments."""
    values = [compiler.expression(one, scope) for one in node.arguments]
    if len(values) != count or values[0].type.name not in ("varchar", "json", "unknown"):
        given = ", ".join(str(value.type) for value in values)
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {node.name}")
    text = coerced(values[0], VARCHAR) if values[0].type == UNKNOWN else values[0].text
    return text if values[0].type.name == "json" else f"lw_json_in({text})", values


def _kind(value: Sql) -> Type:
    return value.type if value.type.name == "json" else JSON


def _extract(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    text, values = _json(compiler, node, scope, 2)
    return Sql(f"CAST(json_extract({text}, {path_literal(node, values[1])}) AS VARCHAR)", _kind(values[0]))


def _scalar(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    text, values = _json(compiler, node, scope, 2)
    kind = values[0].type if values[0].type.name == "varchar" else VARCHAR
    path = path_literal(node, values[1])
    key = re.search(r'\."([A-Za-z0-9_ -]+)"\'$', path)
    if key is None:
        return Sql(f"lw_json_scalar({text}, {path})", kind)
    return Sql(f"lw_json_member_scalar({text}, {path}, '\"{key[1]}\"[ \\t\\r\\n]*:[ \\t\\r\\n]*')", kind)


def _parse(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    _, values = _json(compiler, node, scope, 1)
    if values[0].type.name == "json":
        raise at(
            node.place,
            "FUNCTION_NOT_FOUND",
            "Unexpected parameters (json) for function json_parse. Expected: json_parse(varchar(x))",
        )
    return Sql(f"lw_json_parse({coerced(values[0], VARCHAR)})", SORTED)


def _format(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    text, values = _json(compiler, node, scope, 1)
    if values[0].type.name != "json":
        raise at(
            node.place,
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({values[0].type}) for function json_format. Expected: json_format(json)",
        )
    return Sql(f"lw_json_format({text})", VARCHAR)


def _array_length(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    text, _ = _json(compiler, node, scope, 1)
    return Sql(f"CASE WHEN json_type({text}) = 'ARRAY' THEN CAST(json_array_length({text}) AS BIGINT) END", BIGINT)


def _size(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    text, values = _json(compiler, node, scope, 2)
    return Sql(f"CAST(lw_json_size({text}, {path_literal(node, values[1])}) AS BIGINT)", BIGINT)


def _is_scalar(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    text, _ = _json(compiler, node, scope, 1)
    return Sql(f"(json_type({text}) NOT IN ('OBJECT', 'ARRAY'))", BOOLEAN)


JSON_FUNCTIONS: Mapping[str, Callable[[Compiler, Call, Scope], Sql]] = {
    "json_extract": _extract,
    "json_extract_scalar": _scalar,
    "json_parse": _parse,
    "json_format": _format,
    "json_array_length": _array_length,
    "json_size": _size,
    "is_json_scalar": _is_scalar,
}
