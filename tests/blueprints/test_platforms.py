"""What the blueprints without a CDC source compile to: zoned-promotion and data-services."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest

from lakewright.infra.compile import Compiled, compile_environment
from lakewright.spec import load_project

ACCOUNTS = {"dev": "111111111111", "test": "222222222222", "prod": "333333333333"}


def compiled(folder: Path, blueprint: str, environment: str, more: str = "") -> Compiled:
    accounts = "\n".join(f'  {name}: {{account: "{number}"}}' for name, number in ACCOUNTS.items())
    region = (
        ""
        if blueprint == "zoned-promotion"
        else "\n".join(f'  {name}: {{account: "{number}", region: us-east-2}}' for name, number in ACCOUNTS.items())
    )
    folder.mkdir(exist_ok=True)
    (folder / "platform.yaml").write_text(
        f"lakewright: 1\nplatform: acme\nblueprint: {blueprint}@1\nenvironments:\n{region or accounts}\n{more}"
    )
    return compile_environment(load_project(folder), environment)


def calls(found: Compiled) -> dict[str, dict[str, Any]]:
    """Call → its inputs, as Terraform reads them."""
    made: dict[str, dict[str, Any]] = {}
    for stack in found.stacks:
        given = _plain(hcl2.loads(str(stack.files["terraform.tfvars"])), {})
        for module in hcl2.loads(str(stack.files["main.tf"])).get("module", []):
            made |= {name.strip('"'): _plain(inputs, given) for name, inputs in module.items()}
    return made


def _plain(value: Any, given: Mapping[str, Any]) -> Any:
    """Without the quotes that python-hcl2 leaves, and with variables' values in their place."""
    match value:
        case dict():
            return {str(key).strip('"'): _plain(each, given) for key, each in value.items()}
        case list():
            return [_plain(each, given) for each in value]
        case str() if name := re.fullmatch(r"\$\{var\.(\w+)\}", value):
            return given[name[1]]
        case str():
            return value.strip('"')
    return value


def text(found: Compiled) -> str:
    """All that was compiled, as one text."""
    return "\n".join(content for stack in found.stacks for content in stack.files.values() if isinstance(content, str))


# ── zoned-promotion ──

# The reference's thirteen with what it says of their lifecycle, and the two that it left for later.
ZONES: dict[str, dict[str, Any]] = {
    "glue-jobs": {},
    "raw-archive": {"transitions": {"GLACIER": 90}},
    "raw": {"transitions": {"STANDARD_IA": 30}},
    "structured": {"transitions": {"STANDARD_IA": 180}},
    "curated": {"transitions": {"INTELLIGENT_TIERING": 0}},
    "temp-reload": {"expire_after": 7},
    "domain": {},
    "schema-registry": {},
    "domain-config": {},
    "violation": {},
    "landing": {},
    "landing-process": {},
    "quarantine": {},
}
LEFT_FOR_LATER = {"artifacts", "working"}


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    folder = tmp_path_factory.mktemp("zones")
    return {name: compiled(folder / name, "zoned-promotion", name) for name in ACCOUNTS}


@pytest.mark.parametrize("environment", ACCOUNTS)
def test_the_thirteen_zones_and_the_two_left_for_later(zones: dict[str, Compiled], environment: str) -> None:
    made = calls(zones[environment])["zones"]
    assert set(made["buckets"]) == {*ZONES, *LEFT_FOR_LATER, "access-logs"}
    for key in {*ZONES, *LEFT_FOR_LATER}:
        bucket = made["buckets"][key]
        assert bucket["bucket"] == f"acme-{environment}-{key}-{ACCOUNTS[environment]}"
        assert bucket["encryption"] == "kms"
        age = bucket.get("lifecycle", {}).get("age", {})
        assert {name: age.get(name) for name in ZONES.get(key, {})} == ZONES.get(key, {})
    assert made["force_destroy"] is (environment != "prod")
    assert made["log_bucket"] == "access-logs"


def test_what_has_to_be_kept_keeps_its_versions(zones: dict[str, Compiled]) -> None:
    buckets = calls(zones["prod"])["zones"]["buckets"]
    unversioned = {key for key, bucket in buckets.items() if bucket.get("versioning") is False}
    assert unversioned == {"access-logs", "landing-process", "raw-archive", "temp-reload", "working"}


@pytest.mark.parametrize("environment", ACCOUNTS)
def test_an_environment_knows_no_other_s_account(zones: dict[str, Compiled], environment: str) -> None:
    found = set(re.findall(r"\b[0-9]{12}\b", text(zones[environment])))
    assert found == {ACCOUNTS[environment]}
    assert zones[environment].state_bucket == f"acme-{environment}-state-{ACCOUNTS[environment]}"


