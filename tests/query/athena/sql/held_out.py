"""Measures the statements that were kept out of development; prints counts only.

python -m tests.query.athena.sql.held_out
"""

from __future__ import annotations

from collections import Counter

from tests.query.athena.sql.agreement import counted, judged
from tests.query.athena.sql.fixture_tables import DATABASE, SCHEMAS, duckdb_with_tables
from tests.query.athena.sql.record import read


def measured() -> Counter[str]:
    """Verdict → how many."""
    connection = duckdb_with_tables()
    return counted([judged(connection, vector, DATABASE, SCHEMAS) for vector in read("held_out")])


if __name__ == "__main__":
    found = measured()
    total = sum(found.values())
    print(
        f"held out: {total} statements, "
        + ", ".join(
            f"{found[verdict]} {verdict} ({found[verdict] / total:.1%})"
            for verdict in ("equal", "refused", "different")
        )
    )
