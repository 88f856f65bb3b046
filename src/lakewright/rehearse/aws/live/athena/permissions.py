"""Lake Formation's state, as deployed, for `governance.lake_formation.load`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from lakewright.catalog import Snapshot
from lakewright.governance import Policy, Principal
from lakewright.governance.lake_formation.data import KNOWN, DataCellsFilter, LakeFormation, Permission, Settings, meant
from lakewright.governance.lake_formation.load import load_lake_formation
from lakewright.governance.rules import Grant


class Calls(Protocol):
    """AWS's API of one account: what boto3's client would answer."""

    def call(self, service: str, operation: str, /, **parameters: Any) -> Mapping[str, Any]: ...


EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
ADMINISTRATORS = "administrators"
Entry = Mapping[str, Any]


@dataclass
class _Reading:
    """Grants as they are read; a grant on some columns becomes a filter of all rows."""

    catalog: Snapshot
    filters: list[DataCellsFilter] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        principal = str(entry["Principal"]["DataLakePrincipalIdentifier"])
        resource = entry["Resource"]
        for database, table, cells in self._places(resource):
            given = meant(entry.get("Permissions") or ())
            passed = meant(entry.get("PermissionsWithGrantOption") or ())
            if given:
                self.permissions.append(Permission(principal, database, table, cells, given, passed))

    def _places(self, resource: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """(database, table or "*", filter): what a resource is about. Catalog, locations and tags are other matters."""
        if "Database" in resource:
            yield resource["Database"]["Name"], "", ""
        if "Table" in resource:
            one = resource["Table"]
            yield one["DatabaseName"], str(one.get("Name") or "*").replace("ALL_TABLES", "*"), ""
        if "TableWithColumns" in resource:
            one = resource["TableWithColumns"]
            yield one["DatabaseName"], one["Name"], self._columns(one)
        if "DataCellsFilter" in resource:
            one = resource["DataCellsFilter"]
            yield one["DatabaseName"], one["TableName"], one["Name"]

    def _columns(self, one: Mapping[str, Any]) -> str:
        if one.get("ColumnNames"):
            columns = tuple(one["ColumnNames"])
        else:
            excluded = set((one.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ())
            if not excluded:
                return ""
            columns = tuple(name for name in self.columns(one["DatabaseName"], one["Name"]) if name not in excluded)
        name = "columns " + ",".join(columns)
        self.filters.append(DataCellsFilter(one["DatabaseName"], one["Name"], name, columns))
        return name

    def columns(self, database: str, table: str) -> Sequence[str]:
        found = self.catalog.tables.get(f"{database}.{table}".lower())
        return () if found is None else tuple(found.columns)


def read_state(calls: Calls, catalog: Snapshot) -> LakeFormation:
    """What is granted now. Views with their definer's rights are none of Lake Formation's own objects: none here."""
    settings = calls.call("lakeformation", "GetDataLakeSettings")["DataLakeSettings"]
    admins = tuple(one["DataLakePrincipalIdentifier"] for one in settings.get("DataLakeAdmins") or ())
    reading = _Reading(catalog)
    for one in _all(calls, "ListDataCellsFilter", "DataCellsFilters"):
        reading.filters.append(_filter(one, reading))
    for one in _all(calls, "ListPermissions", "PrincipalResourcePermissions"):
        reading.add(one)
    if _by_iam(settings.get("CreateTableDefaultPermissions")):
        for name in catalog.databases:
            reading.permissions.append(Permission(EVERYBODY, name, "*", "", KNOWN))
            reading.permissions.append(Permission(EVERYBODY, name, "", "", KNOWN))
    found = Settings(admins)
    return LakeFormation(found, (), (), tuple(reading.filters), tuple(reading.permissions), ())


def _filter(one: Mapping[str, Any], reading: _Reading) -> DataCellsFilter:
    database, table = one["DatabaseName"], one["TableName"]
    columns = tuple(one.get("ColumnNames") or ())
    excluded = set((one.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ())
    if excluded:
        columns = tuple(name for name in reading.columns(database, table) if name not in excluded)
    rows = str((one.get("RowFilter") or {}).get("FilterExpression") or "")
    return DataCellsFilter(database, table, one["Name"], columns, "" if rows.strip().upper() == "TRUE" else rows)


def _by_iam(defaults: Any) -> bool:
    """Whether new tables are open to whoever IAM lets in: what an account has before Lake Formation is set up."""
    principals = [one.get("Principal", {}).get("DataLakePrincipalIdentifier") for one in defaults or ()]
    return EVERYBODY in principals


def _all(calls: Calls, operation: str, name: str) -> Iterator[Entry]:
    token: dict[str, str] = {}
    while True:
        page = calls.call("lakeformation", operation, **token)
        yield from page.get(name, ())
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def policy_of(state: LakeFormation) -> Policy:
    """The policy of a state. Whoever is asked about is a member of the group of all IAM principals."""
    found = load_lake_formation(state)
    everybody, group = f"user:{EVERYBODY}", f"group:{EVERYBODY}"
    return replace(found, grants=tuple(_to(grant, everybody, group) for grant in found.grants))


def _to(grant: Grant, old: str, new: str) -> Grant:
    return replace(grant, to=frozenset(new if name == old else name for name in grant.to))


def principal_of(arn: str, state: LakeFormation) -> Principal:
    personas = frozenset({ADMINISTRATORS}) if arn in state.settings.admins else frozenset()
    return Principal(arn, frozenset({EVERYBODY}), personas)
