"""`plan` says who gains and loses what, since the last run."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from .conftest import Call

TABLE = """
create table orders (id bigint primary key, tenant_id bigint not null, email text, total numeric(10,2));
insert into orders select g, 1 + g % 3, 'x' || g || '@example.com', g from generate_series(1, 20) g;
analyze;
"""
ACCESS = """access:
  users:
    ana: {groups: [analysts], attributes: {tenants: [1]}}
    eva: {groups: [engineers]}
  personas:
    Engineer: {groups: [engineers]}
  classes: {email: bronze.orders.email}
  grants:
    - {to: group:analysts, on: bronze.orders, rows: tenant_id in user.tenants}
    - {to: Engineer, on: bronze.*, classes: "*", can: [select, insert]}
"""
OWN = "Op, _commit_ts, _lsn, _seq, _schema_version, _unchanged, _special, _old_key, load_date"
"""The columns that Bronze adds to a table's own."""


@pytest.fixture
def project(database: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that ran once, with rules."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLE)
    monkeypatch.setenv("SHOP_URL", database)
    assert call("init", "--url-env", "SHOP_URL", "--source", "shop").code == 0
    path = tmp_path / "platform.yaml"
    path.write_text(path.read_text() + ACCESS)
    call("ingest", "once")
    return tmp_path


def edit(project: Path, old: str, new: str) -> None:
    path = project / "platform.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def changes(call: Call) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """(principal, right) → gains and losses, on the one table."""
    found = call("plan", "--only", "grants", "--json").json
    assert (found["models"], found["tables"]) == ([], [])
    return {
        (one["principal"], one["privilege"]): (one["gains"], one["losses"])
        for one in found["grants"]["changes"]
        if one["table"] == "bronze.orders"
    }


def test_gains_and_losses_of_users_groups_and_personas_since_the_last_run(call: Call, project: Path) -> None:
    first = call("plan", "--json").json["grants"]
    assert first["since"] is None
    assert {"ana", "eva", "group:engineers", "persona:Engineer"} <= {one["principal"] for one in first["changes"]}
    assert "get their first rights" in call("plan", "--offline").out
    assert call("run").code == 0
    assert changes(call) == {}
    assert call("plan", "--offline").out == "Nothing to do.\n"

    edit(project, "tenants: [1]", "tenants: [1, 2]")
    edit(project, 'classes: "*", can: [select, insert]}', 'without: [total], classes: "*"}')
    edit(project, "  grants:", "  masks: [{classes: email, with: partial_email}]\n  grants:")
    assert changes(call) == {
        ("ana", "select"): (["rows where tenant_id IN (1, 2)"], ["rows where tenant_id IN (1)"]),
        ("eva", "select"): (["email masked with partial_email"], ["columns total", "email unmasked"]),
        ("eva", "insert"): ([], [f"{OWN}, id, tenant_id, email, total in every row"]),
        ("group:engineers", "select"): (["email masked with partial_email"], ["columns total", "email unmasked"]),
        ("group:engineers", "insert"): ([], [f"{OWN}, id, tenant_id, email, total in every row"]),
        ("persona:Engineer", "select"): (["email masked with partial_email"], ["columns total", "email unmasked"]),
        ("persona:Engineer", "insert"): ([], [f"{OWN}, id, tenant_id, email, total in every row"]),
    }
    lines = call("plan", "--only", "grants").out.splitlines()
    assert lines[0].startswith("grants, since 20")
    assert lines[1:5] == [
        "ana",
        "  bronze.orders select",
        "    + rows where tenant_id IN (1, 2)",
        "    - rows where tenant_id IN (1)",
    ]
    call("run")
    assert changes(call) == {}


def test_people_who_come_and_go(call: Call, project: Path) -> None:
    call("run")
    edit(project, "    eva: {groups: [engineers]}", "    bob: {groups: [analysts], attributes: {tenants: [3]}}")
    found = changes(call)
    assert found["bob", "select"] == ([f"{OWN}, id, tenant_id, total in rows where tenant_id IN (3)"], [])
    assert found["eva", "select"] == ([], [f"{OWN}, id, tenant_id, email, total in every row"])
    assert {who for who, _ in found} == {"bob", "eva"}


def test_a_new_column_is_a_gain_of_those_who_have_the_table(call: Call, project: Path, database: str) -> None:
    call("run")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table orders add note text")
        connection.execute("update orders set note = 'n' where id = 1")
    call("ingest", "once")
    found = changes(call)
    assert found["eva", "select"] == (["columns note"], [])
    assert found["ana", "select"] == (["columns note"], [])


def test_no_salt_is_kept(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALT", "very-secret")
    edit(project, "access:", 'access:\n  salt: "${SALT}"\n  masks: [{classes: email, with: hash}]')
    call("run")
    assert changes(call) == {}
    kept = (project / ".lakewright/grants.json").read_text()
    assert "very-secret" not in kept
    assert "SALT" not in kept


def test_a_record_of_another_version_is_told_and_replaced(call: Call, project: Path) -> None:
    call("run")
    for text in ("{", '{"access": {"grunts": []}}', "{}"):
        (project / ".lakewright/grants.json").write_text(text)
        found = call("plan", "--only", "grants", "--json").json
        assert "another version" in found["notes"][0]
        assert found["grants"]["since"] is None
    call("run")
    assert call("plan", "--only", "grants", "--json").json["notes"] == []
