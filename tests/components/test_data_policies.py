"""What jobs, crawlers and replication may do, asked of the evaluator that follows AWS's documentation."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lakewright.components.component import Call, Context
from lakewright.components.glue.groups import groups
from lakewright.policy.iam import Answer
from lakewright.policy.principals import Caller

from .data_lake import SPEC, decided, environment
from .meaning import of_identity
from .roots import ACCOUNT

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
ERP = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/dev/source-erp-GhIjKl"
ROLE = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/a", "b")
OURS = SPEC.replace(", replication: dms", "")


def bucket(layer: str) -> str:
    return f"arn:aws:s3:::shop-dev-{layer}-{ACCOUNT}"


def may(call: Call, file: str, action: str, resource: str, keys: Mapping[str, str] | None = None) -> bool:
    text = str(call.files[file]).replace("${kms_key_arn}", KEY).replace("${secret_arn}", ERP)
    return of_identity(text, ROLE, action, resource, keys or {}) is Answer.ALLOW


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return environment(tmp_path_factory.mktemp("shop"), spec=OURS)


@pytest.fixture(scope="module")
def glue(where: Context) -> Call:
    return decided(where, {}, "glue")["glue"]


def test_a_job_writes_its_own_tables_and_reads_what_they_are_made_of(where: Context, glue: Call) -> None:
    """Every pair of job and model of the blueprint: reading follows the graph, writing the job's own models."""
    for group in groups(where.models):
        file = f"jobs/{group.name}.json"
        inputs = {table for name in group.models for table in where.models[name].inputs} | set(group.models)
        for name in where.models:
            layer, _, table = name.partition(".")
            data = f"{bucket(layer)}/{table}/month=2026-01/part-0.parquet"
            assert may(glue, file, "s3:GetObject", data) == (name in inputs), f"{group.name} reads {name}"
            assert may(glue, file, "s3:PutObject", data) == (name in group.models), f"{group.name} writes {name}"
            bad = f"{bucket('silver')}/_quarantine/{layer}_{table}/part-0.parquet"
            assert may(glue, file, "s3:PutObject", bad) == (name in group.models)
        for table in {name.partition(".")[2] for name in inputs if name.startswith(("bronze.", "changes."))}:
            data = f"{bucket('bronze')}/{table}/load_date=2026-01-01/tenant_id=1/LOAD00000001.parquet"
            assert may(glue, file, "s3:GetObject", data)
            assert not may(glue, file, "s3:PutObject", data), "Bronze is not a job's to write"


def test_a_table_s_neighbours_are_not_reached_by_their_names(glue: Call) -> None:
    file = "jobs/bronze_to_silver_order.json"
    assert not may(glue, file, "s3:GetObject", f"{bucket('bronze')}/core_orderitem/x.parquet")
    assert not may(glue, file, "s3:PutObject", f"{bucket('silver')}/orderitem/x.parquet")


def test_lists_are_of_the_tables_folders_only(glue: Call) -> None:
    file = "jobs/bronze_to_silver_order.json"
    assert may(glue, file, "s3:ListBucket", bucket("silver"), {"s3:prefix": "order/_delta_log/"})
    assert not may(glue, file, "s3:ListBucket", bucket("silver"), {"s3:prefix": "customer/"})
    assert not may(glue, file, "s3:ListBucket", bucket("silver"))


def test_the_key_is_used_through_s3_only(glue: Call) -> None:
    file = "jobs/bronze_to_silver_order.json"
    through = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
    assert may(glue, file, "kms:GenerateDataKey", KEY, through)
    assert not may(glue, file, "kms:Decrypt", KEY, {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"})
    assert not may(glue, file, "kms:Decrypt", KEY)
    assert not may(glue, file, "kms:ScheduleKeyDeletion", KEY, through)


def test_crawlers_read_data_and_keep_the_catalog(glue: Call) -> None:
    file = "crawler-policy.json"
    assert may(glue, file, "s3:GetObject", f"{bucket('gold')}/revenue_metrics/x.parquet")
    assert not may(glue, file, "s3:PutObject", f"{bucket('gold')}/revenue_metrics/x.parquet")
    catalog = f"arn:aws:glue:us-east-1:{ACCOUNT}"
    assert may(glue, file, "glue:UpdateTable", f"{catalog}:table/gold/revenue_metrics")
    assert not may(glue, file, "glue:UpdateTable", f"{catalog}:table/finance/salaries")
    assert not may(glue, file, "glue:DeleteTable", f"{catalog}:table/gold/revenue_metrics")
    assert not may(glue, file, "glue:StartJobRun", f"{catalog}:job/any")


def test_no_job_reaches_secrets_or_hands_roles_on(where: Context, glue: Call) -> None:
    for group in groups(where.models):
        for action in ("secretsmanager:GetSecretValue", "iam:PassRole", "sts:AssumeRole", "glue:StartJobRun"):
            assert not may(glue, f"jobs/{group.name}.json", action, "*")


def test_private_jobs_have_interfaces_in_the_network(where: Context, glue: Call) -> None:
    private = decided(where, {"glue": {"private": True}}, "glue")["glue"]
    file, interface = "jobs/bronze_to_silver_order.json", f"arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/eni-1"
    assert may(private, file, "ec2:CreateNetworkInterface", interface)
    assert may(private, file, "ec2:DescribeSubnets", "*")
    assert not may(private, file, "ec2:RunInstances", "*")
    assert not may(glue, file, "ec2:CreateNetworkInterface", interface)


def test_the_ingester_writes_bronze_and_reads_its_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    where = environment(tmp_path_factory.mktemp("both"))
    ingester, dms = (decided(where, {}, name)[name] for name in ("ingester", "dms"))
    assert may(ingester, "task-policy.json", "s3:PutObject", f"{bucket('bronze')}/_lakewright/x.json")
    assert may(ingester, "task-policy.json", "s3:GetObject", f"{bucket('scripts')}/ingester/shop.json")
    assert not may(ingester, "task-policy.json", "s3:GetObject", f"{bucket('scripts')}/ingester/other.json")
    assert not may(ingester, "task-policy.json", "s3:PutObject", f"{bucket('silver')}/order/x.parquet")
    own = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/dev/source-shop-AbCdEf"
    assert may(ingester, "start-policy.json", "secretsmanager:GetSecretValue", own)
    assert not may(ingester, "start-policy.json", "secretsmanager:GetSecretValue", own.replace("shop-AbC", "erp-AbC"))
    assert not may(ingester, "task-policy.json", "secretsmanager:GetSecretValue", own)
    assert may(
        dms, "target-policy.json", "s3:PutObject", f"{bucket('bronze')}/dms/erp/erp/invoice/LOAD00000001.parquet"
    )
    assert not may(dms, "target-policy.json", "s3:PutObject", f"{bucket('silver')}/order/x.parquet")
    assert may(dms, "secret-policy.json", "secretsmanager:GetSecretValue", ERP)
    assert not may(dms, "secret-policy.json", "secretsmanager:GetSecretValue", own)
