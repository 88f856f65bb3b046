"""Decides the roles that Databricks takes in this account, and their external id."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from lakewright.components.component import Call, Component, Context, File, Template, Value
from lakewright.components.databricks import account_id, cross_account_role
from lakewright.components.databricks_roles import policies
from lakewright.components.statements import trust
from lakewright.spec.block import Block
from lakewright.spec.values import Name

CROSS_ACCOUNT, INSTANCES, LOG_DELIVERY = "cross-account", "instances", "log-delivery"


class Settings(Block):
    """Roles of Databricks: for its control plane, for clusters' machines, for its logs.

    Unity Catalog's own role is made with its storage credential, which gives the external id.
    """

    reads: tuple[Name, ...] = Field(
        default=("raw",), strict=False, description="Keys of the buckets that clusters read by their machines' role."
    )
    writes: tuple[Name, ...] = Field(
        default=("processed",), strict=False, description="Keys of those that they write, too."
    )
    disks: bool = Field(
        default=False, description="Whether clusters' disks are encrypted with the environment's (or unit's) key."
    )
    logs: Name | None = Field(
        default="databricks", description="Key of the bucket that Databricks' logs are delivered to, below `audit/`."
    )


def _call(context: Context, _name: str, settings: Settings) -> Call:
    """Raises SpecError LW1393 without a Databricks account, whose id is the external id."""
    place, external = context.place, account_id(context)
    key = {"kms_key_arn": context.output("kms_key", "arn")} if context.has("kms_key") else {}
    disks = {"kms_key_arn": context.output("kms_key", "arn")} if settings.disks else {}
    instances = place.name("databricks-instances")
    reads, writes = (
        [f"arn:aws:s3:::{place.bucket(one)}" for one in keys] for keys in (settings.reads, settings.writes)
    )
    files: dict[str, str | bytes] = {
        "cross-account-trust.json": policies.cross_account_trust(external),
        "cross-account-machines.json": policies.cross_account(
            place.arn("iam", f"role/{instances}", regional=False), keyed=settings.disks
        ),
        "instances-trust.json": trust("ec2.amazonaws.com"),
        "instances-lake.json": policies.machines(reads, writes, keyed=bool(key)),
    }
    lake: Value = _text("instances-lake.json", key)
    roles: dict[str, Value] = {
        CROSS_ACCOUNT: {
            "name": cross_account_role(place),
            "description": "Databricks starts and ends clusters' machines",
            "trust_policy": File("cross-account-trust.json"),
            "policies": {"machines": _text("cross-account-machines.json", disks)},
        },
        INSTANCES: {
            "name": instances,
            "description": "What clusters' machines may",
            "trust_policy": File("instances-trust.json"),
            "policies": {"lake": lake, **_metastore(context, files)},
            "instance_profile": True,
        },
    }
    if settings.logs:
        files["log-delivery-trust.json"] = policies.log_delivery_trust(external)
        files["log-delivery-logs.json"] = policies.log_delivery(f"arn:aws:s3:::{place.bucket(settings.logs)}")
        roles[LOG_DELIVERY] = {
            "name": place.name("databricks-log-delivery"),
            "description": "Databricks delivers its audit logs",
            "trust_policy": File("log-delivery-trust.json"),
            "policies": {"logs": File("log-delivery-logs.json")},
        }
    return Call({"roles": roles}, files)


def _metastore(context: Context, files: dict[str, str | bytes]) -> dict[str, Value]:
    """Machines read the password of a Hive metastore, where there is one."""
    if not context.has("rds_metastore"):
        return {}
    file = "instances-metastore.json"
    files[file] = policies.secret()
    return {"metastore": Template(file, {"secret_arn": context.output("rds_metastore", "secret_arn")})}


def _text(file: str, key: Mapping[str, Value]) -> Value:
    return Template(file, key) if key else File(file)


COMPONENT = Component(
    name="databricks_roles",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("arns", "names", "instance_profile_arns"),
)
