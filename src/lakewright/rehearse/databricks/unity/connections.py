"""Connections to other databases; nothing is connected to."""

from __future__ import annotations

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import CATALOG, CONNECTION, KINDS, METASTORE, checked_name
from lakewright.rehearse.databricks.unity.metastore import fresh_id, made, metastore_of
from lakewright.rehearse.databricks.unity.metastores import UNITY, checked_owner
from lakewright.rehearse.databricks.unity.rights import rights_of
from lakewright.rehearse.databricks.world import Call, as_bool, only, required

TYPES = ("BIGQUERY", "DATABRICKS", "GLUE", "HIVE_METASTORE", "HTTP", "MYSQL", "ORACLE", "POSTGRESQL", "REDSHIFT",
         "SALESFORCE", "SNOWFLAKE", "SQLDW", "SQLSERVER", "TERADATA")  # fmt: skip
SECRET = ("password", "client_secret", "bearer_token", "access_token", "personalAccessToken")


def _shown(body: Body) -> Body:
    """Passwords are never told again."""
    options = {name: value for name, value in body["options"].items() if name not in SECRET}
    return body | {"options": options}


def _create(call: Call) -> Answered:
    metastore, given, kind = metastore_of(call), call.body, KINDS[CONNECTION]
    name, type_, options = required(given, "name", "connection_type", "options")
    rights_of(call, metastore).need_create("CREATE_CONNECTION", METASTORE, metastore.id)
    if type_ not in TYPES:
        raise invalid(f"Unknown connection type '{type_}'")
    name = checked_name(kind, name)
    metastore.must_be_new(kind, name)
    body = made(call, metastore, kind, name, connection_id=fresh_id(), connection_type=type_, options=options)
    body |= {"credential_type": "USERNAME_PASSWORD", **only(given, "read_only", "properties")}
    metastore.put(CONNECTION, body)
    return _shown(body)


def _get(call: Call) -> Answered:
    metastore = metastore_of(call)
    body = metastore.get(CONNECTION, call["name"])
    rights = rights_of(call, metastore)
    if not rights.sees(CONNECTION, call["name"]):
        rights.need(("USE_CONNECTION",), CONNECTION, call["name"])
    return _shown(body)


def _list(call: Call) -> Answered:
    metastore = metastore_of(call)
    rights = rights_of(call, metastore)
    return {"connections": [_shown(one) for one in metastore.all(CONNECTION) if rights.sees(CONNECTION, one["name"])]}


def _update(call: Call) -> Answered:
    metastore, given = metastore_of(call), call.body
    body = metastore.get(CONNECTION, call["name"])
    rights_of(call, metastore).need_manage(CONNECTION, call["name"])
    body |= only(given, "options", "comment")
    if given.get("owner"):
        body["owner"] = checked_owner(call.objects, str(given["owner"]))
    metastore.put(CONNECTION, body)
    if (new := given.get("new_name")) and str(new).lower() != body["name"]:
        metastore.rename(CONNECTION, call["name"], checked_name(KINDS[CONNECTION], new))
        return _shown(metastore.get(CONNECTION, str(new)))
    return _shown(body)


def _delete(call: Call) -> Answered:
    metastore = metastore_of(call)
    body = metastore.get(CONNECTION, call["name"])
    rights_of(call, metastore).need_manage(CONNECTION, call["name"])
    users = [one["name"] for one in metastore.all(CATALOG) if one.get("connection_name") == body["name"]]
    if users and not as_bool(call.query.get("force")):
        text = f"Connection '{body['name']}' is used by catalog(s) {', '.join(users)}"
        raise DatabricksFault("INVALID_STATE", text, 400)
    metastore.remove(CONNECTION, call["name"])
    return {}


ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{UNITY}/connections", _create),
    workspace("GET", f"{UNITY}/connections", _list),
    workspace("GET", f"{UNITY}/connections/{{name}}", _get),
    workspace("PATCH", f"{UNITY}/connections/{{name}}", _update),
    workspace("DELETE", f"{UNITY}/connections/{{name}}", _delete),
)
