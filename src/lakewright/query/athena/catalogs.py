"""Databases and tables as the caller may see them; what is hidden answers as if it were not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from lakewright.query.athena.errors import invalid, metadata, unsupported
from lakewright.query.athena.tokens import after, page

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.caller import Caller

Body = Mapping[str, Any]
CATALOG = "AwsDataCatalog"


class TableView(Protocol):
    """A table as somebody sees it. Types are Hive's."""

    @property
    def columns(self) -> Mapping[str, str]: ...

    @property
    def partition_keys(self) -> Mapping[str, str]: ...

    @property
    def table_type(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, str]: ...

    @property
    def comments(self) -> Mapping[str, str]: ...


class Catalog(Protocol):
    """The catalog as one principal sees it; names are lower case."""

    def databases(self) -> list[str]:
        """Sorted. Databases in which the principal sees nothing are left out."""

    def tables(self, database: str) -> list[str]:
        """Sorted; empty for a database that is not there or not seen."""

    def table(self, database: str, name: str) -> TableView | None: ...


class Catalogs:
    """The catalog operations, for every caller through that caller's view."""

    def __init__(self, view: Callable[[Principal], Catalog]) -> None:
        self._view = view

    def list_catalogs(self, body: Body, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        summary = {"CatalogName": CATALOG, "Type": "GLUE", "Status": "CREATE_COMPLETE"}
        return {"DataCatalogsSummary": [summary]}

    def get_catalog(self, body: Body, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        if body["Name"].lower() != CATALOG.lower():
            raise invalid(f"DataCatalog {body['Name']} was not found", "DATA_CATALOG_NOT_FOUND")
        description = "The lake's tables and what was created through Athena"
        return {
            "DataCatalog": {
                "Name": CATALOG,
                "Description": description,
                "Type": "GLUE",
                "Parameters": {"catalog-id": "local"},
                "Status": "CREATE_COMPLETE",
            }
        }

    def list_databases(self, body: Body, caller: Caller) -> dict[str, Any]:
        names = self._catalog(body, caller).databases()
        shown, token = page(names, after(body, "ListDatabases"), body.get("MaxResults", 50), str)
        answer: dict[str, Any] = {"DatabaseList": [{"Name": name} for name in shown]}
        return answer | token("ListDatabases")

    def get_database(self, body: Body, caller: Caller) -> dict[str, Any]:
        name = body["DatabaseName"].lower()
        if name not in self._catalog(body, caller).databases():
            raise metadata(f"Database {name} not found")
        return {"Database": {"Name": name}}

    def list_tables(self, body: Body, caller: Caller) -> dict[str, Any]:
        catalog, database = self._catalog(body, caller), body["DatabaseName"].lower()
        if database not in catalog.databases():
            raise metadata(f"Database {database} not found")
        matches = _expression(body.get("Expression", ""))
        names = [name for name in catalog.tables(database) if matches(name)]
        shown, token = page(names, after(body, "ListTableMetadata"), body.get("MaxResults", 50), str)
        views = ((name, catalog.table(database, name)) for name in shown)
        answer: dict[str, Any] = {"TableMetadataList": [described(name, one) for name, one in views if one is not None]}
        return answer | token("ListTableMetadata")

    def get_table(self, body: Body, caller: Caller) -> dict[str, Any]:
        catalog = self._catalog(body, caller)
        database, name = body["DatabaseName"].lower(), body["TableName"].lower()
        found = catalog.table(database, name)
        if found is None:
            raise metadata(f"Table {name} not found in database {database}")
        return {"TableMetadata": described(name, found)}

    def _catalog(self, body: Body, caller: Caller) -> Catalog:
        if body["CatalogName"].lower() != CATALOG.lower():
            raise invalid(f"DataCatalog {body['CatalogName']} was not found", "DATA_CATALOG_NOT_FOUND")
        return self._view(caller.principal)


def described(name: str, table: TableView) -> dict[str, Any]:
    """One TableMetadata."""
    keys = table.partition_keys
    return {
        "Name": name,
        "TableType": table.table_type,
        "Columns": [_column(table, one, kind) for one, kind in table.columns.items() if one not in keys],
        "PartitionKeys": [_column(table, one, kind) for one, kind in keys.items()],
        "Parameters": dict(table.parameters),
    }


def _column(table: TableView, name: str, kind: str) -> dict[str, str]:
    comment = table.comments.get(name, "")[:255]
    return {"Name": name, "Type": kind} | ({"Comment": comment} if comment else {})


def _expression(expression: str) -> Callable[[str], bool]:
    """Athena's filter of table names: `*` or `.*` for any characters, `|` between alternatives. Other parts of regular
    expressions are refused: some of them take longer than anybody waits."""
    if not expression:
        return lambda _: True
    if not re.fullmatch(r"[A-Za-z0-9_.*|-]+", expression):
        raise unsupported(f"The expression {expression} (only letters, digits, `_`, `*`, `.*` and `|`)")
    alternatives = expression.lower().replace(".*", "*").split("|")
    return lambda name: any(fnmatchcase(name, one) for one in alternatives)
