"""SHOW and DESCRIBE: what a principal may know of the catalog, spelled as Athena spells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakewright.catalog import Table
from lakewright.catalog.hive_types import from_canonical
from lakewright.catalog.partitions import sees_partition
from lakewright.governance import Privilege
from lakewright.query.athena.commands import Answer, Lines
from lakewright.query.athena.ddl.authority import Authority, hive_failure, no_database, no_table
from lakewright.query.athena.ddl.hive_parser import matcher
from lakewright.query.athena.ddl.hive_syntax import (
    Describe,
    ShowColumns,
    ShowCreate,
    ShowDatabases,
    ShowPartitions,
    ShowProperties,
    ShowTables,
)
from lakewright.query.athena.ddl.partition_changes import folder_of
from lakewright.query.athena.ddl.view_text import view_sql

WIDTH = 20
STRING = "string"
HIDDEN_PARAMETERS = ("comment", "presto_view")
_ESCAPED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


@dataclass(frozen=True)
class Shows:
    """Answers for one principal. A hidden table answers as a missing one."""

    authority: Authority

    def databases(self, asked: ShowDatabases) -> Answer:
        matches = matcher(asked.pattern)
        names = [name for name in self.authority.databases() if matches(name)]
        return Lines((("database_name", STRING),), names)

    def tables(self, asked: ShowTables) -> Answer:
        if asked.database not in self.authority.databases():
            raise no_database(asked.database)
        matches = matcher(asked.pattern)
        found = [one for one in self.authority.tables(asked.database) if one.is_view or not asked.views]
        names = [name for one in found if matches(name := str(one.definition["Name"]))]
        return Lines((("views" if asked.views else "tab_name", STRING),), names)

    def columns(self, asked: ShowColumns) -> Answer:
        table = self._seen(asked.table)
        return Lines((("field", STRING),), [f"{name:{WIDTH}}" for name in self._visible(table)])

    def partitions(self, asked: ShowPartitions) -> Answer:
        table = self._seen(asked.table)
        if not table.keys:
            raise hive_failure(f"SemanticException [Error 10241]: Table {asked.table} is not a partitioned table")
        read = self.authority.allowed(table, Privilege.SELECT)
        wanted = dict(asked.spec)
        values = [tuple(one["Values"]) for one in table.partitions]
        shown = [
            folder_of(table, one)
            for one in sorted(values)
            if sees_partition(read, table.keys, one)
            and all(dict(zip(table.keys, one, strict=True)).get(key) == value for key, value in wanted.items())
        ]
        return Lines((("partition", STRING),), shown)

    def properties(self, asked: ShowProperties) -> Answer:
        table = self._seen(asked.table)
        found = self._parameters(table)
        columns = (("prpt_name", STRING), ("prpt_value", STRING))
        if asked.key is None:
            return Lines(columns, [f"{name}\t{value}" for name, value in sorted(found.items())])
        missing = f"Table {asked.table} does not have property: {asked.key}"
        return Lines(columns, [f"{asked.key}\t{found[asked.key]}" if asked.key in found else missing])

    def create(self, asked: ShowCreate) -> Answer:
        table = self._seen(asked.table)
        if asked.view != table.is_view:
            kind = "a view" if asked.view else "a table"
            raise hive_failure(f"SemanticException {asked.table} is not {kind}")
        if asked.view:
            if not self.authority.owns(table):
                raise hive_failure(f"SemanticException the text of {asked.table} is shown to its owner only")
            sql = view_sql(table).split("\n")
            return Lines((("create view", STRING),), [f"CREATE VIEW {asked.table} AS", *sql])
        return Lines((("createtab_stmt", STRING),), _create_lines(table, self._visible(table), self._parameters(table)))

    def describe(self, asked: Describe) -> Answer:
        table = self._seen(asked.table)
        visible = self._visible(table)
        if asked.column:
            return self._column(table, asked.column, visible)
        comments = comments_of(table)
        rows = [_row(name, kind, comments.get(name, "")) for name, kind in visible.items()]
        keys = [name for name in table.keys if name in visible]
        if keys:
            rows += ["\t \t ", "# Partition Information\t \t ", _row("# col_name", "data_type", "comment"), "\t \t "]
            rows += [_row(name, visible[name], comments.get(name, "")) for name in keys]
        if asked.form:
            rows += ["\t \t ", "# Detailed Table Information\t \t ", *self._details(table)]
        return Lines((("col_name", STRING), ("data_type", STRING), ("comment", STRING)), rows)

    def _column(self, table: Table, column: str, visible: Mapping[str, str]) -> Answer:
        name = column.partition(".")[0]
        if name not in visible:
            raise hive_failure(f"SemanticException [Error 10002]: Invalid column reference {column}")
        columns = (("col_name", STRING), ("data_type", STRING), ("comment", STRING))
        return Lines(columns, [_row(name, visible[name], comments_of(table).get(name, "from deserializer"))])

    def _details(self, table: Table) -> list[str]:
        kind = "VIRTUAL_VIEW" if table.is_view else "EXTERNAL_TABLE"
        found = [_row("Database:", table.database, ""), _row("Table Type:", kind, "")]
        if self.authority.owns(table):
            found += [_row("Owner:", table.owner, ""), _row("Location:", table.location, "")]
            serde = (table.storage.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
            found += [_row("SerDe Library:", str(serde), "")] if serde else []
        return found

    def _seen(self, name: str) -> Table:
        table = self.authority.seen(name)
        if table is None:
            raise no_table(name)
        return table

    def _visible(self, table: Table) -> Mapping[str, str]:
        described = self.authority.allowed(table, Privilege.DESCRIBE)
        names = described.columns if described is not None else ()
        return {name: from_canonical(kind) for name, kind in table.columns.items() if name in names}

    def _parameters(self, table: Table) -> Mapping[str, str]:
        """Of other people's tables only what says how they are read."""
        found = {name: str(value) for name, value in table.parameters.items() if name not in HIDDEN_PARAMETERS}
        shown = {"EXTERNAL", "classification", "skip.header.line.count", "table_type"}
        return found if self.authority.owns(table) else {name: one for name, one in found.items() if name in shown}


