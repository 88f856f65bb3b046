"""What a principal gets, and what every attempt at more gives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakewright.errors import LakewrightError
from lakewright.governance import Policy
from lakewright.query.governed import Pin, QueryFailed, Refused, ScanLimit
from lakewright.query.governed.problems import VersionsHidden

from .conftest import ANA, BOB, ROOT, ROWS, Desk, T, orders, policy

MINE = range(0, ROWS, 2)


def test_rows_columns_and_masks(desk: Desk) -> None:
    found = desk.ask(f"SELECT id, tenant, email, payload FROM {T} ORDER BY id")
    assert found == [(i, "acme", "u***@example.org", str(i)) for i in MINE]
    assert desk.ask(f"SELECT count(*), sum(amount) FROM {T}") == [(len(MINE), sum(10 * i for i in MINE))]
    assert desk.ask(f"SELECT count(*), count(DISTINCT email) FROM {T}", ROOT) == [(ROWS, ROWS)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) FROM {t} WHERE tenant = 'globex'", [(0,)]),
        ("SELECT count(*) FROM {t} WHERE email = 'u2@example.org'", [(0,)]),
        ("SELECT count(*) FROM {t} WHERE email = 'u***@example.org'", [(500,)]),
        ("SELECT count(*) FROM {t} WHERE payload::INT >= 0", [(500,)]),
        ("SELECT count(*) FROM {t} a JOIN {t} b ON a.id = b.id + 2", [(499,)]),
        ("SELECT count(*) FROM {t} a WHERE EXISTS (SELECT 1 FROM {t} b WHERE b.id = a.id + 2 AND b.amount > 50)",
         [(497,)]),
        ("SELECT max((SELECT max(b.id) FROM {t} b WHERE b.id < a.id)) FROM {t} a", [(996,)]),
        ("WITH RECURSIVE r(n) AS (SELECT 0::BIGINT UNION ALL "
         "SELECT o.id FROM r JOIN {t} o ON o.id = r.n + 2 WHERE n < 8) SELECT count(*), max(n) FROM r", [(5, 8)]),
        ("SELECT id FROM {t} WHERE id IN (2, 3, 4) AND payload <> '4' ORDER BY id", [(2,)]),
        ("SELECT id FROM {t} WHERE amount BETWEEN 20 AND 60 OR payload = E'x\\ny''z' ORDER BY id", [(2,), (4,), (6,)]),
        ("SELECT count(*) FROM {t} WHERE id IS NULL OR NOT (id > 100 OR id < 50)", [(26,)]),
        ("SELECT id FROM (SELECT * FROM {t}) WHERE id > 990 ORDER BY id LIMIT 2", [(992,), (994,)]),
        ("SELECT 1 FROM {t} LIMIT 1", [(1,)]),
        ("SELECT count(*) FROM (SELECT DISTINCT * FROM {t})", [(500,)]),
        ("SELECT count(*) FROM {t} LEFT JOIN (SELECT * FROM {t} WHERE id < 10) b USING (id) WHERE b.id IS NULL",
         [(495,)]),
        ("SELECT count(*) FROM {t} WHERE 1 = 0", [(0,)]),
        ("SELECT count(*) FROM {t} TABLESAMPLE 100%", [(500,)]),
        ("SELECT id FROM {t} UNION ALL SELECT id FROM {t} ORDER BY 1 DESC LIMIT 2", [(998,), (998,)]),
    ],
)  # fmt: skip
def test_narrowing_changes_no_answer(desk: Desk, sql: str, expected: list[tuple[object, ...]]) -> None:
    """Expected values are counted from the rows that the fixture makes."""
    assert desk.ask(sql.format(t=T)) == expected


ATTEMPTS = [
    "SELECT ssn FROM {t}",
    "SELECT * FROM {t} WHERE ssn IS NOT NULL",
    "SELECT * FROM read_parquet('{path}')",
    "SELECT * FROM read_parquet('{path}/**')",
    "SELECT * FROM parquet_metadata('{path}')",
    "SELECT * FROM parquet_schema('{path}')",
    "SELECT * FROM parquet_file_metadata('{path}')",
    "SELECT content FROM read_text('{path}')",
    "SELECT content FROM read_blob('{path}')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM '{path}'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/lakewright-leak.csv'",
    "COPY {t} TO '/tmp/lakewright-leak.csv'",
    "ATTACH '/tmp/lakewright-leak.db' AS x",
    "ATTACH ':memory:' AS x",
    "EXPORT DATABASE '/tmp/lakewright-leak'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "SET lock_configuration = false",
    "SET threads = 64",
    "PRAGMA memory_limit = '100GB'",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "SELECT getenv('HOME')",
    "CREATE MACRO current_user() AS 'admin'",
    "CREATE VIEW v AS SELECT 1",
    "DROP VIEW {t}",
    "SELECT 1; SELECT * FROM {t}",
    "CALL pragma_database_size()",
    "PREPARE p AS SELECT 1",
    "SELECT * FROM SECRET_FRAME",
    "FORCE CHECKPOINT",
    "SELECT * FROM silver.nothing",
    "SELECT * FROM silver.orders_raw",
    "SELECT * FROM memory.base.orders",
    "SELECT error('x' || payload) FROM {t} WHERE tenant = 'acme'",
    "SELECT payload::DATE FROM {t}",
    "SELECT regexp_matches('x', '[' || payload) FROM {t}",
]  # fmt: skip


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_attempts_fail_without_telling(desk: Desk, lake: Path, attempt: str) -> None:
    path = next((lake / "lake" / "silver" / "orders").glob("*.parquet"))
    with pytest.raises(LakewrightError) as caught:
        desk.ask(attempt.format(t=T, path=path))
    told = str(caught.value)
    assert "SECRET-" not in told
    assert "ssn-" not in told
    assert "globex" not in told
    assert "read_parquet(['" not in told


@pytest.mark.parametrize(
    "question",
    [
        "SELECT sql FROM duckdb_views()",
        "SELECT * FROM information_schema.views",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM duckdb_columns()",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM duckdb_temporary_files()",
        "SELECT * FROM duckdb_databases()",
        "SELECT stats(payload) FROM {t} LIMIT 1",
        "SELECT * FROM query('SELECT * FROM {t}')",
        "SELECT * FROM query_table('{t}')",
        "EXPLAIN SELECT * FROM {t}",
        "EXPLAIN ANALYZE SELECT * FROM {t}",
        "SUMMARIZE {t}",
        "SELECT * FROM duckdb_logs()",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM {t}'))",
    ],
)
def test_the_engine_knows_nothing_hidden(desk: Desk, question: str) -> None:
    try:
        told = str(desk.ask(question.format(t=T) + " -- " + T))
    except QueryFailed as error:
        told = str(error)
    for hidden in ("SECRET-", "ssn", "globex", "u1@", ".parquet", "user.tenants", "IN ('acme')"):
        assert hidden not in told


def test_hidden_and_missing_are_the_same(desk: Desk) -> None:
    told = []
    for table in (T, "silver.nothing"):
        with pytest.raises(Refused) as caught:
            desk.ask(f"SELECT * FROM {table}", BOB)
        told.append(str(caught.value).replace(table, "x"))
        with pytest.raises(Refused):
            desk.governor.visible(BOB).describe(table)
    assert told[0] == told[1]
    assert desk.governor.visible(BOB).names() == []
    assert list(desk.governor.visible(ANA).describe(T)) == ["id", "tenant", "email", "payload", "amount"]


def test_revoked_rights_end_stored_results(desk: Desk) -> None:
    with desk.start(f"SELECT id FROM {T}") as answer:
        answer.table()
    assert desk.governor.still_permitted(answer.reading, ANA)
    desk.policy = policy("tenant = 'globex'")
    assert not desk.governor.still_permitted(answer.reading, ANA)
    desk.policy = Policy()
    assert not desk.governor.still_permitted(answer.reading, ANA)
    with pytest.raises(Refused):
        desk.ask(f"SELECT id FROM {T}")


def test_scanned_bytes_are_those_of_visible_values(desk: Desk) -> None:
    with desk.start(f"SELECT sum(id), max(payload) FROM {T}") as answer:
        answer.table()
    assert answer.stats.scanned_bytes == sum(8 + 4 + len(str(i)) for i in MINE)
    assert answer.stats.scanned_rows == len(MINE)


def test_the_scan_limit_ends_a_query(desk: Desk) -> None:
    from lakewright.query.governed import Limits

    with pytest.raises(ScanLimit):
        desk.ask(f"SELECT max(payload) FROM {T}", limits=Limits(scan_bytes=100))
    assert desk.ask(f"SELECT max(id) FROM {T}", limits=Limits(scan_bytes=4000)) == [(998,)]


def test_time_travel_respects_todays_grants(tmp_path: Path) -> None:
    place = str(tmp_path / "lake" / "silver" / "orders")
    write_deltalake(place, orders("OLD"))
    moment = datetime.now(UTC)
    write_deltalake(place, pa.concat_tables([orders(), orders()]), mode="overwrite")
    desk = Desk(tmp_path, str(tmp_path / "lake"))
    try:
        assert desk.ask(f"SELECT count(*), count(DISTINCT email) FROM {T}", pin=Pin(moment=moment)) == [(500, 1)]
        assert desk.ask(f"SELECT count(*) FROM {T}") == [(1000,)]
        assert desk.ask(f"SELECT count(*) FROM {T}", ROOT, pin=Pin(version=0)) == [(1000,)]
        with pytest.raises(VersionsHidden):
            desk.ask(f"SELECT count(*) FROM {T}", pin=Pin(version=0))
    finally:
        desk.governor.close()


def test_a_readers_trouble_is_told_to_the_audit_only(tmp_path: Path) -> None:
    place = tmp_path / "lake" / "silver" / "orders"
    write_deltalake(str(place), orders())
    desk = Desk(tmp_path, str(tmp_path / "lake"))
    try:
        for path in place.glob("*.parquet"):
            path.write_bytes(b"no parquet")
        with pytest.raises(QueryFailed) as caught:
            desk.ask(f"SELECT * FROM {T}")
        assert caught.value.code == "LW1108"
        assert str(tmp_path) not in str(caught.value)
        desk.governor.close()
        lines = "".join(one.read_text() for one in (tmp_path / "audit").glob("*.jsonl"))
        assert "parquet" in lines
    finally:
        desk.governor.close()
