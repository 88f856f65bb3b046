"""Reading a slot's changes with SQL, and what PostgreSQL itself says about a table's values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from lakewright.ingest.sources.postgres.catalog import SourceTable, read_catalog
from lakewright.ingest.sources.postgres.decode import Changes, StreamDecoder
from lakewright.ingest.sources.postgres.identifiers import quote_identifier
from lakewright.ingest.sources.postgres.messages import MessageBatch
from lakewright.ingest.sources.postgres.types import read_user_types, session_options

Connection = psycopg.Connection[tuple[Any, ...]]
SLOT = "peeked"


def connect(dsn: str) -> Connection:
    """A pinned session, except that statements of tests find the schema public."""
    return psycopg.connect(dsn, autocommit=True, options=f"{session_options()} -c search_path=public")


@contextmanager
def slot(dsn: str, publication: str = "for all tables") -> Iterator[Connection]:
    """A publication and a slot; everything that is committed in the block can be read with `payloads`."""
    with connect(dsn) as connection:
        connection.execute(f"create publication everything {publication}")
        connection.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", [SLOT])
        yield connection
        connection.execute("select pg_drop_replication_slot(%s)", [SLOT])


def payloads(connection: Connection, binary: bool) -> list[bytes]:
    options = [
        "proto_version",
        "1",
        "publication_names",
        "everything",
        "binary",
        str(binary).lower(),
        "messages",
        "true",
    ]
    rows = connection.execute(
        "select data from pg_logical_slot_peek_binary_changes(%s, null, null, variadic %s)",
        [SLOT, options],
        binary=True,
    )
    return [row[0] for row in rows.fetchall()]


def decoder(connection: Connection) -> StreamDecoder:
    tables = {(t.schema, t.name): t for t in read_catalog(connection, lambda _schema, _name: True)}
    return StreamDecoder(
        lambda: read_user_types(connection),
        lambda schema, name: tables[schema, name].primary_key if (schema, name) in tables else (),
    )


def streamed(connection: Connection, binary: bool = True) -> list[Changes]:
    return list(decoder(connection).decode(MessageBatch.of_payloads(payloads(connection, binary))).changes)


def rows(changes: Sequence[Changes]) -> list[dict[str, Any]]:
    """All rows in stream order."""
    found = [row for change in changes for row in change.rows.to_pylist()]
    return sorted(found, key=lambda row: (row["_lsn"], row["_seq"]))


def table(connection: Connection, name: str, schema: str = "public") -> SourceTable:
    (found,) = read_catalog(connection, lambda s, n: (s, n) == (schema, name))
    return found


def texts(connection: Connection, name: str, order: str) -> list[dict[str, str | None]]:
    """The table as PostgreSQL prints it."""
    columns = [column.name for column in table(connection, name).columns]
    shown = ", ".join(
        f"case when {q} is distinct from null then concat({q}) end" for q in map(quote_identifier, columns)
    )
    found = connection.execute(f"select {shown} from {quote_identifier(name)} order by {order}").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


def printed(row: Mapping[str, Any], schema: pa.Schema) -> dict[str, str | None]:
    """A decoded row's source columns as PostgreSQL prints them, special values put back."""
    names = [name for name in schema.names if name != "Op" and not name.startswith("_")]
    result = {name: _printed(row[name], schema.field(name).type) for name in names}
    for name, text in row["_special"] or ():
        assert result[name] is None
        result[name] = text
    return result


def _printed(value: Any, kind: pa.DataType) -> str | None:
    if value is None:
        return None
    if pa.types.is_boolean(kind):
        return "t" if value else "f"
    if pa.types.is_binary(kind):
        return "\\x" + value.hex()
    if pa.types.is_timestamp(kind):
        date = f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
        fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        return f"{date} {value:%H:%M:%S}{fraction}{'+00' if kind.tz else ''}"
    if pa.types.is_floating(kind):
        return _shortest(value, 32 if pa.types.is_float32(kind) else 64)
    if pa.types.is_decimal(kind):
        return f"{value:f}"
    return str(value)


def _shortest(value: float, bits: int) -> str:
    """PostgreSQL's shortest exact form (extra_float_digits > 0), which numpy prints a little differently."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    number = np.float32(value) if bits == 32 else np.float64(value)
    exponent = int(np.format_float_scientific(number).partition("e")[2])
    if -5 < exponent < (6 if bits == 32 else 15):
        return np.format_float_positional(number, trim="-")
    digits, _, power = np.format_float_scientific(number, trim="-").partition("e")
    return f"{digits}e{int(power):+03d}"
