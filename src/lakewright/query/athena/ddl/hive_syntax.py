"""Hive's statements, read. Names are lower case, tables are `database.table`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Spec = tuple[tuple[str, str], ...]
"""A partition: key and value as text, in the order written."""


@dataclass(frozen=True)
class ColumnSpec:
    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class CreateDatabase:
    name: str
    if_not_exists: bool = False
    comment: str = ""
    location: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DropDatabase:
    name: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True)
class AlterDatabase:
    name: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class Storage:
    """ROW FORMAT and STORED AS. `stored_as` is a word; else the input and output format stand in `formats`."""

    serde: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    stored_as: str = ""
    formats: tuple[str, str] | None = None


@dataclass(frozen=True)
class CreateTable:
    name: str
    columns: tuple[ColumnSpec, ...]
    keys: tuple[ColumnSpec, ...]
    location: str
    storage: Storage
    if_not_exists: bool = False
    comment: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DropTable:
    name: str
    if_exists: bool = False
    view: bool = False


@dataclass(frozen=True)
class AddColumns:
    table: str
    columns: tuple[ColumnSpec, ...]
    replace: bool = False


@dataclass(frozen=True)
class AddPartitions:
    table: str
    partitions: tuple[tuple[Spec, str], ...]  # with their locations
    if_not_exists: bool = False


@dataclass(frozen=True)
class Comparison:
    """`day < '2026-01-01'` in DROP PARTITION."""

    key: str
    operator: str
    value: str


@dataclass(frozen=True)
class DropPartitions:
    table: str
    partitions: tuple[tuple[Comparison, ...], ...]
    if_exists: bool = False


@dataclass(frozen=True)
class RenamePartition:
    table: str
    old: Spec
    new: Spec


@dataclass(frozen=True)
class SetLocation:
    table: str
    location: str
    partition: Spec = ()


@dataclass(frozen=True)
class SetProperties:
    table: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class Repair:
    table: str


@dataclass(frozen=True)
class ShowDatabases:
    pattern: str | None = None


@dataclass(frozen=True)
class ShowTables:
    database: str
    pattern: str | None = None
    views: bool = False


@dataclass(frozen=True)
class ShowColumns:
    table: str


@dataclass(frozen=True)
class ShowPartitions:
    table: str
    spec: Spec = ()


@dataclass(frozen=True)
class ShowProperties:
    table: str
    key: str | None = None


@dataclass(frozen=True)
class ShowCreate:
    table: str
    view: bool = False


@dataclass(frozen=True)
class Describe:
    """`form`: EXTENDED, FORMATTED or nothing; `column` may name one."""

    table: str
    form: str = ""
    partition: Spec = ()
    column: str = ""


HiveStatement = (
    CreateDatabase
    | DropDatabase
    | AlterDatabase
    | CreateTable
    | DropTable
    | AddColumns
    | AddPartitions
    | DropPartitions
    | RenamePartition
    | SetLocation
    | SetProperties
    | Repair
    | ShowDatabases
    | ShowTables
    | ShowColumns
    | ShowPartitions
    | ShowProperties
    | ShowCreate
    | Describe
)
