"""`information_schema` of a catalog, and that of `system` for all: what is there, as far as who asks may see it.

Relations and columns: https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-information-schema and the pages
below it. Rows are of what the caller may interact with; grants are shown whole to owners, to others their own
(https://docs.databricks.com/aws/en/sql/language-manual/information-schema/table_privileges).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from lakewright.rehearse.databricks.sql.problems import insufficient, not_found
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import CATALOG, KINDS, SCHEMA, TABLE, VOLUME
from lakewright.rehearse.databricks.unity.metastore import SYSTEM_SCHEMA
from lakewright.rehearse.databricks.unity.rights import Rights

EVERYWHERE = "system"
"""The catalog whose information_schema is about all catalogs."""
UNKNOWN_FORMAT = "UNKNOWN_DATA_SOURCE_FORMAT"
Row = tuple[Any, ...]
_TEXT, _WHOLE, _TIME = pa.string(), pa.int32(), pa.timestamp("us", tz="UTC")
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64, "float": 24, "double": 53}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


@dataclass(frozen=True)
class Relation:
    """Columns with their types, and the rows about one catalog."""

    columns: Mapping[str, pa.DataType]
    rows: Callable[[Rights, str], Iterator[Row]]


def is_system(name: str) -> bool:
    """Whether a table's full name is one of information_schema."""
    return name.split(".")[1] == SYSTEM_SCHEMA


def relation(rights: Rights, name: str) -> pa.Table:
    """A relation's rows. Raises SqlProblem when there is none, or its catalog is not the caller's to use."""
    catalog, _, short = name.split(".")
    found = RELATIONS.get(short)
    known = catalog == EVERYWHERE or rights.metastore.find(CATALOG, catalog) is not None
    if found is None or not known:
        raise not_found(name)
    if catalog != EVERYWHERE and (lacking := _unusable(rights, catalog)):
        raise insufficient(lacking)
    catalogs = [one["name"] for one in rights.metastore.all(CATALOG)] if catalog == EVERYWHERE else [catalog]
    usable = [one for one in catalogs if not _unusable(rights, one)]
    rows = [row for one in usable for row in found.rows(rights, one)]
    arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(found.columns.values())]
    return pa.table(arrays, names=list(found.columns))


def _unusable(rights: Rights, catalog: str) -> str:
    if not rights.reaches(CATALOG, catalog):
        return f"Catalog '{catalog}' is not accessible in current workspace"
    if not rights.holds("USE_CATALOG", CATALOG, catalog) and not rights.manages(CATALOG, catalog):
        return f"User does not have USE CATALOG on Catalog '{catalog}'."
    return ""


def _seen(rights: Rights, kind: str, catalog: str) -> Iterator[Body]:
    for one in rights.metastore.all(kind):
        if one["catalog_name"] == catalog and rights.sees(kind, one["full_name"]):
            yield one


def _changes(body: Body) -> Row:
    """created, created_by, last_altered, last_altered_by."""
    made, changed = (datetime.fromtimestamp(body[name] / 1000, tz=UTC) for name in ("created_at", "updated_at"))
    return made, body["created_by"], changed, body["updated_by"]


def _catalogs(rights: Rights, catalog: str) -> Iterator[Row]:
    body = rights.metastore.get(CATALOG, catalog)
    yield catalog, body["owner"], body.get("comment"), *_changes(body)


def _schemata(rights: Rights, catalog: str) -> Iterator[Row]:
    for one in _seen(rights, SCHEMA, catalog):
        yield catalog, one["name"], one["owner"], one.get("comment"), *_changes(one)


def _tables(rights: Rights, catalog: str) -> Iterator[Row]:
    for one in _seen(rights, TABLE, catalog):
        is_view = one["table_type"] == "VIEW"
        yield (
            catalog, one["schema_name"], one["name"], one["table_type"], "NO" if is_view else "YES", "PRESERVE",
            one["owner"], one.get("comment"), *_changes(one), one.get("data_source_format") or UNKNOWN_FORMAT,
            one.get("storage_location"), None,
        )  # fmt: skip


def _views(rights: Rights, catalog: str) -> Iterator[Row]:
    for one in _seen(rights, TABLE, catalog):
        if one["table_type"] == "VIEW":
            text = one["view_definition"] if rights.owns(TABLE, one["full_name"]) else None
            yield catalog, one["schema_name"], one["name"], text, "NONE", "NO", "NO", None


