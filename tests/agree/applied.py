"""One spec, applied to a local Lake Formation and to a local Unity Catalog: what `access agree` then reads of both.

Lake Formation gets the inputs that the component `lake_grants` gives to Terraform, through AWS's own API; Unity Catalog
the statements of `access compile`, as SQL through Databricks' own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import iam
from databricks.sdk.service.catalog import AwsIamRoleRequest

from lakewright.components.component import Call, Context, Data
from lakewright.components.lake_formation.tags import table_facts
from lakewright.governance import TableFacts, identities, policy_of
from lakewright.governance.agreement import Applied
from lakewright.governance.unity_catalog import compile_unity_catalog
from lakewright.rehearse.agree.account import account_of
from lakewright.rehearse.agree.lake import Clients, lake_formation
from lakewright.rehearse.agree.unity import unity_catalogs
from lakewright.rehearse.agree.wanted import Wanted, WantedCatalog, wanted_lake
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks
from tests.components.data_lake import decided, environment
from tests.rehearse.databricks.conftest import ROLE, Clock, Place
from tests.rehearse.databricks.conftest import account_of as client_of

ACCOUNT, CATALOG, TENANT_ROLE = "111111111111", "shop", "TenantSpecificAnalyst"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SPEC = """lakewright: 1
platform: shop
blueprint: lakehouse-cdc@1
owner: data-platform
sources: {shop: {postgres: {url: "${SHOP_DATABASE_URL}", tables: [public.core_*], tenant: tenant_id}}}
environments: {dev: {account: "111111111111", region: us-east-1}}
access:
  users:
    lina@example.com: {groups: [lake-admins]}
    eva@example.com: {groups: [data-engineers]}
    ana@example.com: {groups: [data-analysts]}
    tom@example.com: {groups: [tenant-analysts], attributes: {tenants: [7, 9]}}
    emma@example.com: {groups: [enterprise-analysts]}
    mia@example.com: {groups: [midmarket-analysts]}
    sam@example.com: {groups: [small-analysts]}
    zoe@example.com: {}
