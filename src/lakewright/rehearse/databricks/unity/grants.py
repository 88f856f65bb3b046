"""Privileges on securables: granted, revoked, listed, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import invalid, missing
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.unity.kinds import KINDS, KNOWN_PRIVILEGES, METASTORE, Kind, kind_of, spelled
from lakewright.rehearse.databricks.unity.metastore import Metastore, metastore_of
from lakewright.rehearse.databricks.unity.metastores import UNITY
from lakewright.rehearse.databricks.unity.rights import rights_of
from lakewright.rehearse.databricks.world import Call


def checked(kind: Kind, name: str, privileges: Iterable[object]) -> list[str]:
    """Privileges in their own spelling. Raises for what nobody knows, and for what the object cannot have."""
    found = []
    for one in privileges:
        text = str(one).strip().upper().replace(" ", "_")
        if text not in KNOWN_PRIVILEGES:
            raise invalid(f"Unknown privilege '{one}'")
        if text not in kind.privileges:
            raise invalid(
                f"Privilege {spelled(text)} is not applicable to this entity [{name}:{kind.securable}]. If this "
                "seems unexpected, please check the privilege version of the metastore in use [1.0]."
            )
        found.append(text)
    return found


def grantee(call: Call, name: object) -> str:
    """A principal's own spelling. Raises PRINCIPAL_DOES_NOT_EXIST."""
    found = principals.find(call.objects, str(name or ""))
    if found is None:
        raise missing(f"Could not find principal with name {name}", "PRINCIPAL_DOES_NOT_EXIST")
    return found.name


def change(
    call: Call, metastore: Metastore, kind: Kind, name: str, principal: str, add: list[str], remove: list[str]
) -> None:
    """Grants and revokes privileges of one principal on one object."""
    granted = metastore.granted(kind.name, name)
    known = next((one for one in granted if one.lower() == principal.lower()), None)
    who = known if known is not None and not add else grantee(call, principal)
    current = granted.pop(known or who, [])
    kept = [one for one in current if one not in remove]
    granted[who] = [*kept, *(one for one in dict.fromkeys(add) if one not in kept)]
    metastore.set_granted(kind.name, name, granted)


def _named(call: Call) -> tuple[Metastore, Kind, str]:
    metastore, kind = metastore_of(call), kind_of(call["type"])
    name = call["name"].lower()
    if kind.name == METASTORE:
        if metastore.find(METASTORE, name) is None:
            raise missing(f"Metastore '{call['name']}' does not exist.", "METASTORE_DOES_NOT_EXIST")
        return metastore, kind, metastore.id
    metastore.get(kind.name, name)
    return metastore, kind, name


def _shown(metastore: Metastore, kind: Kind, name: str, only: str | None) -> Answered:
    granted = metastore.granted(kind.name, name)
    return {
        "privilege_assignments": [
            {"principal": principal, "privileges": privileges}
            for principal, privileges in granted.items()
            if only is None or only.lower() == principal.lower()
        ]
    }


def _get(call: Call) -> Answered:
    metastore, kind, name = _named(call)
    rights = rights_of(call, metastore)
    rights.need_reach(kind.name, name)
    only = call.query.get("principal")
    if not rights.manages(kind.name, name) and not (only and only.lower() in rights.subjects):
        rights.need(("MANAGE",), kind.name, name)
    return _shown(metastore, kind, name, only)


def _update(call: Call) -> Answered:
    metastore, kind, name = _named(call)
    rights_of(call, metastore).need_manage(kind.name, name)
    changes = call.body.get("changes") or []
    if len({str(one.get("principal")).lower() for one in changes}) < len(changes):
        raise invalid("Each principal can be named only once in a request")
    for one in changes:
        add = checked(kind, name, one.get("add") or ())
        remove = [str(privilege).upper().replace(" ", "_") for privilege in one.get("remove") or ()]
        change(call, metastore, kind, name, str(one.get("principal") or ""), add, remove)
    return _shown(metastore, kind, name, None)


def _effective(call: Call) -> Answered:
    """With what comes from containers, and from where."""
    metastore, kind, name = _named(call)
    only = call.query.get("principal")
    found: dict[str, list[dict[str, str]]] = {}
    for at_kind, at_name in metastore.chain(kind.name, name):
        if at_kind == METASTORE and kind.name != METASTORE:
            continue
        inherited = (
            {} if at_name == name else {"inherited_from_type": KINDS[at_kind].securable, "inherited_from_name": at_name}
        )
        for principal, privileges in metastore.granted(at_kind, at_name).items():
            if only is None or only.lower() == principal.lower():
                entries = [{"privilege": one, **inherited} for one in privileges if one in kind.privileges]
                found.setdefault(principal, []).extend(entries)
    return {
        "privilege_assignments": [
            {"principal": principal, "privileges": privileges} for principal, privileges in found.items() if privileges
        ]
    }


ROUTES: tuple[Route, ...] = (
    workspace("GET", f"{UNITY}/permissions/{{type}}/{{name}}", _get),
    workspace("PATCH", f"{UNITY}/permissions/{{type}}/{{name}}", _update),
    workspace("GET", f"{UNITY}/effective-permissions/{{type}}/{{name}}", _effective),
)
