"""SHOW and DESCRIBE: what there is, as far as who asks may see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lakewright.rehearse.databricks.sql.granting import securable
from lakewright.rehearse.databricks.sql.problems import unsupported
from lakewright.rehearse.databricks.sql.reading import need_relation
from lakewright.rehearse.databricks.sql.statement import Columns, Statement
from lakewright.rehearse.databricks.sql.words import Words
from lakewright.rehearse.databricks.sql.writing import partition_columns
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity import catalogs, contents
from lakewright.rehearse.databricks.unity.kinds import CATALOG, FUNCTION, KINDS, SCHEMA, TABLE, VOLUME, spelled
from lakewright.rehearse.databricks.unity.metastore import Metastore, metastore_of
from lakewright.rehearse.databricks.unity.rights import Rights, rights_of


def show(on: Statement, words: Words) -> Columns:
    what = words.word()
    if what not in _SHOWN:
        raise unsupported(f"SHOW {what}")
    return _SHOWN[what](on, words)


def _place(on: Statement, words: Words, parts: int) -> str:
    """`IN a.b`; without, where the caller is."""
    where = words.path() if words.take("IN") or words.take("FROM") else ()
    here = [on.asker.catalog, on.asker.schema][:parts]
    return ".".join([*here[: parts - len(where)], *(one.lower() for one in where)])


def _pattern(words: Words) -> Callable[[str], bool]:
    """`LIKE 'ord*|cust*'`: https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-aux-show-tables."""
    words.take("LIKE")
    wanted = words.text() if words.next.kind == "text" else ""
    words.end()
    if not wanted:
        return lambda _: True
    parts = "|".join(".*".join(re.escape(bit) for bit in one.strip().split("*")) for one in wanted.split("|"))
    found = re.compile(parts, re.IGNORECASE)
    return lambda name: found.fullmatch(name) is not None


def _seen(rights: Rights, kind: str, parent: str, fits: Callable[[str], bool]) -> list[Body]:
    found = rights.metastore.inside(kind, parent) if parent else rights.metastore.all(kind)
    return [one for one in found if fits(one["name"]) and rights.sees(kind, one["full_name"])]


def _asked(on: Statement) -> tuple[Metastore, Rights]:
    metastore = metastore_of(on.call)
    return metastore, rights_of(on.call, metastore)


def _grants(on: Statement, words: Words) -> Columns:
    """`SHOW GRANTS [principal] ON securable`."""
    metastore, rights = _asked(on)
    principal = "" if words.look("ON") else words.name()
    words.take("ON")
    kind, name = securable(on, words)
    words.end()
    metastore.get(kind, name)
    given = metastore.granted(kind, name)
    if not rights.manages(kind, name):
        given = {who: some for who, some in given.items() if who.lower() in rights.subjects}
    if principal:
        given = {who: some for who, some in given.items() if who.lower() == principal.lower()}
    rows = [(who, spelled(one), KINDS[kind].securable, name) for who, some in given.items() for one in some]
    return columns(("Principal", "ActionType", "ObjectType", "ObjectKey"), rows)


def _catalogs(on: Statement, words: Words) -> Columns:
    _, rights = _asked(on)
    return {"catalog": [one["name"] for one in _seen(rights, CATALOG, "", _pattern(words))]}


def _schemas(on: Statement, words: Words) -> Columns:
    metastore, rights = _asked(on)
    catalog = metastore.get(CATALOG, _place(on, words, 1))["full_name"]
    return {"databaseName": [one["name"] for one in _seen(rights, SCHEMA, catalog, _pattern(words))]}


def _in_schema(kind: str, on: Statement, words: Words) -> list[Body]:
    metastore, rights = _asked(on)
    schema = metastore.get(SCHEMA, _place(on, words, 2))["full_name"]
    return _seen(rights, kind, schema, _pattern(words))


def _tables(on: Statement, words: Words) -> Columns:
    """Views too."""
    rows = [(one["schema_name"], one["name"], "false") for one in _in_schema(TABLE, on, words)]
    return columns(("database", "tableName", "isTemporary"), rows)


def _views(on: Statement, words: Words) -> Columns:
    some = [one for one in _in_schema(TABLE, on, words) if one["table_type"] == "VIEW"]
    rows = [(one["schema_name"], one["name"], "false", "false") for one in some]
    return columns(("namespace", "viewName", "isTemporary", "isMaterialized"), rows)


def _volumes(on: Statement, words: Words) -> Columns:
    rows = [(one["schema_name"], one["name"]) for one in _in_schema(VOLUME, on, words)]
    return columns(("database", "volume_name"), rows)


def _functions(on: Statement, words: Words) -> Columns:
    """Those of a schema; the ones that everybody has are not listed."""
    return {"function": [one["full_name"] for one in _in_schema(FUNCTION, on, words)]}


def _user_functions(on: Statement, words: Words) -> Columns:
    words.need("FUNCTIONS")
    return _functions(on, words)


def _columns(on: Statement, words: Words) -> Columns:
    if not words.take("IN"):
        words.need("FROM")
    return {"col_name": [one["name"] for one in _described(on, words.path())["columns"]]}


_SHOWN: Mapping[str, Callable[[Statement, Words], Columns]] = {
    "GRANTS": _grants,
    "CATALOGS": _catalogs,
    "SCHEMAS": _schemas,
    "DATABASES": _schemas,
    "TABLES": _tables,
    "VIEWS": _views,
    "VOLUMES": _volumes,
    "FUNCTIONS": _functions,
    "USER": _user_functions,
    "COLUMNS": _columns,
}


# ── DESCRIBE ──


def describe(on: Statement, words: Words) -> Columns:
    for noun, kind in (("CATALOG", CATALOG), ("SCHEMA", SCHEMA), ("DATABASE", SCHEMA)):
        if words.take(noun):
            words.take("EXTENDED")
            return _container(on, kind, words)
    for noun in ("HISTORY", "DETAIL", "FUNCTION", "VOLUME", "QUERY"):
        if words.look(noun):
            raise unsupported(f"DESCRIBE {noun}")
    words.take("TABLE")
    extended = words.take("EXTENDED") or words.take("FORMATTED")
    body = _described(on, words.path())
    if words.look("AS", "JSON"):
        raise unsupported("DESCRIBE … AS JSON")
    words.end()
    rows: list[tuple[Any, ...]] = [(one["name"], one["type_text"], one.get("comment")) for one in body["columns"]]
    if keys := partition_columns(body):
        rows += [("# Partition Information", "", ""), ("# col_name", "data_type", "comment")]
        rows += [(one["name"], one["type_text"], one.get("comment")) for one in keys]
    if extended:
        rows += [("", "", ""), ("# Detailed Table Information", "", ""), *_details(body)]
    return columns(("col_name", "data_type", "comment"), rows)


def _details(body: Body) -> list[tuple[str, str, str]]:
    known = {
        "Catalog": body["catalog_name"],
        "Database": body["schema_name"],
        "Table": body["name"],
        "Type": body["table_type"],
        "View Text": body.get("view_definition"),
        "Comment": body.get("comment"),
        "Location": body.get("storage_location"),
        "Provider": str(body.get("data_source_format") or "").lower(),
        "Owner": body["owner"],
    }
    return [(name, str(value), "") for name, value in known.items() if value]


def _described(on: Statement, path: Sequence[str]) -> Body:
    metastore, rights = _asked(on)
    name = ".".join(on.whole(path, 3))
    body = need_relation(metastore, rights, name)
    contents.need_sight(rights, TABLE, name)
    return body


def _container(on: Statement, kind: str, words: Words) -> Columns:
    metastore, rights = _asked(on)
    name = ".".join(on.whole(words.path(), KINDS[kind].parts))
    words.end()
    body = metastore.get(kind, name)
    catalogs.need_sight(rights, kind, name)
    known = {
        "Catalog Name": body.get("catalog_name") or body["name"],
        "Namespace Name": body["name"] if kind == SCHEMA else None,
        "Comment": body.get("comment"),
        "Location": body.get("storage_root"),
        "Owner": body["owner"],
    }
    rows = [(said, str(value)) for said, value in known.items() if value is not None]
    names = (
        ("info_name", "info_value") if kind == CATALOG else ("database_description_item", "database_description_value")
    )
    return columns(names, rows)


def columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    return {name: [row[number] for row in rows] for number, name in enumerate(names)}
