"""What a person may write about Identity Center."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from lakewright.components.written import StatementSettings
from lakewright.spec.access import PersonName
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text

SetName = Annotated[str, Field(pattern=r"^[\w+=,.@-]{1,32}$")]


class PermissionSet(Block):
    """What a session may do."""

    description: Text = Field(default="", description="Who it is for.")
    kind: Literal["administrator", "deployer", "engineer", "analyst", "own"] = Field(
        default="own", description="A ready set, made for this platform; `own`: only what stands here."
    )
    managed_policies: tuple[Text, ...] = Field(
        default=(), strict=False, description="Names or ARNs of AWS's policies: `[ReadOnlyAccess]`."
    )
    statements: tuple[StatementSettings, ...] = Field(default=(), strict=False, description="Statements of your own.")
    hours: Annotated[int, Field(ge=1, le=12)] = Field(default=8, description="How long a session lasts.")
    groups: tuple[PersonName, ...] = Field(default=(), strict=False, description="Groups that get it.")
    users: tuple[PersonName, ...] = Field(default=(), strict=False, description="Users who get it.")
    accounts: tuple[Name, ...] = Field(
        default=(), strict=False, description="Further accounts that they get it in, besides the environment's own."
    )


class Settings(Block):
    """Sessions of people in AWS accounts. Groups and users are those of `access`."""

    permission_sets: Mapping[SetName, PermissionSet] = Field(default_factory=dict, description="Permission sets.")
    reads: tuple[Name, ...] = Field(
        default=("processed",), strict=False, description="Keys of the buckets that analysts read."
    )
    writes: tuple[Name, ...] = Field(
        default=("raw", "processed"), strict=False, description="Keys of the buckets that engineers read and write."
    )
    sandbox: Name | None = Field(
        default=None, description="Key of the bucket in which every analyst has a folder of their own."
    )
