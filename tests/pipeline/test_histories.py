"""A Bronze table's rows in memory are those in its files, however it grows."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from lakewright.bronze.reader import before_sql, rows_sql
from lakewright.bronze.state import BronzeTable
from lakewright.engines import Session, open_engine
from lakewright.pipeline.histories import Histories
from lakewright.storage import open_storage
from tests.support.bronze_source import BronzeSource

COLUMNS = {"id": "bigint", "body": "string"}


def _copied(histories: Histories, session: Session, table: BronzeTable, before: int) -> list[tuple[Any, ...]]:
    relation = histories.relation(session, table, before)
    return sorted(session.rows(f"SELECT _lsn, _seq, id, body FROM {relation} WHERE {before_sql(before)}"))


def _filed(source: BronzeSource, session: Session, table: BronzeTable, before: int) -> list[tuple[Any, ...]]:
    sql = rows_sql(source.storage, table, since=None, before=before, columns=("_lsn", "_seq", "id", "body"))
    return sorted(session.rows(sql))


def test_it_follows_changes_earlier_positions_and_new_loads(tmp_path: Path) -> None:
    chance = random.Random(5)
    source = BronzeSource(open_storage(str(tmp_path)), {"thing": COLUMNS})
    source.load({"thing": [{"id": i, "body": "first"} for i in range(20)]})
    engine = open_engine()
    session, histories = engine.session(), Histories(source.storage)
    positions = [source.lsn]
    for round_ in range(30):
        for _ in range(chance.randrange(4)):
            key = chance.randrange(30)
            source.put("thing", {"id": key, "body": f"round {round_}"})
        positions.append(source.flush())
        if round_ == 20:
            source.reload("thing")
            positions = [source.lsn]
        table = source.manifest.load().tables["thing"]
        before = chance.choice(positions[-3:])
        assert _copied(histories, session, table, before) == _filed(source, session, table, before), round_
    engine.close()


def test_a_table_that_has_grown_too_large_is_read_from_its_files(tmp_path: Path) -> None:
    source = BronzeSource(open_storage(str(tmp_path)), {"thing": COLUMNS})
    source.load({"thing": [{"id": i, "body": "first"} for i in range(3)]})
    engine = open_engine()
    session, histories = engine.session(), Histories(source.storage, rows=3)
    relation = histories.relation(session, source.manifest.load().tables["thing"], source.lsn)
    assert relation is not None
    source.put("thing", {"id": 9, "body": "one more"})
    source.flush()
    assert histories.relation(session, source.manifest.load().tables["thing"], source.lsn) is None
    assert session.rows("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'histories'") == [(0,)]
    engine.close()
