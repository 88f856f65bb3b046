"""The spec, the Lake Formation and the Unity Catalog to which it was applied: equal, and one grant less is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("databricks.sdk")

from lakewright.governance.agreement import Applied, Difference, agreement, answers

from .applied import CATALOG, NOW, Both, both
from .page import PAGE, table, with_table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both(tmp_path_factory.mktemp("both")) as found:
        yield found


def wrong(applied: Applied) -> list[Difference]:
    return [one for one in agreement(applied, NOW).differences if not one.explained]


def test_all_three_agree(running: Both) -> None:
    lake, unity = agreement(running.lake(), NOW), agreement(running.unity(), NOW)
    assert [one for each in (lake, unity) for one in each.differences if not one.explained] == []
    assert (lake.principals, lake.kinds_of_rows) == (8, 6)  # 6, 7, 8, 9, 10, NULL
    assert lake.decisions > 20_000
    assert unity.decisions > 40_000


def test_users_of_one_persona_and_its_role_are_answered_alike(running: Both) -> None:
    """Across the two systems, without the spec between them: what the role reads, its user does, but for masks."""
    by_role = {(one.principal, one.table): one for one in answers(running.lake(), NOW)}
    by_user = {(one.principal, one.table): one for one in answers(running.unity(), NOW)}
    pairs = {"persona:TenantSpecificAnalyst": "tom@example.com", "persona:DataAnalyst": "ana@example.com"}
    for role, user in pairs.items():
        tables = {name for who, name in by_role if who == role and "*" not in name}
        assert tables == {name for who, name in by_user if who == user and "*" not in name}
        for name in tables:
            assert by_role[role, name].spec == by_user[user, name].spec


@pytest.mark.parametrize(
    ("persona", "table"), [("DataAnalyst", "dim_date"), ("TenantSpecificAnalyst", "revenue_metrics")]
)
def test_one_permission_of_lake_formation_less(running: Both, persona: str, table: str) -> None:
    """A table's own, and one through a filter on rows."""
    client = running.aws.client("lakeformation")
    (role,) = (one.arn for one in running.wanted.lakes[0].roles if one.subject == persona)
    entries = client.list_permissions()["PrincipalResourcePermissions"]
    (entry,) = (
        one
        for one in entries
        if one["Principal"]["DataLakePrincipalIdentifier"] == role
        and table
        in (
            one["Resource"].get("Table", {}).get("Name"),
            one["Resource"].get("DataCellsFilter", {}).get("TableName"),
        )
    )
    named = {key: entry[key] for key in ("Principal", "Resource", "Permissions")}
    client.revoke_permissions(**named)
    found = wrong(running.lake())
    client.grant_permissions(**named)
    assert [(one.principal, one.table, list(map(str, one.privileges))) for one in found] == [
        (f"persona:{persona}", f"gold.{table}", ["select"])
    ]
    assert wrong(running.unity()) == wrong(running.lake()) == []


def test_the_making_of_tables_is_not_excused(running: Both) -> None:
    """Tables to come are granted when they are declared; who may make them is granted now."""
    client = running.aws.client("lakeformation")
    (role,) = (one.arn for one in running.wanted.lakes[0].roles if one.subject == "DataEngineer")
    (entry,) = (
        one
        for one in client.list_permissions()["PrincipalResourcePermissions"]
        if one["Principal"]["DataLakePrincipalIdentifier"] == role
        and one["Resource"].get("Database", {}).get("Name") == "gold"
        and "CREATE_TABLE" in one["Permissions"]
    )
    named = {**{key: entry[key] for key in ("Principal", "Resource")}, "Permissions": ["CREATE_TABLE"]}
    client.revoke_permissions(**named)
    found = wrong(running.lake())
    client.grant_permissions(**named)
    assert [(one.principal, one.table, list(map(str, one.privileges))) for one in found] == [
        ("persona:DataEngineer", "gold.*", ["create"])
    ]
    assert wrong(running.lake()) == []


def test_one_grant_of_unity_catalog_less(running: Both) -> None:
    running.sql(f"REVOKE SELECT ON TABLE {CATALOG}.gold.dim_date FROM `data-analysts`")
    found = wrong(running.unity())
    running.sql(f"GRANT SELECT ON TABLE {CATALOG}.gold.dim_date TO `data-analysts`")
    assert {(one.principal, one.table) for one in found} == {
        (who, "gold.dim_date") for who in ("ana@example.com", "group:data-analysts")
    }
    assert all(f"User does not have SELECT on Table '{CATALOG}.gold.dim_date'" in one.reason for one in found)
    assert wrong(running.unity()) == wrong(running.lake()) == []


def test_a_filter_that_was_dropped_is_told_tenant_by_tenant(running: Both) -> None:
    name = f"{CATALOG}.gold.revenue_metrics"
    (function,) = (one for one in running.databricks.unity_catalog(CATALOG).row_filters if one.table == name)
    running.sql(f"ALTER TABLE {name} DROP ROW FILTER")
    found = {one.principal: one for one in wrong(running.unity())}
    running.sql(function.sql[1])
    assert {"tom@example.com", "emma@example.com", "mia@example.com", "sam@example.com"} <= found.keys()
    assert "ana@example.com" not in found
    tom = found["tom@example.com"]
    assert tom.lacks == ()
    assert set(tom.cells) == {"tenant_id = 6", "tenant_id = 8", "tenant_id = 10", "tenant_id IS NULL"}
    assert wrong(running.unity()) == []


def test_the_page_has_what_they_say(running: Both) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page, table(running)) == page, "python -m tests.agree.page writes it again"
