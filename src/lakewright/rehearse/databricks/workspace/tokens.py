"""Personal access tokens, for oneself or on behalf of a service principal."""

from __future__ import annotations

import secrets

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import denied, invalid, missing
from lakewright.rehearse.databricks.members import is_admin
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.tokens import PERSONAL, digest
from lakewright.rehearse.databricks.world import ACCOUNT, Call, hex_id, required

MOST = 600


def _make(call: Call, principal: str) -> Answered:
    seconds = call.body.get("lifetime_seconds")
    if seconds is not None and int(seconds) == 0:
        raise invalid("lifetime_seconds must not be 0")
    if len(_of(call, principal)) >= MOST:
        raise invalid(f"There can be at most {MOST} tokens")
    token, now = "dapi" + secrets.token_hex(16), call.world.now()
    info: Body = {
        "token_id": hex_id(64),
        "comment": call.body.get("comment", ""),
        "creation_time": now,
        "expiry_time": now + int(seconds) * 1000 if seconds and int(seconds) > 0 else -1,
    }
    kept = info | {"principal": principal, "workspace": call.here, "key": digest(token)}
    call.objects.put(PERSONAL, ACCOUNT, digest(token), kept)
    return {"token_value": token, "token_info": info}


def _of(call: Call, principal: str) -> list[Body]:
    return [one for one in call.objects.all(PERSONAL, ACCOUNT) if one["principal"] == principal]


def _create(call: Call) -> Answered:
    return _make(call, call.caller.id)


def _for_another(call: Call) -> Answered:
    if not is_admin(call.objects, call.here, call.caller):
        raise denied("Only workspace admins can make tokens for service principals")
    (application,) = required(call.body, "application_id")
    found = principals.find(call.objects, str(application))
    if found is None or found.kind != principals.SERVICE:
        raise missing(f"Service principal {application} does not exist")
    return _make(call, found.id)


def _list(call: Call) -> Answered:
    hidden = ("principal", "workspace", "key")
    found = [{key: value for key, value in one.items() if key not in hidden} for one in _of(call, call.caller.id)]
    return {"token_infos": found}


def _delete(call: Call) -> Answered:
    (key,) = required(call.body, "token_id")
    for one in _of(call, call.caller.id):
        if one["token_id"] == key:
            call.objects.delete(PERSONAL, ACCOUNT, one["key"])
            return {}
    raise missing(f"Token {key} does not exist")


def _manage(call: Call) -> Answered:
    """An administrator sees, and ends, anybody's."""
    if not is_admin(call.objects, call.here, call.caller):
        raise denied("Only workspace admins can manage tokens")
    for one in call.objects.all(PERSONAL, ACCOUNT):
        if one["token_id"] == call["key"] and one["workspace"] == call.here:
            call.objects.delete(PERSONAL, ACCOUNT, one["key"])
            return {}
    raise missing(f"Token {call['key']} does not exist")


ROUTES: tuple[Route, ...] = (
    workspace("POST", "/api/2.0/token/create", _create),
    workspace("GET", "/api/2.0/token/list", _list),
    workspace("POST", "/api/2.0/token/delete", _delete),
    workspace("POST", "/api/2.0/token-management/on-behalf-of/tokens", _for_another),
    workspace("DELETE", "/api/2.0/token-management/tokens/{key}", _manage),
)
