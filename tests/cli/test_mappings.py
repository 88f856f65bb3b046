"""`lakewright ingest mappings`: from a Django project without any database, and from the database."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from lakewright.ingest.mappings import TableMapping

from .conftest import Call

SHOP = Path(__file__).parents[2] / "examples" / "shop"
SPEC = """lakewright: 1
platform: shop
owner: me
sources:
  shop:
    postgres: {url: "${SHOP_DATABASE_URL}", tables: [public.core_*], tenant: tenant_id}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "platform.yaml").write_text(SPEC)
    monkeypatch.setenv("SHOP_DATABASE_URL", "postgresql:///nowhere?host=/nowhere")
    return tmp_path


def printed(call: Call, *arguments: str) -> str:
    outcome = call("ingest", "mappings", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


def test_from_a_django_project(project: Path, call: Call) -> None:
    django = ("--django", "shop.settings", "--django-folder", str(SHOP))
    found = TableMapping.parse(printed(call, *django))
    assert len(found.selections) == 8
    assert len(found.transformations) == 7
    suggested = json.loads(printed(call, *django, "--suggestions"))["suggestions"]
    assert {"public.core_customer"} <= {one["table"] for one in suggested}


def test_from_the_database(project: Path, database: str, monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table core_a (id int primary key, tenant_id int); create table other (id int)")
        connection.execute("create table core_b (id int primary key, a int references core_a)")
    monkeypatch.setenv("SHOP_DATABASE_URL", database)
    found = TableMapping.parse(printed(call))
    assert [(rule.table, rule.load_order) for rule in found.selections] == [("core_a", 2), ("core_b", 1)]
    assert [rule.table for rule in found.transformations] == ["core[_]a"]
