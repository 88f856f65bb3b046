"""IAM policy documents as text: statements in, JSON out, the same bytes for the same statements."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from lakewright.components.json_text import json_text
from lakewright.errors import SpecError

Conditions: TypeAlias = Mapping[str, Mapping[str, str | Sequence[str]]]
"""Operator → key → value or values: `{"StringEquals": {"aws:SourceAccount": "111111111111"}}`."""

Principals: TypeAlias = Mapping[str, Sequence[str]] | Literal["*"]
"""`AWS`, `Service` or `Federated` → who; `*` is everybody."""

MANAGED = 6144
"""Most characters of a managed policy, white space not counted (IAM quotas)."""

INLINE = 10_240
"""Most characters of all inline policies of a role together."""

TRUST = 2048
"""Most characters of a role's trust policy, unless the account's quota was raised."""

RESOURCE = 20_480
"""Most characters of a bucket's or a secret's policy; a KMS key's has 32,768."""

_ACTION = re.compile(r"\*|[a-z][a-z0-9-]*:[A-Za-z0-9*?]+")
_SID = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Statement:
    """One statement of a policy. `principals` belong to resource and trust policies only.

    `not_actions` and `not_resources` are all but those, in the place of `actions` and `resources`.
    Raises ValueError for a Sid that IAM refuses, for what is no action, for both forms or neither.
    """

    sid: str
    actions: Sequence[str] = ()
    resources: Sequence[str] = ()
    effect: Literal["Allow", "Deny"] = "Allow"
    principals: Principals | None = None
    conditions: Conditions = field(default_factory=dict)
    not_actions: Sequence[str] = ()
    not_resources: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not _SID.fullmatch(self.sid):
            raise ValueError(f"a Sid has letters and digits only: {self.sid}")
        if wrong := [action for action in (*self.actions, *self.not_actions) if not _ACTION.fullmatch(action)]:
            raise ValueError(f"no action: {wrong[0]}")
        if bool(self.actions) is bool(self.not_actions):
            raise ValueError(f"{self.sid} needs either actions or not_actions")
        if self.resources and self.not_resources:
            raise ValueError(f"{self.sid} has resources and not_resources: one of them")

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect}
        for element, items in (
            ("Action", self.actions),
            ("NotAction", self.not_actions),
            ("Resource", self.resources),
            ("NotResource", self.not_resources),
        ):
            if items:
                said[element] = _listed(items)
        if self.principals is not None:
            said["Principal"] = (
                "*" if self.principals == "*" else {kind: _listed(who) for kind, who in self.principals.items()}
            )
        if self.conditions:
            said["Condition"] = {
                operator: {key: value if isinstance(value, str) else _listed(value) for key, value in keys.items()}
                for operator, keys in self.conditions.items()
            }
        return said


def document(*statements: Statement, most: int = RESOURCE) -> str:
    """The policy as JSON: sorted keys and lists, two spaces, in the given order of statements.

    Raises SpecError (LW1336) if it is longer than `most` characters, counted as IAM counts: without white space.
    """
    whole = _whole(statements)
    _fitting(statements, json.dumps(whole, separators=(",", ":")), most)
    return json_text(whole) + "\n"


def control(*statements: Statement) -> str:
    """A service control policy as JSON: without white space, which counts for its length; the review tells that."""
    return json.dumps(_whole(statements), separators=(",", ":"), sort_keys=True)


def permission_set(*statements: Statement) -> str:
    """The inline policy of a permission set as JSON; the review says if it fits."""
    return json_text(_whole(statements)) + "\n"


def _whole(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement.as_json() for statement in statements]}


def _fitting(statements: Sequence[Statement], text: str, most: int) -> None:
    if len(text) > most:
        sids = ", ".join(statement.sid for statement in statements)
        raise SpecError(
            "LW1336",
            f"the policy with {sids} has {len(text):,} characters; AWS takes {most:,}",
            hint="name fewer resources, or use patterns",
        )


def trust(
    *services: str, accounts: Sequence[str] = (), roles: Sequence[str] = (), conditions: Conditions | None = None
) -> str:
    """A role's trust policy: services (`glue.amazonaws.com`), whole accounts (twelve digits), or roles (ARNs)."""
    principals: dict[str, Sequence[str]] = {}
    if services:
        principals["Service"] = services
    if accounts or roles:
        principals["AWS"] = [*(f"arn:aws:iam::{account}:root" for account in accounts), *roles]
    statement = Statement("Assume", ("sts:AssumeRole",), principals=principals, conditions=conditions or {})
    return document(statement, most=TRUST)


def from_account(account: str) -> Conditions:
    """A condition for service principals: only on behalf of this account (no confused deputy)."""
    return {"StringEquals": {"aws:SourceAccount": account}}


def _listed(items: Sequence[str]) -> list[str]:
    return sorted(set(items))
