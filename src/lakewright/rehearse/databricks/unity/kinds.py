"""Kinds of securables: what contains them, and the privileges that each can have."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakewright.rehearse.databricks.faults import invalid

METASTORE, CATALOG, SCHEMA, TABLE = "metastore", "catalog", "schema", "table"
VOLUME, FUNCTION, MODEL = "volume", "function", "registered_model"
CREDENTIAL, LOCATION, CONNECTION = "storage_credential", "external_location", "connection"
MOST_NAME = 255
_BAD = re.compile(r"[\s./\x00-\x1f\x7f]")

_DATA = frozenset(["APPLY_TAG", "MODIFY", "SELECT"])
_IN_SCHEMA = frozenset(
    [
        "APPLY_TAG",
        "CREATE_FUNCTION",
        "CREATE_MATERIALIZED_VIEW",
        "CREATE_MODEL",
        "CREATE_MODEL_VERSION",
        "CREATE_TABLE",
        "CREATE_VOLUME",
        "CREATE_VIEW",
        "EXECUTE",
        "EXTERNAL_USE_SCHEMA",
        "MODIFY",
        "READ_VOLUME",
        "REFRESH",
        "SELECT",
        "USE_SCHEMA",
        "WRITE_VOLUME",
    ]
)
_COMMON = frozenset({"ALL_PRIVILEGES", "MANAGE"})
NEVER_IMPLIED = frozenset({"MANAGE", "EXTERNAL_USE_SCHEMA", "EXTERNAL_USE_LOCATION", "ALL_PRIVILEGES"})
"""What ALL PRIVILEGES does not bring with it."""


@dataclass(frozen=True)
class Kind:
    """`code`: how error codes call it. `parent`: the kind that contains it; None for what lies in the metastore."""

    name: str
    noun: str
    securable: str
    code: str
    parent: str | None
    privileges: frozenset[str]

    @property
    def parts(self) -> int:
        """How many names its full name has."""
        depth, kind = 1, self
        while kind.parent is not None:
            depth, kind = depth + 1, KINDS[kind.parent]
        return depth


KINDS: dict[str, Kind] = {
    METASTORE: Kind(
        METASTORE,
        "Metastore",
        "METASTORE",
        "METASTORE",
        None,
        frozenset(
            [
                "CREATE_CATALOG",
                "CREATE_CLEAN_ROOM",
                "CREATE_CONNECTION",
                "CREATE_EXTERNAL_LOCATION",
                "CREATE_PROVIDER",
                "CREATE_RECIPIENT",
                "CREATE_SERVICE_CREDENTIAL",
                "CREATE_SHARE",
                "CREATE_STORAGE_CREDENTIAL",
                "MANAGE_ALLOWLIST",
                "SET_SHARE_PERMISSION",
                "USE_CONNECTION",
                "USE_MARKETPLACE_ASSETS",
                "USE_PROVIDER",
                "USE_RECIPIENT",
                "USE_SHARE",
            ]
        ),
    ),
    CATALOG: Kind(
        CATALOG,
        "Catalog",
        "CATALOG",
        "CATALOG",
        None,
        _COMMON | _IN_SCHEMA | frozenset(["BROWSE", "CREATE_FOREIGN_SECURABLE", "CREATE_SCHEMA", "USE_CATALOG"]),
    ),
    SCHEMA: Kind(SCHEMA, "Schema", "SCHEMA", "SCHEMA", CATALOG, _COMMON | _IN_SCHEMA),
    TABLE: Kind(TABLE, "Table", "TABLE", "TABLE", SCHEMA, _COMMON | _DATA | {"REFRESH"}),
    VOLUME: Kind(
        VOLUME, "Volume", "VOLUME", "VOLUME", SCHEMA, _COMMON | frozenset(["APPLY_TAG", "READ_VOLUME", "WRITE_VOLUME"])
    ),
    FUNCTION: Kind(FUNCTION, "Function", "FUNCTION", "FUNCTION", SCHEMA, _COMMON | frozenset({"APPLY_TAG", "EXECUTE"})),
    MODEL: Kind(
        MODEL,
        "Registered model",
        "FUNCTION",
        "REGISTERED_MODEL",
        SCHEMA,
        _COMMON | frozenset({"APPLY_TAG", "EXECUTE", "CREATE_MODEL_VERSION"}),
    ),
    CREDENTIAL: Kind(
        CREDENTIAL,
        "Storage Credential",
        "STORAGE_CREDENTIAL",
        "STORAGE_CREDENTIAL",
        None,
        _COMMON | frozenset(["CREATE_EXTERNAL_LOCATION", "CREATE_EXTERNAL_TABLE", "READ_FILES", "WRITE_FILES"]),
    ),
    LOCATION: Kind(
        LOCATION,
        "External Location",
        "EXTERNAL_LOCATION",
        "EXTERNAL_LOCATION",
        None,
        _COMMON
        | frozenset(
            [
                "BROWSE",
                "CREATE_EXTERNAL_TABLE",
                "CREATE_EXTERNAL_VOLUME",
                "CREATE_FOREIGN_SECURABLE",
                "CREATE_MANAGED_STORAGE",
                "EXTERNAL_USE_LOCATION",
                "READ_FILES",
                "WRITE_FILES",
            ]
        ),
    ),
    CONNECTION: Kind(
        CONNECTION,
        "Connection",
        "CONNECTION",
        "CONNECTION",
        None,
        _COMMON | frozenset({"CREATE_FOREIGN_CATALOG", "USE_CONNECTION"}),
    ),
}
CONTENTS = (TABLE, VOLUME, FUNCTION, MODEL)
"""What a schema holds."""
KNOWN_PRIVILEGES = frozenset().union(*(kind.privileges for kind in KINDS.values()))


def kind_of(securable_type: str) -> Kind:
    """By the type that a path says: `catalog`, `external_location`, …"""
    name = securable_type.lower().replace("-", "_")
    found = KINDS.get({"model": MODEL}.get(name, name))
    if found is None:
        raise invalid(f"Invalid securable type: '{securable_type}'")
    return found


def checked_name(kind: Kind, name: object) -> str:
    """A single name, in lower case, as Unity Catalog keeps it."""
    text = str(name or "")
    if not text or len(text) > MOST_NAME or _BAD.search(text):
        hint = (
            "must not be empty, hold spaces, periods, slashes or control characters, or be longer than 255 characters"
        )
        raise invalid(f"Invalid input: {kind.noun} name '{text}' {hint}")
    return text.lower()


def spelled(privilege: str) -> str:
    """As SQL spells it: USE CATALOG."""
    return privilege.replace("_", " ")
