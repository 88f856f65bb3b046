"""The data modules with what their components decide, applied by the real Terraform to the local AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lakewright.components.component import Context
from lakewright.components.lake_formation.tags import table_facts
from lakewright.components.registry import component
from lakewright.governance.agreement import Difference, agreement
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.rehearse.agree.lake import Clients, lake_formation
from lakewright.rehearse.agree.wanted import Wanted, wanted_lake
from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.aws.rules.refuse import refusing

from .data_lake import USED, decided, environment
from .roots import ACCOUNT, write_root

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(1500),
    pytest.mark.once(*(component(name).folder for name in USED)),
    pytest.mark.once("src/lakewright/governance", "src/lakewright/rehearse/agree", "tests/components/data_lake.py"),
    pytest.mark.once("src/lakewright/rehearse/aws", "tests/components/roots.py", packages=["moto"]),
]

BUCKETS = {key: {} for key in ("bronze", "silver", "gold", "scripts", "athena-results")}
FIRST: Mapping[str, dict[str, Any]] = {
    "lake_buckets": {"buckets": BUCKETS, "access_logs": None},
    "networking": {"flow_logs": "none"},
    "lake_grants": {"attributes": {"TenantSpecificAnalyst": {"tenants": [1]}}},
    "athena": {"statements": {"of_tenant": {"workgroup": "analytics-team", "sql": "SELECT ?"}}},
    "monitoring": {"alerts": ["ops@example.com"]},
}
CHANGED: Mapping[str, dict[str, Any]] = {
    **FIRST,
    "lake_grants": {"attributes": {"TenantSpecificAnalyst": {"tenants": [1, 2]}}},
    "glue": {"workers": 3, "schedule": "cron(45 * * * ? *)", "retries": 2, "private": True},
    "dms": {"flush_seconds": 30, "storage": 120},
    "ingester": {"count": 0},
    "athena": {"statements": {"of_tenant": {"workgroup": "analytics-team", "sql": "SELECT ?, 1"}}},
    "monitoring": {"alerts": ["ops@example.com"], "latency": 60},
    "budget": {"monthly": "250USD", "daily": 20},
}


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAws]:
    with local_aws([ACCOUNT], tmp_path / "aws", gates=(refusing, authorised)) as running:
        yield running


@pytest.fixture
def terraform(aws: LocalAws) -> Terraform:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
    given = {**kept, **aws.environment(ACCOUNT)}
    return Terraform(find_binary(os.environ), given, find_plugins(os.environ), init_environment=kept)


def applied(terraform: Terraform, root: Path) -> dict[str, list[str]]:
    """Applies what there is to do: address → what was done to it. A second plan must find nothing."""
    plan = root / "the.plan"
    assert terraform.plan(root, plan).changed
    done = terraform.show(root, plan)["resource_changes"]
    terraform.apply(root, plan)
    again = terraform.plan(root, root / "again.plan")
    left = terraform.show(root, root / "again.plan")["resource_changes"] if again.changed else []
    assert [one["address"] for one in left if one["change"]["actions"] != ["no-op"]] == []
    return {
        one["address"]: one["change"]["actions"]
        for one in done
        if one["change"]["actions"] not in (["read"], ["no-op"])
    }


def test_applied_unchanged_changed_in_place_destroyed(tmp_path: Path, aws: LocalAws, terraform: Terraform) -> None:
    root = tmp_path / "root"
    where = environment(tmp_path / "shop")
    write_root(root, decided(where, FIRST))
    terraform.init(root)
    made = applied(terraform, root)
    assert {tuple(actions) for actions in made.values()} == {("create",)}
    _as_declared(aws)
    _as_the_spec_decides(aws, where)

    write_root(root, decided(where, CHANGED))
    changed = applied(terraform, root)
    replaced = {address for address, actions in changed.items() if "delete" in actions}
    grants = "module.lake_grants.aws_lakeformation_"
    assert {address.split("[")[0] for address in replaced} == {
        f"{grants}data_cells_filter.this",
        f"{grants}permissions.filter",
    }, "only the tenant's role has other filters"
    assert all("tenant-specific-analyst" in one for one in replaced if one.startswith(f"{grants}permissions"))
    job = aws.client("glue").get_job(JobName="shop-dev-bronze-to-silver-order")["Job"]
    assert (job["NumberOfWorkers"], job["MaxRetries"]) == (3, 2)
    rows = _filter(aws, "revenue_metrics")
    assert rows == {"tenant_id IN (1, 2)", "tenant_id IN (3, 4, 5)", "tenant_id IN (6, 7, 8)"}

    terraform.plan(root, root / "destroy.plan", destroy=True)
    terraform.apply(root, root / "destroy.plan")
    assert aws.client("glue").get_databases()["DatabaseList"] == []
    assert aws.client("dms").describe_replication_instances()["ReplicationInstances"] == []


def _differences(aws: LocalAws, where: Context, settings: Mapping[str, dict[str, Any]]) -> list[Difference]:
    """What Lake Formation holds, against the spec: those that nothing explains."""
    said = settings["lake_grants"]["attributes"]
    attributes = {role: {name: tuple(found) for name, found in one.items()} for role, one in said.items()}
    call = decided(where, settings, "lake_grants")["lake_grants"]
    lake = wanted_lake(where.project, where.place, "lake_grants", call, attributes)
    wanted = Wanted({}, {}, {}, (), (lake,), {table.name: table for table in table_facts(where)})
    found = agreement(lake_formation(wanted, lake, Clients(aws.client)), datetime.now(UTC))
    assert found.decisions > 10_000
    return [one for one in found.differences if not one.explained]


def _as_the_spec_decides(aws: LocalAws, where: Context) -> None:
    """Everything agrees; one permission less is exactly that difference; another spec differs in what it changed."""
    assert _differences(aws, where, FIRST) == []
    lake = aws.client("lakeformation")
    entries = [
        one
        for one in lake.list_permissions()["PrincipalResourcePermissions"]
        if one["Principal"]["DataLakePrincipalIdentifier"].endswith(":role/shop-dev-data-analyst")
        and one["Resource"].get("Table", {}).get("Name") == "dim_date"
    ]
    (entry,) = entries
    named = {key: entry[key] for key in ("Principal", "Resource", "Permissions")}
    lake.revoke_permissions(**named)
    (found,) = _differences(aws, where, FIRST)
    assert (found.principal, found.table, found.exceeds) == ("persona:DataAnalyst", "gold.dim_date", ())
    assert [str(one) for one in found.privileges] == ["select"]
    assert "access.grants" in found.reason
    lake.grant_permissions(**named)
    assert _differences(aws, where, FIRST) == []
    more = _differences(aws, where, CHANGED)
    assert {one.principal for one in more} == {"persona:TenantSpecificAnalyst"}
    assert {row for one in more for row in one.cells} == {"tenant_id = 2"}
    stranger = "arn:aws:iam::111111111111:role/stranger"
    given = {"Principal": {"DataLakePrincipalIdentifier": stranger}, "Permissions": ["SELECT"]}
    lake.grant_permissions(**given, Resource=entry["Resource"])
    (found,) = _differences(aws, where, FIRST)
    assert (found.principal, found.table, found.lacks) == ("role/stranger", "gold.dim_date", ())
    lake.revoke_permissions(**given, Resource=entry["Resource"])


def _filter(aws: LocalAws, table: str) -> set[str]:
    found = aws.client("lakeformation").list_data_cells_filter(
        Table={"CatalogId": ACCOUNT, "DatabaseName": "gold", "Name": table}
    )["DataCellsFilters"]
    return {one["RowFilter"]["FilterExpression"] for one in found}


def _as_declared(aws: LocalAws) -> None:
    """What AWS holds, asked through its own APIs."""
    glue = aws.client("glue")
    triggers = glue.get_workflow(Name="shop-dev", IncludeGraph=True)["Workflow"]
    assert triggers["Name"] == "shop-dev"
    job = glue.get_job(JobName="shop-dev-silver-to-gold-tenant-summary")["Job"]
    assert job["GlueVersion"] == "5.0"
    script = aws.client("s3").get_object(Bucket=f"shop-dev-scripts-{ACCOUNT}", Key="glue/lakewright_job.py")
    assert b"lakewright.pipeline.glue_job" in script["Body"].read()
    table = glue.get_table(DatabaseName="gold", Name="revenue_metrics")["Table"]
    assert table["StorageDescriptor"]["Location"] == f"s3://shop-dev-gold-{ACCOUNT}/revenue_metrics"
    settings = aws.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]
    assert settings.get("CreateDatabaseDefaultPermissions", []) == []
    assert settings.get("CreateTableDefaultPermissions", []) == []
    (task,) = aws.client("dms").describe_replication_tasks()["ReplicationTasks"]
    selected = [rule["object-locator"] for rule in json.loads(task["TableMappings"])["rules"] if "filters" not in rule]
    assert {"schema-name": "erp", "table-name": "invoice"} in selected
    assert _filter(aws, "revenue_metrics") == {
        "tenant_id IN (1)",
        "tenant_id IN (1, 2)",
        "tenant_id IN (3, 4, 5)",
        "tenant_id IN (6, 7, 8)",
    }
