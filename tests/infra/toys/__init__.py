"""Small components that tests of compiling use in place of the real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from lakewright.components.component import Call, Component, Context, File, Template
from lakewright.errors import SpecError
from lakewright.spec.block import Block

HERE = Path(__file__).parent


class StateSettings(Block):
    """No settings."""


class VpcSettings(Block):
    """A VPC."""

    cidr: str = "10.0.0.0/16"
    zones: int = Field(default=2, ge=1)
    tags: dict[str, str] = Field(default_factory=dict)
    id: str | None = None


class StoreSettings(Block):
    """Buckets."""

    purposes: tuple[str, ...] = Field(default=("bronze", "silver"), strict=False)
    names: dict[str, str] = Field(default_factory=dict)
    protected: bool = True
    source: str | None = None
    keep_days: int | str = 30
    inside: bool = False
    wrong: dict[str, Any] = Field(default_factory=dict)


def _state(context: Context, name: str, settings: StateSettings) -> Call:
    return Call({"bucket": context.place.bucket("state")})


def _vpc(context: Context, name: str, settings: VpcSettings) -> Call:
    place = context.place
    if settings.cidr.endswith("/29"):
        raise SpecError("LW1390", "too small for subnets", place="cidr", hint="/16")
    subnets = {
        f"private-{place.region}{'abc'[index]}": {
            "cidr": settings.cidr.replace(".0.0/16", f".{index}.0/24"),
            "zone": place.region + "abc"[index],
        }
        for index in range(settings.zones)
    }
    own = {"id": settings.id} if settings.id else {}
    return Call({"name": place.name(name), "cidr": settings.cidr, "tags": settings.tags, "subnets": subnets} | own)


def _store(context: Context, name: str, settings: StoreSettings) -> Call:
    place = context.place
    own = [settings.source] if settings.source else []
    names = {purpose: settings.names.get(purpose, place.bucket(purpose, *own)) for purpose in settings.purposes}
    inputs: dict[str, Any] = {
        "buckets": {purpose: {"bucket": bucket} for purpose, bucket in names.items()},
        "force_destroy": not settings.protected,
        "keep_days": settings.keep_days,
    }
    files = {}
    if settings.inside:
        inputs["vpc_id"] = context.output("vpc", "vpc_id")
        inputs["subnet_ids"] = [context.output("vpc", "subnet_ids", f"private-{place.region}a")]
        inputs["buckets"]["bronze"]["policy"] = File("policy.json")
        inputs["buckets"]["silver"]["policy"] = Template("open.json.tftpl", {"vpc": inputs["vpc_id"]})
        files = {"policy.json": "{}\n", "open.json.tftpl": '{"vpc": "${vpc}"}\n'}
    return Call(inputs | settings.wrong, files)


class RolesSettings(Block):
    """Roles."""

    trusts: dict[str, str]
    suffix: str = ""


def _roles(context: Context, name: str, settings: RolesSettings) -> Call:
    place = context.place
    names = {role: place.name(role) + settings.suffix for role in settings.trusts}
    files = {}
    for role, trusted in settings.trusts.items():
        arn = place.arn("iam", f"role/{names.get(trusted, trusted)}", regional=False)
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn}}
        files[f"{role}.json"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Call({"roles": {r: {"name": n, "trust_policy": File(f"{r}.json")} for r, n in names.items()}}, files)


COMPONENTS = {
    "state": Component("state", "1.0.0", HERE, StateSettings, _state, ("bucket_name",)),
    "vpc": Component("vpc", "1.2.0", HERE, VpcSettings, _vpc, ("vpc_id", "subnet_ids")),
    "roles": Component("roles", "1.0.0", HERE, RolesSettings, _roles, ("arns",)),
    "store": Component("store", "0.1.0", HERE, StoreSettings, _store, ("names",)),
}


class Toy(Component):
    """A component whose module lies in a folder of its name."""

    @property
    def module(self) -> Path:
        return self.folder / self.name


def find(name: str) -> Component:
    """As `registry.component`, for the toys."""
    found = COMPONENTS[name]
    return Toy(found.name, found.version, found.folder, found.settings, found.call, found.provides)
