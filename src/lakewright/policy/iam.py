"""Whether IAM allows a request: Allow, Deny or Unknown, with the statement that decided. Never a false Allow.

Documentation: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; AWS Organizations
User Guide, "SCP evaluation" and "Resource control policies". Where that is silent, or something about the request is
not known, the answer is Unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from lakewright.policy.principals import Caller, Kind, Via
from lakewright.policy.statements import Layer, Policy, Request, Statement
from lakewright.policy.truth import Truth, every


class Answer(Enum):
    ALLOW = "Allow"
    DENY = "Deny"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """What is attached to the resource asked for.

    `account` owns the resource. `policy` is None where the resource has none. `exclusive`: nothing is allowed that it
    does not allow, directly or by naming the account (KMS keys, trust policies of roles).
    """

    account: str
    policy: Policy | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """What an organization attaches to one of its nodes: the root, a unit, or an account. One of them must allow."""

    name: str
    policies: tuple[Policy, ...]


KEPT_PLANS = 1024


class Plan(NamedTuple):
    """What counts for one action: the denying statements with layer and level, and of each level that does not allow
    the action whatever else is asked, the allowing ones."""

    denials: tuple[tuple[Statement, Layer, str], ...]
    levels: tuple[tuple[tuple[Statement, ...], Layer, str], ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies that count for a request.

    `session` is None where the session was given no policies. `service_controls` are the caller's account's, from the
    root down: every level must allow (the management account has none). `resource_controls` are the same of the
    resource's account.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    resource: ResourcePolicy | None = None
    service_controls: tuple[Level, ...] = ()
    resource_controls: tuple[Level, ...] = ()
    _plans: dict[tuple[str, bool, bool], Plan] = field(default_factory=dict, init=False, compare=False, repr=False)

    def plan(self, action: str, caller: Caller) -> Plan:
        """The statements that count for an action of such a caller; remembered."""
        key = action, bound(caller), service_linked(caller)
        found = self._plans.get(key)
        if found is None:
            found = _planned(self, action, caller)
            if len(self._plans) < KEPT_PLANS:
                self._plans[key] = found
        return found

    def counting(self, caller: Caller) -> Iterator[tuple[Policy, str]]:
        """Each policy whose denials bind the caller, with the level of the organization that it is attached to."""
        for policy in self.identity:
            yield policy, ""
        if self.boundary is not None:
            yield self.boundary, ""
        for policy in self.session or ():
            yield policy, ""
        if self.resource is not None and self.resource.policy is not None:
            yield self.resource.policy, ""
        for level in self.levels(caller):
            for policy in level.policies:
                yield policy, level.name

    def levels(self, caller: Caller) -> tuple[Level, ...]:
        """The levels that bind the caller. Service-linked roles are bound by none, AWS's services by no SCP."""
        if service_linked(caller):
            return ()
        return (*(self.service_controls if bound(caller) else ()), *self.resource_controls)


def bound(caller: Caller) -> bool:
    """Whether service control policies of its account bind a caller: its users, roles and root user."""
    kind = caller.kind
    return (kind is Kind.SESSION or kind is Kind.USER or kind is Kind.ROOT) and not service_linked(caller)


def service_linked(caller: Caller) -> bool:
    """Whether the caller is a session of a service-linked role."""
    return ":role/aws-service-role/" in caller.role


@dataclass(frozen=True, slots=True)
class Decision:
    """`layer` and `statement` decided. A Deny without a statement is implicit: nothing of `layer` allows.

    `unknown` are the condition keys whose values would have been needed. `level` names the node of the organization.
    """

    answer: Answer
    layer: Layer | None = None
    statement: Statement | None = None
    unknown: frozenset[str] = field(default_factory=frozenset)
    level: str = ""

    @property
    def explicit(self) -> bool:
        return self.answer is Answer.DENY and self.statement is not None


class Grant(NamedTuple):
    """How far something allows, and the statement that does."""

    truth: Truth
    layer: Layer
    statement: Statement | None = None
    level: str = ""


def decide(request: Request, policies: Policies) -> Decision:
    """The decision over one request. Pure."""
    plan = policies.plan(request.action, request.caller)
    denial: Grant | None = None
    for statement, layer, level in plan.denials:
        truth = statement.applies_else(request)
        if truth is Truth.YES:
            return Decision(Answer.DENY, layer, statement, level=level)
        if truth is Truth.MAYBE and denial is None:
            denial = Grant(truth, layer, statement, level)
    doubt: Grant | None = None
    last: Grant | None = None
    for grant in _needed(request, policies, plan):
        if grant.truth is Truth.NO:
            return Decision(Answer.DENY, grant.layer, level=grant.level)
        if grant.truth is Truth.MAYBE and doubt is None:
            doubt = grant
        last = grant
    doubtful = doubt or denial
    if doubtful is not None or last is None:
        return _not_known(request, doubtful or Grant(Truth.MAYBE, Layer.IDENTITY))
    return Decision(Answer.ALLOW, last.layer, last.statement)


def _not_known(request: Request, doubtful: Grant) -> Decision:
    keys = _unknown(request, doubtful.statement)
    return Decision(Answer.UNKNOWN, doubtful.layer, doubtful.statement, keys, doubtful.level)


def _truth(grant: Grant) -> Truth:
    return grant.truth


