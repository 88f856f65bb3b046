"""Instance profiles, and scripts that every cluster of a workspace runs first."""

from __future__ import annotations

import base64
import re

from lakewright.rehearse.databricks.faults import denied, invalid, missing, taken
from lakewright.rehearse.databricks.members import is_admin
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.world import Call, as_bool, hex_id, only, required

PROFILE, SCRIPT = "instance_profile", "global_init_script"
MOST_SCRIPT_BYTES = 64 << 10
_ARN = re.compile(r"arn:aws(?:-us-gov)?:iam::\d{12}:instance-profile/[\w+=,.@/-]{1,512}")
_ROLE = re.compile(r"arn:aws(?:-us-gov)?:iam::\d{12}:role/[\w+=,.@/-]{1,512}")


def check_profile(call: Call, arn: str) -> None:
    """Raises when clusters may not have it."""
    if call.objects.get(PROFILE, call.scope, arn) is None:
        raise invalid(f"Instance profile {arn} is not registered in this workspace")


def _need_admin(call: Call) -> None:
    if not is_admin(call.objects, call.here, call.caller):
        raise denied("Only workspace admins can perform this operation")


def _checked(call: Call) -> Body:
    (arn,) = required(call.body, "instance_profile_arn")
    if not _ARN.fullmatch(str(arn)):
        raise invalid(f"Invalid instance profile ARN: '{arn}'")
    role = call.body.get("iam_role_arn")
    if role and not _ROLE.fullmatch(str(role)):
        raise invalid(f"Invalid role ARN: '{role}'")
    return only(call.body, "instance_profile_arn", "iam_role_arn", "is_meta_instance_profile")


def _add(call: Call) -> Answered:
    _need_admin(call)
    body = _checked(call)
    arn = body["instance_profile_arn"]
    if call.objects.get(PROFILE, call.scope, arn) is not None:
        raise taken(f"The instance profile {arn} has already been added.", status=400)
    call.objects.put(PROFILE, call.scope, arn, body)
    return {}


def _edit(call: Call) -> Answered:
    _need_admin(call)
    body = _checked(call)
    if call.objects.get(PROFILE, call.scope, body["instance_profile_arn"]) is None:
        raise missing(f"Instance profile {body['instance_profile_arn']} does not exist")
    call.objects.put(PROFILE, call.scope, body["instance_profile_arn"], body)
    return {}


def _remove(call: Call) -> Answered:
    _need_admin(call)
    (arn,) = required(call.body, "instance_profile_arn")
    if not call.objects.delete(PROFILE, call.scope, str(arn)):
        raise missing(f"Instance profile {arn} does not exist")
    return {}


def _list(call: Call) -> Answered:
    return {"instance_profiles": call.objects.all(PROFILE, call.scope)}


# ── scripts ──


def _script(call: Call, given: Body) -> Body:
    found = only(given, "name", "script", "position", "enabled")
    required(found, "name", "script")
    try:
        size = len(base64.b64decode(found["script"], validate=True))
    except ValueError:
        raise invalid("The script must be given in base64") from None
    if size > MOST_SCRIPT_BYTES:
        raise invalid("A global init script can have at most 64 kB")
    found["enabled"] = as_bool(found.get("enabled", False))
    return found | {"updated_at": call.world.now(), "updated_by": call.caller.name}


def _ordered(call: Call, body: Body) -> None:
    """Puts a script at its position: those behind move."""
    others = [one for one in call.objects.all(SCRIPT, call.scope) if one["script_id"] != body["script_id"]]
    others.sort(key=lambda one: one["position"])
    wanted = int(body.get("position", len(others)))
    if wanted > len(others):
        raise invalid(f"There are {len(others)} scripts; position {wanted} is too large")
    others.insert(wanted, body)
    for position, one in enumerate(others):
        call.objects.put(SCRIPT, call.scope, one["script_id"], one | {"position": position}, one["name"])


def _create_script(call: Call) -> Answered:
    _need_admin(call)
    if call.objects.named(SCRIPT, call.scope, str(call.body.get("name") or "")) is not None:
        raise taken(f"A global init script with name {call.body['name']} already exists", status=400)
    body = {"script_id": hex_id(16).upper(), "created_at": call.world.now(), "created_by": call.caller.name}
    body |= _script(call, call.body)
    _ordered(call, body)
    return {"script_id": body["script_id"]}


def _found_script(call: Call) -> Body:
    _need_admin(call)
    body = call.objects.get(SCRIPT, call.scope, call["key"])
    if body is None:
        raise missing(f"Global init script {call['key']} does not exist")
    return body


def _update_script(call: Call) -> Answered:
    old = _found_script(call)
    _ordered(call, old | _script(call, old | call.body))
    return {}


def _delete_script(call: Call) -> Answered:
    _found_script(call)
    call.objects.delete(SCRIPT, call.scope, call["key"])
    return {}


def _list_scripts(call: Call) -> Answered:
    _need_admin(call)
    found = sorted(call.objects.all(SCRIPT, call.scope), key=lambda one: one["position"])
    return {"scripts": [{name: value for name, value in one.items() if name != "script"} for one in found]}


PROFILES, SCRIPTS = "/api/2.0/instance-profiles", "/api/2.0/global-init-scripts"
ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{PROFILES}/add", _add),
    workspace("POST", f"{PROFILES}/edit", _edit),
    workspace("POST", f"{PROFILES}/remove", _remove),
    workspace("GET", f"{PROFILES}/list", _list),
    workspace("POST", SCRIPTS, _create_script),
    workspace("GET", SCRIPTS, _list_scripts),
    workspace("GET", f"{SCRIPTS}/{{key}}", _found_script),
    workspace("PATCH", f"{SCRIPTS}/{{key}}", _update_script),
    workspace("DELETE", f"{SCRIPTS}/{{key}}", _delete_script),
)