"""
SETTINGS: Mapping[str, dict[str, Any]] = {"lake_grants": {"attributes": {TENANT_ROLE: {"tenants": [7, 9]}}}}
ATTRIBUTES = {TENANT_ROLE: {"tenants": (7, 9)}}


@dataclass
class Both:
    """What runs. `lake` and `unity` read what is applied now."""

    where: Context
    wanted: Wanted
    aws: LocalAws
    databricks: LocalDatabricks
    client: WorkspaceClient
    warehouse: str

    def lake(self) -> Applied:
        (lake,) = self.wanted.lakes
        return lake_formation(self.wanted, lake, Clients(self.aws.client))

    def unity(self) -> Applied:
        (found,) = unity_catalogs(self.wanted, account_of(self.databricks), [CATALOG])
        return found

    def sql(self, statement: str) -> None:
        done = self.client.statement_execution.execute_statement(statement, self.warehouse, wait_timeout="50s")
        assert done.status is not None
        assert str(done.status.state).endswith("SUCCEEDED"), (statement, done.status.error)


@contextlib.contextmanager
def both(root: Path) -> Iterator[Both]:
    where = environment(root / "shop", spec=SPEC)
    call = decided(where, SETTINGS, "lake_grants")["lake_grants"]
    policy, access = policy_of(where.project), where.project.platform.access
    tables = {table.name: table for table in table_facts(where)}
    people = dict(identities(access, policy))
    groups = {name: policy.principal(f"group:{name}", [name]) for user in access.users.values() for name in user.groups}
    mine = WantedCatalog(CATALOG, policy, inherits=False)
    lake = wanted_lake(where.project, where.place, "lake_grants", call, ATTRIBUTES)
    wanted = Wanted(people, {}, groups, (mine,), (lake,), tables)
    with local_aws([ACCOUNT], root / "aws") as aws, local_databricks(root / "databricks") as databricks:
        to_lake_formation(aws.client, decided(where, SETTINGS, "glue")["glue"], call, wanted)
        place = Place(databricks, client_of(databricks), Clock())
        workspace = place.workspace("shop")
        place.metastore(workspace)
        client = place.client(workspace)
        warehouse = client.warehouses.create(name="small", cluster_size="2X-Small", max_num_clusters=1).response
        found = Both(where, wanted, aws, databricks, client, str(warehouse.id))
        _people(place, {name: tuple(user.groups) for name, user in access.users.items()})
        _tables(client, tables)
        compiled = compile_unity_catalog(policy, people.values(), tables.values(), access.targets, NOW, CATALOG)
        for statement in compiled.as_dict()["statements"]:
            found.sql(statement)
        yield found


def _content(value: Any) -> Any:
    return value.content if isinstance(value, Data) else value


def to_lake_formation(client: Callable[[str], Any], glue: Call, call: Call, wanted: Wanted) -> None:
    """What Terraform would do with the two calls' inputs, resource by resource."""
    inputs = {name: _content(value) for name, value in call.inputs.items()}
    (lake,) = wanted.lakes
    arns = {role.subject: role.arn for role in lake.roles} | dict(lake.programs)
    catalog, rights = client("glue"), client("lakeformation")
    for name in ("bronze", "silver", "gold"):
        catalog.create_database(DatabaseInput={"Name": name})
    for one in _content(glue.inputs["tables"]).values():
        columns = [{"Name": column["name"], "Type": column["type"]} for column in one["columns"]]
        table = {"Name": one["name"], "StorageDescriptor": {"Columns": columns}}
        catalog.create_table(DatabaseName=one["database"], TableInput=table)
    admins = [{"DataLakePrincipalIdentifier": arns["LakeFormationAdmin"]}]
    empty: dict[str, Any] = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    rights.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": admins, **empty})

    def grant(entry: Mapping[str, Any], resource: Mapping[str, Any], can: list[str], passed: list[str]) -> None:
        principal = {"DataLakePrincipalIdentifier": arns[entry["principal"]]}
        rights.grant_permissions(
            Principal=principal, Resource=resource, Permissions=can, PermissionsWithGrantOption=passed
        )

    for one in inputs["database_grants"].values():
        grant(one, {"Database": {"Name": one["database"]}}, one["permissions"], one.get("grantable", []))
    for one in inputs["table_grants"].values():
        named = {"Name": one["table"]} if "table" in one else {"TableWildcard": {}}
        grant(one, {"Table": {"DatabaseName": one["database"], **named}}, one["permissions"], one.get("grantable", []))
    for one in inputs["filters"].values():
        rows = {"FilterExpression": one["rows"]} if one.get("rows") else {"AllRowsWildcard": {}}
        cells = {**_cells(one), "RowFilter": rows, "ColumnNames": one["columns"]}
        rights.create_data_cells_filter(TableData=cells)
    for one in inputs["filter_grants"].values():
        passed = ["SELECT"] if one.get("grantable") else []
        grant(one, {"DataCellsFilter": _cells(inputs["filters"][one["filter"]])}, ["SELECT"], passed)


def _cells(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "TableCatalogId": ACCOUNT, "DatabaseName": one["database"], "TableName": one["table"], "Name": one["name"],
    }  # fmt: skip


def _people(place: Place, users: Mapping[str, tuple[str, ...]]) -> None:
    members: dict[str, list[iam.ComplexValue]] = {}
    for name, groups in users.items():
        made = place.account.users_v2.create(user_name=name)
        for group in groups:
            members.setdefault(group, []).append(iam.ComplexValue(value=made.id))
    for group, some in members.items():
        place.account.groups_v2.create(display_name=group, members=some)


def _tables(client: WorkspaceClient, tables: Mapping[str, TableFacts]) -> None:
    client.storage_credentials.create("l", aws_iam_role=AwsIamRoleRequest(ROLE.format("unity")))
    client.external_locations.create("lake", "s3://lake/", "l")
    client.catalogs.create(CATALOG, storage_root=f"s3://lake/{CATALOG}")
    client.schemas.delete(f"{CATALOG}.default")
    for schema in sorted({table.database for table in tables.values()}):
        client.schemas.create(schema, CATALOG)
    for name, table in tables.items():
        schema, _, short = name.partition(".")
        body = {
            "catalog_name": CATALOG, "schema_name": schema, "name": short, "table_type": "EXTERNAL",
            "data_source_format": "DELTA", "storage_location": f"s3://lake/files/{name}",
            "columns": [{"name": column, "type_text": kind} for column, kind in table.columns.items()],
        }  # fmt: skip
        client.api_client.do("POST", "/api/2.1/unity-catalog/tables", body=body)
