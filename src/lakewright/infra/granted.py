"""What a plan does to rights in Lake Formation: both sides read from Terraform's own plan JSON, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from lakewright.governance import Principal, TableFacts
from lakewright.governance.lake_formation import LakeFormation, load_lake_formation
from lakewright.governance.lake_formation.data import DataCellsFilter, Permission, Settings, meant
from lakewright.governance.questions import Change, Side, differences
from lakewright.spec.rows import Among, Comparison, Condition, RowsError, parse_rows, parts_of

KINDS = frozenset(
    {"aws_lakeformation_permissions", "aws_lakeformation_data_cells_filter", "aws_lakeformation_data_lake_settings"}
)
"""Resource types that say who may do what with data."""
ADMINISTRATORS = "administrators"
OTHERS = "all others"
"""Stands for the columns of a table that nothing names."""

When = Literal["before", "after"]
Block = Mapping[str, Any]


@dataclass
class Rights:
    """One side of some plans. `known`: tables whose columns are known; `columns` what rights name of others; `unknown`
    counts rights whose holder is known only after the apply."""

    known: Mapping[str, TableFacts]
    columns: dict[str, set[str]] = field(default_factory=dict)
    admins: list[str] = field(default_factory=list)
    filters: list[DataCellsFilter] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    unknown: int = 0

    def read(self, plan: Mapping[str, Any], when: When) -> None:
        """Adds what a plan (`terraform show -json`) says of one side."""
        for one in plan.get("resource_changes", ()):
            said = one["change"][when]
            if one["mode"] == "managed" and one["type"] in KINDS and said is not None:
                self._add(one["type"], said)

    def _add(self, kind: str, said: Block) -> None:
        match kind:
            case "aws_lakeformation_data_lake_settings":
                self.admins += said.get("admins") or ()
            case "aws_lakeformation_data_cells_filter":
                self.filters += (self._filter(one) for one in said.get("table_data") or ())
            case _:
                self._permission(said)

    def _permission(self, said: Block) -> None:
        if said.get("principal") is None:
            self.unknown += 1
            return
        given, passed = meant(said["permissions"] or ()), meant(said.get("permissions_with_grant_option") or ())
        for database, table, cells in self._places(said):
            self.permissions.append(Permission(said["principal"], database, table, cells, given, passed))

    def _places(self, said: Block) -> Iterator[tuple[str, str, str]]:
        """(database, table or "*", filter). Locations, tags and the catalog are other matters."""
        for one in said.get("database") or ():
            yield one["name"], "", ""
        for one in said.get("table") or ():
            yield one["database_name"], "*" if one.get("wildcard") else one["name"], ""
        for one in said.get("table_with_columns") or ():
            names, excluded = one.get("column_names") or (), one.get("excluded_column_names") or ()
            cells = f"columns {','.join(sorted(names))} but {','.join(sorted(excluded))}" if names or excluded else ""
            if cells:
                columns = self._shown(f"{one['database_name']}.{one['name']}", names, excluded)
                self.filters.append(DataCellsFilter(one["database_name"], one["name"], cells, columns))
            yield one["database_name"], one["name"], cells
        for one in said.get("data_cells_filter") or ():
            yield one["database_name"], one["table_name"], one["name"]

    def _filter(self, said: Block) -> DataCellsFilter:
        database, table = said["database_name"], said["table_name"]
        rows = "".join(one.get("filter_expression") or "" for one in said.get("row_filter") or ())
        wildcards = said.get("column_wildcard") or ()
        excluded = [name for one in wildcards for name in one.get("excluded_column_names") or ()]
        columns = self._shown(f"{database}.{table}", said.get("column_names") or (), excluded)
        return DataCellsFilter(database, table, said["name"], columns, _readable(rows))

    def _shown(self, table: str, names: Sequence[str], excluded: Sequence[str]) -> tuple[str, ...]:
        """The columns that are named, or all but the excluded."""
        self.columns.setdefault(table, set()).update(names, excluded)
        if names:
            return tuple(names)
        every = (*self.known[table].columns,) if table in self.known else (OTHERS,)
        return tuple(name for name in every if name not in excluded)

    @property
    def state(self) -> LakeFormation:
        return LakeFormation(Settings(tuple(self.admins)), (), (), tuple(self.filters), tuple(self.permissions), ())

    def people(self) -> dict[str, Principal]:
        """Everybody who is named, by ARN."""
        names = [*self.admins, *(one.principal for one in self.permissions)]
        return {
            name: Principal(name, personas=frozenset({ADMINISTRATORS} if name in self.admins else ()))
            for name in dict.fromkeys(names)
        }


def granted(
    plans: Sequence[Mapping[str, Any]], known: Mapping[str, TableFacts], names: Mapping[str, str], at: datetime
) -> tuple[list[Change], int]:
    """What the plans give and take, and the number of rights whose holder is known only after the apply.

    `known` are tables with their columns and types, as the catalog calls them; of others the columns are those that
    rights name. `names`: ARN → what people call its holder.
    """
    before, after = Rights(known), Rights(known)
    for plan in plans:
        before.read(plan, "before")
        after.read(plan, "after")
    tables = _tables(before, after, known)
    was, will = (Side(load_lake_formation(side.state), side.people(), tables) for side in (before, after))
    changes = _whole_databases_once(differences(was, will, at))
    return [replace(one, principal=names.get(one.principal, _short(one.principal))) for one in changes], after.unknown


def _readable(rows: str) -> str:
    """An expression that this language has no words for stands as a text that is compared."""
    if rows.strip().upper() in ("", "TRUE"):
        return ""
    try:
        parse_rows(rows)
    except RowsError:
        return f"row_filter = '{rows.replace(chr(39), chr(39) * 2)}'"
    return rows


def _tables(before: Rights, after: Rights, known: Mapping[str, TableFacts]) -> dict[str, TableFacts]:
    """Every table that rights are on: as it is known, or with the columns that either side names."""
    found: dict[str, dict[str, str]] = {}
    for one in (*before.permissions, *after.permissions):
        name = f"{one.database}.{one.table or '*'}"
        named = before.columns.get(name, set()) | after.columns.get(name, set())
        found[name] = dict(known[name].columns) if name in known else dict.fromkeys(sorted(named), "string")
    for cells in (*before.filters, *after.filters):
        name = f"{cells.database}.{cells.table}"
        if name in found and cells.row_expression:
            types = dict(_types(parse_rows(cells.row_expression)))
            found[name] = {**types, **found[name]} if name in known else {**found[name], **types}
    for name, columns in found.items():
        if name not in known:
            columns.setdefault(OTHERS if columns else "all columns", "string")
    return {name: TableFacts(name, found[name]) for name in sorted(found)}


def _types(condition: Condition) -> Iterator[tuple[str, str]]:
    """Column → a type that its constants are values of."""
    for part in parts_of(condition):
        match part:
            case Among(column, values):
                yield column, _type(values[0])
            case Comparison(column, _, constant):
                yield column, _type(constant)


def _type(constant: bool | int | Decimal | str) -> str:
    match constant:
        case bool():
            return "boolean"
        case int():
            return "bigint"
        case Decimal():
            return "decimal(38,18)"
        case _:
            return "string"


def _whole_databases_once(changes: Sequence[Change]) -> list[Change]:
    """What is said of all tables of a database is not said again of each."""

    def key(change: Change) -> tuple[object, ...]:
        database = change.table.partition(".")[0]
        return change.principal, database, change.privilege, bool(change.gains), bool(change.losses)

    whole = {key(change) for change in changes if change.table.endswith(".*")}
    return [change for change in changes if change.table.endswith(".*") or key(change) not in whole]


def _short(arn: str) -> str:
    """`role/shop-dev-etl` of an ARN."""
    return arn.split(":", 5)[5] if arn.count(":") >= 5 else arn
