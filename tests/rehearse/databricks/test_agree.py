"""Generated access blocks, compiled for Unity Catalog, applied as statements to the local Databricks, read back from
its objects alone: they decide as the spec does, for every person, table, row and cell."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import iam, sql
from databricks.sdk.service.catalog import AwsIamRoleRequest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from lakewright.errors import Mistakes
from lakewright.governance.unity_catalog import compile_unity_catalog, load_unity_catalog
from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks
from lakewright.spec.access import Targets
from tests.governance.test_decide import shown
from tests.governance.test_targets import values
from tests.governance.worlds import BLOCKS, NOW, PEOPLE, TABLES, people, policy_of_block, row_of

from .conftest import ROLE, Clock, Place, account_of

pytestmark = pytest.mark.slow
ROWS = st.fixed_dictionaries({table.name: st.lists(row_of(table), min_size=1, max_size=2) for table in TABLES})
NUMBERS = itertools.count()


@dataclass
class Lake:
    """A workspace with everybody's accounts, in which catalogs can be made."""

    databricks: LocalDatabricks
    client: WorkspaceClient
    warehouse: str

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
            found = self.client.statement_execution.execute_statement(statement, self.warehouse, wait_timeout="50s")
            assert found.status.state is sql.StatementState.SUCCEEDED, (statement, found.status.error)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with local_databricks(tmp_path_factory.mktemp("databricks")) as databricks:
        place = Place(databricks, account_of(databricks), Clock())
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
        yield Lake(databricks, client, str(warehouse.id))


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
    other = load_unity_catalog(lake.databricks.unity_catalog(catalog))
    for principal in who:
        elsewhere = other.principal(principal.name, principal.groups)
        for table in TABLES:
            for row in rows[table.name]:
                expected = values(shown(policy, principal, table, row))
                assert values(shown(other, elsewhere, table, row)) == expected, (principal.name, table.name, row)


def test_one_grant_less_is_one_difference(lake: Lake) -> None:
    grants = [{"to": ["Analyst"], "on": ["gold.orders", "gold.days"], "classes": ["*"]}]
    block = mailed({"users": PEOPLE, "personas": {"Analyst": {"groups": ["analysts"]}}, "grants": grants})
    policy, who = policy_of_block(block), list(people(block).values())
    catalog = f"c{next(NUMBERS)}"
    compiled = compile_unity_catalog(policy, who, TABLES, Targets(), NOW, catalog)
    lake.applied(catalog, compiled.as_dict()["statements"])

    def differences() -> set[tuple[str, str]]:
        other = load_unity_catalog(lake.databricks.unity_catalog(catalog))
        return {
            (principal.name, table.name)
            for principal in who
            for table in TABLES
            if shown(policy, principal, table, dict.fromkeys(table.columns))
            != shown(other, other.principal(principal.name, principal.groups), table, dict.fromkeys(table.columns))
        }

    assert differences() == set()
    revoked = f"REVOKE SELECT ON TABLE {catalog}.gold.days FROM analysts"
    lake.client.statement_execution.execute_statement(revoked, lake.warehouse, wait_timeout="50s")
    assert differences() == {(mail("ana"), "gold.days"), (mail("bo"), "gold.days")}
