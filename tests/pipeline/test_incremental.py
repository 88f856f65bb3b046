"""Whatever happened in between, a table built step by step equals one built at once from the same Bronze."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakewright.pipeline import Pipeline
from lakewright.storage import open_storage
from tests.pipeline import shop
from tests.pipeline.lake import open_pipeline, rows_of, write_models
from tests.support.bronze_source import BronzeSource, Row

FIRST = datetime(2026, 1, 30, tzinfo=UTC)
customers = st.sampled_from([None, 1, 2, 3, 4])
keys = st.integers(1, 9)
orders = st.fixed_dictionaries(
    {
        "id": keys,
        "tenant_id": st.integers(1, 2),
        "customer_id": customers,
        "status": st.sampled_from(["paid", "open"]),
        "total": st.integers(-500, 5000).map(lambda cents: Decimal(cents) / 100),
        "placed_at": st.integers(0, 100).map(lambda hours: FIRST + timedelta(hours=hours)),
        "notes": st.sampled_from([None, "a", "b"]),
    }
)
people = st.fixed_dictionaries(
    {
        "id": st.integers(1, 5),
        "tenant_id": st.integers(1, 2),
        "email": st.sampled_from([None, "A@x", "a@X", "b@x"]),
        "city": st.sampled_from([None, "Oslo", "Rome"]),
    }
)
events = st.fixed_dictionaries(
    {
        "id": keys,
        "tenant_id": st.integers(1, 2),
        "customer_id": customers,
        "kind": st.just("view"),
        "at": st.integers(0, 200).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    }
)
changes = st.one_of(
    orders.map(lambda row: ("put", "order", row)),
    orders.map(lambda row: ("keep_notes", "order", row)),
    people.map(lambda row: ("put", "customer", row)),
    events.map(lambda row: ("put", "event", row)),
    st.tuples(st.just("delete"), st.sampled_from(list(shop.TABLES)), keys),
    st.tuples(st.just("rekey"), st.sampled_from(list(shop.TABLES)), st.tuples(keys, st.integers(20, 30))),
    st.sampled_from([("commit", "", None), ("flush", "", None), ("run", "", None), ("truncate", "event", None)]),
)
histories = st.lists(changes, min_size=3, max_size=25)


def play(source: BronzeSource, pipeline: Pipeline, step: tuple[str, str, Any]) -> None:
    doing, table, value = step
    if doing == "put":
        source.put(table, value)
    elif doing == "keep_notes":
        source.put(table, value, ("notes",) if value["id"] in source.truth[table] else ())
    elif doing == "delete":
        source.delete(table, value)
    elif doing == "rekey" and value[0] in source.truth[table] and value[1] not in source.truth[table]:
        source.rekey(table, *value)
    elif doing == "truncate":
        source.truncate(table)
    elif doing == "commit":
        source.commit()
    elif doing == "flush":
        source.flush()
    elif doing == "run":
        source.flush()
        report = pipeline.cycle()
        assert report.ok, [model.error or model.reason for model in report.models]


def comparable(pipeline: Pipeline, name: str) -> list[str]:
    return sorted(str({k: v for k, v in row.items() if k not in ("_run", "_at")}) for row in rows_of(pipeline, name))


def check_history(folder: Path, load: dict[str, list[Row]], history: list[Any], in_memory: bool) -> None:
    storage = open_storage(str(folder / "lake"))
    source = BronzeSource(storage, shop.TABLES)
    models = write_models(folder / "models", shop.MODELS)
    source.load(load)
    grown = open_pipeline(storage, models, source, folder / "state", in_memory=in_memory)
    assert grown.cycle().ok
    for step in [*history, ("run", "", None)]:
        play(source, grown, step)
    for layer in ("silver", "gold", "quarantine"):
        path = folder / "lake" / layer
        if path.exists():
            shutil.move(path, folder / "grown" / layer)
    grown_rows = _rows_at(folder / "grown", models, source, folder / "state2")
    fresh = open_pipeline(storage, models, source, folder / "state3")
    assert fresh.cycle().ok
    for name in fresh.tables:
        assert grown_rows[name] == comparable(fresh, name), name
    silver = {row["order_id"]: (row["tenant_id"], row["total"], row["notes"]) for row in rows_of(fresh, "silver.order")}
    truth = source.truth["order"].values()
    assert silver == {r["id"]: (r["tenant_id"], r["total"], r["notes"]) for r in truth if r["total"] >= 0}
    fresh.close()
    grown.close()


def _rows_at(folder: Path, models: Path, source: BronzeSource, state: Path) -> dict[str, list[str]]:
    there = open_pipeline(open_storage(str(folder)), models, source, state)
    rows = {name: comparable(there, name) for name in there.tables}
    there.close()
    return rows


LOAD = st.fixed_dictionaries(
    {
        "order": st.lists(orders, max_size=8, unique_by=lambda row: row["id"]),
        "customer": st.lists(people, max_size=4, unique_by=lambda row: row["id"]),
        "event": st.lists(events, max_size=8, unique_by=lambda row: row["id"]),
    }
)
FULL = bool(os.environ.get("LAKEWRIGHT_FULL"))
QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@given(load=LOAD, history=histories, in_memory=st.booleans())
@settings(max_examples=4, deadline=None, suppress_health_check=QUIET, derandomize=True)
def test_random_histories(
    tmp_path_factory: pytest.TempPathFactory, load: dict[str, list[Row]], history: list[Any], in_memory: bool
) -> None:
    check_history(tmp_path_factory.mktemp("lake"), load, history, in_memory)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@given(load=LOAD, history=histories, in_memory=st.booleans())
@settings(max_examples=200 if FULL else 40, deadline=None, suppress_health_check=QUIET)
def test_many_random_histories(
    tmp_path_factory: pytest.TempPathFactory, load: dict[str, list[Row]], history: list[Any], in_memory: bool
) -> None:
    check_history(tmp_path_factory.mktemp("lake"), load, history, in_memory)
