"""What a person cannot see is changed at random; nothing that the person gets changes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakewright.errors import LakewrightError
from lakewright.governance import Privilege
from lakewright.models import dialect
from lakewright.query.governed import NEWEST, Limits, Query

# ruff: noqa: E501 - a statement is one line
from .changes import ORDERED, changed
from .grammar import Writer
from .lake import write_table
from .oracle import Oracle, multiset
from .tables import SCHEMAS
from .tally import Note, total
from .world import LIMITS, World, error_bytes
from .world import world as opened

pytestmark = pytest.mark.slow
WATCHERS = ("ana", "ten", "mia", "uma", "eng")
STATEMENTS = (
    "SELECT * FROM {t}", "SELECT count(*) FROM {t}", "SELECT * FROM {c}", "SELECT id FROM {t} LIMIT 4",
    "SELECT * FROM {t} ORDER BY id LIMIT 3 OFFSET 2", "SELECT tenant, count(*), sum(amount) FROM {t} GROUP BY ALL",
    "SELECT id FROM {t} USING SAMPLE reservoir(9 ROWS) REPEATABLE (7)", "SELECT id FROM {t} USING SAMPLE 50% (bernoulli, 3)",
    "SELECT id FROM {t} TABLESAMPLE SYSTEM (50%) REPEATABLE (3)", "SUMMARIZE {t}", "SUMMARIZE {c}", "DESCRIBE {t}",
    "EXPLAIN SELECT * FROM {t}", "EXPLAIN ANALYZE SELECT 1 FROM {t} WHERE id > 3", "EXPLAIN SELECT * FROM {t} a JOIN {c} b USING (id)",
    "SELECT CAST(payload AS INTEGER) FROM {t}", "SELECT CAST(tenant AS DATE) FROM {t} ORDER BY id",
    "SELECT 1 // (CASE WHEN tenant = 'nobody' THEN 0 ELSE 1 END) FROM {t}", "SELECT sum(amount * 100000000) FROM {t}",
    "SELECT error(tenant) FROM {t}", "SELECT (SELECT id FROM {t})", "SELECT row_number() OVER (), id FROM {t}",
    "SELECT lag(id) OVER (ORDER BY id) FROM {t}", "SELECT approx_count_distinct(tenant), approx_quantile(id, 0.5) FROM {t}",
    "SELECT a.id, b.id FROM {t} a LEFT JOIN {c} b ON a.id = b.id", "SELECT id FROM {c} EXCEPT SELECT id FROM {t}",
    "SELECT count(*) FROM {t} WHERE tenant = 'globex'", "SELECT id FROM {t} WHERE day > DATE '2026-01-03'",
    "SELECT * FROM duckdb_columns() WHERE NOT internal", "SELECT estimated_size FROM duckdb_tables()",
    "SELECT * FROM information_schema.tables", "SELECT hash(t) FROM {t} t",
)  # fmt: skip
_UNSTABLE = re.compile(r"\d+\.\d+s|Total Time: \S+|\(\d+ms\)|\d+\.?\d* ?(?:ms|s)\b")


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("noninterference"), service=True, partitioned=False) as found:
        yield found


def answer(world: World, who: str, sql: str, limits: Limits = LIMITS) -> tuple[object, ...]:
    """Rows as a multiset with their types, and the figures; or the error."""
    tables = {name: NEWEST for name in world.readable(who) if name in sql.replace('"', "")}
    query = Query("same", world.people[who], sql, tables, lambda _: sql, limits, prelude=dialect.MACROS)
    try:
        with world.governor.run(query) as found:
            rows = found.table()
            stats = found.stats
    except LakewrightError as error:
        return ("error", error_bytes(error))
    shown = [_UNSTABLE.sub("", row) for row in multiset(rows.to_pylist())]
    return ("rows", rows.schema.to_string(), shown, stats.scanned_bytes, stats.scanned_rows, stats.rows)


def looks(world: World, who: str) -> list[bytes]:
    """What the catalogs say, and a plan and the scanned bytes as Athena tells them."""
    told = [repr([world.visible(who)]).encode()]
    told += [world.spark(who, f"DESCRIBE {name}").data for name in world.readable(who)]
    names = {"CatalogName": "AwsDataCatalog"}
    for database in ("silver", "gold", "quarantine"):
        told.append(world.api(who, "athena", "ListTableMetadata", **names, DatabaseName=database).body)
        told.append(re.sub(rb'"(Create|Update)Time": [0-9.]+|"VersionId": "\d+"', b"",
                           world.api(who, "glue", "GetTables", DatabaseName=database).body))  # fmt: skip
    told.append(world.api(who, "glue", "GetPartitions", DatabaseName="silver", TableName="orders").body)
    for sql in ("EXPLAIN SELECT * FROM silver.orders", "SELECT id, tenant FROM silver.orders ORDER BY id"):
        execution = world.start(who, sql).json["QueryExecutionId"]
        found = world.finished(who, execution).json["QueryExecution"]
        told.append(repr((found["Status"]["State"], found["Statistics"].get("DataScannedInBytes"))).encode())
        told.append(world.api(who, "athena", "GetQueryResults", QueryExecutionId=execution).body)
        rows = world.api(who, "athena", "GetQueryRuntimeStatistics", QueryExecutionId=execution).json
        told.append(repr(rows["QueryRuntimeStatistics"].get("Rows")).encode())
    return told


@pytest.mark.parametrize("who", WATCHERS)
def test_nothing_changes(private: World, who: str, record_property: Note) -> None:
    base = {name: list(rows) for name, rows in private.made.rows.items()}
    oracle = Oracle(private, private.people[who])
    writer = Writer(oracle.columns, 7)
    texts = [one.format(t="silver.orders", c="silver.customer") for one in STATEMENTS]
    texts += [writer.statement() for _ in range(28)]
    oracle.close()
    chance = random.Random(who)
    assert sum(one[0] == "rows" for one in _answers(private, who, texts)) > len(texts) // 2
    before = _answers(private, who, texts)
    seen = looks(private, who)
    try:
        for kind in ORDERED:
            _change(private, who, base, kind, chance)
            after = _answers(private, who, texts)
            different = [f"{kind}: {sql}\n  {one}\n  {two}" for sql, one, two in zip(texts, before, after, strict=True)
                         if one != two]  # fmt: skip
            assert not different, "\n".join(different[:5])
            assert looks(private, who) == seen
            total(record_property, "statements before and after a hidden change", len(texts))
    finally:
        _write(private, base)


def _answers(world: World, who: str, texts: list[str]) -> list[tuple[object, ...]]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda sql: answer(world, who, sql), texts))


def _change(world: World, who: str, base: dict[str, list[dict[str, object]]], kind: str, chance: random.Random) -> None:
    new = {}
    for name in SCHEMAS:
        facts = world.sources().facts(name)
        decision = world.policy.decide(world.people[who], facts, Privilege.SELECT, datetime.now(UTC))
        new[name] = changed(decision, base[name], kind, chance)
    assert new != {name: base[name] for name in SCHEMAS} or who == "root"
    _write(world, new)


def _write(world: World, rows: dict[str, list[dict[str, object]]]) -> None:
    for name in SCHEMAS:
        write_table(world.project / "lake", name, rows[name])


def test_early_ends_read_the_same(private: World) -> None:
    """LIMIT over many row groups and batches: what is read does not tell how many hidden rows lie between."""
    texts = [
        "SELECT id, text FROM silver.big LIMIT 10", "SELECT id, text FROM silver.big LIMIT 70000",
        "SELECT id FROM silver.big WHERE id % 1000 = 999 LIMIT 5", "SELECT count(*) FROM (SELECT * FROM silver.big LIMIT 66000)",
        "SELECT max(text) FROM silver.big", "SELECT id FROM silver.big USING SAMPLE reservoir(20 ROWS) REPEATABLE (5)",
        "SELECT count(*) FROM silver.big TABLESAMPLE SYSTEM (30%) REPEATABLE (5)",
    ]  # fmt: skip
    limits = Limits(memory=512 << 20, seconds=60, threads=2, scan_bytes=2_500_000)
    private._readable.clear()
    told = []
    for between in (0, 1, 5):
        _big(private, between)
        private._readable.clear()
        told.append([answer(private, "ten", sql) for sql in texts] + [answer(private, "ten", texts[4], limits)])
    assert told[0] == told[1]
    assert told[0] == told[2]


def _big(world: World, between: int) -> None:
    """150,000 rows that are seen; behind each so many that are not."""
    step, count = between + 1, 150_000
    rows = range(count * step)
    table = pa.table(
        {
            "id": pa.array([i // step for i in rows], pa.int64()),
            "tenant": ["acme" if i % step == 0 else "globex" for i in rows],
            "text": [str(i // step) if i % step == 0 else "hidden" * (i % 9) for i in rows],
        }
    )
    write_deltalake(str(world.project / "lake" / "silver" / "big"), table, mode="overwrite")
