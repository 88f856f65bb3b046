"""Reads Hive's DDL as Athena takes it. What Athena has and this service has not is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from lakewright.catalog.formats import REFUSED_STORED_AS, STORED_AS
from lakewright.query.athena.ddl.hive_reader import HiveReader
from lakewright.query.athena.ddl.hive_syntax import (
    AddColumns,
    AddPartitions,
    AlterDatabase,
    ColumnSpec,
    Comparison,
    CreateDatabase,
    CreateTable,
    Describe,
    DropDatabase,
    DropPartitions,
    DropTable,
    HiveStatement,
    RenamePartition,
    Repair,
    SetLocation,
    SetProperties,
    ShowColumns,
    ShowCreate,
    ShowDatabases,
    ShowPartitions,
    ShowProperties,
    ShowTables,
    Spec,
    Storage,
)
from lakewright.query.athena.sql import SqlError

Read = Callable[[HiveReader], HiveStatement]
DELIMITED = {
    ("FIELDS", "TERMINATED", "BY"): "field.delim",
    ("ESCAPED", "BY"): "escape.delim",
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): "collection.delim",
    ("MAP", "KEYS", "TERMINATED", "BY"): "mapkey.delim",
    ("LINES", "TERMINATED", "BY"): "line.delim",
    ("NULL", "DEFINED", "AS"): "serialization.null.format",
}


def read_hive(body: str, database: str) -> HiveStatement:
    """The statement in `body` (without comments). SqlError with its place otherwise."""
    reader = HiveReader(body, database)
    for words, read in READERS.items():
        if reader.take(*words.split()):
            found = read(reader)
            reader.end()
            return found
    raise reader.wrong("a statement of Athena's DDL")


def _unsupported(what: str) -> SqlError:
    return SqlError("NOT_SUPPORTED", f"{what} is not supported by this local Athena")


def _if_not_exists(reader: HiveReader) -> bool:
    return reader.take("IF", "NOT", "EXISTS")


def _create_database(reader: HiveReader) -> CreateDatabase:
    kept, name = _if_not_exists(reader), reader.database_name()
    comment = reader.string() if reader.take("COMMENT") else ""
    location = reader.string() if reader.take("LOCATION") else ""
    properties = reader.properties() if reader.take("WITH", "DBPROPERTIES") else {}
    return CreateDatabase(name, kept, comment, location, properties)


def _drop_database(reader: HiveReader) -> DropDatabase:
    kept, name = reader.take("IF", "EXISTS"), reader.database_name()
    cascade = reader.take("CASCADE")
    if not cascade:
        reader.take("RESTRICT")
    return DropDatabase(name, kept, cascade)


def _alter_database(reader: HiveReader) -> AlterDatabase:
    name = reader.database_name()
    reader.need("SET", "DBPROPERTIES")
    return AlterDatabase(name, reader.properties())


def _create_table(reader: HiveReader) -> CreateTable:
    kept, name = _if_not_exists(reader), reader.qualified()
    columns = _columns(reader) if reader.now.value == "(" else ()
    comment, location, storage = "", "", Storage()
    keys: tuple[ColumnSpec, ...] = ()
    properties: dict[str, str] = {}
    while reader.now.kind != "end":
        if reader.take("COMMENT"):
            comment = reader.string()
        elif reader.take("PARTITIONED", "BY"):
            keys = _columns(reader)
        elif reader.take("CLUSTERED", "BY"):
            raise _unsupported("CLUSTERED BY")
        elif reader.take("ROW", "FORMAT"):
            storage = _row_format(reader, storage)
        elif reader.take("STORED", "AS"):
            storage = _stored_as(reader, storage)
        elif reader.take("WITH", "SERDEPROPERTIES"):
            storage = replace(storage, options={**storage.options, **reader.properties()})
        elif reader.take("LOCATION"):
            location = reader.string()
        elif reader.take("TBLPROPERTIES"):
            properties = reader.properties()
        else:
            raise reader.wrong("LOCATION, STORED AS, ROW FORMAT, PARTITIONED BY or TBLPROPERTIES")
    return CreateTable(name, columns, keys, location, storage, kept, comment, properties)


def _create_managed(reader: HiveReader) -> CreateTable:
    found = _create_table(reader)
    if found.properties.get("table_type", "").upper() == "ICEBERG":
        raise _unsupported("table_type = 'ICEBERG'")
    raise SqlError("SYNTAX_ERROR", "only external tables can be created: CREATE EXTERNAL TABLE")


def _columns(reader: HiveReader) -> tuple[ColumnSpec, ...]:
    reader.need("(")
    found = []
    while True:
        name, kind = reader.name(), reader.type_text()
        found.append(ColumnSpec(name, kind, reader.string() if reader.take("COMMENT") else ""))
        if not reader.take(","):
            reader.need(")")
            return tuple(found)


def _row_format(reader: HiveReader, storage: Storage) -> Storage:
    if reader.take("SERDE"):
        serde = reader.string()
        options = reader.properties() if reader.take("WITH", "SERDEPROPERTIES") else {}
        return Storage(serde, options, storage.stored_as, storage.formats)
    reader.need("DELIMITED")
    options = {}
    while True:
        for words, option in DELIMITED.items():
            if reader.take(*words):
                options[option] = reader.string()
                break
        else:
            break
    if "field.delim" in options:
        options["serialization.format"] = options["field.delim"]
    return Storage("", options, storage.stored_as, storage.formats)


def _stored_as(reader: HiveReader, storage: Storage) -> Storage:
    if reader.take("INPUTFORMAT"):
        source = reader.string()
        reader.need("OUTPUTFORMAT")
        return Storage(storage.serde, storage.options, "", (source, reader.string()))
    word = reader.name().upper()
    if word in REFUSED_STORED_AS:
        raise _unsupported(f"STORED AS {word}")
    if word not in STORED_AS:
        raise SqlError("SYNTAX_ERROR", f"Unrecognized file format in STORED AS clause: '{word}'")
    return Storage(storage.serde, storage.options, word, None)


def _drop_table(reader: HiveReader) -> DropTable:
    kept, name = reader.take("IF", "EXISTS"), reader.qualified()
    reader.take("PURGE")
    return DropTable(name, kept)


def _drop_view(reader: HiveReader) -> DropTable:
    kept, name = reader.take("IF", "EXISTS"), reader.qualified()
    return DropTable(name, kept, view=True)


def _alter_table(reader: HiveReader) -> HiveStatement:
    table = reader.qualified()
    if reader.take("ADD", "COLUMNS"):
        return AddColumns(table, _columns(reader))
    if reader.take("REPLACE", "COLUMNS"):
        return AddColumns(table, _columns(reader), replace=True)
    if reader.take("ADD"):
        kept = _if_not_exists(reader)
        return AddPartitions(table, _located_partitions(reader), kept)
    if reader.take("DROP"):
        return _drop_partitions(reader, table)
    if reader.take("SET", "TBLPROPERTIES"):
        return SetProperties(table, reader.properties())
    if reader.take("SET", "LOCATION"):
        return SetLocation(table, reader.string())
    if reader.now.upper == "PARTITION":
        return _alter_partition(reader, table)
    words = " ".join(token.upper for token in reader.tokens[reader.at : reader.at + 2])
    raise _unsupported(f"ALTER TABLE … {words}")


def _alter_partition(reader: HiveReader, table: str) -> HiveStatement:
    old = _spec(reader)
    if reader.take("RENAME", "TO"):
        return RenamePartition(table, old, _spec(reader))
    reader.need("SET", "LOCATION")
    return SetLocation(table, reader.string(), old)


def _spec(reader: HiveReader) -> Spec:
    reader.need("PARTITION", "(")
    found = []
    while True:
        key = reader.name()
        reader.need("=")
        found.append((key, reader.next().value))
        if not reader.take(","):
            reader.need(")")
            return tuple(found)


def _located_partitions(reader: HiveReader) -> tuple[tuple[Spec, str], ...]:
    found = []
    while reader.now.upper == "PARTITION":
        spec = _spec(reader)
        found.append((spec, reader.string() if reader.take("LOCATION") else ""))
        reader.take(",")
    if not found:
        raise reader.wrong("PARTITION")
    return tuple(found)


def _drop_partitions(reader: HiveReader, table: str) -> DropPartitions:
    kept = reader.take("IF", "EXISTS")
    found = []
    while reader.take("PARTITION"):
        reader.need("(")
        terms = []
        while True:
            key, operator = reader.name(), reader.next().value
            if operator not in ("=", "==", "<", ">", "<=", ">=", "<>", "!="):
                raise reader.wrong("a comparison")
            terms.append(Comparison(key, {"==": "=", "!=": "<>"}.get(operator, operator), reader.next().value))
            if not reader.take(","):
                break
        reader.need(")")
        found.append(tuple(terms))
        reader.take(",")
    if not found:
        raise reader.wrong("PARTITION")
    return DropPartitions(table, tuple(found), kept)


def _show_databases(reader: HiveReader) -> ShowDatabases:
    return ShowDatabases(reader.string() if reader.take("LIKE") else None)


def _show_tables(reader: HiveReader) -> ShowTables:
    return _listing(reader, views=False)


def _show_views(reader: HiveReader) -> ShowTables:
    return _listing(reader, views=True)


def _listing(reader: HiveReader, *, views: bool) -> ShowTables:
    given = reader.take("IN") or reader.take("FROM")
    database = reader.database_name() if given else reader.database
    reader.take("LIKE")
    pattern = reader.string() if reader.now.kind == "text" else None
    return ShowTables(database, pattern, views)


def _show_columns(reader: HiveReader) -> ShowColumns:
    if not reader.take("IN"):
        reader.need("FROM")
    table = reader.qualified()
    if reader.take("IN") or reader.take("FROM"):
        return ShowColumns(f"{reader.database_name()}.{table.rpartition('.')[2]}")
    return ShowColumns(table)


def _show_partitions(reader: HiveReader) -> ShowPartitions:
    table = reader.qualified()
    return ShowPartitions(table, _spec(reader) if reader.now.upper == "PARTITION" else ())


def _show_properties(reader: HiveReader) -> ShowProperties:
    table = reader.qualified()
    if not reader.take("("):
        return ShowProperties(table)
    key = reader.string()
    reader.need(")")
    return ShowProperties(table, key)


def _describe(reader: HiveReader) -> Describe:
    form = next((word for word in ("EXTENDED", "FORMATTED") if reader.take(word)), "")
    reader.take("TABLE")
    table = reader.qualified()
    partition = _spec(reader) if reader.now.upper == "PARTITION" else ()
    column = reader.name() if reader.now.kind in ("name", "quoted") else ""
    return Describe(table, form, partition, column)


READERS: dict[str, Read] = {
    "CREATE DATABASE": _create_database,
    "CREATE SCHEMA": _create_database,
    "DROP DATABASE": _drop_database,
    "DROP SCHEMA": _drop_database,
    "ALTER DATABASE": _alter_database,
    "ALTER SCHEMA": _alter_database,
    "CREATE EXTERNAL TABLE": _create_table,
    "CREATE TABLE": _create_managed,
    "DROP TABLE": _drop_table,
    "DROP VIEW": _drop_view,
    "ALTER TABLE": _alter_table,
    "MSCK REPAIR TABLE": lambda reader: Repair(reader.qualified()),
    "SHOW DATABASES": _show_databases,
    "SHOW SCHEMAS": _show_databases,
    "SHOW TABLES": _show_tables,
    "SHOW VIEWS": _show_views,
    "SHOW COLUMNS": _show_columns,
    "SHOW PARTITIONS": _show_partitions,
    "SHOW TBLPROPERTIES": _show_properties,
    "SHOW CREATE TABLE": lambda reader: ShowCreate(reader.qualified()),
    "SHOW CREATE VIEW": lambda reader: ShowCreate(reader.qualified(), view=True),
    "DESCRIBE": _describe,
    "DESC": _describe,
}


def matcher(pattern: str | None) -> Callable[[str], bool]:
    """SHOW … LIKE: `*` for any characters, `|` between alternatives, in any letters."""
    if pattern is None:
        return lambda name: True  # noqa: ARG005 - takes what the others take
    alternatives = [".*".join(re.escape(part) for part in one.split("*")) for one in pattern.lower().split("|")]
    found = re.compile("|".join(alternatives))
    return lambda name: found.fullmatch(name) is not None
