"""Lake Formation's inputs say what the policy says: read back and asked, both answer alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lakewright.components.component import Call, Context, Data
from lakewright.components.lake_formation.tags import table_facts
from lakewright.components.personas import kebab, persona_roles
from lakewright.errors import Mistakes, SpecError
from lakewright.governance import Allowed, TableFacts, policy_of
from lakewright.governance.lake_formation import LakeFormation, load_lake_formation
from lakewright.governance.lake_formation.data import DataCellsFilter, Permission, Settings
from lakewright.governance.principals import Privilege

from .data_lake import SPEC, decided, environment

AT = datetime(2026, 1, 1, tzinfo=UTC)
TENANTS = {"TenantSpecificAnalyst": {"tenants": [1]}}


def values(call: Call, name: str) -> Any:
    """An input, data files read."""
    found = call.inputs[name]
    return found.content if isinstance(found, Data) else found


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return environment(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def grants(where: Context) -> Call:
    return decided(where, {"lake_grants": {"attributes": TENANTS}}, "lake_grants")["lake_grants"]


def held(call: Call, tables: list[TableFacts]) -> LakeFormation:
    """Lake Formation's state after Terraform applied these inputs, principals by their name in the spec."""
    filters = values(call, "filters")
    permissions = [
        Permission(
            one["principal"], one["database"], "", "", tuple(one["permissions"]), tuple(one.get("grantable", ()))
        )
        for one in values(call, "database_grants").values()
    ]
    for one in values(call, "table_grants").values():
        named = [table.name.split(".", 1) for table in tables]
        whole = [name for database, name in named if database == one["database"]]
        for name in [one["table"]] if "table" in one else whole:
            given, passed = tuple(one["permissions"]), tuple(one.get("grantable", ()))
            permissions.append(Permission(one["principal"], one["database"], name, "", given, passed))
    for one in values(call, "filter_grants").values():
        cell = filters[one["filter"]]
        permissions.append(Permission(one["principal"], cell["database"], cell["table"], cell["name"], ("SELECT",), ()))
    cells = tuple(
        DataCellsFilter(one["database"], one["table"], one["name"], tuple(one["columns"]), one.get("rows", ""))
        for one in filters.values()
    )
    return LakeFormation(Settings(()), (), (), cells, tuple(permissions), ())


def test_each_role_gets_the_columns_and_rows_that_the_policy_gives(where: Context, grants: Call) -> None:
    """Masked columns are left out: a grant has no masks."""
    tables = table_facts(where)
    policy = policy_of(where.project)
    applied = load_lake_formation(held(grants, tables))
    asked = 0
    for role in persona_roles(where.project, where.place, {"TenantSpecificAnalyst": {"tenants": (1,)}}):
        stored = applied.principal(role.subject)
        for table in tables:
            for privilege in (Privilege.SELECT, Privilege.INSERT, Privilege.DELETE, Privilege.ALTER, Privilege.DROP):
                wanted = policy.decide(role.principal, table, privilege, AT)
                got = applied.decide(stored, table, privilege, AT)
                said = f"{role.subject} {privilege} {table.name}"
                assert isinstance(got, Allowed) == isinstance(wanted, Allowed), said
                if privilege is Privilege.SELECT and isinstance(got, Allowed) and isinstance(wanted, Allowed):
                    assert set(got.columns) == set(wanted.columns) - set(wanted.masks), said
                    assert got.rows == wanted.rows, said
                asked += 1
    assert asked > 900


def test_the_tenants_of_a_persona_are_its_attributes(where: Context, grants: Call) -> None:
    mine = [one for one in values(grants, "filter_grants").values() if one["principal"] == "TenantSpecificAnalyst"]
    filters = values(grants, "filters")
    assert {filters[one["filter"]]["rows"] for one in mine} == {"tenant_id IN (1)"}
    nobody = decided(where, {}, "lake_grants")["lake_grants"]
    assert not [one for one in values(nobody, "filter_grants").values() if one["principal"] == "TenantSpecificAnalyst"]


def test_a_grant_on_all_tables_is_one_entry_but_never_hands_out_what_is_masked(grants: Call) -> None:
    """Tables to come may have e-mails: only who sees those unmasked selects from all tables of a database."""
    tables = values(grants, "table_grants")
    assert tables["lake-formation-admin/bronze/*"]["permissions"] == [
        "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT",
    ]  # fmt: skip
    wide = {key for key, one in tables.items() if "table" not in one and "SELECT" in one["permissions"]}
    assert {key.split("/")[0] for key in wide} == {
        "lake-formation-admin",
        "crawler-bronze",
        "crawler-silver",
        "crawler-gold",
    }
    assert tables["data-engineer/silver/*"]["permissions"] == ["DELETE", "INSERT"]


def test_filters_are_about_declared_tables_only(where: Context, grants: Call) -> None:
    declared = values(decided(where, {}, "glue")["glue"], "tables")
    named = {f"{one['database']}.{one['table']}" for one in values(grants, "filters").values()}
    named |= {f"{one['database']}.{one['table']}" for one in values(grants, "column_tags").values()}
    assert named <= set(declared)
    for one in values(grants, "filters").values():
        columns = {column["name"] for column in declared[f"{one['database']}.{one['table']}"]["columns"]}
        assert set(one["columns"]) <= columns


def test_a_column_has_one_value_of_each_tag(grants: Call, where: Context) -> None:
    """A resource has one value of an LF-Tag (Lake Formation Developer Guide, LF-tag basics)."""
    tags = values(grants, "column_tags")
    assert tags["silver.customer.email"]["tags"] == {"class": "email", "pii": "yes"}
    known = values(decided(where, {}, "lake_formation")["lake_formation"], "tags")
    assert all(value in known[key] for one in tags.values() for key, value in one["tags"].items())


def test_masked_views_are_statements_beside_the_stack(grants: Call) -> None:
    view = next(text for name, text in grants.files.items() if name.startswith("views/silver-customer__masked"))
    assert str(view).startswith("CREATE PROTECTED MULTI DIALECT VIEW")
    assert "SECURITY DEFINER" in str(view)


def test_what_lake_formation_cannot_express_is_refused_with_the_rule(tmp_path_factory: pytest.TempPathFactory) -> None:
    until = SPEC + "access: {grants: [{to: DataAnalyst, on: gold.dim_date, until: 2030-01-01}]}\n"
    where = environment(tmp_path_factory.mktemp("timed"), spec=until)
    with pytest.raises(Mistakes, match="LW1010"):
        decided(where, {}, "lake_grants")


def test_a_lake_needs_an_administrator(tmp_path_factory: pytest.TempPathFactory) -> None:
    spec = SPEC + "access: {personas: {LakeFormationAdmin: {groups: [lake-admins], administrator: false}}}\n"
    where = environment(tmp_path_factory.mktemp("nobody"), spec=spec)
    with pytest.raises(SpecError, match="LW1326"):
        decided(where, {}, "lake_formation")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TenantSpecificAnalyst", "tenant-specific-analyst"),
        ("BIUser2", "bi-user2"),
        ("small_analysts", "small-analysts"),
    ],
)
def test_role_names(name: str, said: str) -> None:
    assert kebab(name) == said
