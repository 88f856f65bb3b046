"""Queries over a catalog of another account that is registered in the caller's.

Documentation: Athena User Guide, "Configure cross-account access to AWS Glue data catalogs": both accounts must allow
it, the caller's by IAM, the owner's by the policies of its catalog, its buckets and their keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lakewright.catalog.locations import parse_location
from lakewright.query.athena.catalogs import CATALOG
from lakewright.query.athena.errors import invalid
from lakewright.query.athena.sql import SqlError, Statement, parse
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.world import World

READING = frozenset({"select", "explain"})
_BY_NAME = frozenset({"ListDatabases", "GetDatabase", "ListTableMetadata", "GetTableMetadata"})


@dataclass(frozen=True)
class Foreign:
    """A catalog of another account, by the name under which it is registered."""

    name: str
    account: str


def across(asked: Asked, moto: Moto) -> Foreign | None:
    """The other account's catalog that a request is about; None where it is the account's own, or not known."""
    if asked.operation in _BY_NAME:
        return _registered(moto, str(asked.parameters.get("CatalogName", "")))
    if asked.operation != "StartQueryExecution":
        return None
    context: Mapping[str, Any] = asked.parameters.get("QueryExecutionContext") or {}
    if named := str(context.get("Catalog") or ""):
        return _registered(moto, named)
    text = str(asked.parameters.get("QueryString", ""))
    candidates = sorted(set(re.findall(r'"?(\w+)"?\s*\.\s*(?:"[^"]+"|\w+)\s*\.', text)))
    return next((found for one in candidates if (found := _registered(moto, one.lower())) is not None), None)


def _registered(moto: Moto, name: str) -> Foreign | None:
    if not name or name.lower() == CATALOG.lower():
        return None
    for one in moto.call("athena", "ListDataCatalogs").get("DataCatalogsSummary", ()):
        if one["CatalogName"].lower() == name.lower() and one.get("Type") == "GLUE":
            found = moto.call("athena", "GetDataCatalog", Name=one["CatalogName"])["DataCatalog"]
            account = str((found.get("Parameters") or {}).get("catalog-id") or "")
            return Foreign(one["CatalogName"], account) if account and account != moto.account else None
    return None


def readable(asked: Asked, foreign: Foreign, world: World) -> Asked:
    """The request with its catalog named. Raises Fault where one of the two accounts does not let the caller read."""
    if asked.operation != "StartQueryExecution":
        _check(world, asked, "glue", "GetDatabases", CatalogId=foreign.account)
        return asked
    context = dict(asked.parameters.get("QueryExecutionContext") or {})
    statement = _parsed(asked, context, foreign)
    for name in statement.tables:
        _check_table(world, asked, foreign, *name.split(".", 1))
    named = {**asked.parameters, "QueryExecutionContext": {**context, "Catalog": foreign.name}}
    return replace(asked, parameters=named)


def _parsed(asked: Asked, context: Mapping[str, Any], foreign: Foreign) -> Statement:
    """Reading alone crosses accounts here."""
    database = str(context.get("Database") or "default").lower()
    try:
        found = parse(
            str(asked.parameters.get("QueryString", "")),
            database,
            foreign.name.lower(),
            named="Catalog" not in context,
        )
    except SqlError as error:
        raise invalid(f"{error.kind}: {error.message}", "MALFORMED_QUERY") from None
    if found.kind not in READING:
        raise invalid(f"{found.kind.upper()} is not supported in the catalog {foreign.name} of another account")
    return found


def _check_table(world: World, asked: Asked, foreign: Foreign, database: str, table: str) -> None:
    where = {"CatalogId": foreign.account, "DatabaseName": database}
    _check(world, asked, "glue", "GetDatabase", CatalogId=foreign.account, Name=database)
    _check(world, asked, "glue", "GetTable", **where, Name=table)
    owner = world.aws.moto.within(foreign.account)
    try:
        found = owner.call("glue", "GetTable", DatabaseName=database, Name=table)["Table"]
    except Fault:
        return  # the query itself says that there is none
    if found.get("TableType") == "VIRTUAL_VIEW":
        raise invalid(f"{database}.{table} is a view of another account: name the tables that it reads")
    parts = [found]
    if found.get("PartitionKeys"):
        _check(world, asked, "glue", "GetPartitions", **where, TableName=table)
        parts += owner.call("glue", "GetPartitions", DatabaseName=database, TableName=table)["Partitions"]
    for place in {parse_location(location) for one in parts for location in _location(one)}:
        _check(world, asked, "s3", "ListObjectsV2", Bucket=place.bucket, Prefix=place.prefix)
        _check(world, asked, "s3", "GetObject", Bucket=place.bucket, Key=f"{place.prefix}any")


def _location(table: Mapping[str, Any]) -> Iterator[str]:
    if location := (table.get("StorageDescriptor") or {}).get("Location"):
        yield str(location)


def _check(world: World, asked: Asked, service: str, operation: str, **parameters: Any) -> None:
    refused = world.refused(replace(asked, service=service, operation=operation, parameters=parameters))
    if refused is not None:
        raise Fault("AccessDeniedException", f"Insufficient permissions to execute the query. {refused.message}", 400)
