"""The manifest: one history, whoever writes and whenever someone reads."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lakewright.bronze import manifest as module
from lakewright.bronze.manifest import Commit, Conflict, Load, Manifest
from lakewright.bronze.state import BronzeColumn, BronzeFile, BronzeSchema, BronzeTable
from lakewright.errors import ProblemError
from lakewright.storage import Storage, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path))


def file(path: str, table: str = "t", **more: int) -> BronzeFile:
    return BronzeFile(path, table, more.get("generation", 1), "tail", 1, 10, 1, 2, 1)


TABLE = BronzeTable(
    "t", "public.t", key=("id",), schemas=(BronzeSchema(1, (BronzeColumn("id", "bigint", "int8", True, 1, "7"),)),),
    load=Load(2, 100, ("a", "b"), {"a": 100}), identity={"oid": 5, "columns": [[1, "id"]]},
)  # fmt: skip


def test_state_survives_as_it_was(storage: Storage) -> None:
    writer = Manifest(storage, "shop")
    written = writer.commit(Commit(100, (file("x"), file("y")), tables=(TABLE,)))
    written = writer.commit(Commit(200, (file("z"),), removed=("x",)))
    read = Manifest(storage, "shop").load()
    assert read == written
    assert [f.path for f in read.tables["t"].files] == ["y", "z"]
    assert read.tables["t"].load == TABLE.load
    assert read.position == 200


def test_two_writers_cannot_both_commit(storage: Storage) -> None:
    first, second = Manifest(storage, "shop"), Manifest(storage, "shop")
    first.load()
    second.load()
    first.commit(Commit(100))
    with pytest.raises(Conflict, match="LW411"):
        second.commit(Commit(150))
    assert second.load().position == 100
    assert second.commit(Commit(150)).version == 2


def test_readers_follow_through_checkpoints_and_cleaning(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_EVERY", 7)
    monkeypatch.setattr(module, "KEPT_FOR", module.timedelta(0))
    writer, slow, quick = (Manifest(storage, "shop") for _ in range(3))
    writer.commit(Commit(1, tables=(TABLE,)))
    slow.load()
    chance = random.Random(1)
    state = writer.load()
    for step in range(100):
        paths = [f.path for f in state.tables["t"].files]
        gone = tuple(chance.sample(paths, k=len(paths) // 2))
        state = writer.commit(Commit(step, (file(f"f{step}"),), removed=gone))
        if step % 3 == 0:
            assert quick.load() == state
    assert slow.load() == state
    assert Manifest(storage, "shop").load() == state
    assert len(storage.list("_lakewright/bronze/shop/manifest")) < 30


def test_a_hole_in_the_log_is_an_error(storage: Storage) -> None:
    writer = Manifest(storage, "shop")
    for position in range(1, 4):
        writer.commit(Commit(position))
    storage.delete("_lakewright/bronze/shop/manifest/00000000000000000002.json")
    with pytest.raises(ProblemError, match="LW413"):
        Manifest(storage, "shop").load()


def test_files_change_generation_by_being_added_again(storage: Storage) -> None:
    writer = Manifest(storage, "shop")
    writer.commit(Commit(1, (file("x"),), tables=(TABLE,)))
    state = writer.commit(Commit(2, (file("x", generation=2),), tables=(replace(TABLE, generation=2),)))
    assert [(f.path, f.generation) for f in state.tables["t"].current] == [("x", 2)]


def test_states_of_the_past(storage: Storage) -> None:
    writer = Manifest(storage, "shop")
    first = writer.commit(Commit(1))
    writer.commit(Commit(2))
    assert Manifest(storage, "shop").as_of(first.at).position in (1, 2)
    with pytest.raises(ProblemError, match="LW414"):
        Manifest(storage, "shop").as_of(datetime(2000, 1, 1, tzinfo=UTC))
