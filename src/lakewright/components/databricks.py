"""What Databricks is to an AWS account: its own accounts' roles, and the names that this platform gives.

Source: Databricks on AWS, "Create a cross-account IAM role", "Create a storage credential for connecting to AWS S3",
"Configure audit log delivery".
"""

from __future__ import annotations

from lakewright.components.component import Context, Place, Provider, Value
from lakewright.errors import SpecError
from lakewright.spec.accounts import Databricks

ACCOUNT = "414351767826"
"""The AWS account of Databricks' control plane."""

UNITY_CATALOG = f"arn:aws:iam::{ACCOUNT}:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
"""The role by which Unity Catalog takes a storage credential's."""

LOG_DELIVERY = f"arn:aws:iam::{ACCOUNT}:role/SaasUsageDeliveryRole-prod-IAMRole-3PLHICCRR1TK"
"""The role by which audit logs and billable usage are delivered."""

LOGS = "audit"
"""Prefix in a bucket below which logs are delivered."""

ACCOUNT_CONSOLE = "account"
"""Alias of the provider that asks the account console."""


def cross_account_role(place: Place) -> str:
    """Name of the role with which Databricks starts and ends machines."""
    return place.name("databricks-cross-account")


def account(context: Context) -> Databricks:
    """The Databricks account. Raises SpecError LW1393 where the environment names none."""
    found = context.project.platform.environments[context.place.environment].databricks
    if found is None:
        at = context.project.place("environments", context.place.environment)
        fact = (
            f"environment {context.place.environment} names no Databricks account. Its id is the external id of every "
            "role that Databricks takes: without one, any customer of Databricks could have them taken"
        )
        hint = "databricks: {account_id: 00000000-0000-0000-0000-000000000000}, as the account console shows it"
        raise SpecError("LW1393", fact, place=at, hint=hint)
    return found


def account_id(context: Context) -> str:
    """The Databricks account's id. Raises SpecError LW1393 where the environment names none."""
    return account(context).account_id


def console(context: Context) -> Provider:
    """The provider for what belongs to the Databricks account."""
    known = account(context)
    return Provider("databricks", ACCOUNT_CONSOLE, {"host": known.host, "account_id": known.account_id})


def workspace(url: Value, alias: str = "workspace") -> Provider:
    """The provider for what belongs to a workspace, at its address."""
    return Provider("databricks", alias, {"host": url})
