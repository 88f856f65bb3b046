"""A crawl through the object store: what lies at a location becomes a table, or brings one up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lakewright.catalog import Table
from lakewright.catalog.crawl import Crawled, Drift, Found, as_table, crawl, drift
from lakewright.catalog.locations import Location
from lakewright.errors import ProblemError
from lakewright.governance import Privilege
from lakewright.query.athena.ddl.authority import Authority, no_database
from lakewright.query.athena.ddl.places import Places
from lakewright.query.athena.ddl.writing import check_name
from lakewright.query.athena.sql import SqlError


@dataclass(frozen=True)
class Crawling:
    """Crawls for one principal, with that principal's rights."""

    authority: Authority
    places: Places

    def look(self, text: str) -> tuple[Location, Crawled]:
        """What lies there. Raises SqlError for what is not theirs, or is no one table."""
        principal = self.authority.principal
        location = self.places.readable(text, principal)
        files = self.places.files(location, principal.name)
        try:
            return location, crawl(Found(one.key[len(location.prefix) :], one.path) for one in files)
        except ProblemError as error:
            raise SqlError("HIVE_BAD_DATA", f"{location}: {error.fact}") from None

    def drift(self, name: str) -> Drift:
        """How the files of a table differ from its definition."""
        table = self.authority.seen(name)
        if table is None:
            raise SqlError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{name}' does not exist")
        return drift(table, self.look(table.location)[1])

    def bring(self, name: str, text: str) -> Drift:
        """Makes the table `database.table` of a location, or changes it to what is there now; tells what changed."""
        database, _, short = name.partition(".")
        check_name(short)
        location, found = self.look(text)
        new = as_table(database, short, location, found, self.authority.principal.name)
        with self.authority.catalog.exclusive() as snapshot:
            if not self.authority.sees_database(database, snapshot) or database not in snapshot.databases:
                raise no_database(database)
            old = snapshot.tables.get(name)
            if old is None:
                self.authority.need_create(name)
                self.authority.catalog.put_table(new)
                return drift(replace(new, definition=_bare(new), partitions=()), found)
            self.authority.need(old, Privilege.ALTER)
            updated = _updated(old, new, found.statistics)
            if updated != old:
                self.authority.catalog.put_table(updated)
            return drift(old, found)


def _bare(table: Table) -> Mapping[str, Any]:
    return {**table.definition, "StorageDescriptor": {**table.storage, "Columns": []}}


def _updated(old: Table, new: Table, statistics: Mapping[str, str]) -> Table:
    """The columns and partitions of now, in what else the table was; comments of columns that are still there stay."""
    comments = {one["Name"]: one["Comment"] for one in old.storage.get("Columns", ()) if one.get("Comment")}
    columns = [
        {**one, **({"Comment": comments[one["Name"]]} if one["Name"] in comments else {})}
        for one in new.storage["Columns"]
    ]
    storage = {**old.storage, "Columns": columns}
    known = {tuple(one["Values"]): one for one in old.partitions}
    partitions = tuple(known.get(tuple(one["Values"]), one) for one in new.partitions)
    parameters = {**old.parameters, **statistics}
    definition = {**old.definition, "StorageDescriptor": storage, "Parameters": parameters}
    return replace(old, definition=definition, partitions=partitions)
