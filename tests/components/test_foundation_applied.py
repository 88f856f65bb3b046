"""The foundation's modules with what their components decide, applied by the real Terraform to the local AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lakewright.components.component import Call
from lakewright.components.registry import component
from lakewright.errors import LakewrightError
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.policy.iam import Answer
from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.aws.rules.refuse import refusing
from lakewright.spec import Project

from .meaning import ENGINEER, OWN, of_resource
from .roots import ACCOUNT, context, decide, project, write_root

MODULES = ("kms_key", "lake_buckets", "secrets", "networking", "iam_roles", "trail", "state")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(580),
    pytest.mark.once(*(component(name).folder for name in MODULES), "src/lakewright/policy"),
    pytest.mark.once("src/lakewright/rehearse/aws", "tests/components/roots.py", packages=["moto"]),
]
BESIDE = ("glue", "athena", "monitoring")
"""Components that the environment has too: what the foundation gives them is in its inputs."""

APP = {"random": ["jwt_secret", "api_key"], "values": {"issuer": "shop"}}
FIRST: Mapping[str, dict[str, Any]] = {
    "secrets": {"secrets": {"app": APP, "given": {"random": []}}},
    "networking": {"tiers": {"app": {}, "database": {"allow": [{"port": 5432, "from": "app"}]}}},
}
CHANGED: Mapping[str, dict[str, Any]] = {
    "kms_key": {"rotation": 180},
    "lake_buckets": {"access_logs": 90},
    "secrets": {"secrets": {"app": {**APP, "version": 2}, "given": {"random": []}}},
    "networking": {
        "zones": 3,
        "nat": "one",
        "endpoints": ["dynamodb", "glue", "kms", "logs", "sts"],
        "connection": "vpn",
        "vpn": {"office": {"address": "203.0.113.10", "cidrs": ["192.168.0.0/24"]}},
        "tiers": {"app": {}, "database": {"allow": [{"port": 6379, "from": "app"}, {"port": 5432, "from": "vpc"}]}},
    },
    "iam_roles": {"session_hours": 2, "boundary": "own"},
    "trail": {"keep": 90, "log_group": 60},
    "state": {"keep_versions": 20},
}


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAws]:
    with local_aws([ACCOUNT], tmp_path / "aws", gates=(refusing, authorised)) as running:
        yield running


@pytest.fixture
def terraform(aws: LocalAws) -> Terraform:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
    environment = {**kept, **aws.environment(ACCOUNT)}
    return Terraform(find_binary(os.environ), environment, find_plugins(os.environ), init_environment=kept)


def calls(shop: Project, settings: Mapping[str, dict[str, Any]]) -> dict[str, Call]:
    where = context(shop, *MODULES, *BESIDE)
    return {name: decide(where, name, **settings.get(name, {})) for name in MODULES}


def apply(terraform: Terraform, root: Path) -> dict[str, list[str]]:
    """Applies what there is to do: address → what was done to it. A second plan must find nothing."""
    plan = root / "the.plan"
    assert terraform.plan(root, plan).changed
    done = terraform.show(root, plan)["resource_changes"]
    terraform.apply(root, plan)
    assert terraform.plan(root, plan).changed is False, _left(terraform.show(root, plan))
    return {one["address"]: one["change"]["actions"] for one in done if one["change"]["actions"] != ["read"]}


def _left(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a plan would still change: address → argument → before and after."""
    return {
        one["address"]: {
            key: (before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)
        }
        for one in plan["resource_changes"]
        if one["change"]["actions"] != ["no-op"]
        for before, after in [(one["change"]["before"] or {}, one["change"]["after"] or {})]
    }