def _planned(policies: Policies, action: str, caller: Caller) -> Plan:
    denials = [
        (statement, policy.layer, level)
        for policy, level in policies.counting(caller)
        for statement in policy.about(action)[0]
    ]
    levels = []
    for level in policies.levels(caller):
        layer = level.policies[0].layer if level.policies else Layer.SERVICE_CONTROL
        allowing_ones = tuple(one for policy in level.policies for one in policy.about(action)[1])
        if not any(one.always for one in allowing_ones):
            levels.append((allowing_ones, layer, level.name))
    return Plan(tuple(denials), tuple(levels))


def _needed(request: Request, policies: Policies, plan: Plan) -> Iterator[Grant]:
    """All that must allow; the last is what gives the permission."""
    for statements, layer, level in plan.levels:
        yield best_of(request, statements, layer, level)
    resource = policies.resource
    if not request.caller.account:
        yield _best(_granted(request, resource).values(), Layer.RESOURCE)
        return
    own = tuple(_own(request, policies))
    if resource is None or resource.account == request.caller.account:
        yield _same_account(request, resource, own)
        return
    yield from own
    granted = _granted(request, resource)
    yield _best(granted.values(), resource.policy.layer if resource.policy else Layer.RESOURCE)


def _own(request: Request, policies: Policies) -> Iterator[Grant]:
    """What the caller's side needs: limits first, the identity's own policies last."""
    yield from _limits(request, policies)
    if request.caller.kind is Kind.ROOT:
        yield Grant(Truth.YES, Layer.IDENTITY)
    else:
        yield allowing(request, policies.identity, Layer.IDENTITY)


def _limits(request: Request, policies: Policies) -> Iterator[Grant]:
    if policies.boundary is not None:
        yield allowing(request, (policies.boundary,), Layer.BOUNDARY)
    if policies.session is not None:
        yield allowing(request, policies.session, Layer.SESSION)


def _same_account(request: Request, resource: ResourcePolicy | None, own: tuple[Grant, ...]) -> Grant:
    """Identity or resource policy, the latter in its ways.

    Who is named is allowed whatever limits say; a session whose role is named within them. For everybody (`*`) that is
    documented only together with aws:PrincipalArn: otherwise outside the limits it is not known.
    """
    by_identity = min(own, key=_truth) if len(own) > 1 else own[0]
    silent = resource is None or resource.policy is None or not resource.policy.about(request.action)[1]
    if resource is None or (silent and not resource.exclusive):
        return Grant(by_identity.truth, by_identity.layer, own[-1].statement)
    granted = _granted(request, resource)
    limits = every(grant.truth for grant in own[:-1])
    account = granted[Via.ACCOUNT].truth if resource.exclusive else Truth.YES
    ways = [Grant(min(account, by_identity.truth), by_identity.layer, own[-1].statement)]
    if account is Truth.NO or account < by_identity.truth:
        ways = [Grant(account, granted[Via.ACCOUNT].layer, granted[Via.ACCOUNT].statement)]
    everyone = granted[Via.EVERYONE]
    beyond = everyone.statement is not None and everyone.statement.asks_for_principal_arn
    ways += [
        granted[Via.NAME],
        Grant(min(granted[Via.ROLE].truth, limits), granted[Via.ROLE].layer, granted[Via.ROLE].statement),
        Grant(
            min(everyone.truth, Truth.YES if beyond else max(limits, Truth.MAYBE)), everyone.layer, everyone.statement
        ),
    ]
    return max(ways, key=_truth)


def _granted(request: Request, resource: ResourcePolicy | None) -> dict[Via, Grant]:
    """What the resource's policy allows, by the way in which it means the caller."""
    policy = resource.policy if resource is not None else None
    layer = policy.layer if policy is not None else Layer.RESOURCE
    best = {via: Grant(Truth.NO, layer) for via in Via}
    for statement in policy.about(request.action)[1] if policy is not None else ():
        truth = statement.applies_else(request)
        for via in statement.ways(request.caller):
            if truth > best[via].truth:
                best[via] = Grant(truth, layer, statement)
    return best


def allowing(request: Request, policies: Iterable[Policy], layer: Layer, level: str = "") -> Grant:
    """What policies of one layer, or of one level, allow together."""
    return best_of(request, (one for policy in policies for one in policy.about(request.action)[1]), layer, level)


def best_of(request: Request, statements: Iterable[Statement], layer: Layer, level: str = "") -> Grant:
    """What allowing statements that name the action allow together."""
    doubtful: Statement | None = None
    for statement in statements:
        truth = statement.applies_else(request)
        if truth is Truth.YES:
            return Grant(truth, layer, statement, level)
        if truth is Truth.MAYBE and doubtful is None:
            doubtful = statement
    if doubtful is not None:
        return Grant(Truth.MAYBE, layer, doubtful, level)
    return Grant(Truth.NO, layer, None, level)


def _best(grants: Iterable[Grant], layer: Layer) -> Grant:
    best = max(grants, key=_truth, default=Grant(Truth.NO, layer))
    return best if best.truth is not Truth.NO else Grant(Truth.NO, layer)


def _unknown(request: Request, statement: Statement | None) -> frozenset[str]:
    """The keys and variables of a statement that have no known value."""
    if statement is None:
        return frozenset()
    keys = [*(test.key for test in statement.tests), *statement.variable_keys]
    return frozenset(key for key in keys if request.context.look_up(key) is None)


def is_allowed(request: Request, policies: Policies) -> bool:
    return decide(request, policies).answer is Answer.ALLOW
