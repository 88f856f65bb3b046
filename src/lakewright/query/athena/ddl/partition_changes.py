"""Partitions: added, dropped, renamed, moved, found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import InvalidOperation
from typing import Any

from lakewright.catalog import Definition, Table
from lakewright.catalog.locations import Location
from lakewright.catalog.partitions import NO_VALUE, folder, typed, values_of
from lakewright.governance import Privilege
from lakewright.query.athena.commands import Answer, Done, Lines
from lakewright.query.athena.ddl.authority import Authority, hive_failure, no_table, task_failure
from lakewright.query.athena.ddl.hive_syntax import (
    AddPartitions,
    Comparison,
    DropPartitions,
    RenamePartition,
    Repair,
    SetLocation,
    Spec,
)
from lakewright.query.athena.ddl.places import Places, located
from lakewright.query.athena.ddl.schema import changeable
from lakewright.query.athena.sql import SqlError

Values = tuple[str, ...]
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


@dataclass(frozen=True)
class PartitionChanges:
    """Changes of tables' partitions by one principal."""

    authority: Authority
    places: Places

    def add(self, asked: AddPartitions) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            table = self._partitioned(asked.table, snapshot.tables)
            have = {tuple(one["Values"]) for one in table.partitions}
            new: list[Definition] = []
            for spec, place in asked.partitions:
                values = values_in(table, spec)
                if values in have and not asked.if_not_exists:
                    raise task_failure(
                        "AlreadyExistsException", f"Partition already exists: {folder_of(table, values)}"
                    )
                if values not in have:
                    have.add(values)
                    new.append(partition(table, values, self._place(table, values, place)))
            self._put(table, (*table.partitions, *new))
        return Done()

    def drop(self, asked: DropPartitions) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            table = self._partitioned(asked.table, snapshot.tables)
            gone: set[Values] = set()
            for terms in asked.partitions:
                found = {tuple(one["Values"]) for one in table.partitions if _fits(table, one["Values"], terms)}
                if not found and not asked.if_exists:
                    shown = ", ".join(f"{one.key} {one.operator} {one.value}" for one in terms)
                    raise hive_failure(f"SemanticException [Error 10006]: Partition not found ({shown})")
                gone |= found
            self._put(table, tuple(one for one in table.partitions if tuple(one["Values"]) not in gone))
        return Done()

    def rename(self, asked: RenamePartition) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            table = self._partitioned(asked.table, snapshot.tables)
            old, new = values_in(table, asked.old), values_in(table, asked.new)
            if any(tuple(one["Values"]) == new for one in table.partitions):
                raise _taken(table, new)
            self._change(table, old, {"Values": list(new)})
        return Done()

    def set_location(self, asked: SetLocation) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            table = changeable(self.authority, asked.table, snapshot.tables)
            self._check_owner(table, asked.location)
            if asked.partition:
                values = values_in(table, asked.partition)
                one = self._find(table, values)
                storage = {**(one.get("StorageDescriptor") or table.storage), "Location": asked.location}
                self._change(table, values, {"StorageDescriptor": storage})
            else:
                storage = {**table.storage, "Location": asked.location}
                definition = {**table.definition, "StorageDescriptor": storage}
                self.authority.catalog.put_table(replace(table, definition=definition))
        return Done()

    def repair(self, asked: Repair) -> Answer:
        """MSCK REPAIR TABLE: folders `key=value` that have files become partitions."""
        table = self.authority.seen(asked.table)
        if table is None:
            raise no_table(asked.table)
        self.authority.need(table, Privilege.ALTER)
        if not table.keys:
            return Lines((("result", "string"),), ())
        home = located(table.location)
        found = [values_of(one, list(table.keys)) for one in self.places.folders(home, table.owner)]
        with self.authority.catalog.exclusive() as snapshot:
            now = self._partitioned(asked.table, snapshot.tables)
            have = {tuple(one["Values"]) for one in now.partitions}
            new = [one for one in dict.fromkeys(found) if one is not None and one not in have]
            for values in new:
                check_values(now, values)
            added = (partition(now, values, home.below(folder(list(now.keys), values))) for values in new)
            self._put(now, (*now.partitions, *added))
        return Lines((("result", "string"),), _told(now, new))

    def _partitioned(self, name: str, tables: Mapping[str, Table]) -> Table:
        table = changeable(self.authority, name, tables)
        if not table.keys:
            raise hive_failure(f"SemanticException [Error 10234]: Table {name} is not partitioned")
        return table

    def _place(self, table: Table, values: Values, written: str) -> Location:
        if not written:
            return located(table.location).below(folder(list(table.keys), values))
        self._check_owner(table, written)
        return located(written)

    def _check_owner(self, table: Table, written: str) -> None:
        """Files are read with the owner's rights: who is not the owner does not choose which."""
        place = self.places.readable(written, self.authority.principal)
        if table.owner != self.authority.principal.name and not place.within(located(table.location)):
            raise SqlError("PERMISSION_DENIED", "Only the table's owner may read from another location")

    def _find(self, table: Table, values: Values) -> Definition:
        for one in table.partitions:
            if tuple(one["Values"]) == values:
                return one
        raise hive_failure(f"SemanticException [Error 10006]: Partition not found {folder_of(table, values)}")

    def _change(self, table: Table, values: Values, change: Mapping[str, Any]) -> None:
        old = self._find(table, values)
        self._put(table, tuple({**one, **change} if one is old else one for one in table.partitions))

    def _put(self, table: Table, partitions: tuple[Definition, ...]) -> None:
        self.authority.catalog.put_table(replace(table, partitions=partitions))


