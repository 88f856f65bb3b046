"""The personas of the lakehouse blueprint and of the business units example, on the tables they are about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import sqlglot

from lakewright.governance import (
    Allowed,
    In,
    Mask,
    Policy,
    Principal,
    Privilege,
    TableFacts,
    identities,
    policy_of,
    table_classes,
)
from lakewright.governance.check import check_policy
from lakewright.governance.lake_formation import compile_lake_formation, load_lake_formation
from lakewright.governance.unity_catalog import compile_unity_catalog, load_unity_catalog
from lakewright.models import load_models
from lakewright.models.types import duckdb_type
from lakewright.spec import Project, load_project

NOW = datetime(2026, 6, 1, tzinfo=UTC)
UNITS = Path(__file__).parents[2] / "examples" / "business-units"
SHOP = """lakewright: 1
platform: shop
blueprint: lakehouse-cdc@1
access:
  users:
    lina: {groups: [lake-admins]}
    eva: {groups: [data-engineers]}
    ana: {groups: [data-analysts]}
    tom: {groups: [tenant-analysts], attributes: {tenants: [7, 9]}}
    emma: {groups: [enterprise-analysts]}
    mia: {groups: [midmarket-analysts]}
    sam: {groups: [small-analysts, tenant-analysts], attributes: {tenants: [1]}}
    zoe: {}
