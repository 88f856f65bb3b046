"""From a database to figures and back, all through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from .conftest import Call

TABLE = """
create table orders (id bigint generated always as identity primary key, tenant_id bigint not null, status text,
                     total numeric(10,2), placed_at timestamptz not null default '2026-03-01 12:00Z');
insert into orders (tenant_id, status, total) select 1 + g % 3, ' new ', g from generate_series(1, 1000) g;
analyze;
"""


@pytest.fixture
def shop(database: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> str:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLE)
    monkeypatch.setenv("SHOP_URL", database)
    assert call("init", "--url-env", "SHOP_URL", "--source", "shop").code == 0
    return database


def change(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def figure(call: Call, statement: str) -> object:
    return call("sql", "--json", statement).json["rows"]


def test_once_run_sql_status(call: Call, shop: str) -> None:
    empty = call("status", "--json").json["models"]
    assert [(m["version"], m["unread"]) for m in empty] == [(None, ["bronze.orders"]), (None, ["silver.orders"])]
    assert call("ingest", "once", "--json").json["sources"][0]["tables"][0]["rows"] == 1000
    waiting = call("run", "gold.*", "--json")
    assert (waiting.code, waiting.json["ok"]) == (1, False)
    assert "silver.orders" in waiting.json["errors"][0]["fact"]
    assert (waiting.json["quality"], "quality" in call("run", "gold.*").out) == (None, False), "nothing was checked"
    report = call("run", "--json").json
    assert report["quality"] == 100.0
    assert [(m["name"], m["action"], m["inserted"]) for m in report["models"]] == [
        ("silver.orders", "created", 1000),
        ("gold.orders_by_day", "created", 1),
    ]
    assert figure(call, "SELECT row_count, total_sum FROM gold.orders_by_day") == [[1000, "500500.00"]]
    change(shop, "update orders set status = 'paid' where id <= 10", "delete from orders where id = 1000")
    call("ingest", "once")
    behind = {m["name"]: m["unread"] for m in call("status", "--json").json["models"]}
    assert behind == {"silver.orders": ["bronze.orders"], "gold.orders_by_day": ["bronze.orders"]}
    again = call("run", "--json").json["models"]
    assert (again[0]["inserted"], again[0]["updated"], again[0]["deleted"]) == (0, 10, 1)
    fresh = call("status", "--json").json
    assert {m["name"]: m["unread"] for m in fresh["models"]} == {"silver.orders": [], "gold.orders_by_day": []}
    assert [run["changed"] for run in fresh["runs"]] == [2, 2, 0, 0]
    assert figure(call, "SELECT row_count, total_sum FROM gold.orders_by_day") == [[999, "499500.00"]]
    assert figure(call, "SELECT row_count FROM gold.orders_by_day VERSION AS OF 0") == [[1000]]
    assert "999" in call("sql", "SELECT row_count FROM gold.orders_by_day").out


def test_run_chooses_models(call: Call, shop: str) -> None:
    call("ingest", "once")
    assert [m["name"] for m in call("run", "+gold.orders_by_day", "--json").json["models"]] == [
        "silver.orders",
        "gold.orders_by_day",
    ]
    assert [m["action"] for m in call("run", "silver.orders", "--full-refresh", "--json").json["models"]] == ["rebuilt"]
    wrong = call("run", "silver.order")
    assert (wrong.code, "did you mean" in wrong.err) == (2, True)
    assert call("run", "--to", "2026-03-02").code == 2
    assert call("run", "--from", "2026-03-02", "--to", "2026-03-01").code == 2
    assert call("run", "--upto", "XYZ").code == 2
    both = call("run", "silver.orders", "--full-refresh", "--from", "2026-03-01")
    assert (both.code, "--full-refresh computes all rows" in both.err) == (2, True)


def steps(call: Call, *arguments: str) -> dict[str, str]:
    return {model["name"]: model["step"] for model in call("plan", "--json", *arguments).json["models"]}


def test_plan_says_what_would_change(call: Call, shop: str, tmp_path: Path) -> None:
    before = call("plan", "--json").json
    assert [(t["name"], t["step"]) for t in before["tables"]] == [("orders", "load")]
    assert {m["step"] for m in before["models"]} == {"wait"}
    call("ingest", "once")
    assert steps(call) == {"silver.orders": "create", "gold.orders_by_day": "create"}
    call("run")
    assert steps(call) == {"silver.orders": "none", "gold.orders_by_day": "none"}
    assert call("plan").out == "Nothing to do.\n"
    change(shop, "insert into orders (tenant_id) values (1)")
    call("ingest", "once")
    assert steps(call, "--offline") == {"silver.orders": "update", "gold.orders_by_day": "update"}
    call("run")
    gold = tmp_path / "models/gold/orders_by_day.sql"
    text = gold.read_text().replace("  row_count:", "  first: bigint\n  row_count:")
    gold.write_text(text.replace("  COUNT(*)", "  MIN(id) AS first,\n  COUNT(*)"))
    planned = call("plan", "--json").json["models"][1]
    assert (planned["step"], planned["columns"]) == ("rebuild", ["+first bigint"])
    assert call("run", "--json").json["models"][1]["action"] == "rebuilt"
    assert steps(call) == {"silver.orders": "none", "gold.orders_by_day": "none"}


def test_plan_says_what_a_change_at_the_source_breaks(call: Call, shop: str) -> None:
    call("ingest", "once")
    change(shop, "alter table orders alter column total type text", "alter table orders add column more int")
    found = call("plan", "--json")
    assert found.json["tables"][0]["columns"] == ["+more int", "total decimal(10,2) → string"]
    assert (found.code, found.json["broken"][0]["model"]) == (1, "silver.orders")
    assert found.json["broken"][0]["downstream"] == ["gold.orders_by_day"]
    assert "silver.orders" in call("plan").err


MODEL = """/* lakewright
kind: incremental_by_key
key: id
columns: {{id: bigint, v: string}}
*/
SELECT id, {column} AS v FROM bronze.orders
"""


def test_plan_says_what_a_new_name_at_the_source_breaks(call: Call, shop: str, tmp_path: Path) -> None:
    (tmp_path / "models/silver/hist.sql").write_text(MODEL.format(column="status"))
    call("ingest", "once")
    call("run")
    assert call("plan").out == "Nothing to do.\n"
    change(shop, "alter table orders rename status to state", 'alter table orders add column "two words" int')
    found = call("plan", "--json")
    assert (found.code, found.json["tables"][0]["renamed"]) == (1, {"status": "state"})
    assert {one["model"] for one in found.json["broken"]} == {"silver.hist", "silver.orders"}
    assert [e["code"] for e in found.json["errors"] if "hist.sql" in e["place"]] == ["LW511"]
    call("ingest", "once")
    call("ingest", "resume", "orders")
    call("ingest", "once")
    later = call("plan", "--offline", "--json")
    assert (later.code, {e["code"] for e in later.json["errors"]}) == (2, {"LW511"})


def test_plan_says_that_a_new_model_does_not_fit(call: Call, shop: str, tmp_path: Path) -> None:
    new = tmp_path / "models/silver/new.sql"
    new.write_text(MODEL.format(column="statuz"))
    for _ in ("before the first load", "after it"):
        found = call("plan", "--json")
        assert (found.code, [error["code"] for error in found.json["errors"]]) == (2, ["LW511"])
        assert "did you mean 'status'?" in found.json["errors"][0]["hint"]
        call("ingest", "once")
    new.write_text(MODEL.format(column="id"))
    assert [error["code"] for error in call("plan", "--json", "--only", "models").json["errors"]] == ["LW713"]
    new.write_text(MODEL.format(column="status"))
    assert [call("plan", "--json").code for _ in range(2)] == [0, 0]


def test_lineage_backfill_compact(call: Call, shop: str) -> None:
    call("ingest", "once")
    call("run")
    lineage = call("table", "lineage", "gold.orders_by_day", "--json").json
    assert lineage["columns"]["total_sum"]["from"] == ["bronze.orders.total"]
    down = call("table", "lineage", "bronze.orders.total", "--json").json
    assert down["columns"]["total"]["feeds"] == ["gold.orders_by_day.total_sum", "silver.orders.total"]
    assert call("table", "lineage", "bronze.orders.totl").code == 2
    again = call("table", "backfill", "silver.orders", "--downstream", "--json").json
    assert [(m["name"], m["action"]) for m in again["models"]] == [
        ("silver.orders", "rebuilt"),
        ("gold.orders_by_day", "unchanged"),
    ]
    compacted = call("table", "compact", "--all", "--json").json["tables"]
    assert [one["name"] for one in compacted] == ["gold.orders_by_day", "silver.orders"]
    assert figure(call, "SELECT COUNT(*) FROM silver.orders") == [[1000]]


def test_pause_and_resume_and_resnapshot(call: Call, shop: str) -> None:
    call("ingest", "once")
    assert call("ingest", "pause", "orders").code == 0
    assert call("ingest", "pause", "nothing").code == 2
    call("ingest", "once")
    stopped = call("status", "--json")
    assert (stopped.code, stopped.json["errors"][0]["place"]) == (1, "bronze.orders")
    assert call("run").code == 1
    call("ingest", "resume", "orders")
    call("ingest", "once")
    assert call("status").code == 0
    call("ingest", "resnapshot", "orders")
    call("ingest", "once")
    assert call("status", "--json").json["sources"][0]["tables"][0]["generation"] == 2


def test_a_source_that_is_away(call: Call, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", "postgresql://me:hunter2@127.0.0.1:1/x")
    for arguments in (("status",), ("status", "--json"), ("check",), ("check", "--json")):
        result = call(*arguments)
        assert result.code == 1
        assert "LW351" in result.out + result.err
        assert "hunter2" not in result.out + result.err


def lakewright(*arguments: str, cwd: Path, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lakewright", *arguments],
        cwd=cwd, env=os.environ | {"SHOP_URL": url}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"it ended without saying {text!r}: {process.stderr.read() if process.stderr else ''}")


def ingesters(folder: Path) -> int:
    """How many processes hold this project's ingest lock: 0 or 1."""
    from lakewright.ingest.lock import holder

    return int(holder(folder / ".lakewright" / "locks" / "ingest-shop.lock") is not None)