def _taken(table: Table, values: Values) -> Exception:
    return task_failure("AlreadyExistsException", f"Partition already exists: {folder_of(table, values)}")


def partition(table: Table, values: Values, place: Location) -> Definition:
    """A partition's definition: as the table's, at its own place."""
    return {"Values": list(values), "StorageDescriptor": {**table.storage, "Location": str(place)}, "Parameters": {}}


def folder_of(table: Table, values: Values) -> str:
    return folder(list(table.keys), values)


def values_in(table: Table, spec: Spec) -> Values:
    """A full partition's values in the order of the keys. Raises what Hive answers to another one."""
    given = dict(spec)
    if len(given) != len(spec) or given.keys() != table.keys.keys():
        shown = ", ".join(f"{key}={value}" for key, value in spec)
        fact = f"Partition spec {{{shown}}} does not fit the partition columns {', '.join(table.keys)}"
        raise hive_failure(f"SemanticException [Error 10125]: {fact}")
    values = tuple(given[key] or NO_VALUE for key in table.keys)
    check_values(table, values)
    return values


def check_values(table: Table, values: Values) -> None:
    """Raises for a value that its key's type does not have."""
    for (key, kind), value in zip(table.keys.items(), values, strict=True):
        try:
            typed(value, kind)
        except (ValueError, InvalidOperation):
            fact = f"Cannot convert partition value '{value}' of {key} to {kind}"
            raise hive_failure(f"SemanticException [Error 10248]: {fact}") from None


def _fits(table: Table, values: list[str], terms: tuple[Comparison, ...]) -> bool:
    kinds, given = table.keys, dict(zip(table.keys, values, strict=True))
    for term in terms:
        if term.key not in kinds:
            raise hive_failure(f"SemanticException [Error 10098]: {term.key} is no partition column")
        try:
            have, want = typed(given[term.key], kinds[term.key]), typed(term.value, kinds[term.key])
        except (ValueError, InvalidOperation):
            raise hive_failure(f"SemanticException [Error 10248]: {term.value} is no {kinds[term.key]}") from None
        if have is None or want is None:
            if have is not want or term.operator != "=":
                return False
        elif not _COMPARE[term.operator](have, want):
            return False
    return True


def _told(table: Table, new: list[Values]) -> list[str]:
    if not new:
        return []
    name = table.definition["Name"]
    missing = "\t".join(f"{name}:{folder_of(table, values)}" for values in new)
    added = [f"Repair: Added partition to metastore {name}:{folder_of(table, values)}" for values in new]
    return [f"Partitions not in metastore:\t{missing}", *added]


__all__ = ["PartitionChanges", "partition", "values_in"]