def test_prod_is_never_less_protected(zones: dict[str, Compiled]) -> None:
    dev, prod = calls(zones["dev"]), calls(zones["prod"])
    assert int(prod["key"]["deletion_window_in_days"]) > int(dev["key"]["deletion_window_in_days"])
    assert prod["secrets"]["recovery_window_in_days"] == 30
    assert prod["node"]["protected"] is True
    assert len(prod["network"]["endpoint_zones"]) == 3


def test_the_five_layers_are_there(zones: dict[str, Compiled]) -> None:
    """Identity, encryption, network, access control, audit: with the reference's "future" parts done."""
    used = {name for stack in zones["dev"].stacks for name in stack.calls.values()}
    assert {"ci_role", "kms_key", "networking", "secrets", "state", "trail", "lake_buckets", "artifact_store"} <= used
    made = calls(zones["dev"])
    assert {"kms", "logs", "secretsmanager", "ssm", "ssmmessages"} <= set(made["network"]["interface_endpoints"])
    assert made["network"]["gateway_endpoints"] == ["s3"]
    assert made["network"]["nat"] == "none"
    assert int(made["key"]["rotation_period_in_days"]) == 365


def test_the_same_spec_compiles_to_the_same_bytes(tmp_path: Path) -> None:
    for blueprint in ("zoned-promotion", "data-services"):
        first, second = (compiled(tmp_path / name, blueprint, "dev") for name in ("a", "b"))
        assert [stack.files for stack in first.stacks] == [stack.files for stack in second.stacks]


# ── data-services ──


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("services") / "x", "data-services", "dev")


def test_subnets_over_two_zones_and_no_nat(services: Compiled) -> None:
    network = calls(services)["network"]
    places = {name: (one["cidr"], one["zone"], one["public"]) for name, one in network["subnets"].items()}
    assert places == {
        "public-a": ("10.0.1.0/24", "us-east-2a", True),
        "public-b": ("10.0.2.0/24", "us-east-2b", True),
        "private-a": ("10.0.10.0/24", "us-east-2a", False),
        "private-b": ("10.0.20.0/24", "us-east-2b", False),
    }
    assert network["nat"] == "none"
    assert {"ecr.api", "ecr.dkr", "logs", "secretsmanager"} <= set(network["interface_endpoints"])
    assert network["gateway_endpoints"] == ["s3"]  # layers of images lie in S3


def test_tiers_reach_each_other_and_nothing_else(services: Compiled) -> None:
    groups = calls(services)["network"]["security_groups"]
    taken = {
        name: {(rule["from_port"], rule.get("group") or rule.get("cidr")) for rule in groups[name]["ingress"].values()}
        for name in ("web", "app", "database")
    }
    assert taken == {
        "web": {(80, "0.0.0.0/0"), (443, "0.0.0.0/0")},
        "app": {(8080, "web"), (3000, "web"), (5000, "web")},
        "database": {(3306, "app"), (5432, "app"), (6379, "app")},  # 5432 is missing in the reference
    }
    assert groups["database"].get("egress", {}) == {}
    for group in groups.values():
        for rule in [*group["ingress"].values(), *group["egress"].values()]:
            assert len(rule["description"]) > 3


def test_two_task_sizes_on_spare_capacity_and_a_service_at_zero(services: Compiled) -> None:
    made = calls(services)["fargate"]
    sizes = {name: (task["cpu"], task["memory"]) for name, task in made["tasks"].items()}
    assert sizes == {"data-processing-task": (1024, 2048), "spark-job-task": (2048, 4096)}
    assert made["spot"] is True
    assert made["services"]["data-processing-service"]["desired_count"] == 0
    assert made["tasks"]["spark-job-task"]["environment"]["S3_BUCKET"] == "acme-dev-lake-111111111111"


def test_each_secret_is_random_for_itself(services: Compiled) -> None:
    secrets = calls(services)["secrets"]["secrets"]
    assert set(secrets["app-secrets"]["random"]) == {"jwt_secret", "api_key", "encryption_key", "webhook_secret"}
    assert set(secrets) >= {"mysql-credentials", "redis-credentials", "grafana-credentials", "argocd-credentials"}
    assert "password" not in json.dumps([secret.get("values", {}) for secret in secrets.values()])


