"""From which workspaces a securable can be used."""

from __future__ import annotations

from lakewright.rehearse.databricks.unity.kinds import CATALOG, CREDENTIAL, LOCATION
from lakewright.rehearse.databricks.unity.metastore import BINDINGS, Metastore, key_of

BINDABLE = (CATALOG, LOCATION, CREDENTIAL)
READ_WRITE, READ_ONLY = "BINDING_TYPE_READ_WRITE", "BINDING_TYPE_READ_ONLY"
TYPES = (READ_WRITE, READ_ONLY)


def is_isolated(body: dict[str, object]) -> bool:
    return str(body.get("isolation_mode", "")).endswith("ISOLATED")


def bindings_of(metastore: Metastore, kind: str, name: str) -> dict[int, str]:
    """Workspace → how it may use the object."""
    body = metastore.objects.get(BINDINGS, metastore.scope, key_of(kind, name))
    return {int(key): value for key, value in body["bindings"].items()} if body else {}


def set_bindings(metastore: Metastore, kind: str, name: str, bindings: dict[int, str]) -> None:
    metastore.objects.put(BINDINGS, metastore.scope, key_of(kind, name), {"bindings": bindings})


def reaches(metastore: Metastore, kind: str, name: str, workspace: int) -> bool:
    """What is open is open to every workspace of the metastore."""
    body = metastore.find(kind, name) if kind in BINDABLE else None
    return body is None or not is_isolated(body) or workspace in bindings_of(metastore, kind, name)


def may_write(metastore: Metastore, kind: str, name: str, workspace: int) -> bool:
    body = metastore.find(kind, name) if kind in BINDABLE else None
    if body is None or not is_isolated(body):
        return True
    return bindings_of(metastore, kind, name).get(workspace) == READ_WRITE
