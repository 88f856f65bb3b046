"""Statements that the reader adds up in advance, beside DuckDB's own answer to the statement as it was written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakewright.governance.predicate import Compare, In, Predicate
from lakewright.query.governed import Limits
from lakewright.query.governed.folding import fold
from lakewright.query.governed.planning import Need

from .conftest import ROOT, Desk, T

COLUMNS = {
    "day": "date", "open": "boolean", "small": "tinyint", "status": "string", "id": "bigint", "total": "decimal(12,2)",
    "wide": "decimal(38,2)", "ratio": "double", "moment": "timestamp",
}  # fmt: skip
PAID = Compare("status", "=", "paid")
FOLDED: list[tuple[str, Predicate | None]] = [
    ("SELECT day, count(*) AS n, sum(total) AS s FROM {t} GROUP BY day ORDER BY day", None),
    ("SELECT count(*) AS n, sum(id) AS s, min(moment) AS a, max(total) AS b, count(total) AS c FROM {t}", None),
    ("SELECT count(*) AS n, sum(total) AS s FROM {t} WHERE open IS NULL AND day > '2030-01-01'", None),
    ("SELECT open, small, sum(small) AS s, count(day) AS d FROM {t} GROUP BY open, small ORDER BY 1, 2", None),
    ("SELECT o.day AS d, count(o.total) AS n FROM {t} AS o WHERE o.status = 'paid' GROUP BY o.day "
     "HAVING count(*) > 20 AND sum(o.id) IS NOT NULL ORDER BY n DESC, d NULLS FIRST LIMIT 5", PAID),
    ("SELECT status, max(id) AS m FROM {t} WHERE status IN ('paid', 'new') GROUP BY status ORDER BY status",
     In("status", ("paid", "new"))),
    ("SELECT day FROM {t} WHERE NOT open GROUP BY day ORDER BY day", None),
    ("SELECT max(total) AS total FROM {t} WHERE small BETWEEN 1 AND 3", None),
]  # fmt: skip
NOT_FOLDED = [
    "SELECT day FROM {t}",
    "SELECT day FROM {t} WHERE open LIMIT 3",
    "SELECT DISTINCT day FROM {t}",
    "SELECT day, count(*) FROM {t} GROUP BY day",
    "SELECT day, avg(total) AS x FROM {t} GROUP BY day",
    "SELECT sum(total + 1) AS x FROM {t}",
    "SELECT sum(ratio) AS x FROM {t}",
    "SELECT sum(wide) AS x FROM {t}",
    "SELECT max(status) AS x FROM {t}",
    "SELECT count(DISTINCT day) AS x FROM {t}",
    "SELECT count(*) FILTER (WHERE open) AS x FROM {t}",
    "SELECT sum(total ORDER BY day) AS x FROM {t}",
    "SELECT day, sum(count(*)) OVER () AS x FROM {t} GROUP BY day",
    "SELECT count(*) AS x FROM {t} WHERE random() < 0.5",
    "SELECT count(*) AS x FROM {t} WHERE day < today()",
    "SELECT count(*) AS x FROM {t} a, {t} b",
    "SELECT count(*) AS x FROM {t} TABLESAMPLE 10%",
    "SELECT count(*) AS x FROM (SELECT * FROM {t} LIMIT 3)",
    "WITH c AS (SELECT * FROM {t}) SELECT count(*) AS x FROM {t}",
    "SELECT count(*) AS x FROM {t} UNION ALL SELECT 1",
    "SELECT count(*) AS x FROM {t} WHERE id IN (SELECT 1)",
    "SELECT id, count(*) AS x FROM {t} GROUP BY id",
    "SELECT status, count(*) AS x FROM {t} GROUP BY status",
    "SELECT ratio, count(*) AS x FROM {t} GROUP BY ratio",
    "SELECT day, count(*) AS x FROM {t} GROUP BY ROLLUP (day)",
    "SELECT day, count(*) AS x FROM {t} GROUP BY ALL",
    "SELECT count(*) AS x FROM {t} WHERE small / 0 = 1",
    "SELECT count(*) AS x FROM silver.other",
]  # fmt: skip


def rows(count: int, seed: int = 4) -> pa.Table:
    chance = random.Random(seed)

    def some(value: object) -> object:
        return None if chance.random() < 0.1 else value

    made = [
        {
            "day": some(date(2026, 1, 1) + timedelta(days=chance.randrange(9))),
            "open": some(chance.random() < 0.5),
            "small": some(chance.randrange(-4, 5)),
            "status": some(chance.choice(["paid", "new", "", "späť"])),
            "id": some(chance.choice([i, 2**63 - 1 - i])),
            "total": some(Decimal(chance.randrange(-(10**11), 10**11)) / 100),
            "wide": some(Decimal(i)),
            "ratio": some(i / 7),
            "moment": some(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=i)),
        }
        for i in range(count)
    ]
    types: list[pa.DataType] = [
        pa.date32(), pa.bool_(), pa.int8(), pa.string(), pa.int64(), pa.decimal128(12, 2), pa.decimal128(38, 2),
        pa.float64(), pa.timestamp("us", "UTC"),
    ]  # fmt: skip
    return pa.Table.from_pylist(made, pa.schema([pa.field(*one) for one in zip(COLUMNS, types, strict=True)]))


@pytest.mark.parametrize(("sql", "condition"), FOLDED)
@pytest.mark.parametrize("count", [0, 1, 3000])
def test_the_answer_is_the_same(sql: str, condition: Predicate | None, count: int) -> None:
    connection = duckdb.connect()
    held = rows(count)
    connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA silver; CREATE TABLE silver.one AS FROM held")
    written = sql.format(t="silver.one")
    expected = connection.execute(written).to_arrow_table()
    folded = fold(written, "silver.one", COLUMNS, Need(("day", "open"), condition))
    assert folded is not None
    where = f"WHERE {condition.sql()}" if condition else ""
    parts = connection.execute(folded.select(f"SELECT * FROM silver.one {where}")).to_arrow_table()
    assert parts.num_rows <= 200
    connection.execute("DROP TABLE silver.one")
    casts = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in folded.columns.items())
    connection.execute(f"CREATE VIEW silver.one AS SELECT {casts} FROM parts")
    found = connection.execute(folded.sql).to_arrow_table()
    assert found.equals(expected)
    assert held.num_rows == count


@pytest.mark.parametrize("sql", NOT_FOLDED)
def test_what_must_see_rows_does(sql: str) -> None:
    need = Need(("day",), None)
    assert fold(sql.format(t="silver.one"), "silver.one", COLUMNS, need) is None


@pytest.fixture(scope="module")
def folding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    root: Path = tmp_path_factory.mktemp("folding")
    write_deltalake(str(root / "lake" / "silver" / "orders"), rows(3000))
    desk = Desk(root, str(root / "lake"))
    yield desk
    desk.governor.close()


@pytest.mark.parametrize(("sql", "condition"), FOLDED)
def test_scanned_bytes_are_those_of_the_rows(folding: Desk, sql: str, condition: Predicate | None) -> None:
    """With a limit on them the reader sends rows, else sums: the figures and the answer are the same."""
    del condition
    answers = []
    for most in (None, 10**9):
        with folding.start(sql.format(t=T), ROOT, limits=Limits(scan_bytes=most)) as answer:
            answers.append((answer.table().to_pylist(), answer.stats.scanned_bytes, answer.stats.scanned_rows))
    assert answers[0] == answers[1]
