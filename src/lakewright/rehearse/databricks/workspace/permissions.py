"""The permissions API: who may do what with a workspace's own objects. Administrators may do everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import denied, invalid, missing
from lakewright.rehearse.databricks.members import is_admin
from lakewright.rehearse.databricks.principals import GROUP, SERVICE, USER
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.world import Call

LIST = "access_control_list"
FIELDS = {USER: "user_name", GROUP: "group_name", SERVICE: "service_principal_name"}
OWNER = "IS_OWNER"


@dataclass(frozen=True)
class Type:
    """A type of object: where it is kept, who made it, its levels from the least to the most."""

    object_type: str
    kind: str
    levels: tuple[str, ...]
    creator: str = "creator_user_name"
    owned: bool = False


_MANAGED = ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")
_WAREHOUSE = ("CAN_VIEW", "CAN_MONITOR", "CAN_USE", "CAN_MANAGE")
TYPES: Mapping[str, Type] = {
    "clusters": Type("cluster", "cluster", ("CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE")),
    "cluster-policies": Type("cluster-policy", "cluster_policy", ("CAN_USE",), ""),
    "warehouses": Type("warehouses", "warehouse", _WAREHOUSE, "creator_name", True),
    "jobs": Type("job", "job", ("CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE"), owned=True),
    "notebooks": Type("notebook", "workspace_object", _MANAGED, "creator"),
    "files": Type("file", "workspace_object", _MANAGED, "creator"),
    "directories": Type("directory", "workspace_object", _MANAGED, "creator"),
    "authorization": Type("tokens", "", ("CAN_USE",), ""),
}


def _type(call: Call) -> Type:
    found = TYPES.get(call["type"])
    if found is None:
        raise invalid(f"'{call['type']}' is not a supported object type")
    return found


def _object(call: Call, name: str, key: str) -> Body:
    """The object itself; some, such as tokens, are the workspace's."""
    kind = TYPES[name].kind
    if not kind:
        if key not in ("tokens", "passwords"):
            raise missing(f"authorization/{key} does not exist")
        return {}
    found = call.objects.get(kind, call.scope, key)
    if found is None:
        raise missing(f"{TYPES[name].object_type} {key} does not exist")
    return found


def _direct(call: Call, name: str, key: str) -> list[Body]:
    """What was set, or what its making gave."""
    kept = call.objects.get(LIST, call.scope, f"{name}/{key}")
    if kept is not None:
        return list(kept[LIST])
    creator = _object(call, name, key).get(TYPES[name].creator) if TYPES[name].creator else None
    found = principals.find(call.objects, str(creator)) if creator else None
    if found is None:
        return []
    level = OWNER if TYPES[name].owned else TYPES[name].levels[-1]
    return [{FIELDS[found.kind]: found.name, "permission_level": level}]


def level_of(call: Call, name: str, key: str) -> str | None:
    """The highest level that the caller has; None for none."""
    levels = [*TYPES[name].levels, OWNER]
    if is_admin(call.objects, call.here, call.caller):
        return OWNER
    subjects = principals.subjects_of(call.objects, call.caller.name) | {"users"}
    mine = [
        one["permission_level"]
        for one in _direct(call, name, key)
        if any(str(one.get(field, "")).lower() in subjects for field in FIELDS.values())
    ]
    return max(mine, key=levels.index, default=None)


def need_level(call: Call, name: str, key: str, level: str) -> None:
    """Raises PERMISSION_DENIED when the caller has less."""
    levels = [*TYPES[name].levels, OWNER]
    has = level_of(call, name, key)
    if has is None or levels.index(has) < levels.index(level):
        text = f"{call.caller.name} does not have {level.replace('_', ' ').title()} permissions on {name} {key}"
        raise denied(text)


def _shown(call: Call) -> Answered:
    name, key = call["type"], call["key"]
    type_ = _type(call)
    entries = [
        {
            **{field: one[field] for field in FIELDS.values() if field in one},
            "all_permissions": [
                {"permission_level": one["permission_level"], "inherited": False, "inherited_from_object": []}
            ],
        }
        for one in _direct(call, name, key)
    ]
    inherited = {"permission_level": type_.levels[-1], "inherited": True, "inherited_from_object": [f"/{name}/"]}
    if type_.creator or name == "authorization":
        entries.append({"group_name": "admins", "all_permissions": [inherited]})
    return {"object_id": f"/{name}/{key}", "object_type": type_.object_type, LIST: entries}


def _checked(call: Call, given: object) -> list[Body]:
    """Entries for known principals, each with a level that the type has."""
    type_ = _type(call)
    known = (*type_.levels, *([OWNER] if type_.owned else []))
    found: list[Body] = []
    for one in given if isinstance(given, list) else []:
        level = one.get("permission_level")
        if level not in known:
            raise invalid(f"Permission level {level} is not supported on {type_.object_type} objects")
        field = next((name for name in FIELDS.values() if one.get(name)), None)
        if field is None:
            raise invalid("An entry needs one of user_name, group_name and service_principal_name")
        found.append({field: _principal(call, str(one[field])), "permission_level": level})
    if type_.owned and sum(one["permission_level"] == OWNER for one in found) > 1:
        raise invalid("There can be only one owner")
    return found


def _principal(call: Call, name: str) -> str:
    if name in ("users", "admins"):
        return name
    found = principals.find(call.objects, name)
    if found is None:
        raise missing(f"Principal: {name} does not exist", "RESOURCE_DOES_NOT_EXIST")
    return found.name


def _who(one: Body) -> str:
    return next(str(one[field]) for field in FIELDS.values() if field in one)


def _get(call: Call) -> Answered:
    _type(call)
    _object(call, call["type"], call["key"])
    return _shown(call)


def _change(call: Call, entries: list[Body]) -> Answered:
    name, key = call["type"], call["key"]
    _object(call, name, key)
    if level_of(call, name, key) not in (OWNER, TYPES[name].levels[-1]):
        raise denied(f"{call.caller.name} does not have permission to change the permissions of {name} {key}")
    if TYPES[name].owned and not any(one["permission_level"] == OWNER for one in entries):
        entries = [one for one in _direct(call, name, key) if one["permission_level"] == OWNER] + entries
    call.objects.put(LIST, call.scope, f"{name}/{key}", {LIST: entries})
    return _shown(call)


def _set(call: Call) -> Answered:
    return _change(call, _checked(call, call.body.get(LIST)))


def _update(call: Call) -> Answered:
    added = _checked(call, call.body.get(LIST))
    _object(call, call["type"], call["key"])
    named = {_who(one).lower() for one in added}
    return _change(
        call, [one for one in _direct(call, call["type"], call["key"]) if _who(one).lower() not in named] + added
    )


def _levels(call: Call) -> Answered:
    type_ = _type(call)
    levels = (*type_.levels, *([OWNER] if type_.owned else []))
    return {
        "permission_levels": [{"permission_level": one, "description": one.replace("_", " ").lower()} for one in levels]
    }


BASES = ("/api/2.0/permissions/{type}/{key}", "/api/2.0/permissions/sql/{type}/{key}")
ROUTES: tuple[Route, ...] = tuple(
    route
    for base in BASES
    for route in (
        workspace("GET", base, _get),
        workspace("PUT", base, _set),
        workspace("PATCH", base, _update),
        workspace("GET", f"{base}/permissionLevels", _levels),
    )
)
