"""Statements of service control policies and permission sets as a person writes them in platform.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from lakewright.components.statements import Statement
from lakewright.spec.block import Block
from lakewright.spec.values import problem

Action = Annotated[
    str, Field(pattern=r"^(\*|[a-z][a-z0-9-]*:[A-Za-z0-9*?]+)$", description="service:Action, with * and ?, or *.")
]
Values: TypeAlias = str | Annotated[tuple[str, ...], Field(strict=False)]


class StatementSettings(Block):
    """One statement; IAM's policy variables (`${aws:PrincipalTag/team}`) may stand in resources and conditions."""

    sid: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$", description="Name of the statement: letters and digits.")]
    effect: Literal["allow", "deny"] = Field(description="What it does when it applies.")
    actions: tuple[Action, ...] = Field(default=(), strict=False, description="Actions that it is about.")
    not_actions: tuple[Action, ...] = Field(default=(), strict=False, description="All actions but these.")
    resources: tuple[str, ...] = Field(default=(), strict=False, description="ARNs with * and ?; by default all.")
    not_resources: tuple[str, ...] = Field(default=(), strict=False, description="All resources but these.")
    conditions: Mapping[str, Mapping[str, Values]] = Field(
        default_factory=dict, strict=False, description="Operator → key → value or values, as in IAM."
    )

    @model_validator(mode="after")
    def _one_form(self) -> StatementSettings:
        if bool(self.actions) is bool(self.not_actions):
            raise problem("LW1021", f"{self.sid} needs either actions or not_actions", "actions: [s3:DeleteBucket]")
        if self.resources and self.not_resources:
            raise problem("LW1021", f"{self.sid} has resources and not_resources", "one of them")
        return self

    def statement(self) -> Statement:
        """The statement as it goes into a document."""
        return Statement(
            sid=self.sid,
            actions=self.actions,
            not_actions=self.not_actions,
            resources=self.resources or (() if self.not_resources else ("*",)),
            not_resources=self.not_resources,
            effect="Deny" if self.effect == "deny" else "Allow",
            conditions=self.conditions,
        )
