"""Policies as values, and whether a statement applies to a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lakewright.policy.conditions import Test, holds
from lakewright.policy.context import Context
from lakewright.policy.patterns import Unfilled, action_matches, any_of, arn_matches, filled, parsed
from lakewright.policy.principals import Caller, Principals, Via
from lakewright.policy.truth import Truth, every, known


class Layer(Enum):
    """Where a policy is attached, in the words of AWS's error messages."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"

    @property
    def names_principals(self) -> bool:
        return self in {Layer.RESOURCE, Layer.TRUST, Layer.RESOURCE_CONTROL}


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource: `resource` is an ARN, or `*` where an action has no resources."""

    caller: Caller
    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `resources` is empty in trust policies: they mean the role. `place` says where it was written."""

    place: str
    sid: str
    allow: bool
    actions: tuple[str, ...]
    all_but_actions: bool
    resources: tuple[str, ...]
    all_but_resources: bool
    principals: Principals | None
    all_but_principals: bool
    tests: tuple[Test, ...]
    variables: bool

    def applies(self, request: Request) -> Truth:
        """Whether action, resource, principal and conditions are met."""
        return every(self._parts(request))

    def _parts(self, request: Request) -> Iterator[Truth]:
        named = any(action_matches(pattern, request.action) for pattern in self.actions)
        yield known(named is not self.all_but_actions)
        yield self._meets_principal(request.caller)
        yield self._meets_resource(request)
        for test in self.tests:
            yield holds(test, request.context, variables=self.variables, allow=self.allow)

    def _meets_principal(self, caller: Caller) -> Truth:
        if self.principals is None:
            return Truth.YES
        if self.all_but_principals:
            return self.principals.leaves_out(caller, deny=not self.allow).negated()
        return self.principals.means(caller)

    def _meets_resource(self, request: Request) -> Truth:
        if not self.resources:
            return Truth.YES
        forms = [filled(parsed(text, wild=True, variables=self.variables), request.context) for text in self.resources]
        lacking = [form for form in forms if isinstance(form, Unfilled)]
        if self.all_but_resources and lacking:
            return Truth.MAYBE
        found = any_of(
            (arn_matches(form, request.resource) for form in forms if not isinstance(form, Unfilled)),
            lacking,
            allow=self.allow,
        )
        return found.negated() if self.all_but_resources else found

    def ways(self, caller: Caller) -> frozenset[Via]:
        """How its principals mean the caller; an exemption means everybody else."""
        if self.principals is None or self.all_but_principals:
            return frozenset({Via.EVERYONE})
        ways = self.principals.ways(caller)
        return ways or (frozenset({Via.ACCOUNT}) if self.principals.canonical else ways)

    @property
    def asks_for_principal_arn(self) -> bool:
        return any(test.key.lower() == "aws:principalarn" for test in self.tests)

    @property
    def written(self) -> str:
        """Where it stands and its Sid, for people."""
        return f"{self.place} ({self.sid})" if self.sid else self.place


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document: `name` says whose."""

    name: str
    layer: Layer
    statements: tuple[Statement, ...]
