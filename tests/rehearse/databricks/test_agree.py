"""Generated access blocks, compiled for Unity Catalog, applied as statements to the local Databricks, read back from
its objects alone: they decide as the spec does, for every person, table, row and cell."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.service import iam, sql
from databricks.sdk.service.catalog import AwsIamRoleRequest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from lakewright.errors import Mistakes
from lakewright.governance.agreement import Agreement, agreement
from lakewright.governance.unity_catalog import compile_unity_catalog, load_unity_catalog
from lakewright.rehearse.agree.account import Account, account_of, read_account
from lakewright.rehearse.agree.unity import unity_catalogs
from lakewright.rehearse.agree.wanted import Wanted, WantedCatalog
from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks
from lakewright.rehearse.databricks.unity.state import state_of
from lakewright.spec.access import Targets
from tests.governance.test_decide import shown
from tests.governance.test_targets import values
from tests.governance.worlds import BLOCKS, NOW, PEOPLE, TABLES, access_of, people, policy_of_block, row_of

from .conftest import ROLE, Clock, Place
from .conftest import account_of as client_of

pytestmark = pytest.mark.slow
ROWS = st.fixed_dictionaries({table.name: st.lists(row_of(table), min_size=1, max_size=2) for table in TABLES})
NUMBERS = itertools.count()


@dataclass
class Lake:
    """A workspace with everybody's accounts, in which catalogs can be made."""

    databricks: LocalDatabricks
    account: AccountClient
    client: WorkspaceClient
    warehouse: str

    def sql(self, statement: str) -> None:
        found = self.client.statement_execution.execute_statement(statement, self.warehouse, wait_timeout="50s")
        assert found.status.state is sql.StatementState.SUCCEEDED, (statement, found.status.error)

    def applied(self, catalog: str, statements: list[str]) -> None:
        self.client.catalogs.create(catalog, storage_root=f"s3://lake/{catalog}")
        for table in TABLES:
            schema, _, name = table.name.partition(".")
            if schema not in [one.name for one in self.client.schemas.list(catalog)]:
                self.client.schemas.create(schema, catalog)
            body = {
                "catalog_name": catalog,
                "schema_name": schema,
                "name": name,
                "table_type": "EXTERNAL",
                "data_source_format": "DELTA",
                "storage_location": f"s3://lake/files/{catalog}/{name}-of-{schema}",
                "columns": [{"name": column, "type_text": kind} for column, kind in table.columns.items()],
            }
            self.client.api_client.do("POST", "/api/2.1/unity-catalog/tables", body=body)
        for statement in statements:
            self.sql(statement)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with local_databricks(tmp_path_factory.mktemp("databricks")) as databricks:
        place = Place(databricks, client_of(databricks), Clock())
        workspace = place.workspace("analytics")
        place.metastore(workspace)
        groups: dict[str, list[iam.ComplexValue]] = {}
        for name, facts in PEOPLE.items():
            made = place.account.users_v2.create(user_name=mail(name))
            for group in facts.get("groups", ()):
                groups.setdefault(group, []).append(iam.ComplexValue(value=made.id))
        for name, inside in groups.items():
            place.account.groups_v2.create(display_name=name, members=inside)
        client = place.client(workspace)
        client.storage_credentials.create("l", aws_iam_role=AwsIamRoleRequest(ROLE.format("unity")))
        client.external_locations.create("lake", "s3://lake/", "l")
        warehouse = client.warehouses.create(name="small", cluster_size="2X-Small", max_num_clusters=1).response
        yield Lake(databricks, place.account, client, str(warehouse.id))


def mail(name: str) -> str:
    return f"{name}@example.com"


def mailed(block: dict[str, Any]) -> dict[str, Any]:
    """The block with e-mail addresses for its users' names, as Databricks wants them."""
    text = json.dumps(block)
    for name in PEOPLE:
        text = text.replace(f'"user:{name}"', f'"user:{mail(name)}"')
    found: dict[str, Any] = json.loads(text)
    found["users"] = {mail(name): facts for name, facts in found["users"].items()}
    for persona in found["personas"].values():
        if "users" in persona:
            persona["users"] = [mail(name) for name in persona["users"]]
    return found


