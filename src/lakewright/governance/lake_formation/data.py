"""Lake Formation's objects as frozen plain data: what Terraform's resources take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lakewright.governance.masks import Kind
from lakewright.governance.predicate import Predicate, double_quoted
from lakewright.governance.targets import plain, rows_text, standard_literal

TARGET = "Lake Formation"
MAX_EXPRESSION = 2047
KNOWN = ("SELECT", "DESCRIBE", "INSERT", "DELETE", "ALTER", "DROP", "CREATE_TABLE")
"""Permissions on databases and tables."""
_BARE = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Settings:
    """The data lake's settings. No default permissions: grants mean nothing while IAM_ALLOWED_PRINCIPALS has some."""

    admins: tuple[str, ...]
    create_database_default_permissions: tuple[str, ...] = ()
    create_table_default_permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revoke:
    """What must be taken from the group of all IAM principals; an empty `table` means the database."""

    database: str
    table: str = ""
    principal: str = "IAM_ALLOWED_PRINCIPALS"
    permissions: tuple[str, ...] = ("ALL",)


@dataclass(frozen=True, slots=True)
class ColumnTag:
    """An LF-Tag on a column: its class."""

    database: str
    table: str
    column: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataCellsFilter:
    """Some columns in some rows; an empty `row_expression` means all rows."""

    database: str
    table: str
    name: str
    columns: tuple[str, ...]
    row_expression: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """What a principal may do with a database (no `table`), a table or view, or a data cells filter."""

    principal: str
    database: str
    table: str
    filter: str
    permissions: tuple[str, ...]
    permissions_with_grant_option: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column: an expression over the table's, where a condition holds (empty: in every row), else NULL."""

    name: str
    expression: str
    only_where: str = ""


@dataclass(frozen=True, slots=True)
class MaskedView:
    """A Data Catalog view with the rights of its definer, beside the table that has the columns unmasked."""

    database: str
    name: str
    table: str
    columns: tuple[ViewColumn, ...]
    where: str = ""

    @property
    def sql(self) -> str:
        """Its text in Athena's SQL."""
        columns = []
        for column in self.columns:
            shown = f"IF({column.only_where}, {column.expression})" if column.only_where else column.expression
            columns.append(f"  {shown} AS {double_quoted(column.name)}")
        where = f"\nWHERE {self.where}" if self.where else ""
        source = f"{double_quoted(self.database)}.{double_quoted(self.table)}"
        return "SELECT\n" + ",\n".join(columns) + f"\nFROM {source}{where}"


@dataclass(frozen=True, slots=True)
class LakeFormation:
    """A whole policy for Lake Formation."""

    settings: Settings
    revokes: tuple[Revoke, ...]
    tags: tuple[ColumnTag, ...]
    filters: tuple[DataCellsFilter, ...]
    permissions: tuple[Permission, ...]
    views: tuple[MaskedView, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; views with their SQL."""
        found: dict[str, Any] = plain(self)
        found["views"] = [plain(view) | {"sql": view.sql} for view in self.views]
        return found


def meant(names: Iterable[str]) -> tuple[str, ...]:
    """The permissions of KNOWN that these give; ALL and SUPER are all of them."""
    given = set(names)
    return KNOWN if given & {"ALL", "SUPER"} else tuple(name for name in KNOWN if name in given)


def bare(column: str) -> str:
    """A column in a row filter expression."""
    return column if _BARE.fullmatch(column) else double_quoted(column)


def row_expression(predicate: Predicate | None) -> str:
    """A condition as a data cells filter or a view has it."""
    return "" if predicate is None else rows_text(predicate, bare, standard_literal)


def masked(kind: Kind, column: str) -> str:
    """A mask in Athena's SQL."""
    x = double_quoted(column)
    digits = f"regexp_replace({x}, '[^0-9]', '')"
    match kind:
        case "null":
            return f"IF(false, {x})"
        case "redact":
            return f"IF({x} IS NOT NULL, '[redacted]')"
        case "year":
            return f"date_trunc('year', {x})"
        case "partial_email":
            return _parts(x, r"([^@]).*@([^@]+)", "$1***@$2")
        case "partial_phone":
            shown = f"'***' || substr({digits}, length({digits}) - 3)"
            return f"CASE WHEN length({digits}) >= 8 THEN {shown} WHEN {x} IS NOT NULL THEN '***' END"
        case "partial_ip":
            four = _when(x, r"([0-9]{1,3}\.[0-9]{1,3})\.[0-9]{1,3}\.[0-9]{1,3}", "$1.*.*")
            six = _when(x, r"([0-9A-Fa-f]{1,4}):[0-9A-Fa-f:.]*", "$1:***")
            return f"CASE {four} {six} WHEN {x} IS NOT NULL THEN '***' END"
    raise AssertionError(kind)


KINDS: tuple[Kind, ...] = ("null", "redact", "year", "partial_email", "partial_phone", "partial_ip")
"""Masks that a view can have; a hash's salt would stand in its text."""


def _when(x: str, pattern: str, by: str) -> str:
    whole = f"'(?s)\\A{pattern}\\z'"
    return f"WHEN regexp_like({x}, {whole}) THEN regexp_replace({x}, {whole}, '{by}')"


def _parts(x: str, pattern: str, by: str) -> str:
    return f"CASE {_when(x, pattern, by)} WHEN {x} IS NOT NULL THEN '***' END"
