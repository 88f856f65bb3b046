"""One statement: what kind it is, which tables it names, and its parsed query where it has one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.expressions import expression
from lakewright.query.athena.sql.reader import Reader
from lakewright.query.athena.sql.relations import CATALOG, query, reader_of
from lakewright.query.athena.sql.syntax import (
    ArrayOf,
    Expression,
    Node,
    Number,
    Pinned,
    Query,
    Signed,
    Table,
    Text,
    Truth,
)

MAX_TEXT = 262_144
"""Bytes; Athena's quota for a query string."""

_PIECES = re.compile(r"""--[^\r\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|;|[^-/'"`;]+|.""", re.DOTALL)
_KINDS = {
    "SELECT": "select", "WITH": "select", "VALUES": "select", "TABLE": "select", "(": "select",
    "EXPLAIN": "explain", "EXECUTE": "execute", "PREPARE": "prepare", "DEALLOCATE": "deallocate",
    "SHOW": "show", "DESCRIBE": "describe", "DESC": "describe", "INSERT": "insert", "UNLOAD": "unload",
    "MERGE": "merge", "UPDATE": "update", "DELETE": "delete", "CREATE": "ddl", "DROP": "ddl", "ALTER": "ddl",
    "MSCK": "ddl", "VACUUM": "ddl", "OPTIMIZE": "ddl",
}  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """`kind`: select, explain, execute, prepare, deallocate, show, describe, ddl, view, ctas, insert, unload, merge,
    update, delete. `text` is as written without a final semicolon; `body` is the same without comments.

    `tables` are the tables read, as database.table in lower case; `pins` holds FOR VERSION/TIMESTAMP AS OF for those
    that have one. `query` is the parsed query of select, explain, ctas, insert, unload and view; `name` the prepared
    statement, or the table or view that is written, and `columns` its columns where they are listed. `properties` is
    WITH (…) of ctas and unload; `location` unload's TO. `arguments` are the texts behind EXECUTE … USING, `inner` what
    is explained or prepared. `parameters` counts the question marks.
    """

    kind: str
    text: str
    body: str
    tables: tuple[str, ...] = ()
    pins: Mapping[str, Pinned] = field(default_factory=dict)
    query: Query | None = None
    name: str = ""
    columns: tuple[str, ...] = ()
    properties: Mapping[str, object] = field(default_factory=dict)
    location: str = ""
    arguments: tuple[str, ...] = ()
    inner: Statement | None = None
    parameters: int = 0
    if_not_exists: bool = False
    with_data: bool = True
    options: Mapping[str, str] = field(default_factory=dict)


def parse(text: str, database: str = "default", catalog: str = CATALOG, *, named: bool = False) -> Statement:
    """The one statement in `text`; `database` stands before table names that name none. Tables are of `catalog`, and
    with `named` each says that itself.

    SqlError with Athena's words when it is too long, more than one, or no sentence of Athena's language. Hive DDL is
    recognised by its first word and not looked into.
    """
    if len(text.encode()) > MAX_TEXT:
        fact = f"Query text length ({len(text.encode())}) exceeds the maximum length ({MAX_TEXT})"
        raise SqlError("QUERY_TEXT_TOO_LARGE", fact)
    text, body = _one(text)
    first = re.match(r"\(|[A-Za-z]+", body)
    word = first.group().upper() if first else ""
    kind = _KINDS.get(word)
    if not body:
        raise at((1, 1), "SYNTAX_ERROR", "mismatched input '<EOF>'. Expecting: <statement>")
    if kind is None:
        reader_of(text, database)
        shown = re.match(r"\w+|.", body)
        raise at(
            _place(text, body),
            "SYNTAX_ERROR",
            f"mismatched input '{shown.group() if shown else ''}'. Expecting: <statement>",
        )
    reading = _READERS.get(kind)
    if kind == "ddl":
        return _ddl(text, body, database)
    if reading is None:
        return Statement(kind, text, body)
    return reading(reader_of(text, database, catalog, named=named), body)


