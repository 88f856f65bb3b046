"""CREATE and DROP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from lakewright.rehearse.databricks.faults import DatabricksFault
from lakewright.rehearse.databricks.sql.problems import SqlProblem, unsupported
from lakewright.rehearse.databricks.sql.statement import NOTHING, SECURABLES, Columns, Statement
from lakewright.rehearse.databricks.sql.views import check_noun, create_view
from lakewright.rehearse.databricks.sql.words import Words
from lakewright.rehearse.databricks.sql.writing import canonical
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity import catalogs, contents
from lakewright.rehearse.databricks.unity.kinds import CATALOG, FUNCTION, KINDS, METASTORE, SCHEMA, TABLE
from lakewright.rehearse.databricks.unity.metastore import Metastore, metastore_of
from lakewright.rehearse.databricks.unity.rights import rights_of


def create(on: Statement, words: Words) -> Columns:
    """Queries that it has run first, and by themselves: nothing waits for them."""
    instead = words.take("OR", "REPLACE")
    external = words.take("EXTERNAL")
    kind = words.word()
    if kind not in ("CATALOG", "SCHEMA", "DATABASE", "TABLE", "VIEW", "VOLUME", "FUNCTION"):
        raise unsupported(f"CREATE {kind}")
    lenient = kind != "FUNCTION" and words.take("IF", "NOT", "EXISTS")
    if kind == "VIEW":
        return create_view(on, words, lenient=lenient, instead=instead)
    if kind == "TABLE":
        return _table(on, words, lenient=lenient, instead=instead)
    with on.call.objects.transaction():
        on.alive()
        return _at_once(on, words, kind, lenient=lenient, instead=instead, external=external)


def _at_once(on: Statement, words: Words, kind: str, *, lenient: bool, instead: bool, external: bool) -> Columns:
    if kind == "FUNCTION":
        return _function(on, words, instead=instead)
    if kind == "VOLUME":
        return _volume(on, words, external=external, lenient=lenient)
    name = on.whole(words.path(), 1 if kind == "CATALOG" else 2)
    body = _options(words, {"MANAGED": "storage_root", "COMMENT": "comment"})
    body |= dict(zip(("catalog_name", "name"), name, strict=True)) if len(name) == 2 else {"name": name[0]}
    make = catalogs.create_catalog if kind == "CATALOG" else catalogs.create_schema
    _made(lambda: make(replace(on.call, body=body)), lenient=lenient)
    return NOTHING


def _made(make: Callable[[], object], *, lenient: bool) -> None:
    try:
        make()
    except DatabricksFault as fault:
        if not (lenient and fault.code.endswith("_ALREADY_EXISTS")):
            raise


def _options(words: Words, known: Mapping[str, str]) -> Body:
    found: Body = {}
    while words.next.kind == "name":
        name = words.word()
        if name not in known:
            raise unsupported(f"the clause {name}")
        if name == "MANAGED":
            words.need("LOCATION")
        found[known[name]] = words.text()
    words.end()
    return found


def _volume(on: Statement, words: Words, *, external: bool, lenient: bool) -> Columns:
    catalog, schema, name = on.whole(words.path(), 3)
    body = _options(words, {"LOCATION": "storage_location", "COMMENT": "comment"})
    body |= {"catalog_name": catalog, "schema_name": schema, "name": name}
    body["volume_type"] = "EXTERNAL" if external else "MANAGED"
    _made(lambda: contents.create_volume(replace(on.call, body=body)), lenient=lenient)
    return NOTHING


def _table(on: Statement, words: Words, *, lenient: bool, instead: bool) -> Columns:
    catalog, schema, name = on.whole(words.path(), 3)
    columns = _columns(words) if words.take("(") else []
    body: Body = {"name": name, "table_type": "MANAGED"}
    keys: list[Body] = []
    query = _clauses(words, body, keys)
    full = f"{catalog}.{schema}.{name}"
    with on.call.objects.transaction():
        if metastore_of(on.call).find(TABLE, full) is not None and lenient:
            return NOTHING
    with on.tables(full):
        rows = on.run(query) if query else None
        if rows is not None:
            columns = [{"name": one.name, "type_text": canonical(one.type)} for one in rows.schema]
        _put(on, full, body | {"columns": _keyed(columns, keys)}, rows, instead=instead)
    return NOTHING


def stored(on: Statement, name: str, rows: pa.Table) -> None:
    """CREATE OR REPLACE TABLE of these rows. Raises SqlProblem, DatabricksFault."""
    full = ".".join(on.whole(name.split("."), 3))
    columns = [{"name": one.name, "type_text": canonical(one.type)} for one in rows.schema]
    given = {"name": full.rpartition(".")[2], "table_type": "MANAGED", "columns": columns}
    with on.tables(full):
        _put(on, full, given, rows, instead=True)


def _put(on: Statement, full: str, given: Body, rows: pa.Table | None, *, instead: bool) -> None:
    with on.call.objects.transaction():
        on.alive()
        metastore = metastore_of(on.call)
        if (old := metastore.find(TABLE, full)) is not None and instead:
            if old["table_type"] == "VIEW":
                raise SqlProblem("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", f"'{full}' is a view.", "42809")
            contents.check_replaceable(on.call, metastore, full)
        made = contents.register_table(on.call, metastore, full.rpartition(".")[0], given, replace=instead)
        _filled(on, metastore, made, rows)


def _keyed(columns: list[Body], keys: Sequence[Body]) -> list[Body]:
    """The columns, of which some tell files apart. `PARTITIONED BY (day DATE)` may also bring its own."""
    found = [dict(one) for one in columns]
    for number, key in enumerate(keys):
        named = [one for one in found if str(one["name"]).lower() == str(key["name"]).lower()]
        if not named:
            if not key.get("type_text"):
                raise SqlProblem("UNRESOLVED_COLUMN", f"A column `{key['name']}` cannot be resolved.", "42703")
            named = [{"name": key["name"], "type_text": key["type_text"]}]
            found += named
        named[0]["partition_index"] = number
    return found


def _clauses(words: Words, body: Body, keys: list[Body]) -> str:
    """Adds what a CREATE TABLE says behind its columns; gives its query, or nothing."""
    while words.next.kind == "name":
        match words.word():
            case "USING":
                if words.word() != "DELTA":
                    raise unsupported("tables that are not Delta")
            case "LOCATION":
                body |= {"storage_location": words.text(), "table_type": "EXTERNAL"}
            case "COMMENT":
                body["comment"] = words.text()
            case "TBLPROPERTIES":
                _brackets(words)
            case "CLUSTER":
                words.need("BY")
                if not words.take("AUTO"):
                    _brackets(words)
            case "PARTITIONED":
                words.need("BY", "(")
                keys += _columns(words)
            case "AS":
                return words.rest()
            case other:
                raise unsupported(f"the clause {other}")
    words.end()
    return ""


def _brackets(words: Words) -> None:
    """What is kept nowhere, since it changes no answer."""
    words.need("(")
    words.until(")")
    words.need(")")


def _filled(on: Statement, metastore: Metastore, body: Body, rows: pa.Table | None) -> None:
    """A table over what lies there already takes its columns from it."""
    if rows is None and not body["columns"]:
        found = on.files.columns(body)
        if not found:
            raise SqlProblem("DELTA_MISSING_SCHEMA", "The table has no columns, and nothing lies there.", "42601")
        given = [{"name": name, "type_text": kind} for name, kind in found.items()]
        metastore.put(TABLE, body | {"columns": contents.columns_of(given)})
    elif rows is not None or not on.files.is_there(body):
        on.files.create(body, rows)


def _columns(words: Words) -> list[Body]:
    found: list[Body] = []
    while True:
        column: Body = {"name": words.name(), "type_text": words.until(",", ")", "NOT", "COMMENT", "MASK").strip()}
        while words.next.kind == "name":
            match words.word():
                case "NOT":
                    words.need("NULL")
                    column["nullable"] = False
                case "COMMENT":
                    column["comment"] = words.text()
                case other:
                    raise unsupported(f"the clause {other} of a column")
        found.append(column)
        if words.take(")"):
            return found
        words.need(",")


def _function(on: Statement, words: Words, *, instead: bool) -> Columns:
    lenient = words.take("IF", "NOT", "EXISTS")
    catalog, schema, name = on.whole(words.path(), 3)
    words.need("(")
    parameters = []
    while not words.take(")"):
        parameters.append({"name": words.name(), "type_text": words.until(",", ")").strip().lower()})
        words.take(",")
    words.need("RETURNS")
    returns = words.until("RETURN", "COMMENT", "LANGUAGE", "DETERMINISTIC").strip().lower()
    comment = {"comment": words.text()} if words.take("COMMENT") else {}
    words.take("DETERMINISTIC")
    words.need("RETURN")
    given: Body = {
        "name": name,
        "input_params": {"parameters": parameters},
        "data_type": returns.partition("(")[0].upper(),
        "full_data_type": returns,
        "routine_body": "SQL",
        "routine_definition": words.rest(),
        **comment,
    }
    metastore = metastore_of(on.call)
    full = f"{catalog}.{schema}.{name}"
    old = metastore.find(FUNCTION, full)
    if old is not None and lenient:
        return NOTHING
    if old is not None and instead:
        rights_of(on.call, metastore).need_manage(FUNCTION, full)
    contents.register_function(on.call, metastore, f"{catalog}.{schema}", given, replace=instead)
    return NOTHING


def drop(on: Statement, words: Words) -> Columns:
    kind = SECURABLES.get(noun := words.word())
    if kind is None or kind == METASTORE:
        raise unsupported(f"DROP {noun}")
    lenient = words.take("IF", "EXISTS")
    name = ".".join(on.whole(words.path(), KINDS[kind].parts))
    check_noun(on, noun, name)
    forced = words.take("CASCADE")
    words.take("RESTRICT")
    words.end()
    if lenient and metastore_of(on.call).find(kind, name) is None:
        return NOTHING
    if kind == CATALOG:
        catalogs.remove_catalog(on.call, name, forced=forced)
    elif kind == SCHEMA:
        catalogs.remove_schema(on.call, name, forced=forced)
    else:
        contents.remove(kind, on.call, name)
    return NOTHING
