"""Decides the key's alias and who may use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Place
from lakewright.components.databricks import ACCOUNT as DATABRICKS
from lakewright.components.databricks import account_id
from lakewright.components.other_accounts import account_ids
from lakewright.components.statements import Statement, document, from_account
from lakewright.spec.block import Block
from lakewright.spec.values import Days, Name, Text

POLICY = 32_768
"""Most characters of a key policy."""

_DECRYPT = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*")


class Settings(Block):
    """The key that encrypts what an environment keeps."""

    name: Name = Field(default="data", description="End of its alias: platform-environment-NAME.")
    description: Text = Field(default="", description="What the key is for; by default, the environment's data.")
    rotation: Annotated[Days, Field(ge=90, le=2560)] = Field(default=365, description="How often it is rotated.")
    databricks: bool = Field(
        default=False, description="Whether Databricks encrypts with it what it keeps for its workspaces."
    )
    readers: tuple[Name, ...] = Field(
        default=(),
        strict=False,
        description="Accounts of the environment whose roles may read what S3 encrypts with it, if their own policies "
        "allow that.",
    )
    deletion_window: Annotated[Days, Field(ge=7, le=30)] | None = Field(
        default=None, description="Days until a deleted key is gone; by default 30 where protection is strict, else 7."
    )


def alias(place: Place, name: str = "data") -> str:
    """The alias of the environment's key, without `alias/`."""
    return place.name(name)


def _policy(context: Context, settings: Settings) -> Iterator[Statement]:
    """The account decides through IAM; services that write for it may use the key on its behalf only."""
    place = context.place
    yield Statement("Account", ("kms:*",), ("*",), principals={"AWS": (f"arn:aws:iam::{place.account}:root",)})
    yield Statement(
        "Logs",
        ("kms:Encrypt*", "kms:ReEncrypt*", *_DECRYPT),
        ("*",),
        principals={"Service": (f"logs.{place.region}.amazonaws.com",)},
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": place.arn("logs", "log-group:*")}},
    )
    yield Statement(
        "Deliveries",
        _DECRYPT,
        ("*",),
        principals={"Service": ("delivery.logs.amazonaws.com",)},
        conditions=from_account(place.account),
    )
    if _has_trail(context):
        yield Statement(
            "Trail",
            _DECRYPT,
            ("*",),
            principals={"Service": ("cloudtrail.amazonaws.com",)},
            conditions=from_account(place.account),
        )
    if context.has("monitoring") or context.has("budget"):
        yield Statement(
            "Alerts",
            _DECRYPT,
            ("*",),
            principals={
                "Service": (
                    "budgets.amazonaws.com",
                    "cloudwatch.amazonaws.com",
                    "costalerts.amazonaws.com",
                    "events.amazonaws.com",
                )
            },
            conditions=from_account(place.account),
        )

    if settings.databricks:
        yield from _databricks(account_id(context))
    if settings.readers:
        accounts = [f"arn:aws:iam::{one}:root" for one in account_ids(context, settings.readers, "readers")]
        via = {"StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}}
        yield Statement(
            "Readers", ("kms:Decrypt", "kms:DescribeKey"), ("*",), principals={"AWS": accounts}, conditions=via
        )


def _has_trail(context: Context) -> bool:
    """Whether a trail of this account is encrypted with the key."""
    calls = context.users.get("trail") or [name for name, used in context.calls.items() if used == "trail"]
    return "trail" in context.existing or any(
        context.homes.get(one, context.account) == context.account for one in calls
    )


def _databricks(account: str) -> Iterator[Statement]:
    """Databricks on AWS, "Configure customer-managed keys for encryption": its control plane, for this customer only.

    Clusters' disks are encrypted by the cross-account role, which IAM lets use the key.
    """
    principals = {"AWS": (f"arn:aws:iam::{DATABRICKS}:root",)}
    customer = {"aws:PrincipalTag/DatabricksAccountId": account}
    actions = ("kms:Encrypt", "kms:ReEncrypt*", *_DECRYPT)
    yield Statement("Databricks", actions, ("*",), principals=principals, conditions={"StringEquals": customer})
    yield Statement(
        "DatabricksGrants",
        ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"),
        ("*",),
        principals=principals,
        conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}, "StringEquals": customer},
    )


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    described = settings.description or f"Encrypts what {place.platform} keeps in {place.environment}"
    return Call(
        inputs={
            "alias": alias(place, settings.name),
            "description": described,
            "policy": File("key-policy.json"),
            "rotation_period_in_days": settings.rotation,
            "deletion_window_in_days": settings.deletion_window or (30 if place.strict else 7),
        },
        files={"key-policy.json": document(*_policy(context, settings), most=POLICY)},
    )


COMPONENT = Component(
    name="kms_key",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("arn", "key_id", "alias_name", "alias_arn"),
    costs=lambda _context, _settings: (Cost("kms.key", 1), Cost("kms.requests_10k", 10)),
)