def _place(text: str, body: str) -> tuple[int, int]:
    start = text.find(body[:20])
    before = text[: max(start, 0)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _one(text: str) -> tuple[str, str]:
    """The text up to its final semicolon, and the same without comments."""
    kept: list[str] = []
    end, ended = len(text), False
    for piece in _PIECES.finditer(text):
        written = piece.group()
        if written.startswith(("--", "/*")):
            kept.append(" ")
        elif written == ";":
            end, ended = (end, ended) if ended else (piece.start(), True)
        elif ended and written.strip():
            raise SqlError("SYNTAX_ERROR", f"Only one sql statement is allowed. Got: {text.strip()}")
        else:
            kept.append(written)
    return text[:end], "".join(kept).strip()


def _finished(reader: Reader) -> None:
    if reader.now.kind != "end":
        raise reader.wrong("<EOF>")


def _statement(reader: Reader, kind: str, body: str, found: Query | None, **more: object) -> Statement:
    _finished(reader)
    tables, pins = named_tables(found) if found is not None else ((), {})
    return Statement(
        kind,
        reader.text,
        body,
        tables,
        pins,
        found,
        parameters=reader.parameters,
        **more,  # type: ignore[arg-type]
    )


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it; no recursion, so that long chains are no trouble."""
    rest = [node]
    while rest:
        one = rest.pop()
        yield one
        rest.extend(reversed(list(one.children())))


def named_tables(tree: Node) -> tuple[tuple[str, ...], dict[str, Pinned]]:
    """The tables read in order of appearance, and the pins of those that are pinned."""
    names: dict[str, Pinned | None] = {}
    for node in walk(tree):
        if isinstance(node, Table) and "." in node.name:
            if node.name in names and names[node.name] != node.pin:
                raise at(node.place, "NOT_SUPPORTED", f"Two versions of {node.name} in one statement are not supported")
            names[node.name] = node.pin
    return tuple(names), {name: pin for name, pin in names.items() if pin is not None}


def _select(reader: Reader, body: str) -> Statement:
    return _statement(reader, "select", body, query(reader))


def _explain(reader: Reader, body: str) -> Statement:
    reader.need("EXPLAIN")
    options = {"ANALYZE": "true"} if reader.take("ANALYZE") else {}
    reader.take("VERBOSE")
    if reader.see("(") and reader.ahead().upper in ("FORMAT", "TYPE"):
        reader.next()
        while True:
            name = reader.next().upper
            options[name] = reader.next().upper
            if not reader.take(","):
                break
        reader.need(")")
    inner = _inner(reader)
    return Statement("explain", reader.text, body, inner.tables, inner.pins, inner.query, inner=inner, options=options)


def _prepare(reader: Reader, body: str) -> Statement:
    reader.need("PREPARE")
    name = reader.name().value.lower()
    reader.need("FROM")
    inner = _inner(reader)
    return Statement("prepare", reader.text, body, name=name, inner=inner, parameters=inner.parameters)


def _inner(reader: Reader) -> Statement:
    """The statement that is explained or prepared; its places count from its own start."""
    if reader.now.upper in ("EXPLAIN", "PREPARE", "EXECUTE", "DEALLOCATE"):
        raise reader.wrong("<statement>")
    return parse(reader.text[reader.now.start :], reader.database)


def _execute(reader: Reader, body: str) -> Statement:
    reader.need("EXECUTE")
    name = reader.name().value.lower()
    arguments: list[str] = []
    if reader.take("USING"):
        while True:
            start = reader.now.start
            expression(reader)
            arguments.append(reader.text[start : reader.now.start].strip())
            if not reader.take(","):
                break
    return _statement(reader, "execute", body, None, name=name, arguments=tuple(arguments))


def _deallocate(reader: Reader, body: str) -> Statement:
    reader.need("DEALLOCATE", "PREPARE")
    return _statement(reader, "deallocate", body, None, name=reader.name().value.lower())


def _target(reader: Reader) -> str:
    parts = reader.qualified()
    return ".".join(parts[-2:]) if len(parts) > 1 else f"{reader.database}.{parts[0]}"


def _insert(reader: Reader, body: str) -> Statement:
    reader.need("INSERT", "INTO")
    name = _target(reader)
    listed = reader.see("(") and reader.ahead().upper not in ("SELECT", "WITH", "VALUES", "(", "TABLE")
    columns = reader.names() if listed else ()
    return _statement(reader, "insert", body, query(reader), name=name, columns=columns)


def _unload(reader: Reader, body: str) -> Statement:
    reader.need("UNLOAD", "(")
    found = query(reader)
    reader.need(")", "TO")
    location = reader.string()
    properties = _properties(reader) if reader.take("WITH") else {}
    return _statement(reader, "unload", body, found, location=location, properties=properties)


def _properties(reader: Reader) -> dict[str, object]:
    """`(name = value, …)`: strings, numbers, booleans and arrays of them."""
    reader.need("(")
    found: dict[str, object] = {}
    while True:
        name = reader.name().value.lower()
        reader.need("=")
        found[name] = constant(expression(reader))
        if not reader.take(","):
            reader.need(")")
            return found


def constant(value: Expression) -> object:
    """The Python value of a written constant: text, number, boolean or a list of them."""
    match value:
        case Text(value=text):
            return text
        case Number(text=text):
            return int(text) if text.isdecimal() else float(text)
        case Signed(sign="-", value=Number(text=text)):
            return -int(text) if text.isdecimal() else -float(text)
        case Truth(value=truth):
            return truth
        case ArrayOf(items=items):
            return [constant(item) for item in items]
    raise at(value.place, "INVALID_TABLE_PROPERTY", "a property takes a constant")


def _ddl(text: str, body: str, database: str) -> Statement:
    """CREATE TABLE … AS and CREATE VIEW … AS are read; everything else is left to Hive's DDL."""
    if re.match(r"(?is)create\s+(or\s+replace\s+)?view\b", body):
        reader = reader_of(text, database)
        return _view(reader, body)
    if re.match(r"(?is)create\s+table\b", body) and re.search(r"(?i)\bas\b", body):
        try:
            reader = reader_of(text, database)
        except SqlError:
            return Statement("ddl", text, body)
        if _is_ctas(reader):
            return _ctas(reader, body)
    return Statement("ddl", text, body)


def _is_ctas(reader: Reader) -> bool:
    """Whether AS and a query stand at the top level of CREATE TABLE."""
    depth = 0
    for token, following in zip(reader.tokens, reader.tokens[1:], strict=False):
        if token.kind == "mark":
            depth += (token.upper in "([") - (token.upper in ")]")
        elif token.upper == "AS" and depth == 0:
            return following.upper in ("SELECT", "WITH", "VALUES", "TABLE", "(")
    return False


def _ctas(reader: Reader, body: str) -> Statement:
    reader.need("CREATE", "TABLE")
    kept = reader.take("IF", "NOT", "EXISTS")
    name = _target(reader)
    if reader.take("COMMENT"):
        reader.string()
    properties = _properties(reader) if reader.take("WITH") else {}
    reader.need("AS")
    found = query(reader)
    with_data = True
    if reader.take("WITH"):
        with_data = not reader.take("NO")
        reader.need("DATA")
    return _statement(
        reader, "ctas", body, found, name=name, properties=properties, if_not_exists=kept, with_data=with_data
    )


def _view(reader: Reader, body: str) -> Statement:
    reader.need("CREATE")
    replaced = reader.take("OR", "REPLACE")
    reader.need("VIEW")
    name = _target(reader)
    reader.need("AS")
    found = query(reader)
    return _statement(reader, "view", body, found, name=name, options={"REPLACE": "true"} if replaced else {})


_READERS = {
    "select": _select,
    "explain": _explain,
    "prepare": _prepare,
    "execute": _execute,
    "deallocate": _deallocate,
    "insert": _insert,
    "unload": _unload,
}
