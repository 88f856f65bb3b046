"""Unity Catalog's privileges by securable.

Source: Databricks on AWS, "Unity Catalog privileges and securable objects".
"""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.spec.layers import did_you_mean
from lakewright.spec.values import problem

_EVERYWHERE = ("ALL_PRIVILEGES", "MANAGE")
_SCHEMA = (
    "APPLY_TAG",
    "CREATE_FUNCTION",
    "CREATE_MATERIALIZED_VIEW",
    "CREATE_MODEL",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "EXECUTE",
    "EXTERNAL_USE_SCHEMA",
    "MODIFY",
    "READ_VOLUME",
    "REFRESH",
    "SELECT",
    "USE_SCHEMA",
    "WRITE_VOLUME",
)
PRIVILEGES: Mapping[str, tuple[str, ...]] = {
    "catalog": (*_EVERYWHERE, *_SCHEMA, "BROWSE", "CREATE_SCHEMA", "USE_CATALOG"),
    "schema": (*_EVERYWHERE, *_SCHEMA),
    "location": (
        *_EVERYWHERE,
        "BROWSE",
        "CREATE_EXTERNAL_TABLE",
        "CREATE_EXTERNAL_VOLUME",
        "CREATE_MANAGED_STORAGE",
        "READ_FILES",
        "WRITE_FILES",
    ),
}
_OLD = {
    "USAGE": "USE_CATALOG on the catalog, USE_SCHEMA on the schema",
    "CREATE": "CREATE_SCHEMA on the catalog, CREATE_TABLE on the schema",
    "READ": "SELECT for tables, READ_VOLUME for volumes",
    "WRITE": "MODIFY for tables, WRITE_VOLUME for volumes",
    "INSERT": "MODIFY",
    "UPDATE": "MODIFY",
    "DELETE": "MODIFY",
}


def checked(written: str, securable: str) -> str:
    """The privilege as Terraform writes it. Raises LW1396 for what is none on this kind of securable."""
    name = written.upper().replace(" ", "_")
    if name in PRIVILEGES[securable]:
        return name
    hint = _OLD.get(name) or did_you_mean(name, PRIVILEGES[securable], ", ".join(PRIVILEGES[securable]))
    raise problem("LW1396", f"{written} is no privilege of a {securable} in Unity Catalog", hint)