def wanted_of(block: dict[str, Any], catalog: str) -> Wanted:
    """What a block wants of a catalog that `access compile` fills: table by table."""
    policy, access = policy_of_block(block), access_of(block)
    groups = {name: policy.principal(f"group:{name}", [name]) for one in access.users.values() for name in one.groups}
    mine = WantedCatalog(catalog, policy, inherits=False)
    return Wanted(people(block), {}, groups, (mine,), (), {table.name: table for table in TABLES})


def compared(lake: Lake, block: dict[str, Any], catalog: str, account: Account | None = None) -> Agreement:
    """What the block says, against what the catalog holds."""
    (found,) = unity_catalogs(wanted_of(block, catalog), account or account_of(lake.databricks), [catalog])
    return agreement(found, NOW)


@given(BLOCKS, ROWS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_applied_decides_as_the_spec(lake: Lake, block: dict[str, Any], rows: dict[str, Any]) -> None:
    block = mailed(block)
    policy, who = policy_of_block(block), list(people(block).values())
    catalog = f"c{next(NUMBERS)}"
    try:
        compiled = compile_unity_catalog(policy, who, TABLES, Targets(), NOW, catalog)
    except Mistakes:
        event("Unity Catalog cannot say it")
        return
    lake.applied(catalog, compiled.as_dict()["statements"])
    assert [one for one in compared(lake, block, catalog).differences if not one.explained] == []
    other = load_unity_catalog(lake.databricks.unity_catalog(catalog))
    for principal in who:
        elsewhere = other.principal(principal.name, principal.groups)
        for table in TABLES:
            for row in rows[table.name]:
                expected = values(shown(policy, principal, table, row))
                assert values(shown(other, elsewhere, table, row)) == expected, (principal.name, table.name, row)


GRANTS = [
    {"to": ["Analyst"], "on": ["gold.orders", "gold.days"], "classes": ["*"]},
    {"to": "Engineer", "on": "gold.orders", "can": ["select", "insert", "update", "delete"], "classes": ["*"]},
]
PERSONAS = {"Analyst": {"groups": ["analysts"]}, "Engineer": {"groups": ["engineers"]}}
ANALYSTS = [mail("ana"), mail("bo"), "group:analysts"]


@pytest.fixture(scope="module")
def granted(lake: Lake) -> tuple[dict[str, Any], str]:
    """A block with grants only, and the catalog to which it is applied."""
    block = mailed({"users": PEOPLE, "personas": PERSONAS, "grants": GRANTS})
    catalog = f"c{next(NUMBERS)}"
    policy, who = policy_of_block(block), list(people(block).values())
    compiled = compile_unity_catalog(policy, who, TABLES, Targets(), NOW, catalog)
    lake.applied(catalog, compiled.as_dict()["statements"])
    assert differences(lake, block, catalog) == []
    return block, catalog


def differences(lake: Lake, block: dict[str, Any], catalog: str) -> list[tuple[str, str, str, str]]:
    """Who, which rights, on what, and Databricks' words: of those that nothing explains."""
    return [
        (one.principal, ", ".join(one.privileges), one.table, one.reason.rpartition(": ")[2])
        for one in compared(lake, block, catalog).differences
        if not one.explained
    ]


@pytest.mark.parametrize(
    ("revoked", "who", "rights", "said"),
    [
        ("SELECT ON TABLE {}.gold.days FROM analysts", ANALYSTS, "select",
         "User does not have SELECT on Table '{}.gold.days'."),
        ("USE SCHEMA ON SCHEMA {}.gold FROM analysts", ANALYSTS, "select",
         "User does not have USE SCHEMA on Schema '{}.gold'."),
        ("USE CATALOG ON CATALOG {} FROM analysts", ANALYSTS, "select",
         "User does not have USE CATALOG on Catalog '{}'."),
        ("MODIFY ON TABLE {}.gold.orders FROM engineers", [mail("di"), "group:engineers"], "insert, update, delete",
         "User does not have MODIFY on Table '{}.gold.orders'."),
    ],
    ids=["select", "use schema", "use catalog", "modify"],
)  # fmt: skip
def test_one_grant_less_is_exactly_that_difference(
    lake: Lake, granted: tuple[dict[str, Any], str], revoked: str, who: list[str], rights: str, said: str
) -> None:
    block, catalog = granted
    lake.sql(f"REVOKE {revoked}".format(catalog))
    tables = (
        ["gold.days"] if "days" in revoked else ["gold.orders"] if "MODIFY" in revoked else ["gold.orders", "gold.days"]
    )
    try:
        expected = {(one, rights, table, said.format(catalog)) for one in who for table in tables}
        assert set(differences(lake, block, catalog)) == expected
        assert len(differences(lake, block, catalog)) == len(expected)
    finally:
        lake.sql(f"GRANT {revoked.replace(' FROM ', ' TO ')}".format(catalog))
    assert differences(lake, block, catalog) == []


def test_one_grant_more_is_that_difference(lake: Lake, granted: tuple[dict[str, Any], str]) -> None:
    """On a schema: every table of it, and those to come."""
    block, catalog = granted
    lake.sql(f"GRANT SELECT ON SCHEMA {catalog}.gold TO analysts")
    found = {one[:3] for one in differences(lake, block, catalog)}
    lake.sql(f"REVOKE SELECT ON SCHEMA {catalog}.gold FROM analysts")
    assert found == {(who, "select", table) for who in ANALYSTS for table in ("gold.customer", "gold.*")}
    assert differences(lake, block, catalog) == []


def test_who_leaves_a_group_loses_what_it_has(lake: Lake, granted: tuple[dict[str, Any], str]) -> None:
    """Groups are Databricks' own, not the spec's."""
    block, catalog = granted
    (group,) = (one for one in lake.account.groups_v2.list() if one.display_name == "analysts")
    everybody = lake.account.groups_v2.get(group.id).members or []
    ana = next(one for one in everybody if one.display == mail("ana"))
    rest = [one for one in everybody if one.value != ana.value]
    lake.account.groups_v2.update(str(group.id), display_name="analysts", members=rest)
    found = {one[:3] for one in differences(lake, block, catalog)}
    lake.account.groups_v2.update(str(group.id), display_name="analysts", members=everybody)
    assert found == {(mail("ana"), "select", table) for table in ("gold.orders", "gold.days")}


def test_owners_are_told_apart(lake: Lake, granted: tuple[dict[str, Any], str]) -> None:
    """The program that made the catalog is explained; a person who was given a table is not."""
    block, catalog = granted
    explained = [one for one in compared(lake, block, catalog).differences if "owns" in one.reason]
    assert {one.principal for one in explained} == {lake.databricks.client_id}
    lake.sql(f"ALTER TABLE {catalog}.gold.days OWNER TO `{mail('bo')}`")
    found = {one[:3] for one in differences(lake, block, catalog)}
    lake.sql(f"ALTER TABLE {catalog}.gold.days OWNER TO `{lake.databricks.client_id}`")
    assert found == {
        (mail("bo"), "select", "gold.days"),
        (mail("bo"), "insert, update, delete, alter, drop", "gold.days"),
    }


def test_read_through_the_api_it_is_the_same(lake: Lake, granted: tuple[dict[str, Any], str]) -> None:
    """What another process reads as the administrator, and what this one holds."""
    block, catalog = granted
    one = lake.databricks
    asked = read_account(one.host, one.account_id, one.client_id, one.client_secret)
    assert compared(lake, block, catalog, asked) == compared(lake, block, catalog)
    held = account_of(one)
    assert asked.catalogs().keys() == held.catalogs().keys()
    for name, metastore in held.catalogs().items():
        assert state_of(asked.catalogs()[name], name) == state_of(metastore, name)
        assert asked.assigned(metastore.id) == held.assigned(metastore.id) == held.workspaces()
    assert asked.people() == held.people()
    assert asked.workspaces() == held.workspaces()
