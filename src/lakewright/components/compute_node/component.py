"""Decides a machine's names, what it may reach and what it may do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from lakewright.components.component import Call, Component, Context, Cost, File, Place, Value
from lakewright.components.lake import kms_statement, policy_text
from lakewright.components.statements import INLINE, Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

USER_DATA = 16_384
"""Most bytes of user data (Amazon EC2 user guide, "Run commands at launch")."""

_FAMILIES = (
    *("t3", "t3a", "t4g"),
    *("m5", "m5a", "m6i", "m6a", "m6g", "m7i", "m7a", "m7g"),
    *("c5", "c5a", "c6i", "c6a", "c6g", "c7i", "c7a", "c7g"),
    *("r5", "r5a", "r6i", "r6a", "r6g", "r7i", "r7a", "r7g"),
)
_BURSTABLE = ("nano", "micro", "small", "medium", "large", "xlarge", "2xlarge")
_OTHERS = ("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")


class Port(Block):
    """A TCP port that others may reach."""

    port: Annotated[int, Field(ge=1, le=65_535)] = Field(description="The port.")
    cidr: Text = Field(description="From which addresses.")
    why: Text = Field(description="What it is for; stands in the rule.")

    @field_validator("cidr")
    @classmethod
    def _not_everyone(cls, cidr: str) -> str:
        if cidr in ("0.0.0.0/0", "::/0"):
            raise problem(
                "LW1342", "a machine's port is opened to the whole internet", "name the network that needs it"
            )
        return cidr


class Settings(Block):
    """One machine."""

    instance_type: Text = Field(default="t3.small", description="Its size.")
    disk: Annotated[int, Field(ge=8, le=16_384)] = Field(default=20, description="GB of its encrypted disk.")
    ami: Annotated[str, Field(pattern="^ami-([0-9a-f]{8}|[0-9a-f]{17})$")] | None = Field(
        default=None, description="An image of this region; by default the newest Amazon Linux."
    )
    architecture: Literal["x86_64", "arm64"] = Field(default="x86_64", description="Of the default image.")
    start: Text = Field(default="", description="Script for the first start (`#!/bin/bash …`); no secrets.")
    ports: Mapping[Name, Port] = Field(default_factory=dict, description="TCP ports that others may reach, by name.")
    reads: tuple[Name, ...] = Field(default=(), strict=False, description="Buckets (keys) that it may read.")
    writes: tuple[Name, ...] = Field(default=(), strict=False, description="Buckets (keys) that it may write too.")

    @field_validator("instance_type")
    @classmethod
    def _known(cls, name: str) -> str:
        family, _, size = name.partition(".")
        sizes = _BURSTABLE if family.startswith("t") else _OTHERS
        if family not in _FAMILIES or size not in sizes:
            raise problem("LW1343", f"EC2 has no instance type {name}, as far as known here", "for example t3.small")
        return name

    @field_validator("start")
    @classmethod
    def _a_script(cls, text: str) -> str:
        if len(text.encode()) > USER_DATA:
            raise problem("LW1344", f"user data has {len(text.encode()):,} bytes; EC2 takes {USER_DATA:,}")
        if text and not re.match(r"#!|#cloud-config", text):
            raise problem("LW1344", "user data does not say what runs it", "begin with #!/bin/bash")
        return text


def node_policy(context: Context, settings: Settings) -> str | None:
    """Objects of the buckets it declares; None if it declares none."""
    place = context.place
    both = sorted({*settings.reads, *settings.writes})
    if not both:
        return None
    statements = [
        Statement("Find", ("s3:GetBucketLocation", "s3:ListBucket"), [_arn(place, key) for key in both]),
        Statement("Read", ("s3:GetObject",), [f"{_arn(place, key)}/*" for key in both]),
    ]
    if settings.writes:
        actions = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject")
        statements.append(Statement("Write", actions, [f"{_arn(place, key)}/*" for key in settings.writes]))
    statements += kms_statement(context, "Key", "s3", write=bool(settings.writes))
    return document(*statements, most=INLINE)


def _arn(place: Place, key: str) -> str:
    return f"arn:aws:s3:::{place.bucket(key)}"


def _call(context: Context, name: str, settings: Settings) -> Call:
    place = context.place
    inputs: dict[str, Value] = {
        "name": place.name(name),
        "role_name": place.name("node", name),
        "vpc_id": context.output("networking", "vpc_id"),
        "subnet_id": context.output("networking", "private_subnet_ids", 0),
        "instance_type": settings.instance_type,
        "disk_gb": settings.disk,
        "protected": place.strict,
        "volume_tags": dict(place.tags),
        "ingress": {
            key: {"port": port.port, "cidr": port.cidr, "description": port.why} for key, port in settings.ports.items()
        },
    }
    if settings.ami:
        inputs["ami_id"] = settings.ami
    elif settings.architecture == "arm64":
        inputs["ami_parameter"] = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    files: dict[str, str] = {}
    if settings.start:
        files["user-data.sh"] = settings.start
        inputs["user_data"] = File("user-data.sh")
    if policy := node_policy(context, settings):
        files["policy.json"] = policy
        inputs["policy"] = policy_text(context, "policy.json")
    return Call(inputs=inputs, files=files)


COMPONENT = Component(
    name="compute_node",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("instance_id", "private_ip", "security_group_id", "role_arn"),
    costs=lambda _context, settings: (
        Cost(f"ec2.{settings.instance_type}_hour", 730.0, "always on"),
        Cost("ebs.gp3_gb_month", float(settings.disk)),
    ),
)
