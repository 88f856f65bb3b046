"""Decides an application's place, name, rights and who reaches it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.app_subnets import app_network, subnet_ids
from lakewright.components.component import (
    Call,
    Component,
    Context,
    Cost,
    File,
    Output,
    Provider,
    Template,
    Value,
)
from lakewright.components.lake import kms_statement
from lakewright.components.statements import INLINE, Statement, document
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.units import Cidr
from lakewright.spec.values import Name, Text


class Settings(Block):
    """A governance application."""

    image: Annotated[str, Field(pattern=r"^[^\s:@]+(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$")] = Field(
        description="The container's image with its tag or digest."
    )
    certificate: Annotated[str, Field(pattern="^arn:aws[a-z-]*:acm:")] = Field(
        description="ARN of the certificate of its host name, in the application's account."
    )
    clients: Annotated[tuple[Cidr, ...], Field(min_length=1)] = Field(
        strict=False, description="Addresses from which people reach it."
    )
    network: Name | None = Field(default=None, description="The network; by default that of the stack's account.")
    datastore: Name | None = Field(default=None, description="Call of app_datastore that is its database.")
    count: Annotated[int, Field(ge=0, le=100)] = Field(default=2, description="How many tasks run.")
    port: Annotated[int, Field(ge=1024, le=65_535)] = Field(default=8080, description="Port it listens on.")
    health: Annotated[str, Field(pattern=r"^/\S{0,1023}$")] = Field(
        default="/", description="Path that answers when it is well."
    )
    environment: Mapping[str, Text] = Field(default_factory=dict, description="Environment variables; no secrets.")
    parameters: Mapping[str, Annotated[str, Field(pattern=r"^/[\w./-]+$")]] = Field(
        default_factory=dict, description="Variable → path in Parameter Store: {LICENCE: /service/catalog/licence}."
    )


def _call(context: Context, name: str, settings: Settings) -> Call:
    """With a database, the key is the one that is beside that."""
    context = context.beside(settings.datastore) if settings.datastore else context
    place = context.place
    network = app_network(context, settings.network)
    whose = {"network": network}
    secrets = _secrets(context, settings)
    inputs: dict[str, Value] = {
        "name": place.name(name, most=50),
        "load_balancer_name": place.name(name, most=32),
        "account": place.account,
        "region": place.region,
        "vpc_id": context.output_for("shared_network", whose, "vpc_id"),
        "network_cidr": context.project.platform.landscape.networks[network].cidr,
        "subnet_ids": subnet_ids(context, network, "apps"),
        "client_cidrs": sorted(settings.clients),
        "task": _task(context, settings, secrets),
        "desired_count": settings.count,
        "policies": {"start": _start(context, secrets)},
        "certificate_arn": settings.certificate,
        "zone_id": context.output_for("shared_network", whose, "zone_id"),
        "host": name.replace("_", "-"),
        "protected": place.strict,
    }
    if settings.datastore:
        inputs["security_group_ids"] = [_datastore(context, settings.datastore, "client_group_id")]
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    owner = context.homes.get(context.output_for("shared_network", whose, "vpc_id").call, "")
    files = {_POLICY: _start_policy(context, name, settings)}
    return Call(inputs=inputs, files=files, providers={"aws.dns": Provider("aws", owner)})


_POLICY = "start-policy.json"


def _datastore(context: Context, call: str, output: str) -> Output:
    """An output of the application's database. Raises SpecError LW1302."""
    if context.calls.get(call) != "app_datastore":
        hint = "a call of app_datastore"
        raise SpecError("LW1302", f"`{call}` is no database of an application", place="datastore", hint=hint)
    return Output(call, output)


def _secrets(context: Context, settings: Settings) -> dict[str, Value]:
    """What the policy's text takes from Terraform: the ARN of the secret that RDS made."""
    return {"secret_arn": _datastore(context, settings.datastore, "secret_arn")} if settings.datastore else {}


def _start(context: Context, secrets: Mapping[str, Value]) -> Value:
    key: dict[str, Value] = {"kms_key_arn": context.output("kms_key", "arn")} if context.has("kms_key") else {}
    values = {**secrets, **(key if secrets else {})}
    return Template(_POLICY, values) if values else File(_POLICY)


def _task(context: Context, settings: Settings, secrets: Mapping[str, Value]) -> Mapping[str, Value]:
    place = context.place
    environment: dict[str, Value] = dict(settings.environment)
    given: dict[str, Value] = {
        variable: place.arn("ssm", f"parameter{path}") for variable, path in settings.parameters.items()
    }
    if settings.datastore:
        environment |= {
            "DATABASE_HOST": _datastore(context, settings.datastore, "address"),
            "DATABASE_NAME": _datastore(context, settings.datastore, "database"),
        }
        given["DATABASE_LOGIN"] = secrets["secret_arn"]
    return {
        "image": settings.image,
        "port": settings.port,
        "health_path": settings.health,
        "environment": environment,
        "secrets": given,
    }


def _start_policy(context: Context, name: str, settings: Settings) -> str:
    """Pull the image, write the one log, read the named parameters and the database's secret: nothing else."""
    place = context.place
    log = place.arn("logs", f"log-group:/ecs/{place.name(name, most=50)}")
    statements = [
        Statement("Login", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement("Log", ("logs:CreateLogStream", "logs:PutLogEvents"), (f"{log}:*",)),
    ]
    if found := _REGISTRY.match(settings.image):
        account, region, repository = found.groups()
        pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
        statements.append(Statement("Pull", pull, (f"arn:aws:ecr:{region}:{account}:repository/{repository}",)))
    if settings.parameters:
        named = [place.arn("ssm", f"parameter{path}") for path in settings.parameters.values()]
        statements.append(Statement("Parameters", ("ssm:GetParameters",), named))
    if settings.datastore:
        statements.append(Statement("Database", ("secretsmanager:GetSecretValue",), ("${secret_arn}",)))
        statements += kms_statement(context, "Key", "secretsmanager", write=False)
    return document(*statements, most=INLINE)


_REGISTRY = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)")


def _costs(_context: Context, settings: Settings) -> tuple[Cost, ...]:
    return (
        Cost("elb.alb_hour", 730.0),
        Cost("fargate.vcpu_hour", 0.5 * 730.0 * settings.count),
        Cost("fargate.gb_hour", 1.0 * 730.0 * settings.count),
    )


COMPONENT = Component(
    name="governance_app",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("url", "cluster_name", "service_name", "role_arns"),
    costs=_costs,
)
