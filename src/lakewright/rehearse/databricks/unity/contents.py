"""What schemas hold: tables, volumes, functions, registered models."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from lakewright.rehearse.databricks.faults import denied, invalid
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import (
    CATALOG,
    FUNCTION,
    KINDS,
    MODEL,
    SCHEMA,
    TABLE,
    VOLUME,
    Kind,
    checked_name,
)
from lakewright.rehearse.databricks.unity.metastore import Metastore, fresh_id, made, metastore_of
from lakewright.rehearse.databricks.unity.metastores import UNITY, checked_owner
from lakewright.rehearse.databricks.unity.rights import Rights, rights_of
from lakewright.rehearse.databricks.unity.urls import checked_url, contains, need_place, overlap
from lakewright.rehearse.databricks.world import Call, as_bool, only, required

FORMATS = ("DELTA", "PARQUET", "CSV", "JSON", "AVRO", "ORC", "TEXT")
OWN = "__lw_"
"""How the names begin that changes of rows give to columns of their own: no table has such a one."""
CREATING = {TABLE: "CREATE_TABLE", VOLUME: "CREATE_VOLUME", FUNCTION: "CREATE_FUNCTION", MODEL: "CREATE_MODEL"}
READING = {TABLE: "SELECT", VOLUME: "READ_VOLUME", FUNCTION: "EXECUTE", MODEL: "EXECUTE"}


def new_content(
    call: Call, metastore: Metastore, kind: Kind, schema: str, name: object, *, replace: bool = False
) -> Body:
    """The common part of something new in a schema, when the caller may make it there."""
    metastore.get(CATALOG, schema.partition(".")[0])
    metastore.get(SCHEMA, schema)
    rights_of(call, metastore).need_create(CREATING[kind.name], SCHEMA, schema)
    full = f"{schema.lower()}.{checked_name(kind, name)}"
    if not replace:
        metastore.must_be_new(kind, full)
    catalog, short = schema.lower().split(".")
    return made(call, metastore, kind, full, catalog_name=catalog, schema_name=short)


def _schema_of(given: Body) -> str:
    catalog, schema = required(given, "catalog_name", "schema_name")
    return f"{catalog}.{schema}"


def managed_root(metastore: Metastore, schema: str) -> str:
    """Where what a schema manages lies: the schema's own root, the catalog's, the metastore's."""
    own = metastore.get(SCHEMA, schema).get("storage_root")
    catalog = metastore.get(CATALOG, schema.partition(".")[0]).get("storage_root")
    return str(own or catalog or metastore.body.get("storage_root") or "")


def check_apart(metastore: Metastore, url: str, own: str, call_name: str) -> None:
    """No table or volume lies in another."""
    for kind in (TABLE, VOLUME):
        for one in metastore.all(kind):
            if one["full_name"] != own and one.get("storage_location") and overlap(one["storage_location"], url):
                text = (
                    f"Input path url '{url}' overlaps with other external tables or volumes within '{call_name}' call. "
                    f"Conflicting tables/volumes: {one['full_name']}."
                )
                raise invalid(text)


def create_volume(call: Call) -> Body:
    metastore, given, kind = metastore_of(call), call.body, KINDS[VOLUME]
    schema = _schema_of(given)
    (type_,) = required(given, "volume_type")
    body = new_content(call, metastore, kind, schema, given.get("name"))
    body |= {"volume_id": fresh_id(), "volume_type": type_}
    if type_ == "EXTERNAL":
        url = checked_url(required(given, "storage_location")[0])
        need_place(metastore, rights_of(call, metastore), url, "CREATE_EXTERNAL_VOLUME")
        check_apart(metastore, url, body["full_name"], "CreateVolume")
        _outside_managed(metastore, url)
        body["storage_location"] = url
    elif type_ == "MANAGED":
        if given.get("storage_location"):
            raise invalid("A managed volume has no storage_location of its own")
        body["storage_location"] = f"{managed_root(metastore, schema)}/__unitystorage/volumes/{body['volume_id']}"
    else:
        raise invalid(f"Unknown volume type '{type_}'")
    metastore.put(VOLUME, body)
    return body


def _outside_managed(metastore: Metastore, url: str) -> None:
    for kind in (CATALOG, SCHEMA):
        for one in metastore.all(kind):
            if one.get("storage_root") and contains(one["storage_root"], url):
                raise invalid(
                    f"Input path url '{url}' overlaps with managed storage within 'CreateVolume' call. "
                    f"Conflicting {kind}: {one['full_name']}."
                )