def test_up_takes_changes_of_data_and_of_models(call: Call, shop: str, tmp_path: Path) -> None:
    process = lakewright("up", "--every", "0", cwd=tmp_path, url=shop)
    until(process, "gold.orders_by_day  created")
    change(shop, "insert into orders (tenant_id, total) values (1, 7)")
    until(process, "silver.orders  updated  +1 ~0 -0")
    model = tmp_path / "models/silver/orders.sql"
    model.write_text(model.read_text().replace("  tenant_id,", "  tenant_id + 100 AS tenant_id,"))
    until(process, "silver.orders  rebuilt")
    assert ingesters(tmp_path) == 1
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "runs" in out.splitlines()[-1]
    assert ingesters(tmp_path) == 0
    assert figure(call, "SELECT MIN(tenant_id) FROM silver.orders") == [[101]]


def test_up_ends_its_ingester_even_when_killed(call: Call, shop: str, tmp_path: Path) -> None:
    process = lakewright("up", cwd=tmp_path, url=shop)
    until(process, "gold.orders_by_day  created")
    process.kill()
    process.communicate(timeout=60)
    for _ in range(300):
        if not ingesters(tmp_path):
            break
        time.sleep(0.1)
    assert ingesters(tmp_path) == 0


def test_up_for_a_while_as_json(call: Call, shop: str, tmp_path: Path) -> None:
    process = lakewright("up", "--for", "15", "--json", cwd=tmp_path, url=shop)
    out, err = process.communicate(timeout=120)
    answer = json.loads(out)
    assert (process.returncode, answer["ok"], answer["failed"]) == (0, True, [])
    assert answer["changed"] >= 1
    assert "silver.orders  created" in err


def test_up_says_why_its_ingester_ended(call: Call, shop: str, tmp_path: Path) -> None:
    from lakewright.ingest.lock import held

    with held(tmp_path / ".lakewright" / "locks" / "ingest-shop.lock", "a test"):
        result = call("up")
    assert result.code == 1
    assert result.err.startswith("LW904")
    assert "LW361" in result.err


def test_up_does_not_start_without_its_source(call: Call, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", shop + "_gone")
    assert call("up").err.startswith("LW351")
