"""What a Databricks account beside an AWS account is tried for: logs, the Hive metastore, and where secrets are not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from lakewright.rehearse.aws.local import environment
from lakewright.rehearse.databricks.account.log_delivery import LOG_DELIVERY, refusal
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.databricks.world import ACCOUNT
from lakewright.rehearse.platform.evidence import Tried
from lakewright.rehearse.platform.stage import Stage

SECONDS = 60


def delivered(databricks: LocalDatabricks) -> Tried:
    """Every enabled delivery may put its logs where they should go."""
    world = databricks.world
    found = [one for one in world.objects.all(LOG_DELIVERY, ACCOUNT) if one["status"] == "ENABLED"]
    wrong = [f"{one['config_name']}: {why}" for one in found if (why := refusal(world, one))]
    fact = "; ".join(wrong) or ", ".join(sorted(one["log_type"] for one in found)) or "no delivery is configured"
    return Tried("logs can be delivered", bool(found) and not wrong, fact)


def hive(stage: Stage) -> Iterator[Tried]:
    """Where there is a Hive metastore: clusters' init script runs as a machine with its role, and finds address and
    password; without the role it does not. Nothing where there is none."""
    calls = {component: call for stack in stage.compiled.stacks for call, component in stack.calls.items()}
    if "rds_metastore" not in calls:
        return
    what = "machines find the Hive metastore"
    outputs = stage.terraform.outputs(stage.folder / "infra" / stage.compiled.environment / "foundation", "foundation")
    role = outputs[f"{calls['databricks_roles']}_arns"]["instances"]
    secret, address = (outputs[f"{calls['rds_metastore']}_{name}"] for name in ("secret_arn", "jdbc_url"))
    key = stage.aws.credentials_of(role)
    as_machine = environment(stage.aws.endpoint, stage.compiled.place.region, key)
    script = _filled(stage, secret, address)
    ran = subprocess.run(
        [sys.executable, "-"], input=script, env=as_machine, capture_output=True, text=True, check=False,
        timeout=SECONDS,
    )  # fmt: skip
    if ran.returncode:
        yield Tried(what, False, ran.stderr.strip().splitlines()[-1])
        return
    kept = json.loads(stage.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    right = all(text in ran.stdout for text in (json.dumps(address), json.dumps(kept["password"])))
    other = _refused(stage, outputs[f"{calls['databricks_roles']}_arns"]["log-delivery"], secret)
    fact = f"{address}, password by {role.rpartition('/')[2]}" + ("" if other else "; and another role reads it too")
    yield Tried(what, right and other, fact)


def _filled(stage: Stage, secret: str, address: str) -> str:
    """The Python part of the init script, as Terraform fills it in."""
    found = next(stage.folder.glob("infra/*/compute/*/init-hive.sh")).read_text(encoding="utf-8")
    python = found.partition("<<'END'\n")[2].removesuffix("END\n")
    values = {"region": stage.compiled.place.region, "secret_arn": secret, "jdbc_url": address}
    for name, value in values.items():
        python = python.replace(f"${{{name}}}", value)
    return python


def _refused(stage: Stage, role: str, secret: str) -> bool:
    client: Any = stage.aws.client("secretsmanager", role=role)
    try:
        client.get_secret_value(SecretId=secret)
    except ClientError as error:
        return "AccessDenied" in error.response["Error"]["Code"]
    return False


def keyless(stage: Stage, databricks: LocalDatabricks) -> Tried:
    """No state has the secret of a service principal, a password that RDS keeps, or a resource that would hold one."""
    s3, bucket = stage.client("s3"), stage.compiled.state_bucket
    manager = stage.client("secretsmanager")
    known = [manager.get_secret_value(SecretId=one["ARN"])["SecretString"] for one in _secrets(manager)]
    words = [databricks.client_secret, *(word for text in known for word in _passwords(text))]
    found = []
    keys = [
        one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ()) if one["Key"].endswith("tfstate")
    ]
    for key in keys:
        text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        if any(word in text for word in words) or '"databricks_service_principal_secret"' in text:
            found.append(key)
    return Tried("no secret is in a state", bool(keys) and not found, ", ".join(found) or f"{len(keys)} states")


def _secrets(manager: Any) -> Iterator[dict[str, Any]]:
    for page in manager.get_paginator("list_secrets").paginate():
        yield from page["SecretList"]


def _passwords(text: str) -> list[str]:
    try:
        return [str(value) for name, value in json.loads(text).items() if "password" in name or "secret" in name]
    except (ValueError, AttributeError):
        return [text]