def register_table(call: Call, metastore: Metastore, schema: str, given: Body, *, replace: bool = False) -> Body:
    """A table's or view's object. `given`: name, table_type, data_source_format, columns, storage_location, …"""
    body = new_content(call, metastore, KINDS[TABLE], schema, given.get("name"), replace=replace)
    type_ = given.get("table_type", "EXTERNAL")
    body |= {"table_id": fresh_id(), "table_type": type_, "data_access_configuration_id": fresh_id()}
    if type_ != "VIEW":
        format_ = str(given.get("data_source_format", "DELTA")).upper()
        if format_ not in FORMATS:
            raise invalid(f"Unknown data_source_format '{format_}'")
        body["data_source_format"] = format_
        if type_ == "EXTERNAL":
            url = checked_url(required(given, "storage_location")[0])
            need_place(metastore, rights_of(call, metastore), url, "CREATE_EXTERNAL_TABLE")
            check_apart(metastore, url, body["full_name"], "CreateTable")
        else:
            url = f"{managed_root(metastore, schema)}/__unitystorage/tables/{body['table_id']}"
        body["storage_location"] = url
    body["columns"] = columns_of(given.get("columns") or ())
    body |= only(given, "comment", "properties", "view_definition", "storage_credential_name")
    metastore.put(TABLE, body)
    return body


def columns_of(given: Iterable[Body]) -> list[Body]:
    """Columns as they are kept. `given`: name and type_text, at least."""
    return [_column(number, one) for number, one in enumerate(given)]


def check_replaceable(call: Call, metastore: Metastore, name: str) -> None:
    """Who replaces a table manages it, and it has no filter and no masks that would go with it."""
    rights_of(call, metastore).need_manage(TABLE, name)
    body = metastore.get(TABLE, name)
    if body.get("row_filter") or any(one.get("mask") for one in body["columns"]):
        raise invalid(f"Table '{name}' has a row filter or masks: drop them before it is replaced")


def _column(number: int, one: Body) -> Body:
    (name,) = required(one, "name")
    if str(name).lower().startswith(OWN):
        raise invalid(f"Column '{name}': the local Databricks keeps names that begin with {OWN} for itself")
    text = str(one.get("type_text") or one.get("type_name") or one.get("type") or "string").lower()
    found = {"name": name, "type_text": text, "type_name": text.partition("(")[0].partition("<")[0].upper()}
    return found | {
        "position": number,
        "nullable": one.get("nullable", True),
        **only(one, "comment", "type_json", "partition_index"),
    }


def _create_table(call: Call) -> Answered:
    """Managed tables and views are SQL's to make, which looks at what they read."""
    if call.body.get("table_type", "EXTERNAL") != "EXTERNAL":
        raise invalid("Only tables of table_type EXTERNAL are created here: others by SQL")
    return register_table(call, metastore_of(call), _schema_of(call.body), call.body)


def _create_function(call: Call) -> Answered:
    metastore = metastore_of(call)
    given = call.body.get("function_info") or call.body
    return register_function(call, metastore, _schema_of(given), given)


def register_function(call: Call, metastore: Metastore, schema: str, given: Body, *, replace: bool = False) -> Body:
    body = new_content(call, metastore, KINDS[FUNCTION], schema, given.get("name"), replace=replace)
    body |= {"function_id": fresh_id(), **{key: value for key, value in given.items() if key not in body}}
    metastore.put(FUNCTION, body)
    return body


def _create_model(call: Call) -> Answered:
    metastore, given = metastore_of(call), call.body
    body = new_content(call, metastore, KINDS[MODEL], _schema_of(given), given.get("name"))
    body |= {"registered_model_id": fresh_id(), **only(given, "storage_location")}
    metastore.put(MODEL, body)
    return body


def new_owner(call: Call, metastore: Metastore, kind: str, body: Body, name: str) -> str:
    """Whom an object is given to. What acts with its owner's rights, only the metastore's owner gives to anybody.
    Raises PERMISSION_DENIED."""
    owner = checked_owner(call.objects, name)
    if kind in (FUNCTION, MODEL) or body.get("table_type") == "VIEW":
        rights = rights_of(call, metastore)
        if owner.lower() not in rights.subjects and not rights.is_metastore_admin:
            text = "the metastore's owner gives it to anybody, others to themselves or to a group that they are in"
            raise denied(f"User may not make {owner} the owner of {KINDS[kind].noun} '{body['full_name']}': {text}.")
    return owner


def _update(kind: str, call: Call) -> Answered:
    metastore, given, name = metastore_of(call), call.body, call["name"].lower()
    body = metastore.get(kind, name)
    rights_of(call, metastore).need_manage(kind, name)
    body |= only(given, "comment")
    if given.get("owner"):
        body["owner"] = new_owner(call, metastore, kind, body, str(given["owner"]))
    body |= {"updated_at": call.world.now(), "updated_by": call.caller.name}
    metastore.put(kind, body)
    if (new := given.get("new_name")) and str(new).lower() != body["name"]:
        full = f"{name.rpartition('.')[0]}.{checked_name(KINDS[kind], new)}"
        metastore.rename(kind, name, full)
        return metastore.get(kind, full)
    return body


def _get(kind: str, call: Call) -> Answered:
    metastore, name = metastore_of(call), call["name"].lower()
    rights = rights_of(call, metastore)
    body = metastore.find(kind, name)
    if body is None:
        raise_missing(metastore, kind, name, rights)
    need_sight(rights, kind, name)
    return metastore.get(kind, name)