def test_jobs_come_one_after_the_other_and_then_the_crawlers(services: Compiled) -> None:
    made = calls(services)["catalog"]
    assert made["triggers"]["start"]["start_jobs"] == ["data-processing"]
    assert made["triggers"]["then-data-quality"] == {"after": ["data-processing"], "start_jobs": ["data-quality"]}
    assert made["triggers"]["catalog"]["after"] == ["data-processing", "data-quality"]
    assert (made["jobs"]["data-processing"]["timeout"], made["jobs"]["data-quality"]["timeout"]) == (60, 30)
    assert {name: one["path"].rpartition("111111111111")[2] for name, one in made["crawlers"].items()} == {
        "raw-data": "/raw/",
        "processed-data": "/processed/",
    }


def test_a_job_reads_and_writes_its_own_folders_only(services: Compiled) -> None:
    from lakewright.policy.context import Context as Keys
    from lakewright.policy.documents import read_policy
    from lakewright.policy.iam import Answer, Policies, decide
    from lakewright.policy.principals import Caller
    from lakewright.policy.statements import Layer, Request

    [stack] = [stack for stack in services.stacks if stack.name == "catalog"]
    key = "arn:aws:kms:us-east-2:111111111111:key/1"
    policies = {
        name: read_policy(
            str(stack.files[f"catalog/{name}-policy.json"]).replace("${kms_key_arn}", key), Layer.IDENTITY, name
        )
        for name in ("data-processing", "data-quality")
    }
    caller = Caller.session("arn:aws:iam::111111111111:role/x", "x")

    def may(job: str, action: str, path: str) -> bool:
        resource = f"arn:aws:s3:::acme-dev-{path.partition('/')[0]}-111111111111/{path.partition('/')[2]}"
        request = Request(caller, f"s3:{action}", resource, Keys.of({}, complete=True))
        return decide(request, Policies(identity=(policies[job],))).answer is Answer.ALLOW

    assert may("data-processing", "GetObject", "lake/raw/a")
    assert may("data-processing", "PutObject", "lake/processed/a")
    assert not may("data-processing", "PutObject", "lake/raw/a")
    assert not may("data-processing", "PutObject", "lake/curated/a")
    assert may("data-quality", "PutObject", "lake/curated/a")
    assert may("data-quality", "PutObject", "outputs/quality/a")
    assert not may("data-quality", "PutObject", "outputs/else/a")
    assert not may("data-quality", "GetObject", "lake/raw/a")


def test_a_lakehouse_may_have_its_source_beside_it(tmp_path: Path) -> None:
    """Connection option C: application and database in the lake's own network."""
    (tmp_path / "platform.yaml").write_text(
        "lakewright: 1\nplatform: acme\nblueprint: lakehouse-cdc@1\n"
        'sources: {shop: {postgres: {url: "${SHOP_DATABASE_URL}", tables: [public.core_*], tenant: tenant_id}}}\n'
        'environments: {dev: {account: "111111111111", region: us-east-1}}\n'
        "infra:\n  stacks:\n"
        "    foundation: {calls: {registry: {use: ecr, repositories: {jobs: {}, shop: {}}}}}\n"
        "    source: {calls: {app: {use: source_app, image: shop}}}\n"
    )
    found = compile_environment(load_project(tmp_path), "dev")
    app = calls(found)["app"]
    assert app["subnet_ids"] == "${data.terraform_remote_state.foundation.outputs.network_private_subnet_ids}"
    assert app["replication_cidr"] == "${data.terraform_remote_state.foundation.outputs.network_cidr}"
    assert next(stack.after for stack in found.stacks if stack.name == "source") == {"state", "foundation"}


WRONG = {
    "fargate: {tasks: {data-processing-task: {memory: 999}}}": "LW1340",
    "fargate: {services: {data-processing-service: {task: nobody}}}": "LW1341",
    "catalog: {jobs: {data-processing: {after: [data-quality]}}}": "LW1346",
    "catalog: {jobs: {data-quality: {after: [nobody]}}}": "LW1345",
    "catalog: {crawlers: {raw-data: {database: nobody}}}": "LW1345",
    "network: {subnets: {private: {cidrs: [10.0.1.0/24, 10.0.20.0/24]}}}": "LW13",
}


@pytest.mark.parametrize("said", WRONG)
def test_mistakes_are_told_with_their_place(tmp_path: Path, said: str) -> None:
    from lakewright.errors import LakewrightError

    (tmp_path / "platform.yaml").write_text(
        "lakewright: 1\nplatform: acme\nblueprint: data-services@1\nenvironments:\n"
        f'  dev:\n    account: "111111111111"\n    infra:\n      {said}\n'
    )
    with pytest.raises(LakewrightError) as caught:
        compile_environment(load_project(tmp_path), "dev")
    assert WRONG[said] in str(caught.value)
    assert "platform.yaml:" in str(caught.value)
