"""The one place where names and values become PostgreSQL SQL text."""

from __future__ import annotations

from lakewright.errors import SpecError


def quote_identifier(name: str) -> str:
    """`name` as a quoted identifier, whatever it contains. Raises LW201 for names that PostgreSQL cannot hold."""
    if not name or "\0" in name:
        raise SpecError("LW201", f"{name!r} cannot be the name of a PostgreSQL object")
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """`text` as a string literal that means the same under either setting of standard_conforming_strings."""
    if "\0" in text:
        raise SpecError("LW201", "PostgreSQL text cannot hold a NUL character")
    quoted = text.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in text else f"'{quoted}'"


def qualified(schema: str, name: str) -> str:
    """`"schema"."name"`."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"


def column_list(names: tuple[str, ...] | list[str]) -> str:
    """`"a", "b"`."""
    return ", ".join(quote_identifier(name) for name in names)
