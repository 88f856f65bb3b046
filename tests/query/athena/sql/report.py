"""The agreement table and docs/athena-sql.md.

python -m tests.query.athena.sql.report [--write]
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import duckdb

from lakewright.query.athena.sql.aggregates import AGGREGATES
from lakewright.query.athena.sql.functions import FUNCTIONS
from lakewright.query.athena.sql.special import SPECIAL
from lakewright.query.athena.sql.synonyms import SYNONYMS
from lakewright.query.athena.sql.window_functions import WINDOW_FUNCTIONS
from tests.query.athena.sql import held_out, tpch
from tests.query.athena.sql.agreement import counted, judged
from tests.query.athena.sql.fixture_tables import DATABASE, SCHEMAS, duckdb_with_tables
from tests.query.athena.sql.record import VECTORS, read
from tests.query.athena.sql.vector_cases import cases

PAGE = Path(__file__).parents[4] / "docs" / "athena-sql.md"
HEAD = Path(__file__).with_name("page_head.md")


def table() -> list[tuple[str, Counter[str]]]:
    """Topic → verdicts."""
    shop = duckdb_with_tables()
    found = [(topic, counted([judged(shop, one, DATABASE, SCHEMAS) for one in read(topic)])) for topic in cases()]
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA tpch")
    for name in tpch.TABLE_COLUMNS:
        connection.execute(
            f"CREATE TABLE tpch.{name} AS SELECT * FROM read_parquet(?)", [f"{VECTORS}/tpch_{name}.parquet"]
        )
    answers = [judged(connection, one, "tpch", tpch.SCHEMAS, lengths=False) for one in read("tpch")]
    return [*found, ("TPC-H, scale 0.01", counted(answers)), ("kept out of development", held_out.measured())]


def printed() -> str:
    lines = ["| statements | recorded | equal | refused | different |", "| --- | ---: | ---: | ---: | ---: |"]
    for topic, found in table():
        total = sum(found.values())
        lines.append(f"| {topic} | {total} | {found['equal']} | {found['refused']} | {found['different']} |")
    return "\n".join(lines)


def page() -> str:
    """The whole page: the written head, the table, the lists."""
    allowed = {*FUNCTIONS, *SPECIAL, *AGGREGATES, *WINDOW_FUNCTIONS, *SYNONYMS}
    missing = sorted({vector["name"] for vector in read("functions")} - allowed - {"$"})
    refused = [
        vector["sql"] for topic in cases() for vector in read(topic) if "rows" in vector and vector["sql"] in _refused()
    ]
    parts = [
        HEAD.read_text(encoding="utf-8").rstrip(),
        "## Agreement with Trino 476\n\n" + printed(),
        "## Functions\n\n" + _listed(sorted({*FUNCTIONS, *SPECIAL} - {"now"} | {"now"})),
        "Aggregates: " + _listed(sorted(AGGREGATES)),
        "Window functions: " + _listed(sorted(WINDOW_FUNCTIONS)),
        "Other names for them: " + ", ".join(f"`{one}` ({other})" for one, other in sorted(SYNONYMS.items())),
        "## Trino's functions that are refused\n\n" + _listed(name for name in missing if name.isidentifier()),
        "## Recorded statements that are refused\n\n```sql\n" + "\n".join(refused) + "\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _refused() -> frozenset[str]:
    return frozenset(HEAD.with_name("refused.txt").read_text(encoding="utf-8").splitlines())


def _listed(names) -> str:  # type: ignore[no-untyped-def]
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    print(printed())
