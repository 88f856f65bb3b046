"""Who there is and what is attached to what, wherever it was read from: compiled files, a plan, or an AWS that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lakewright.errors import SpecError
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import Policies, ResourcePolicy
from lakewright.policy.organization import Organization
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy

NOT_READ = "lakewright:PolicyNotRead"
"""Condition key of the statements that stand for a policy that nobody here knows: it has no value."""

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True, slots=True)
class Holder:
    """A user, a role, or the role that a permission set makes in an account. `people` may use it, by name."""

    arn: str
    kind: Literal["role", "user", "permission set"]
    name: str
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    trust: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    people: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    def caller(self, person: str = "") -> Caller:
        """Who asks: the user, or a session of the role (named by the person)."""
        return Caller.user(self.arn) if self.kind == "user" else Caller.session(self.arn, person or "session")


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be read, for people; `resource` is the ARN that it is about, if it is about one."""

    text: str
    resource: str = ""


@dataclass(frozen=True)
class World:
    """`carriers` are the resources that carry a policy, by ARN (a bucket's without its objects). `person_tags` are the
    tags of people's sessions. `left_out` says what could not be read, for people."""

    account: str
    region: str
    holders: Mapping[str, Holder]
    carriers: Mapping[str, ResourcePolicy] = field(default_factory=dict)
    organization: Organization | None = None
    person_tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: tuple[Gap, ...] = ()

    def find(self, who: str) -> tuple[tuple[Holder, str], ...]:
        """The holders that a name means, each with the person who uses it: an ARN, the name of a role, user or
        permission set, or of a person. Raises SpecError LW1042."""
        if who in self.holders:
            return ((self.holders[who], ""),)
        named = tuple((one, "") for one in self.holders.values() if one.name == who)
        found = named or tuple((one, who) for one in self.holders.values() if who in one.people)
        if not found:
            from lakewright.spec.layers import did_you_mean

            everybody = self.holders.values()
            names = sorted({one.name for one in everybody} | {person for one in everybody for person in one.people})
            hint = did_you_mean(who, names, f"there are {', '.join(names[:12]) or 'none'}")
            raise SpecError("LW1042", f"nobody here is called {who}", hint=hint)
        return found

    def gaps(self, resource: str) -> tuple[str, ...]:
        """What a decision about a resource has not looked at."""
        return tuple(gap.text for gap in self.left_out if gap.resource in ("", resource.partition("/")[0]))

    def policies(self, holder: Holder, resource: str, action: str) -> Policies:
        """All that counts when a holder asks for a resource."""
        attached = self.attached(holder.account, resource, action)
        organization = self.organization
        owner = attached.account if attached is not None else holder.account
        return Policies(
            identity=holder.identity,
            boundary=holder.boundary,
            resource=attached,
            service_controls=organization.service_controls(holder.account) if organization else (),
            resource_controls=organization.resource_controls(owner) if organization else (),
        )

    def attached(self, account: str, resource: str, action: str) -> ResourcePolicy | None:
        """What is attached to a resource. One of another account without a known policy allows nobody."""
        if action.lower() == "sts:assumerole" and (role := self.holders.get(resource)) is not None:
            return ResourcePolicy(role.account, role.trust, exclusive=True)
        carrier = resource.partition("/")[0] if resource.startswith("arn:aws:s3:::") else resource
        if carrier in self.carriers:
            return self.carriers[carrier]
        owner = resource.split(":")[4] if resource.count(":") >= 5 else ""
        if not owner or owner in {account, "aws"} or "*" in owner:
            return None
        return ResourcePolicy(owner, exclusive=":role/" in resource and action.lower() == "sts:assumerole")


def not_read(layer: Layer, name: str) -> Policy:
    """Stands for a policy whose text is not known: it may allow and deny everything."""
    both = [
        {
            "Sid": sid,
            "Effect": effect,
            "Action": "*",
            "Condition": {"StringEquals": {NOT_READ: name}},
            **({} if layer is Layer.TRUST else {"Resource": "*"}),
            **({"Principal": "*"} if layer.names_principals else {}),
        }
        for sid, effect in (("NotReadAllow", "Allow"), ("NotReadDeny", "Deny"))
    ]
    return read_policy({"Version": "2012-10-17", "Statement": both}, layer, f"{name} (not known)")


def administrator() -> Policy:
    """AWS's AdministratorAccess."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return read_policy({"Version": "2012-10-17", "Statement": [statement]}, Layer.IDENTITY, "AdministratorAccess")


def permission_set_role(name: str, account: str, region: str) -> str:
    """The role that Identity Center makes for a permission set; its last part is only known afterwards."""
    path = "aws-reserved/sso.amazonaws.com" + ("" if region == "us-east-1" else f"/{region}")
    return f"arn:aws:iam::{account}:role/{path}/AWSReservedSSO_{name}_{'0' * 16}"
