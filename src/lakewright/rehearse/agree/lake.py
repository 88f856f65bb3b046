"""Lake Formation as it was applied, read through AWS's own APIs, beside what the spec wants of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lakewright.catalog import Snapshot, Table
from lakewright.catalog.hive_types import parse_hive_type
from lakewright.governance import Allowed, Denied, Principal, Privilege, TableFacts
from lakewright.governance.agreement import TO_COME, Applied, Asked, Seat, to_come
from lakewright.rehearse.agree.wanted import Wanted, WantedLake
from lakewright.rehearse.aws.live.athena.permissions import EVERYBODY, Calls, policy_of, principal_of, read_state

SYSTEM = "Lake Formation"


@dataclass(frozen=True)
class Clients:
    """The API through boto3's clients. `client(service)` opens one."""

    client: Any

    def call(self, service: str, operation: str, /, **parameters: Any) -> Mapping[str, Any]:
        from botocore import xform_name

        found: Mapping[str, Any] = getattr(self.client(service), xform_name(operation))(**parameters)
        return found


def lake_formation(wanted: Wanted, lake: WantedLake, calls: Calls) -> Applied:
    """One account's. Reads what is granted now, and the Glue catalog for tables and their columns."""
    catalog = glue_catalog(calls)
    state = read_state(calls, catalog)
    tables = [_facts(wanted, name, table) for name, table in sorted(catalog.tables.items())]
    tables += [to_come(name) for name in sorted(catalog.databases)]
    seats = [Seat(f"{one.kind}:{one.subject}", one.principal, principal_of(one.arn, state)) for one in lake.roles]
    seats += [Seat(name, Principal(arn), principal_of(arn, state)) for name, arn in lake.programs.items()]
    known = {one.arn for one in lake.roles} | set(lake.programs.values()) | {EVERYBODY}
    others = dict.fromkeys(one.principal for one in state.permissions if one.principal not in known)
    seats += [Seat(arn.rpartition(":")[2], None, principal_of(arn, state)) for arn in others]
    excuses = _Excuses(lake, frozenset(one.database for one in wanted.tables.values()))
    return Applied(f"{SYSTEM} {lake.account}", lake.policy, policy_of(state), seats, tables, excuse=excuses.of)


def glue_catalog(calls: Calls) -> Snapshot:
    """Databases and tables, by `database.table`."""
    databases = {one["Name"]: one for one in _pages(calls, "GetDatabases", "DatabaseList")}
    tables = [
        Table(name, definition)
        for name in databases
        for definition in _pages(calls, "GetTables", "TableList", DatabaseName=name)
    ]
    return Snapshot(databases, {table.name: table for table in tables})


def _pages(calls: Calls, operation: str, key: str, **asked: str) -> Iterator[Mapping[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = calls.call("glue", operation, **asked, **token)
        yield from page.get(key, ())
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _facts(wanted: Wanted, name: str, table: Table) -> TableFacts:
    """A table with the catalog's columns; types and classes as the models say, where they know it."""
    known = wanted.tables.get(name) or TableFacts(name, {})
    types = {**{column: parse_hive_type(kind).canonical for column, kind in table.columns.items()}}
    columns = {column: known.columns.get(column, kind) for column, kind in types.items()}
    classes = {column: found for column, found in known.classes.items() if column in columns}
    return TableFacts(name, columns, classes)


@dataclass(frozen=True)
class _Excuses:
    """What follows from what Lake Formation is. `declared`: the databases of which the models have tables."""

    lake: WantedLake
    declared: frozenset[str]

    def of(self, asked: Asked) -> str:
        if not asked.lacks_only or isinstance(asked.spec, Denied):
            return ""
        if asked.table.name.endswith(f".{TO_COME}"):
            return self._to_come(asked)
        if asked.spec.masks and _is_unmasked_part(asked, asked.spec):
            names = ", ".join(asked.spec.masks)
            view = self.lake.views.get(asked.table.name)
            shown = f"{view} makes a view that shows them masked" if view else "no view shows them"
            return f"has no masks, so {names} is left out; {shown}"
        return ""

    def _to_come(self, asked: Asked) -> str:
        """The right to make tables is granted on a database, with the grants on its tables."""
        if asked.privilege is not Privilege.CREATE:
            return "a table to come may have columns that are not for everybody: each is granted when it is declared"
        if asked.table.database not in self.declared:
            return f"no table of {asked.table.database} is declared: the making is granted with its first"
        return ""


def _is_unmasked_part(asked: Asked, spec: Allowed) -> bool:
    """Whether the applied decision is the spec's, but for masked columns."""
    columns = tuple(name for name in spec.columns if name not in spec.masks)
    cells = {name: rows for name, rows in spec.cells.items() if name in columns}
    rest = replace(spec, columns=columns, cells=cells, masks={}) if columns else Denied("only masked columns")
    one = replace(asked, spec=rest)
    return one.lacks_only and one.exceeds_only
