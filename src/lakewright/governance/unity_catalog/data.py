"""Unity Catalog's objects as frozen plain data: grants, filter and mask functions, and where they are set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lakewright.governance.masks import Kind
from lakewright.governance.predicate import Constant
from lakewright.governance.targets import plain, standard_literal

TARGET = "Unity Catalog"
SALT = "secret('lakewright', 'mask_salt')"
"""Where a hash's salt is read: a secret of the workspace, never the function's text."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Privileges of a group or user on a catalog, schema or table."""

    kind: Literal["group", "user"]
    principal: str
    securable: Literal["CATALOG", "SCHEMA", "TABLE"]
    name: str
    privileges: tuple[str, ...]

    @property
    def sql(self) -> str:
        return f"GRANT {', '.join(self.privileges)} ON {self.securable} {_path(self.name)} TO {ticked(self.principal)}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function: the column of the same name and type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A table's filter function: the rows that its caller may see."""

    table: str
    function: str
    parameters: tuple[Parameter, ...]
    condition: str

    @property
    def sql(self) -> tuple[str, str]:
        columns = ", ".join(ticked(one.name) for one in self.parameters)
        made = f"CREATE OR REPLACE FUNCTION {_path(self.function)}({_typed(self.parameters)}) RETURNS BOOLEAN"
        return (
            f"{made} RETURN {self.condition}",
            f"ALTER TABLE {_path(self.table)} SET ROW FILTER {_path(self.function)} ON ({columns})",
        )


@dataclass(frozen=True, slots=True)
class ColumnMask:
    """A column's mask function. Its value is shown where `shown_where` holds (empty: in every row), as it is to those
    of `unmasked_for` (empty: nobody), as `otherwise` to the rest."""

    table: str
    column: str
    function: str
    parameters: tuple[Parameter, ...]
    shown_where: str
    unmasked_for: str
    otherwise: str

    @property
    def sql(self) -> tuple[str, str]:
        first, *others = self.parameters
        body = self.otherwise
        if self.unmasked_for:
            body = f"CASE WHEN {self.unmasked_for} THEN {ticked(self.column)} ELSE {body} END"
        if self.shown_where:
            body = f"CASE WHEN {self.shown_where} THEN {body} END"
        using = f" USING COLUMNS ({', '.join(ticked(one.name) for one in others)})" if others else ""
        made = f"CREATE OR REPLACE FUNCTION {_path(self.function)}({_typed(self.parameters)}) RETURNS {first.type}"
        column = f"ALTER TABLE {_path(self.table)} ALTER COLUMN {ticked(self.column)}"
        return f"{made} RETURN {body}", f"{column} SET MASK {_path(self.function)}{using}"


@dataclass(frozen=True, slots=True)
class UnityCatalog:
    """A whole policy for one catalog."""

    catalog: str
    grants: tuple[Grant, ...]
    row_filters: tuple[RowFilter, ...]
    column_masks: tuple[ColumnMask, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the statements to run, in order: protection first, then grants."""
        statements = [text for one in self.row_filters for text in one.sql]
        statements += [text for mask in self.column_masks for text in mask.sql]
        found: dict[str, Any] = plain(self)
        return found | {"statements": [*statements, *(grant.sql for grant in self.grants)]}


def ticked(name: str) -> str:
    """An identifier in Databricks' SQL."""
    return "`" + name.replace("`", "``") + "`"


def _path(name: str) -> str:
    return ".".join(ticked(part) for part in name.split("."))


def _typed(parameters: tuple[Parameter, ...]) -> str:
    return ", ".join(f"{ticked(one.name)} {one.type}" for one in parameters)


def literal(value: Constant) -> str:
    """A constant in Databricks' SQL, where a backslash in text stands for itself only when doubled."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return standard_literal(value)


def masked(kind: Kind, column: str, type_: str) -> str:
    """A mask in Databricks' SQL."""
    x = ticked(column)
    digits = f"regexp_replace({x}, '[^0-9]', '')"
    match kind:
        case "null":
            return "NULL"
        case "hash":
            return f"sha2(concat({SALT}, {x}), 256)"
        case "redact":
            return f"CASE WHEN {x} IS NOT NULL THEN '[redacted]' END"
        case "year":
            return f"trunc({x}, 'YEAR')" if type_ == "date" else f"date_trunc('YEAR', {x})"
        case "partial_email":
            return f"CASE {_when(x, '([^@]).*@([^@]+)', '$1***@$2')} WHEN {x} IS NOT NULL THEN '***' END"
        case "partial_phone":
            return (
                f"CASE WHEN length({digits}) >= 8 THEN concat('***', right({digits}, 4)) "
                f"WHEN {x} IS NOT NULL THEN '***' END"
            )
        case "partial_ip":
            four = _when(x, r"([0-9]{1,3}\.[0-9]{1,3})\.[0-9]{1,3}\.[0-9]{1,3}", "$1.*.*")
            six = _when(x, r"([0-9A-Fa-f]{1,4}):[0-9A-Fa-f:.]*", "$1:***")
            return f"CASE {four} {six} WHEN {x} IS NOT NULL THEN '***' END"


def _when(x: str, pattern: str, by: str) -> str:
    whole = f"r'(?s)\\A{pattern}\\z'"
    return f"WHEN {x} RLIKE {whole} THEN regexp_replace({x}, {whole}, '{by}')"
