"""Two projects that want one slot, and a lake whose slot is not what it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import LakewrightError
from lakewright.ingest import claim, requests
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.sources.postgres.slot import created_slot, drop_slot
from lakewright.ingest.status import read_status
from tests.ingest.support import Lake

TABLES = (
    "create table t (id int primary key, v text)",
    "create table other (id int primary key)",
    "insert into t select i, 'x' from generate_series(1, 50) i",
)


def problem(lake: Lake) -> str:
    found = read_status(lake.settings, lake.storage).slot_problem
    return found.code if found else ""


def test_a_second_lake_leaves_the_slot_and_the_publication_to_the_first(lake: Lake, tmp_path: Path) -> None:
    lake.run(*TABLES)
    lake.once()
    second = Lake(lake.dsn, tmp_path / "second", mapping=TableMapping.from_patterns(["public.other"]))
    for _ in range(2):
        with pytest.raises(LakewrightError, match="LW219") as caught:
            second.once()
        assert lake.settings.slot in caught.value.fact
        assert "pg_drop_replication_slot" in caught.value.hint
        assert problem(second) == "LW219"
    lake.run("insert into t values (100, 'y')")
    lake.once()
    lake.assert_equal("t", "other")
    assert problem(lake) == ""


def test_a_slot_is_taken_over_when_somebody_says_so(lake: Lake, tmp_path: Path) -> None:
    lake.run(*TABLES)
    lake.once()
    second = Lake(lake.dsn, tmp_path / "second")
    requests.leave(second.settings.requests, requests.Request(requests.RESNAPSHOT))
    second.once()
    second.assert_equal()
    lake.run("insert into t values (100, 'y')")
    second.once()
    assert problem(lake) == "LW355"


def test_a_first_load_that_was_killed_makes_its_slot_again(lake: Lake) -> None:
    lake.run(*TABLES)
    claim.claim(lake.storage, lake.settings)
    with created_slot(lake.dsn, lake.settings.slot):
        pass
    assert problem(lake) == ""
    lake.once()
    lake.assert_equal()


def test_the_claim_comes_before_the_slot(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from lakewright.ingest.loads import Loads

    def first(*_: object) -> int:
        assert claim.claimed(lake.storage, lake.settings)
        raise LakewrightError("LW999", "killed")

    lake.run(*TABLES)
    with monkeypatch.context() as patch:
        patch.setattr(Loads, "first", first)
        with pytest.raises(LakewrightError, match="LW999"):
            lake.once()
    lake.once()
    lake.assert_equal()


def test_status_tells_of_a_slot_that_went(lake: Lake) -> None:
    lake.run(*TABLES)
    lake.once()
    assert problem(lake) == ""
    with lake.sql() as connection:
        drop_slot(connection, lake.settings.slot)
    assert problem(lake) == "LW353"
    requests.leave(lake.settings.requests, requests.Request(requests.RESNAPSHOT))
    lake.once()
    assert problem(lake) == ""