def comments_of(table: Table) -> Mapping[str, str]:
    listed = (*(table.storage.get("Columns") or ()), *(table.definition.get("PartitionKeys") or ()))
    return {one["Name"].lower(): one["Comment"] for one in listed if one.get("Comment")}


def _row(name: str, kind: str, comment: str) -> str:
    return f"{name:{WIDTH}}\t{kind:{WIDTH}}\t{comment:{WIDTH}}"


def _literal(text: str) -> str:
    found = "".join(_ESCAPED.get(char, char if char >= " " else f"\\u{ord(char):04x}") for char in text)
    return f"'{found}'"


def _create_lines(table: Table, visible: Mapping[str, str], parameters: Mapping[str, str]) -> list[str]:
    """As Athena prints it; it can be run again."""
    comments = comments_of(table)
    data = [(name, kind) for name, kind in visible.items() if name not in table.keys]
    keys = [(name, kind) for name, kind in visible.items() if name in table.keys]
    lines = [f"CREATE EXTERNAL TABLE `{table.name}`(", *_columns(data, comments)]
    if comment := table.parameters.get("comment"):
        lines.append(f"COMMENT {_literal(comment)}")
    if keys:
        lines += ["PARTITIONED BY ( ", *_columns(keys, comments)]
    serde = table.storage.get("SerdeInfo") or {}
    lines += ["ROW FORMAT SERDE ", f"  {_literal(str(serde.get('SerializationLibrary', '')))} "]
    if options := serde.get("Parameters"):
        lines += ["WITH SERDEPROPERTIES ( ", *_pairs(options)]
    lines += ["STORED AS INPUTFORMAT ", f"  {_literal(str(table.storage.get('InputFormat', '')))} "]
    lines += ["OUTPUTFORMAT ", f"  {_literal(str(table.storage.get('OutputFormat', '')))}"]
    lines += ["LOCATION", f"  {_literal(table.location)}", "TBLPROPERTIES ("]
    shown = {name: value for name, value in parameters.items() if name != "EXTERNAL"}
    return [*lines, *_pairs(shown or {"EXTERNAL": "TRUE"})]


def _columns(columns: Sequence[tuple[str, str]], comments: Mapping[str, str]) -> list[str]:
    def line(name: str, kind: str, last: bool) -> str:
        comment = f" COMMENT {_literal(comments[name])}" if name in comments else ""
        return f"  `{name}` {kind}{comment}{')' if last else ', '}"

    return [line(name, kind, number == len(columns) - 1) for number, (name, kind) in enumerate(columns)]


def _pairs(values: Mapping[str, str]) -> list[str]:
    pairs = [f"  {_literal(name)}={_literal(str(value))}" for name, value in sorted(values.items())]
    return [*(f"{pair}, " for pair in pairs[:-1]), f"{pairs[-1]}) "]
