"""What `status` says of tables that stand still, and that its hints help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from .conftest import Call


@pytest.fixture
def shop(project_over: Callable[[str], str]) -> str:
    return project_over("create table child (id int primary key); create table other (id int primary key)")


def change(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_a_dropped_table_is_accepted_once(call: Call, shop: str) -> None:
    assert call("ingest", "once").code == 0
    change(shop, "drop table child")
    assert call("ingest", "once").code == 0
    told = call("status")
    assert (told.code, "LW334" in told.err, "resnapshot" in told.err) == (1, True, False)
    assert "ingest resume child" in told.err
    assert call("ingest", "resume", "child").code == 0
    for _ in range(2):
        assert call("ingest", "once").code == 0
        told = call("status")
        assert (told.code, told.err, "accepted" in told.out) == (0, "", True)


def test_a_table_that_cannot_be_taken_is_told_with_its_reason(call: Call, shop: str, tmp_path: Path) -> None:
    spec = tmp_path / "platform.yaml"
    spec.write_text(spec.read_text().replace("public.child", "public.*"))
    assert call("ingest", "once").code == 0
    change(shop, 'create table "Other" (id int primary key)')
    assert call("ingest", "once").code == 0
    told = call("status")
    assert (told.code, "LW318" in told.err, "resume" in told.err) == (1, True, False)
    change(shop, 'drop table "Other"')
    assert call("ingest", "once").code == 0
    assert call("status").code == 0
