"""A copy in memory holds what the files hold, however many merges it has followed."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from lakewright.engines import Session, open_engine
from lakewright.pipeline.contents import Memory
from lakewright.pipeline.merge import Merger, Shape, Stamp
from lakewright.storage import open_storage
from lakewright.tables import Column, Table, open_table

SHAPE = Shape((Column("id", "bigint"), Column("part", "bigint"), Column("value", "string")), ("id",), ("part",))


def _register(session: Session, rows: dict[int, tuple[int, str]]) -> None:
    ids = list(rows)
    columns = {"id": ids, "part": [rows[i][0] for i in ids], "value": [rows[i][1] for i in ids]}
    types = pa.schema([("id", pa.int64()), ("part", pa.int64()), ("value", pa.string())])
    session.register("incoming", pa.table(columns, schema=types))


def _in_memory(memory: Memory, session: Session, table: Table) -> list[tuple[int, int, str]]:
    return sorted((row[0], row[1], row[2]) for row in session.rows(memory.contents(session, table).sql()))


def _in_files(root: Path) -> list[tuple[int, int, str]]:
    rows = DeltaTable(str(root / "silver" / "t")).to_pyarrow_table(columns=["id", "part", "value"]).to_pylist()
    return sorted((row["id"], row["part"], row["value"]) for row in rows)


def test_it_follows_merges_that_rewrite_the_same_files_again_and_again(tmp_path: Path) -> None:
    chance = random.Random(11)
    engine = open_engine()
    session = engine.session()
    memory = Memory(engine)
    merger = Merger(engine, memory)
    table = open_table(open_storage(str(tmp_path)), "silver.t")
    truth = {i: (i % 3, "first") for i in range(60)}
    _register(session, truth)
    merger.replace(session, table, SHAPE, "incoming", Stamp())
    for round_ in range(60):
        touched = set(chance.sample(range(120), 12))
        for i in touched:
            truth.pop(i, None)
            if chance.random() < 0.8:  # a new row, a new value, or a move to another partition
                truth[i] = (chance.randrange(4), f"round {round_}")
        _register(session, {i: truth[i] for i in touched if i in truth})
        listed = ", ".join(map(str, touched))
        merger.merge(session, table, SHAPE, "incoming", f" WHERE t.id IN ({listed})", Stamp())
        assert _in_memory(memory, session, table) == sorted((i, *row) for i, row in truth.items()), round_
        assert _in_files(tmp_path) == sorted((i, *row) for i, row in truth.items()), round_
    engine.close()