def test_applied_unchanged_changed_in_place_destroyed(tmp_path: Path, aws: LocalAws, terraform: Terraform) -> None:
    shop, root = project(tmp_path / "shop"), tmp_path / "root"
    write_root(root, calls(shop, FIRST), copied=["state"])
    terraform.init(root)
    made = apply(terraform, root)
    assert {tuple(actions) for actions in made.values()} == {("create",)}
    first = _secret(aws, root)
    _buckets(aws)
    _network(aws, terraform.outputs(root))

    write_root(root, calls(shop, CHANGED), copied=["state"])
    changed = apply(terraform, root)
    gone = {address for address, actions in changed.items() if "delete" in actions}
    assert gone == {
        'module.networking.aws_vpc_security_group_ingress_rule.this["database/app tcp 5432"]',
        'module.networking.aws_vpc_endpoint.interface["athena"]',
        'module.networking.aws_vpc_endpoint.interface["secretsmanager"]',
        'module.secrets.aws_secretsmanager_secret_version.this["app"]',
    }, "nothing else may be replaced or lost by a change of settings"
    second = _secret(aws, root)
    assert not set(first.values()) & set(second.values()) - {"shop"}, "a raised version has new values"
    keyed = aws.client("kms").get_key_rotation_status(KeyId=terraform.outputs(root)["kms_key_arn"])
    assert keyed["RotationPeriodInDays"] == 180

    plan = root / "destroy.plan"
    with pytest.raises(LakewrightError, match="prevent_destroy"):
        terraform.plan(root, plan, destroy=True)
    forgotten = 'resource "%s" "this" {\n  lifecycle {\n    prevent_destroy = false\n  }\n}\n'
    kinds = ("aws_s3_bucket", "aws_kms_key")
    (root / "modules/state/override.tf").write_text("".join(forgotten % kind for kind in kinds))
    terraform.plan(root, plan, destroy=True)
    terraform.apply(root, plan)
    assert aws.client("s3").list_buckets()["Buckets"] == []


def _secret(aws: LocalAws, root: Path) -> dict[str, str]:
    """The value that AWS keeps: each random part its own, and none of it in any of Terraform's files."""
    client = aws.client("secretsmanager")
    value: dict[str, str] = json.loads(client.get_secret_value(SecretId="shop/dev/app")["SecretString"])
    assert value["issuer"] == "shop"
    random = [value["jwt_secret"], value["api_key"]]
    assert len({*random}) == 2
    assert all(len(part) == 32 and part.isalnum() for part in random)
    for file in (path for path in root.rglob("*") if path.is_file() and ".terraform" not in path.parts):
        assert not any(part.encode() in file.read_bytes() for part in random), file.name
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="shop/dev/given")
    return value


def _buckets(aws: LocalAws) -> None:
    """What is deployed refuses plain HTTP, another encryption, another key, and being public."""
    client, bronze = aws.client("s3"), f"shop-dev-bronze-{ACCOUNT}"
    text, arn = client.get_bucket_policy(Bucket=bronze)["Policy"], f"arn:aws:s3:::{bronze}/orders.parquet"
    own = aws.client("kms").describe_key(KeyId="alias/shop-dev-data")["KeyMetadata"]["Arn"]
    kind, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    for keys, answer in (
        ({}, Answer.ALLOW),
        ({"aws:SecureTransport": "false"}, Answer.DENY),
        ({kind: "AES256"}, Answer.DENY),
        ({kind: "aws:kms", key: own}, Answer.ALLOW),
        ({kind: "aws:kms", key: own[:-1]}, Answer.DENY),
    ):
        assert of_resource(text, ENGINEER, "s3:PutObject", arn, OWN | keys) is answer, keys
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.put_object(Bucket=bronze, Key="orders.parquet", Body=b"", ServerSideEncryption="AES256")
    client.put_object(Bucket=bronze, Key="orders.parquet", Body=b"")
    assert all(client.get_public_access_block(Bucket=bronze)["PublicAccessBlockConfiguration"].values())
    logged = client.get_bucket_logging(Bucket=bronze)["LoggingEnabled"]
    assert logged == {"TargetBucket": f"shop-dev-access-logs-{ACCOUNT}", "TargetPrefix": "bronze/"}


def _network(aws: LocalAws, outputs: Mapping[str, Any]) -> None:
    """Private subnets have no way to the internet, and every rule says what it is for."""
    client = aws.client("ec2")
    private = outputs["networking_private_subnet_ids"]
    tables = client.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": private}])["RouteTables"]
    routes = [route for table in tables for route in table["Routes"]]
    assert len(tables) == 2
    assert {route.get("DestinationCidrBlock") for route in routes} - {None} == {"10.0.0.0/16"}
    groups = list(outputs["networking_security_group_ids"].values())
    rules = client.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": groups}])["SecurityGroupRules"]
    assert len(rules) >= 6
    assert all(rule["Description"] for rule in rules)
    subnets = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [outputs["networking_vpc_id"]]}])
    assert {subnet["AvailabilityZone"] for subnet in subnets["Subnets"]} == {"us-east-1a", "us-east-1b"}
