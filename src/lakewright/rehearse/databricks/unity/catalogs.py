"""Catalogs and schemas."""

from __future__ import annotations

from functools import partial

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.bound import READ_WRITE, is_isolated, set_bindings
from lakewright.rehearse.databricks.unity.kinds import (
    CATALOG,
    CONTENTS,
    FUNCTION,
    KINDS,
    METASTORE,
    MODEL,
    SCHEMA,
    TABLE,
    VOLUME,
    checked_name,
)
from lakewright.rehearse.databricks.unity.metastore import (
    SYSTEM_SCHEMA,
    Metastore,
    fresh_id,
    made,
    metastore_of,
    not_empty,
)
from lakewright.rehearse.databricks.unity.metastores import UNITY, checked_owner
from lakewright.rehearse.databricks.unity.rights import Rights, rights_of
from lakewright.rehearse.databricks.unity.urls import checked_url, need_place
from lakewright.rehearse.databricks.world import Call, as_bool, only, required

ISOLATIONS = ("OPEN", "ISOLATED")
FLAGS = ("ENABLE", "DISABLE", "INHERIT")
MOST = {CATALOG: 1000, SCHEMA: 10_000}
"""How many a metastore, and a catalog, can hold."""
KEPT = ("comment", "properties", "options", "enable_predictive_optimization", "connection_name", "provider_name",
        "share_name")  # fmt: skip


def create_catalog(call: Call) -> Body:
    metastore, given = metastore_of(call), call.body
    kind, rights = KINDS[CATALOG], rights_of(call, metastore)
    name = checked_name(kind, required(given, "name")[0])
    rights.need_create("CREATE_CATALOG", METASTORE, metastore.id)
    metastore.must_be_new(kind, name)
    _check_count(CATALOG, len(metastore.all(CATALOG)))
    body = made(call, metastore, kind, name, id=fresh_id(), catalog_type="MANAGED_CATALOG")
    body |= {"isolation_mode": given.get("isolation_mode", ISOLATIONS[0]), **only(given, *KEPT)}
    body |= _root(call, metastore, given, needed=not given.get("connection_name"))
    _check_flags(body)
    metastore.put(CATALOG, body)
    if is_isolated(body):
        set_bindings(metastore, CATALOG, name, {call.here: READ_WRITE})
    if given.get("connection_name"):
        body["catalog_type"] = "FOREIGN_CATALOG"
        metastore.put(CATALOG, body)
    else:
        for schema in ("default", SYSTEM_SCHEMA):
            metastore.put(SCHEMA, _schema(call, metastore, name, schema))
    return body


def _check_count(kind: str, count: int) -> None:
    if count >= MOST[kind]:
        raise DatabricksFault("RESOURCE_EXHAUSTED", f"There are {count} {kind}s already, and there can be no more", 429)


def _check_flags(body: Body) -> None:
    if body.get("isolation_mode", ISOLATIONS[0]) not in ISOLATIONS:
        raise invalid(f"Unknown isolation mode '{body['isolation_mode']}'")
    if body.get("enable_predictive_optimization", FLAGS[0]) not in FLAGS:
        raise invalid(f"Unknown value '{body['enable_predictive_optimization']}' of enable_predictive_optimization")


def _root(call: Call, metastore: Metastore, given: Body, *, needed: bool) -> Body:
    """Where managed tables lie: an own place inside an external location, else the metastore's."""
    if given.get("storage_root"):
        url = checked_url(given["storage_root"])
        need_place(metastore, rights_of(call, metastore), url, "CREATE_MANAGED_STORAGE")
        return {"storage_root": url, "storage_location": f"{url}/__unitystorage/{call.body.get('name', '')}"}
    if needed and not metastore.body.get("storage_root"):
        text = (
            "Metastore storage root URL does not exist. Please provide a storage location for the catalog "
            "(for example 'CREATE CATALOG myCatalog MANAGED LOCATION '<location-path>'). "
        )
        raise DatabricksFault("INVALID_STATE", text, 400)
    return {}


def _schema(call: Call, metastore: Metastore, catalog: str, name: str) -> Body:
    full = f"{catalog}.{name}"
    body = made(call, metastore, KINDS[SCHEMA], full, catalog_name=catalog, schema_id=fresh_id())
    body.pop("comment", None)
    return body | {"catalog_type": "MANAGED_CATALOG"}


def create_schema(call: Call) -> Body:
    metastore, given = metastore_of(call), call.body
    kind, rights = KINDS[SCHEMA], rights_of(call, metastore)
    required(given, "name", "catalog_name")
    catalog, name = str(given["catalog_name"]).lower(), checked_name(kind, given["name"])
    metastore.get(CATALOG, catalog)
    rights.need_reach(CATALOG, catalog)
    rights.need_write(CATALOG, catalog)
    if not rights.is_metastore_admin:
        rights.need(("USE_CATALOG",), CATALOG, catalog)
        rights.need_create("CREATE_SCHEMA", CATALOG, catalog)
    metastore.must_be_new(kind, f"{catalog}.{name}")
    _check_count(SCHEMA, len(metastore.inside(SCHEMA, catalog)))
    body = _schema(call, metastore, catalog, name) | only(given, *KEPT)
    body |= _root(call, metastore, given, needed=False)
    _check_flags(body)
    metastore.put(SCHEMA, body)
    return body


