"""A table in parts: primary key ranges that can be read one by one, each in a snapshot of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from lakewright.ingest.sources.postgres.catalog import SourceTable
from lakewright.ingest.sources.postgres.identifiers import column_list, quote_identifier, quote_literal

ROWS_PER_CHUNK = 1_000_000
SAMPLES_PER_CHUNK = 5_000
MAX_SAMPLE = 20_000

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The rows of a table for which `where` (SQL; "" is all) holds. The string alone is worth keeping."""

    where: str = ""


def plan_chunks(connection: Connection, table: SourceTable, rows_per_chunk: int = ROWS_PER_CHUNK) -> tuple[Chunk, ...]:
    """Ranges of the primary key with about `rows_per_chunk` rows each, by a sample of the table's pages.

    Together they hold every possible key exactly once, so also rows that come later. A table without a primary key,
    or a small one, is one chunk.
    """
    wanted = -(-table.rows_estimate // rows_per_chunk)
    if wanted <= 1 or not table.primary_key:
        return (Chunk(),)
    return ranges(table.primary_key, _quantiles(connection, table, wanted))


def ranges(key: Sequence[str], bounds: Sequence[Sequence[str]]) -> tuple[Chunk, ...]:
    """Half-open ranges: up to and with the first bound, up to and with the second, …, above the last."""
    columns = f"({column_list(list(key))})"
    literals = [f"({', '.join(map(quote_literal, bound))})" for bound in bounds]
    upper = [f"{columns} <= {literal}" for literal in literals] + [""]
    lower = [""] + [f"{columns} > {literal}" for literal in literals]
    return tuple(Chunk(" AND ".join(filter(None, both))) for both in zip(lower, upper, strict=True))


def _quantiles(connection: Connection, table: SourceTable, wanted: int) -> list[tuple[str, ...]]:
    """Keys, as text, that divide the table into `wanted` parts of about the same size."""
    sample = min(wanted * SAMPLES_PER_CHUNK, MAX_SAMPLE)
    percent = min(100.0, 100.0 * 2 * sample / max(table.rows_estimate, 1))
    names = [quote_identifier(name) for name in table.primary_key]
    texts = ", ".join(f"pg_catalog.concat({name})" for name in names)
    found: list[tuple[str, ...]] = connection.execute(
        f"SELECT {texts} FROM {table.relation} TABLESAMPLE SYSTEM ({percent:.6f}) REPEATABLE (0)"
        f" ORDER BY {', '.join(names)}"
    ).fetchall()
    steps = (found[len(found) * part // wanted] for part in range(1, wanted)) if found else ()
    return list(dict.fromkeys(tuple(step) for step in steps))
