"""JSON: paths, parts, and casts to and from it.

A json value is a text inside DuckDB. `scale` 1 of its type says that Trino sorts its keys when it is printed
(json_parse does, json_extract of a text does not).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.syntax import Call, Node
from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    JSON,
    UNKNOWN,
    VARCHAR,
    Type,
    duckdb_name,
    field_names,
    is_integer,
    quote,
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
    return Sql(f"lw_json_scalar({text}, {path_literal(node, values[1])})", kind)


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


def from_json(node: Node, text: str, to: Type) -> str:
    """DuckDB text of CAST(json AS …)."""
    match to.name:
        case "json":
            return text
        case "varchar":
            if to != VARCHAR:
                raise refused(node.place, f"cast(json as {to}) is not supported")
            return f"lw_json_varchar({text})"
        case "double":
            return f"lw_json_double({text})"
        case "boolean":
            return f"lw_json_boolean({text})"
        case "array":
            return f"list_transform(lw_json_list({text}), lambda j: {_item(node, 'CAST(j AS VARCHAR)', to.items[0])})"
        case "map":
            if to.items[0].name != "varchar":
                raise refused(node.place, f"cast(json as {to}) is not supported")
            value = _item(node, f"lw_json_member({text}, k)", to.items[1])
            return f"map_from_entries(list_transform(lw_json_keys({text}), lambda k: struct_pack(key := k, value := {value})))"
        case "row":
            return _row(node, text, to)
    if is_integer(to):
        word = "INT" if to.name == "integer" else to.name.upper()
        return f"CAST(lw_json_integer({text}, '{word}') AS {duckdb_name(to)})"
    raise refused(node.place, f"cast(json as {to}) is not supported")


def _item(node: Node, text: str, to: Type) -> str:
    """A part of an array or object: JSON's null is NULL, but stays a json value in json."""
    return from_json(node, text, to)


def _row(node: Node, text: str, to: Type) -> str:
    by_name = ", ".join(
        f"{quote(name)} := {from_json(node, f'lw_json_member({text}, {text_literal(name)})', item)}"
        for name, item in zip(field_names(to), to.items, strict=True)
    )
    by_place = ", ".join(
        f"{quote(name)} := {from_json(node, f'CAST(json_extract({text}, {index}) AS VARCHAR)', item)}"
        for index, (name, item) in enumerate(zip(field_names(to), to.items, strict=True))
    )
    return (
        f"(CASE WHEN json_type({text}) = 'ARRAY' THEN struct_pack({by_place}) "
        f"WHEN json_type({text}) = 'OBJECT' THEN struct_pack({by_name}) END)"
    )


def to_json(node: Node, text: str, given: Type) -> str:
    """DuckDB text of CAST(… AS json) for arrays, maps and rows."""
    match given.name:
        case "array":
            item = _part(node, "j", given.items[0])
            return f"('[' || array_to_string(list_transform({text}, lambda j: coalesce({item}, 'null')), ',') || ']')"
        case "map":
            if given.items[0].name not in ("varchar", "integer", "bigint", "unknown"):
                raise refused(node.place, f"cast({given} as json) is not supported")
            value = _part(node, f"map_extract_value({text}, k)", given.items[1])
            pair = f"lw_json_quote(CAST(k AS VARCHAR)) || ':' || coalesce({value}, 'null')"
            return (
                f"('{{' || array_to_string(list_transform(list_sort(map_keys({text})), lambda k: {pair}), ',') || '}}')"
            )
    parts = " || ',' || ".join(
        f"{text_literal(_key(name))} || coalesce({_part(node, f'struct_extract_at({text}, {index + 1})', item)}, 'null')"
        for index, (name, item) in enumerate(zip(given.names, given.items, strict=True))
    )
    return f"(CASE WHEN {text} IS NULL THEN NULL ELSE '{{' || {parts} || '}}' END)"


def _key(name: str) -> str:
    import json

    return f"{json.dumps(name, ensure_ascii=False)}:"


def _part(node: Node, text: str, given: Type) -> str:
    from lakewright.query.athena.sql.casts import cast_text

    return cast_text(node, text, given, JSON) if given != UNKNOWN else "CAST(NULL AS VARCHAR)"


JSON_FUNCTIONS: Mapping[str, Callable[[Compiler, Call, Scope], Sql]] = {
    "json_extract": _extract,
    "json_extract_scalar": _scalar,
    "json_parse": _parse,
    "json_format": _format,
    "json_array_length": _array_length,
    "json_size": _size,
    "is_json_scalar": _is_scalar,
}
