"""Accounts of an environment beside its own: further AWS accounts, and the Databricks account."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from lakewright.spec.block import Block
from lakewright.spec.values import Text, problem

_ID = {"type": "string", "pattern": "^[0-9]{12}$"}
_UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
ROLE = "OrganizationAccountAccessRole"
"""The role that AWS Organizations makes in the accounts it creates."""


class OtherAccount(Block):
    """An AWS account that stacks can name."""

    account: Annotated[str, Field(pattern="^[0-9]{12}$")] = Field(description="Twelve digits, quoted.")
    profile: Text | None = Field(default=None, description="The profile of AWS's configuration that reaches it.")
    role: Annotated[str, Field(pattern=r"^[\w+=,.@-]{1,64}$")] | None = Field(
        default=None, validate_default=True, description=f"The role that is taken there; by default {ROLE}."
    )

    @field_validator("role")
    @classmethod
    def _one_way(cls, role: str | None, info: Any) -> str | None:
        profile = info.data.get("profile")
        if role and profile:
            raise problem("LW106", "`profile` and `role` are two ways to one account", "leave one out")
        return role or (None if profile else ROLE)


def _id_alone(value: Any) -> Any:
    return {"account": value} if isinstance(value, str) else value


Account = Annotated[
    OtherAccount,
    BeforeValidator(_id_alone),
    WithJsonSchema({
        "anyOf": [
            _ID,
            {
                "type": "object",
                "properties": {"account": _ID, "profile": {"type": "string"}, "role": {"type": "string"}},
                "required": ["account"],
                "additionalProperties": False,
            },
        ]
    }),
]  # fmt: skip


class Databricks(Block):
    """The Databricks account that workspaces are made in. Its service principal's keys come from the environment:
    DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET."""

    account_id: Annotated[str, Field(pattern=_UUID)] = Field(
        description="Its id, as the account console shows it; also the external id of the roles that Databricks takes."
    )
    host: Annotated[str, Field(pattern="^https?://[^/]+$")] = Field(
        default="https://accounts.cloud.databricks.com", description="The account console."
    )
