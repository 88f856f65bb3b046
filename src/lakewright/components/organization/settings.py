"""What a person may write about the organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from lakewright.components.written import StatementSettings
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text

Texts = tuple[Text, ...]
TagValues = Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]


class Controls(Block):
    """Ready statements; each does what it says and no more."""

    stay_in_organization: bool = Field(default=False, description="No account leaves or closes itself.")
    regions: Texts = Field(default=(), strict=False, description="Only these regions; global services stay possible.")
    no_root_user: bool = Field(default=False, description="Nothing by member accounts' root users.")
    keep_audit: bool = Field(default=False, description="CloudTrail, GuardDuty, Config and Access Analyzer stay on.")
    keep_state: bool = Field(default=False, description="Terraform's state and its versions are not deleted.")
    imdsv2: bool = Field(
        default=False, description="Instances need session tokens for their metadata; Databricks' role is exempt."
    )
    deletions_with_mfa: bool = Field(
        default=False,
        description="Deletions need a second factor; Databricks, the pipeline and Identity Center are exempt.",
    )
    instance_types: Texts = Field(default=(), strict=False, description="Only instances of these types: `[t3.*]`.")
    no_instance_types: Texts = Field(default=(), strict=False, description="No instances of these types: `[p3.*]`.")
    encrypted_volumes: bool = Field(default=False, description="No EBS volume without encryption.")
    encrypted_databases: bool = Field(default=False, description="No database without encryption.")
    no_public_buckets: bool = Field(default=False, description="Blocks of public access stay.")
    tags: Mapping[Text, TagValues] = Field(
        default_factory=dict, description="Tag → values: instances and databases are made with one of them."
    )
    no_services: Texts = Field(default=(), strict=False, description="None of these services: `[rds, elasticache]`.")
    only_services: Texts = Field(default=(), strict=False, description="Nothing but these actions: `[cloudtrail:*]`.")


class Policy(Block):
    """A service control policy. It denies; what is allowed is IAM's to say."""

    description: Text = Field(default="", description="What it is for.")
    targets: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        strict=False, description="`root`, units and accounts that it applies to."
    )
    controls: Controls = Field(default_factory=Controls, description="Ready statements.")
    statements: tuple[StatementSettings, ...] = Field(default=(), strict=False, description="Statements of your own.")
    exempt: Texts = Field(
        default=(),
        strict=False,
        description="Further roles that ready statements leave alone: ARNs, `*` for the account.",
    )


class Unit(Block):
    """An organizational unit."""

    name: Text | None = Field(default=None, description="Its name; by default the key's, capitalised.")
    parent: Name | None = Field(default=None, description="The unit that it is in; by default the root.")


class Account(Block):
    """An account of the organization."""

    email: Text | None = Field(default=None, description="Address of its root user; no other AWS account may have it.")
    unit: Name | None = Field(default=None, description="The unit that it is in; by default the root.")
    name: Text | None = Field(default=None, description="Its name; by default platform-key.")
    own: bool = Field(default=False, description="Whether it is the environment's own account.")


class Settings(Block):
    """The organization, applied with its management account's credentials."""

    create: bool = Field(default=True, description="Whether it is made; false: it is there already.")
    service_access: Texts = Field(
        default=("cloudtrail.amazonaws.com", "guardduty.amazonaws.com", "sso.amazonaws.com"),
        strict=False,
        description="Services that may work in all accounts.",
    )
    units: Mapping[Name, Unit] = Field(default_factory=dict, description="Organizational units, on two levels.")
    accounts: Mapping[Name, Account] = Field(
        default_factory=dict,
        description="Accounts that are made in it, by their names under the environment's `accounts`, or `own: true`.",
    )
    policies: Mapping[Name, Policy] = Field(default_factory=dict, description="Service control policies.")
