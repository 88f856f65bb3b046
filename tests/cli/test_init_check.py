"""A project made for a database fits it; `check` says what is missing, and what to run."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from lakewright.cli.scaffold import KnownColumn, KnownTable, Wish, chosen, example_models, project_files, tenant_column

from .conftest import Call

SHOP = """
create table orders (id bigint generated always as identity primary key, tenant_id bigint not null, status text,
                     "order" text, "Total €" numeric(10,2), placed_at timestamptz, extra jsonb);
create table tenants (tenant_id bigint primary key, name text);
create table django_session (session_key text primary key);
insert into orders (tenant_id) select 1 from generate_series(1, 500);
analyze;
"""


@pytest.fixture
def shop(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SHOP)
    monkeypatch.setenv("SHOP_URL", database)
    return database


def test_a_project_for_a_database_passes_its_own_check(call: Call, shop: str, tmp_path: Path) -> None:
    made = call("init", "--url-env", "SHOP_URL", "--source", "shop", "--json")
    assert made.code == 0
    assert made.json["tables_found"] == 3
    spec = (tmp_path / "platform.yaml").read_text()
    assert '"${SHOP_URL}"' in spec
    assert "public.orders\n" in spec
    assert "django_session" not in spec
    assert "tenant: tenant_id" in spec
    assert (tmp_path / "models/silver/orders.sql").exists()
    checked = call("check", "--json")
    assert checked.json.get("errors", []) == []
    assert (checked.code, checked.json["models"], checked.json["tables"]) == (0, 2, {"shop": 2})
    assert "Nothing stands in the way." in call("check").out


def test_check_names_what_to_run(call: Call, shop: str, tmp_path: Path) -> None:
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("create table keyless (a int)")
    call("init", "--url-env", "SHOP_URL", "--tables", "public.*")
    result = call("check", "--json")
    assert result.code == 1
    found = [finding for finding in result.json["findings"] if finding["table"] == "public.keyless"]
    fixes = [finding["fix"] for finding in found if finding["fix"]]
    assert fixes
    with psycopg.connect(shop, autocommit=True) as connection:
        for fix in fixes:
            connection.execute(fix)
    again = call("check", "--json").json
    assert [f for f in again["findings"] if f["table"] == "public.keyless" and f["severity"] == "error"] == []


def test_check_reads_models_against_the_real_tables(call: Call, shop: str, tmp_path: Path) -> None:
    call("init", "--url-env", "SHOP_URL")
    model = tmp_path / "models/silver/orders.sql"
    model.write_text(model.read_text().replace("  tenant_id,", "  tenantid AS tenant_id,"))
    (tmp_path / "models/silver/other.sql").write_text(
        "/* lakewright\nkind: full\ncolumns: {id: string}\n*/\nSELECT id FROM bronze.tenantz\n"
    )
    errors = call("check", "--json").json["errors"]
    assert any("bronze.tenantz" in error["fact"] and error["place"].endswith("other.sql:5") for error in errors)
    (tmp_path / "models/silver/other.sql").unlink()
    errors = call("check", "--json").json["errors"]
    assert ["tenantid" in error["fact"] for error in errors] == [True]
    assert re.search(r"orders.sql:\d+$", errors[0]["place"])


def test_a_database_that_is_not_there(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", "postgresql://me:hunter2@127.0.0.1:1/x")
    for arguments in (("init", "--url-env", "SHOP_URL"), ("init", "--url-env", "SHOP_URL", "--json")):
        result = call(*arguments)
        assert result.code == 1
        assert "LW351" in result.out + result.err
        assert "hunter2" not in result.out + result.err


def test_an_address_that_is_none(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", "hunter2 is my password")
    result = call("init", "--url-env", "SHOP_URL")
    assert (result.code, "LW201" in result.err, "hunter2" in result.err) == (2, True, False)


def test_a_variable_that_is_not_set(call: Call, tmp_path: Path) -> None:
    call("init")
    result = call("check")
    assert (result.code, result.err.split()[0]) == (3, "LW110")
    assert call("check", "--offline").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--url", "postgresql://me:hunter2@h/x"), "LW109"),
        (("--url", "postgresql://h/x", "--url-env", "X"), "LW900"),
        (("--url-env", "postgresql://me:hunter2@h/x"), "LW900"),
        (("--url-env", "NOT_SET_ANYWHERE"), "LW110"),
    ],
)
def test_init_refuses(call: Call, arguments: tuple[str, ...], code: str) -> None:
    result = call("init", *arguments)
    assert result.err.split()[0] == code
    assert "hunter2" not in result.err


def test_init_writes_no_model_that_cannot_work(call: Call, database: str, shop: str, tmp_path: Path) -> None:
    wrong = call("init", "--url-env", "SHOP_URL", "--tables", "nosch.*")
    assert (wrong.code, wrong.err.strip().partition(";")[0]) == (1, "LW237 no table of the database fits nosch.*")
    assert list(tmp_path.iterdir()) == []
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("create table keyless (a int); alter table keyless replica identity full")
    made = call("init", "--url-env", "SHOP_URL", "--tables", "public.keyless")
    assert "so there are no example models" in made.out
    assert list((tmp_path / "models").rglob("*.sql")) == []
    assert call("check").code == 0


def test_init_of_a_database_without_tables(call: Call, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", database)
    wrong = call("init", "--url-env", "SHOP_URL")
    assert (wrong.code, wrong.err.split(";")[0]) == (1, "LW237 the database has no table")


def test_init_keeps_what_is_there(call: Call, tmp_path: Path) -> None:
    call("init", "--name", "shop")
    (tmp_path / "platform.yaml").write_text("mine")
    again = call("init", "--name", "shop", "--json").json["files"]
    assert again["platform.yaml"] == "kept"
    assert set(again.values()) == {"kept", "unchanged"}
    assert (tmp_path / "platform.yaml").read_text() == "mine"
    assert call("init", "--name", "shop", "--force", "--json").json["files"]["platform.yaml"] == "written"
    assert (tmp_path / "platform.yaml").read_text() != "mine"


def test_a_project_from_a_blueprint(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("init", "--blueprint", "lakehouse-cdc@1", "--name", "shop").code == 0
    spec = (tmp_path / "platform.yaml").read_text()
    assert "- public.core_orderitem\n" in spec
    assert "tenant: tenant_id\n" in spec
    checked = call("check", "--offline", "--json")
    assert (checked.code, checked.json["models"] > 15) == (0, True)
    assert call("init", "--blueprint", "lakehouse-cdc@9").err.startswith("LW111")
    assert "lakehouse-cdc" in call("init", "--blueprint", "lakehouse-cdx@1").err


def test_a_model_of_the_project_replaces_the_blueprints(call: Call, tmp_path: Path) -> None:
    call("init", "--blueprint", "lakehouse-cdc@1", "--name", "shop")
    before = call("check", "--offline", "--json").json["models"]
    (tmp_path / "models" / "silver").mkdir()
    (tmp_path / "models" / "silver" / "mine.sql").write_text(
        "/* lakewright\nmodel: silver.tenant\nkind: full\ncolumns: {tenant_id: bigint, name: string}\n*/\n"
        "SELECT id AS tenant_id, name FROM bronze.core_tenant\n"
    )
    after = call("table", "lineage", "silver.tenant.name", "--json")
    assert after.json["columns"]["name"]["from"] == []
    assert call("table", "lineage", "silver.tenant.tier").code == 2
    assert call("check", "--offline", "--json").json["models"] == before


def test_init_points_editors_to_the_schema(call: Call, tmp_path: Path) -> None:
    call("init")
    first = (tmp_path / "platform.yaml").read_text().splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (tmp_path / schema).read_text() == call("show", "--schema").out


def table(name: str, *columns: tuple[str, str], key: tuple[str, ...] = (), rows: int = 1) -> KnownTable:
    return KnownTable("public", name, name, tuple(KnownColumn(*column) for column in columns), key, rows)


def test_few_tables_are_listed_and_many_are_not() -> None:
    few = [table(f"t{n}") for n in range(3)]
    assert chosen([*few, table("auth_user"), table("schema_migrations")]) == ("public.t0", "public.t1", "public.t2")
    assert chosen([table(f"t{n}") for n in range(100)]) == ("public.*",)
    assert chosen([table("odd.name"), table("x")]) == ("public.*",)


def test_tenant_is_found_when_half_have_it() -> None:
    with_tenant, without = table("a", ("tenant_id", "bigint")), table("b", ("id", "bigint"))
    assert tenant_column([with_tenant, without]) == "tenant_id"
    assert tenant_column([with_tenant, without, without]) is None


@pytest.mark.parametrize(
    "columns",
    [
        [("id", "bigint"), ("Order", "string"), ("order", "string"), ("order ", "timestamp"), ("1st", "decimal(5,0)")],
        [
            ("id", "bigint"),
            ("from", "date"),
            ("select", "string"),
            ("naïve", "string"),
            ("a`b", "string"),
            ("%", "int"),
        ],
        [("id", "string")],
    ],
)
def test_awkward_names_make_valid_models(call: Call, tmp_path: Path, columns: list[tuple[str, str]]) -> None:
    wish = Wish("shop", "shop", "${DB}", ("public.*",), None, None)
    for path, text in project_files(wish, [table("Weird Täble", *columns, key=("id",))]).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    result = call("check", "--offline", "--json")
    assert result.json.get("errors", []) == []
    assert result.json["models"] == 2


def test_the_largest_table_with_a_key_is_the_example() -> None:
    tables = [
        table("small", ("id", "int"), key=("id",)),
        table("big", ("id", "int"), key=("id",), rows=9),
        table("heap", rows=99),
    ]
    assert "models/silver/big.sql" in example_models(tables)
