"""A view's text, kept in Glue as Athena keeps it: JSON in base64, in a comment."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from lakewright.catalog import Table
from lakewright.catalog.definitions import VIEW
from lakewright.query.athena.ddl.types import hive_type
from lakewright.query.athena.sql import Column, SqlError

BEGIN, END = "/* Presto View: ", " */"


def view_definition(name: str, sql: str, database: str, columns: Sequence[Column], owner: str) -> dict[str, Any]:
    """Glue's TableInput of a view. It reads with the rights of who asks, whoever made it."""
    content = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": one.name.lower(), "type": one.type} for one in columns],
        "owner": owner,
        "runAsInvoker": True,
    }
    encoded = base64.b64encode(json.dumps(content).encode()).decode()
    return {
        "Name": name,
        "Owner": owner,
        "TableType": VIEW,
        "Retention": 0,
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "ViewOriginalText": f"{BEGIN}{encoded}{END}",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{"Name": one.name.lower(), "Type": _shown(one)} for one in columns],
            "Location": "",
            "SerdeInfo": {},
        },
    }


def _shown(column: Column) -> str:
    """A view may have columns that a table may not: these are text to clients that know Hive's types only."""
    try:
        return str(hive_type(column.kind))
    except SqlError:
        return "timestamp" if column.kind.name.startswith("timestamp") else "string"


def content_of(view: Table) -> dict[str, Any]:
    """Raises SqlError for a view that Athena did not make."""
    text = str(view.definition.get("ViewOriginalText") or "")
    try:
        found: dict[str, Any] = json.loads(base64.b64decode(text.removeprefix(BEGIN).removesuffix(END), validate=True))
        _ = found["originalSql"], found["columns"], found["schema"]
    except (ValueError, binascii.Error, KeyError, TypeError):
        raise SqlError("INVALID_VIEW", f"View '{view.name}' is no view of Athena's") from None
    return found


def view_sql(view: Table) -> str:
    return str(content_of(view)["originalSql"])