def _columns(rights: Rights, catalog: str) -> Iterator[Row]:
    for table in _seen(rights, TABLE, catalog):
        for number, one in enumerate(table["columns"]):
            kind = str(one["type_text"])
            partition = one.get("partition_index")
            yield (
                catalog, table["schema_name"], table["name"], one["name"], number + 1, None,
                "YES" if one.get("nullable", True) else "NO", kind, kind.partition("(")[0].partition("<")[0].upper(),
                *_numbers(kind), {"date": 0, "timestamp": 3, "timestamp_ntz": 3}.get(kind),
                None if partition is None else partition + 1, one.get("comment"),
            )  # fmt: skip


def _numbers(kind: str) -> Row:
    """Precision, its base and the scale."""
    if found := _DECIMAL.fullmatch(kind):
        return int(found[1]), 10, int(found[2])
    bits = _BITS.get(kind)
    return (None, None, None) if bits is None else (bits, 2, None if kind in ("float", "double") else 0)


def _volumes(rights: Rights, catalog: str) -> Iterator[Row]:
    for one in _seen(rights, VOLUME, catalog):
        place = one["storage_location"]
        yield catalog, one["schema_name"], one["name"], one["volume_type"], one["owner"], one.get("comment"), place


def _granted(rights: Rights, kind: str, name: str) -> Iterator[Row]:
    """grantor, grantee, privilege, is_grantable, inherited_from."""
    chain = rights.metastore.chain(kind, name)
    is_owner = any(rights.owns(*one) for one in chain)
    for at_kind, at_name in chain[:-1]:
        owner = str(rights.metastore.get(at_kind, at_name)["owner"])
        for principal, privileges in rights.metastore.granted(at_kind, at_name).items():
            if is_owner or principal.lower() in rights.subjects:
                fits = [one for one in privileges if one in KINDS[kind].privileges]
                for one in fits:
                    yield owner, principal, one, "NO", "NONE" if at_kind == kind else KINDS[at_kind].securable


def _table_privileges(rights: Rights, catalog: str) -> Iterator[Row]:
    for one in _seen(rights, TABLE, catalog):
        for owner, principal, *rest in _granted(rights, TABLE, one["full_name"]):
            yield owner, principal, catalog, one["schema_name"], one["name"], *rest


def _schema_privileges(rights: Rights, catalog: str) -> Iterator[Row]:
    for one in _seen(rights, SCHEMA, catalog):
        for owner, principal, *rest in _granted(rights, SCHEMA, one["full_name"]):
            yield owner, principal, catalog, one["name"], *rest


def _catalog_privileges(rights: Rights, catalog: str) -> Iterator[Row]:
    for owner, principal, *rest in _granted(rights, CATALOG, catalog):
        yield owner, principal, catalog, *rest


def _texts(*names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names, _TEXT)


def _wholes(*names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names, _WHOLE)


_Columns = dict[str, pa.DataType]
_TABLE: _Columns = _texts("table_catalog", "table_schema", "table_name")
_CHANGED: _Columns = {"created": _TIME, "created_by": _TEXT, "last_altered": _TIME, "last_altered_by": _TEXT}
_GRANT = _texts("privilege_type", "is_grantable", "inherited_from")
_GRANTEE = _texts("grantor", "grantee")
RELATIONS: Mapping[str, Relation] = {
    "catalogs": Relation(_texts("catalog_name", "catalog_owner", "comment") | _CHANGED, _catalogs),
    "schemata": Relation(_texts("catalog_name", "schema_name", "schema_owner", "comment") | _CHANGED, _schemata),
    "tables": Relation(
        _TABLE
        | _texts("table_type", "is_insertable_into", "commit_action", "table_owner", "comment")
        | _CHANGED
        | _texts("data_source_format", "storage_path", "storage_sub_directory"),
        _tables,
    ),
    "views": Relation(
        _TABLE | _texts("view_definition", "check_option", "is_updatable", "is_insertable_into", "sql_path"), _views
    ),
    "columns": Relation(
        _TABLE
        | _texts("column_name")
        | _wholes("ordinal_position")
        | _texts("column_default", "is_nullable", "full_data_type", "data_type")
        | _wholes("numeric_precision", "numeric_precision_radix", "numeric_scale", "datetime_precision",
             "partition_ordinal_position")
        | _texts("comment"),
        _columns,
    ),
    "volumes": Relation(
        _texts("volume_catalog", "volume_schema", "volume_name", "volume_type", "volume_owner", "comment",
               "storage_location"), _volumes),
    "table_privileges": Relation(_GRANTEE | _TABLE | _GRANT, _table_privileges),
    "schema_privileges": Relation(_GRANTEE | _texts("catalog_name", "schema_name") | _GRANT, _schema_privileges),
    "catalog_privileges": Relation(_GRANTEE | _texts("catalog_name") | _GRANT, _catalog_privileges),
}  # fmt: skip
