"""Workspace bindings: the two public APIs for them."""

from __future__ import annotations

from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.faults import invalid, missing
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.unity.bound import BINDABLE, READ_WRITE, TYPES, bindings_of, set_bindings
from lakewright.rehearse.databricks.unity.kinds import CATALOG, kind_of
from lakewright.rehearse.databricks.unity.metastore import ASSIGNMENT, Metastore, metastore_of
from lakewright.rehearse.databricks.unity.metastores import UNITY
from lakewright.rehearse.databricks.unity.rights import rights_of
from lakewright.rehearse.databricks.world import ACCOUNT, Call


def _named(call: Call) -> tuple[Metastore, str, str]:
    metastore, kind = metastore_of(call), kind_of(call.parameters.get("type", CATALOG))
    if kind.name not in BINDABLE:
        raise invalid(f"Securables of type {kind.securable} have no workspace bindings")
    metastore.get(kind.name, call["name"])
    return metastore, kind.name, call["name"].lower()


def _changed(call: Call, add: dict[int, str], remove: set[int]) -> tuple[Metastore, str, str]:
    """Managing bindings is possible from a workspace that is not bound, so that one can be bound."""
    metastore, kind, name = _named(call)
    rights = rights_of(call, metastore)
    if not rights.manages(kind, name):
        rights.need_manage(kind, name)
    for key, type_ in add.items():
        if type_ not in TYPES:
            raise invalid(f"Unknown binding type '{type_}'")
        if call.objects.get(WORKSPACE, ACCOUNT, str(key)) is None:
            raise missing(f"Workspace {key} does not exist in the account {call.world.account_id}")
        assignment = call.objects.get(ASSIGNMENT, ACCOUNT, str(key))
        if assignment is None or assignment["metastore_id"] != metastore.id:
            raise invalid(f"Workspace {key} is not assigned to metastore {metastore.id}")
    kept = {key: type_ for key, type_ in bindings_of(metastore, kind, name).items() if key not in remove}
    set_bindings(metastore, kind, name, kept | add)
    return metastore, kind, name


def _shown(found: tuple[Metastore, str, str]) -> Answered:
    bindings = bindings_of(*found)
    return {"bindings": [{"workspace_id": key, "binding_type": type_} for key, type_ in sorted(bindings.items())]}


def _get(call: Call) -> Answered:
    return _shown(_named(call))


def _update(call: Call) -> Answered:
    add = {int(one["workspace_id"]): str(one.get("binding_type") or READ_WRITE) for one in call.body.get("add") or ()}
    return _shown(_changed(call, add, {int(one["workspace_id"]) for one in call.body.get("remove") or ()}))


def _get_old(call: Call) -> Answered:
    return {"workspaces": sorted(bindings_of(*_named(call)))}


def _update_old(call: Call) -> Answered:
    add = {int(one): READ_WRITE for one in call.body.get("assign_workspaces") or ()}
    found = _changed(call, add, {int(one) for one in call.body.get("unassign_workspaces") or ()})
    return {"workspaces": sorted(bindings_of(*found))}


ROUTES: tuple[Route, ...] = (
    workspace("GET", f"{UNITY}/bindings/{{type}}/{{name}}", _get),
    workspace("PATCH", f"{UNITY}/bindings/{{type}}/{{name}}", _update),
    workspace("GET", f"{UNITY}/workspace-bindings/catalogs/{{name}}", _get_old),
    workspace("PATCH", f"{UNITY}/workspace-bindings/catalogs/{{name}}", _update_old),
)