"""
BRONZE = TableFacts(
    "bronze.core_customer", {"id": "bigint", "tenant_id": "bigint", "email": "string", "phone": "string"}
)


class Platform:
    """A project's policy with its people and tables."""

    def __init__(self, project: Project, *more: TableFacts) -> None:
        self.project = project
        self.policy: Policy = policy_of(project)
        self.people = dict(identities(project.platform.access, self.policy))
        models = load_models(project.model_folders)
        self.tables = {table.name: table for table in more}
        for name, model in models.items():
            classes = table_classes({column.name: column.pii for column in model.columns})
            self.tables[name] = TableFacts(name, model.schema, classes)

    def decide(self, who: str, table: str, privilege: str = "select") -> Allowed | None:
        decision = self.policy.decide(self.people[who], self.tables[table], Privilege(privilege), NOW)
        return decision if isinstance(decision, Allowed) else None

    def reads(self, who: str) -> set[str]:
        return {name for name in self.tables if self.decide(who, name)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    root = tmp_path_factory.mktemp("shop")
    (root / "platform.yaml").write_text(SHOP)
    return Platform(load_project(root), BRONZE)


@pytest.fixture(scope="module")
def units() -> Platform:
    return Platform(load_project(UNITS))


def test_the_blueprint_fits_its_own_tables(shop: Platform) -> None:
    found = check_policy(shop.policy, shop.tables.values(), shop.people.values(), blueprint="lakehouse-cdc@1")
    assert (found.mistakes, found.notes) == ((), ())


def test_layers_by_persona(shop: Platform) -> None:
    gold = {name for name in shop.tables if name.startswith("gold.")}
    assert shop.reads("lina") == shop.reads("eva") == set(shop.tables)
    assert shop.reads("ana") == gold
    assert shop.reads("tom") == shop.reads("emma") == gold
    assert shop.reads("zoe") == set()
    assert shop.decide("eva", "silver.order", "update")
    assert shop.decide("eva", "bronze.core_customer", "update") is None
    assert shop.decide("ana", "gold.revenue_metrics", "insert") is None
    assert shop.decide("lina", "silver.order", "drop")


@pytest.mark.parametrize(
    ("who", "tenants"), [("tom", (7, 9)), ("emma", (1, 2)), ("mia", (3, 4, 5)), ("sam", (1, 6, 7, 8))]
)
def test_tenants_by_filter(shop: Platform, who: str, tenants: tuple[int, ...]) -> None:
    """The shop's tables name a tenant by its number; tenant-1 is 1."""
    for name in (name for name in shop.tables if name.startswith("gold.") and name != "gold.dim_date"):
        decision = shop.decide(who, name)
        assert decision is not None
        assert isinstance(decision.rows, In)
        assert (decision.rows.column, sorted(map(int, decision.rows.values))) == ("tenant_id", sorted(tenants))
    dates = shop.decide(who, "gold.dim_date")
    assert dates is not None
    assert dates.rows is None


def test_e_mail_and_phone_are_restricted(shop: Platform) -> None:
    restricted = {"email": Mask("partial_email"), "phone": Mask("partial_phone")}
    for table in ("bronze.core_customer", "silver.customer", "gold.dim_customer"):
        engineer, admin = shop.decide("eva", table), shop.decide("lina", table)
        assert engineer is not None
        assert {column: engineer.masks[column] for column in restricted} == restricted
        assert admin is not None
        assert (set(restricted) <= set(admin.columns), admin.masks) == (True, {})
    personal = {"email", "phone", "first_name", "last_name"}
    for who in ("ana", "tom", "emma", "mia", "sam"):
        decision = shop.decide(who, "gold.dim_customer")
        assert decision is not None
        assert personal.isdisjoint(decision.columns)


@pytest.mark.parametrize("which", ["shop", "units"])
def test_both_targets_take_them(which: str, request: pytest.FixtureRequest) -> None:
    platform: Platform = request.getfixturevalue(which)
    targets, people = platform.project.platform.access.targets, platform.people.values()
    tables = platform.tables.values()
    unity = load_unity_catalog(compile_unity_catalog(platform.policy, people, tables, targets, NOW))
    others = [unity]
    if which == "shop":
        others.append(load_lake_formation(compile_lake_formation(platform.policy, people, tables, targets, NOW)))
    for other in others:
        for person in people:
            elsewhere = other.principal(person.name, person.groups)
            for table in tables:
                here = platform.policy.decide(person, table, Privilege.SELECT, NOW)
                there = other.decide(elsewhere, table, Privilege.SELECT, NOW)
                assert type(here) is type(there)
                if isinstance(here, Allowed) and isinstance(there, Allowed):
                    assert (here.columns, _values(here), set(here.masks)) == (
                        there.columns,
                        _values(there),
                        set(there.masks),
                    )


def _values(decision: Allowed) -> object:
    rows = decision.rows
    return (rows.column, set(rows.values)) if isinstance(rows, In) else rows


def test_workgroups_and_named_queries(shop: Platform) -> None:
    query = shop.project.platform.query
    assert set(query.workgroups) == {"primary", "analytics-team", "data-engineering"}
    assert {workgroup.scan_limit for workgroup in query.workgroups.values()} == {10**12}
    assert {workgroup.keep for workgroup in query.workgroups.values()} == {30}
    assert len(query.named_queries) == 5
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA gold; USE gold")
        for table in (table for table in shop.tables.values() if table.database == "gold"):
            columns = ", ".join(f'"{name}" {duckdb_type(kind)}' for name, kind in table.columns.items())
            connection.execute(f"CREATE TABLE {table.name} ({columns})")
        for named in query.named_queries.values():
            assert named.database == "gold"
            connection.execute(sqlglot.transpile(named.sql, read="athena", write="duckdb")[0])


def test_analysts_see_every_table_that_the_named_queries_name(shop: Platform) -> None:
    for named in shop.project.platform.query.named_queries.values():
        tables = {
            f"gold.{table.name}" for table in sqlglot.parse_one(named.sql, read="athena").find_all(sqlglot.exp.Table)
        }
        assert tables <= shop.reads("ana")


def test_business_units_are_apart(units: Platform) -> None:
    shared = {"gold.shared_regions"}
    digital = {"silver.digital_customer", "gold.digital_by_city"}
    assert units.reads("dora") == units.reads("dan") == units.reads("sid") == digital | shared
    assert units.reads("vera") == {"gold.digital_by_city"} | shared
    assert units.reads("carl") == {"gold.corporate_total"} | shared
    assert units.reads("nina") == {"silver.network_line", "gold.digital_by_city"} | shared
    assert units.decide("dora", "silver.digital_customer", "update")
    assert not units.decide("dora", "silver.corporate_invoice", "update")
    assert not units.decide("dan", "silver.digital_customer", "update")


def test_scientists_tell_people_apart_and_cannot_name_them(units: Platform) -> None:
    columns = {who: units.decide(who, "silver.digital_customer") for who in ("dora", "dan", "sid")}
    assert columns["dan"] is not None
    assert columns["dan"].columns == ("id", "city")
    assert columns["sid"] is not None
    assert columns["sid"].columns == ("id", "email", "city")
    assert columns["sid"].masks["email"].kind == "hash"
    assert columns["dora"] is not None
    assert columns["dora"].columns == ("id", "email", "phone", "city")


def test_a_principal_is_who_the_identity_file_says(units: Platform) -> None:
    nina: Principal = units.people["nina"]
    assert nina.personas == {"NetworkAnalyst", "DigitalViewer"}
    assert units.project.place("access", "users", "nina").startswith("users.yaml:")
    assert units.project.place("access", "grants", 5).startswith("units/")
