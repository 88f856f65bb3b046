"""What `check` and `status` say about the replication slot, and how a second project is told that it is not its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from .conftest import Call


@pytest.fixture
def shop(project_over: Callable[[str], str]) -> str:
    return project_over("create table orders (id bigint primary key, total int); insert into orders values (1, 2)")


def codes(call: Call, command: str) -> tuple[int, list[str]]:
    result = call(command, "--json")
    return result.code, [error["code"] for error in result.json.get("errors", ())]


def test_a_second_project_is_told_before_it_takes_the_slot(call: Call, shop: str, tmp_path: Path) -> None:
    assert call("ingest", "once").code == 0
    other = tmp_path / "second"
    shutil.copytree(tmp_path / "models", other / "models")
    shutil.copy(tmp_path / "platform.yaml", other)
    check, once = call("check", "-C", str(other)), call("ingest", "once", "-C", str(other))
    assert (check.code, once.code) == (1, 1), check.err + once.err
    assert "LW219" in check.err
    assert "Nothing stands" not in check.out
    assert once.err.startswith("LW219")
    assert call("ingest", "once").code == 0
    assert codes(call, "check") == (0, [])


def test_a_lost_slot_is_told(call: Call, shop: str) -> None:
    assert call("ingest", "once").code == 0
    assert codes(call, "status") == (0, [])
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()"
        )
    assert codes(call, "check") == (1, ["LW353"])
    assert codes(call, "status") == (1, ["LW353"])
    assert "ingest resnapshot --all" in call("status").err


def test_status_before_anything_was_ingested(call: Call, shop: str) -> None:
    result = call("status")
    assert result.code == 0
    assert "nothing ingested yet" in result.out
    assert "lag" not in result.out
    source = call("status", "--json").json["sources"][0]
    assert (source["lag_bytes"], source["lag_seconds"]) == (None, None)
