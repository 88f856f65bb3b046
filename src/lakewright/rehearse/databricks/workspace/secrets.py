"""Secret scopes. Values are kept as they are sent: for rehearsals, not for anything that is secret elsewhere."""

from __future__ import annotations

import base64
import re

from lakewright.rehearse.databricks.faults import invalid, missing, taken
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.world import Call, required, workspace_scope

SCOPE, SECRET = "secret_scope", "secret"
MOST_BYTES = 128 << 10
_NAME = re.compile(r"[\w\-@./]{1,128}")


def secret_of(objects: Objects, workspace: int, scope: str, key: str) -> str | None:
    """A secret's value."""
    body = objects.get(SECRET, workspace_scope(workspace), f"{scope}/{key}")
    return None if body is None else base64.b64decode(body["value"]).decode()


def _name(field: str, where: Body) -> str:
    text = str(required(where, field)[0])
    if not _NAME.fullmatch(text):
        raise invalid(f"{field} '{text}' may have 1 to 128 letters, digits, and - _ @ . /")
    return text


def _create(call: Call) -> Answered:
    name = _name("scope", call.body)
    if call.objects.get(SCOPE, call.scope, name) is not None:
        raise taken(f"Scope {name} already exists!", status=400)
    call.objects.put(SCOPE, call.scope, name, {"name": name, "backend_type": "DATABRICKS"})
    return {}


def _scope(call: Call, where: Body) -> str:
    name = str(required(where, "scope")[0])
    if call.objects.get(SCOPE, call.scope, name) is None:
        raise missing(f"Scope {name} does not exist!")
    return name


def _delete(call: Call) -> Answered:
    name = _scope(call, call.body)
    for one in _inside(call, name):
        call.objects.delete(SECRET, call.scope, f"{name}/{one['key']}")
    call.objects.delete(SCOPE, call.scope, name)
    return {}


def _inside(call: Call, scope: str) -> list[Body]:
    return [one for one in call.objects.all(SECRET, call.scope) if one["scope"] == scope]


def _put(call: Call) -> Answered:
    scope, key = _scope(call, call.body), _name("key", call.body)
    if (text := call.body.get("string_value")) is not None:
        value = str(text).encode()
    else:
        value = base64.b64decode(str(required(call.body, "bytes_value")[0]))
    if len(value) > MOST_BYTES:
        raise invalid("A secret can have at most 128 KB")
    body: Body = {"scope": scope, "key": key, "value": base64.b64encode(value).decode(), "at": call.world.now()}
    call.objects.put(SECRET, call.scope, f"{scope}/{key}", body)
    return {}


def _found(call: Call, where: Body) -> Body:
    scope, key = _scope(call, where), str(required(where, "key")[0])
    body = call.objects.get(SECRET, call.scope, f"{scope}/{key}")
    if body is None:
        raise missing(f"Secret does not exist with scope: {scope} and key: {key}")
    return body


def _get(call: Call) -> Answered:
    body = _found(call, dict(call.query))
    return {"key": body["key"], "value": body["value"]}


def _forget(call: Call) -> Answered:
    body = _found(call, call.body)
    call.objects.delete(SECRET, call.scope, f"{body['scope']}/{body['key']}")
    return {}


def _list(call: Call) -> Answered:
    found = _inside(call, _scope(call, dict(call.query)))
    return {"secrets": [{"key": one["key"], "last_updated_timestamp": one["at"]} for one in found]}


def _scopes(call: Call) -> Answered:
    return {"scopes": call.objects.all(SCOPE, call.scope)}


PATH = "/api/2.0/secrets"
ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{PATH}/scopes/create", _create),
    workspace("POST", f"{PATH}/scopes/delete", _delete),
    workspace("GET", f"{PATH}/scopes/list", _scopes),
    workspace("POST", f"{PATH}/put", _put),
    workspace("POST", f"{PATH}/delete", _forget),
    workspace("GET", f"{PATH}/get", _get),
    workspace("GET", f"{PATH}/list", _list),
)
