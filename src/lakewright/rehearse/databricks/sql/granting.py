"""GRANT, REVOKE, SHOW and DESCRIBE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lakewright.rehearse.databricks.faults import missing
from lakewright.rehearse.databricks.sql.problems import unsupported
from lakewright.rehearse.databricks.sql.statement import NOTHING, SECURABLES, Columns, Statement
from lakewright.rehearse.databricks.sql.words import Words
from lakewright.rehearse.databricks.unity import contents, grants
from lakewright.rehearse.databricks.unity.kinds import (
    CATALOG,
    CREDENTIAL,
    KINDS,
    LOCATION,
    METASTORE,
    SCHEMA,
    TABLE,
    spelled,
)
from lakewright.rehearse.databricks.unity.metastore import metastore_of
from lakewright.rehearse.databricks.unity.rights import rights_of


def _privileges(words: Words) -> list[str]:
    found = []
    while True:
        name = words.word()
        while words.next.kind == "name" and not words.look("ON"):
            name += f" {words.word()}"
        found.append({"ALL": "ALL PRIVILEGES"}.get(name, name))
        if not words.take(","):
            return found


def _securable(on: Statement, words: Words) -> tuple[str, str]:
    metastore = metastore_of(on.call)
    if words.take("EXTERNAL", "LOCATION"):
        return LOCATION, words.name().lower()
    if words.take("STORAGE", "CREDENTIAL"):
        return CREDENTIAL, words.name().lower()
    kind = SECURABLES.get(words.next.text.upper())
    if kind is not None:
        words.word()
    if kind == METASTORE:
        return METASTORE, metastore.id
    kind = kind or TABLE
    return kind, ".".join(on.whole(words.path(), KINDS[kind].parts))


def _change(on: Statement, words: Words, joint: str) -> tuple[str, str, list[str], str]:
    privileges = _privileges(words)
    words.need("ON")
    kind, name = _securable(on, words)
    words.need(joint)
    principal = words.name()
    words.end()
    metastore = metastore_of(on.call)
    metastore.get(kind, name)
    rights_of(on.call, metastore).need_manage(kind, name)
    return kind, name, grants.checked(KINDS[kind], name, privileges), principal


def grant(on: Statement, words: Words) -> Columns:
    kind, name, privileges, principal = _change(on, words, "TO")
    grants.change(on.call, metastore_of(on.call), KINDS[kind], name, principal, privileges, [])
    return NOTHING


def revoke(on: Statement, words: Words) -> Columns:
    kind, name, privileges, principal = _change(on, words, "FROM")
    grants.change(on.call, metastore_of(on.call), KINDS[kind], name, principal, [], privileges)
    return NOTHING


def show(on: Statement, words: Words) -> Columns:
    metastore = metastore_of(on.call)
    rights = rights_of(on.call, metastore)
    what = words.word()
    if what == "GRANTS":
        words.take("ON")
        kind, name = _securable(on, words)
        metastore.get(kind, name)
        given = metastore.granted(kind, name)
        if not rights.manages(kind, name):
            given = {who: some for who, some in given.items() if who.lower() in rights.subjects}
        rows = [(who, spelled(one), KINDS[kind].securable, name) for who, some in given.items() for one in some]
        return _columns(("Principal", "ActionType", "ObjectType", "ObjectKey"), rows)
    if what == "CATALOGS":
        return {"catalog": [one["name"] for one in metastore.all(CATALOG) if rights.sees(CATALOG, one["name"])]}
    where = words.path() if words.take("IN") or words.take("FROM") else ()
    if what in ("SCHEMAS", "DATABASES"):
        catalog = (where or (on.asker.catalog,))[0]
        found = metastore.inside(SCHEMA, metastore.get(CATALOG, catalog)["full_name"])
        return {"databaseName": [one["name"] for one in found if rights.sees(SCHEMA, one["full_name"])]}
    if what == "TABLES":
        schema = ".".join([on.asker.catalog, on.asker.schema][: 2 - len(where)] + [one.lower() for one in where])
        found = metastore.inside(TABLE, metastore.get(SCHEMA, schema)["full_name"])
        seen = [one for one in found if rights.sees(TABLE, one["full_name"])]
        tables = [(one["schema_name"], one["name"], "false") for one in seen]
        return _columns(("database", "tableName", "isTemporary"), tables)
    raise unsupported(f"SHOW {what}")


def describe(on: Statement, words: Words) -> Columns:
    words.take("TABLE")
    words.take("EXTENDED")
    name = ".".join(on.whole(words.path(), 3))
    metastore = metastore_of(on.call)
    rights = rights_of(on.call, metastore)
    body = metastore.find(TABLE, name)
    if body is None:
        raise missing(f"Table '{name}' does not exist.", "TABLE_DOES_NOT_EXIST")
    contents.need_sight(rights, TABLE, name)
    rows = [(one["name"], one["type_text"], one.get("comment")) for one in body["columns"]]
    return _columns(("col_name", "data_type", "comment"), rows)


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    return {name: [row[number] for row in rows] for number, name in enumerate(names)}