def raise_missing(metastore: Metastore, kind: str, name: str, rights: Rights) -> None:
    """Says what is not there, from the outside in; to who may not look inside, only that."""
    parts = name.split(".")
    if len(parts) != KINDS[kind].parts:
        raise invalid(f"'{name}' is not a full name (catalog.schema.{kind})")
    metastore.get(CATALOG, parts[0])
    metastore.get(SCHEMA, f"{parts[0]}.{parts[1]}")
    if rights.uses(kind, name) is not None:
        need_sight(rights, kind, name)
    metastore.get(kind, name)


def need_sight(rights: Rights, kind: str, name: str) -> None:
    rights.need_reach(kind, name)
    if not rights.sees(kind, name):
        rights.need((READING[kind],), kind, name)


def _list(kind: str, field: str, call: Call) -> Answered:
    metastore = metastore_of(call)
    catalog, schema = required(call.query, "catalog_name", "schema_name")
    full = f"{catalog}.{schema}"
    metastore.get(SCHEMA, full)
    rights = rights_of(call, metastore)
    return {field: [one for one in metastore.inside(kind, full) if rights.sees(kind, one["full_name"])]}


def _list_models(call: Call) -> Answered:
    if call.query.get("schema_name"):
        return _list(MODEL, "registered_models", call)
    metastore = metastore_of(call)
    rights = rights_of(call, metastore)
    return {"registered_models": [one for one in metastore.all(MODEL) if rights.sees(MODEL, one["full_name"])]}


def _exists(call: Call) -> Answered:
    metastore = metastore_of(call)
    name = call["name"].lower()
    return {"table_exists": metastore.find(TABLE, name) is not None and rights_of(call, metastore).sees(TABLE, name)}


def _summaries(call: Call) -> Answered:
    metastore = metastore_of(call)
    (catalog,) = required(call.query, "catalog_name")
    metastore.get(CATALOG, catalog)
    rights = rights_of(call, metastore)
    found = [one for one in metastore.all(TABLE) if one["catalog_name"] == catalog.lower()]
    seen = [one for one in found if rights.sees(TABLE, one["full_name"])]
    return {"tables": [{"full_name": one["full_name"], "table_type": one["table_type"]} for one in seen]}


def _delete(kind: str, call: Call) -> Answered:
    remove(kind, call, call["name"].lower())
    return {}


def remove(kind: str, call: Call, name: str) -> None:
    """Unless it is needed, or not the caller's."""
    metastore = metastore_of(call)
    metastore.get(kind, name)
    rights_of(call, metastore).need_manage(kind, name)
    if kind == FUNCTION and not as_bool(call.query.get("force")):
        check_unused(metastore, name)
    metastore.remove(kind, name)


def check_unused(metastore: Metastore, function: str) -> None:
    """A function that filters or masks a table stays."""
    for table in metastore.all(TABLE):
        used = [(table.get("row_filter") or {}).get("function_name")]
        used += [(one.get("mask") or {}).get("function_name") for one in table["columns"]]
        if function in used:
            raise invalid(f"Function '{function}' filters or masks table '{table['full_name']}'")


def _set_alias(call: Call) -> Answered:
    metastore, name = metastore_of(call), call["name"].lower()
    body = metastore.get(MODEL, name)
    rights_of(call, metastore).need_manage(MODEL, name)
    alias = {"alias_name": call["alias"], "version_num": int(call.body.get("version_num") or 0)}
    kept = [one for one in body.get("aliases") or () if one["alias_name"] != call["alias"]]
    metastore.put(MODEL, body | {"aliases": [*kept, alias]})
    return alias


KIND_PATHS = ((TABLE, "tables"), (VOLUME, "volumes"), (FUNCTION, "functions"), (MODEL, "models"))
ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{UNITY}/volumes", create_volume),
    workspace("POST", f"{UNITY}/tables", _create_table),
    workspace("POST", f"{UNITY}/functions", _create_function),
    workspace("POST", f"{UNITY}/models", _create_model),
    workspace("GET", f"{UNITY}/models", _list_models),
    workspace("GET", f"{UNITY}/table-summaries", _summaries),
    workspace("GET", f"{UNITY}/tables/{{name}}/exists", _exists),
    workspace("PUT", f"{UNITY}/models/{{name}}/aliases/{{alias}}", _set_alias),
    *(workspace("GET", f"{UNITY}/{path}", partial(_list, kind, path)) for kind, path in KIND_PATHS if kind != MODEL),
    *(workspace("GET", f"{UNITY}/{path}/{{name}}", partial(_get, kind)) for kind, path in KIND_PATHS),
    *(workspace("PATCH", f"{UNITY}/{path}/{{name}}", partial(_update, kind)) for kind, path in KIND_PATHS),
    *(workspace("DELETE", f"{UNITY}/{path}/{{name}}", partial(_delete, kind)) for kind, path in KIND_PATHS),
)