def update(kind: str, call: Call) -> Answered:
    metastore, given, name = metastore_of(call), call.body, call["name"].lower()
    body = metastore.get(kind, name)
    rights_of(call, metastore).need_manage(kind, name)
    before = is_isolated(body)
    body |= only(given, *KEPT, "isolation_mode")
    if given.get("owner"):
        body["owner"] = checked_owner(call.objects, str(given["owner"]))
    _check_flags(body)
    if is_isolated(body) and not before:
        set_bindings(metastore, CATALOG, name, {call.here: READ_WRITE})
    body |= {"updated_at": call.world.now(), "updated_by": call.caller.name}
    metastore.put(kind, body)
    if (new := given.get("new_name")) and str(new).lower() != body["name"]:
        parent = name.rpartition(".")[0]
        full = ".".join(part for part in (parent, checked_name(KINDS[kind], new)) if part)
        metastore.rename(kind, name, full)
        return metastore.get(kind, full)
    return body


def remove_catalog(call: Call, name: str, *, forced: bool) -> None:
    metastore = metastore_of(call)
    metastore.get(CATALOG, name)
    rights_of(call, metastore).need_manage(CATALOG, name)
    schemas = [one for one in metastore.inside(SCHEMA, name) if one["name"] != SYSTEM_SCHEMA]
    if not forced and [one for one in schemas if one["name"] != "default" or _counts(metastore, one["full_name"])]:
        raise not_empty(CATALOG, name, {"schema(s)": len(schemas)})
    metastore.remove(CATALOG, name)


def _counts(metastore: Metastore, schema: str) -> dict[str, int]:
    """What a schema holds; empty when nothing."""
    nouns = {TABLE: "tables(s)", FUNCTION: "functions(s)", VOLUME: "volumes(s)"}
    counts = {nouns.get(kind, nouns[FUNCTION]): 0 for kind in CONTENTS}
    for kind in CONTENTS:  # models count as functions
        counts[nouns[FUNCTION if kind == MODEL else kind]] += len(metastore.inside(kind, schema))
    return counts if any(counts.values()) else {}


def remove_schema(call: Call, name: str, *, forced: bool) -> None:
    metastore = metastore_of(call)
    body = metastore.get(SCHEMA, name)
    rights_of(call, metastore).need_manage(SCHEMA, name)
    if body["name"] == SYSTEM_SCHEMA:
        raise invalid(f"Schema '{name}' belongs to the system")
    counts = _counts(metastore, name)
    if counts and not forced:
        raise not_empty(SCHEMA, name, counts)
    metastore.remove(SCHEMA, name)


def _delete_catalog(call: Call) -> Answered:
    remove_catalog(call, call["name"].lower(), forced=as_bool(call.query.get("force")))
    return {}


def _delete_schema(call: Call) -> Answered:
    remove_schema(call, call["name"].lower(), forced=as_bool(call.query.get("force")))
    return {}


def get(kind: str, call: Call) -> Answered:
    """A container is shown to who may use it, or browse."""
    metastore, name = metastore_of(call), call["name"].lower()
    body = metastore.get(kind, name)
    need_sight(rights_of(call, metastore), kind, name)
    return body


def need_sight(rights: Rights, kind: str, name: str) -> None:
    rights.need_reach(kind, name)
    if not rights.sees(kind, name):
        rights.need(("USE_CATALOG" if kind == CATALOG else "USE_SCHEMA",), kind, name)


def _list_catalogs(call: Call) -> Answered:
    metastore = metastore_of(call)
    rights = rights_of(call, metastore)
    return {"catalogs": [one for one in metastore.all(CATALOG) if rights.sees(CATALOG, one["name"])]}


def _list_schemas(call: Call) -> Answered:
    metastore = metastore_of(call)
    (catalog,) = required(call.query, "catalog_name")
    metastore.get(CATALOG, catalog)
    rights = rights_of(call, metastore)
    found = metastore.inside(SCHEMA, catalog)
    return {"schemas": [one for one in found if rights.sees(SCHEMA, one["full_name"])]}


ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{UNITY}/catalogs", create_catalog),
    workspace("GET", f"{UNITY}/catalogs", _list_catalogs),
    workspace("GET", f"{UNITY}/catalogs/{{name}}", partial(get, CATALOG)),
    workspace("PATCH", f"{UNITY}/catalogs/{{name}}", partial(update, CATALOG)),
    workspace("DELETE", f"{UNITY}/catalogs/{{name}}", _delete_catalog),
    workspace("POST", f"{UNITY}/schemas", create_schema),
    workspace("GET", f"{UNITY}/schemas", _list_schemas),
    workspace("GET", f"{UNITY}/schemas/{{name}}", partial(get, SCHEMA)),
    workspace("PATCH", f"{UNITY}/schemas/{{name}}", partial(update, SCHEMA)),
    workspace("DELETE", f"{UNITY}/schemas/{{name}}", _delete_schema),
)
