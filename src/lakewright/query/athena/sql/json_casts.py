"""CAST to and from json."""

from __future__ import annotations

import json
from collections.abc import Callable

from lakewright.query.athena.sql.compiler import refused
from lakewright.query.athena.sql.syntax import Node
from lakewright.query.athena.sql.types import UNKNOWN, VARCHAR, Type, duckdb_name, field_names, is_integer, quote
from lakewright.query.athena.sql.values import text_literal

Part = Callable[[Node, str, Type], str]
"""The json text of a value of some type."""


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
            return f"map_from_entries(list_transform(lw_json_keys({text}), lambda k: struct_pack(key := k, value := {value})))"  # noqa: E501
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


def to_json(node: Node, text: str, given: Type, part: Part) -> str:
    """DuckDB text of CAST(… AS json) for arrays, maps and rows."""
    match given.name:
        case "array":
            item = _part(part, node, "j", given.items[0])
            return f"('[' || array_to_string(list_transform({text}, lambda j: coalesce({item}, 'null')), ',') || ']')"
        case "map":
            if given.items[0].name not in ("varchar", "integer", "bigint", "unknown"):
                raise refused(node.place, f"cast({given} as json) is not supported")
            value = _part(part, node, f"map_extract_value({text}, k)", given.items[1])
            pair = f"lw_json_quote(CAST(k AS VARCHAR)) || ':' || coalesce({value}, 'null')"
            return (
                f"('{{' || array_to_string(list_transform(list_sort(map_keys({text})), lambda k: {pair}), ',') || '}}')"
            )
    if "" in given.names:
        raise refused(node.place, "cast of a row without field names as json is not supported")
    parts = " || ',' || ".join(
        f"{text_literal(_key(name))} || coalesce({_part(part, node, f'struct_extract_at({text}, {index + 1})', item)}, 'null')"  # noqa: E501
        for index, (name, item) in enumerate(zip(given.names, given.items, strict=True))
    )
    return f"(CASE WHEN {text} IS NULL THEN NULL ELSE '{{' || {parts} || '}}' END)"


def _key(name: str) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}:"


def _part(part: Part, node: Node, text: str, given: Type) -> str:
    return part(node, text, given) if given != UNKNOWN else "CAST(NULL AS VARCHAR)"
