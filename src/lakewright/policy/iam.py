"""Whether IAM allows a request: Allow, Deny or Unknown, with the statement that decided. Never a false Allow.

Documentation: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic". Where that is
silent, or something about the request is not known, the answer is Unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from lakewright.policy.principals import Kind, Via
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
class Policies:
    """All policies that count for a request.

    `session` is None where the session was given no policies. `service_controls` are the caller's account's, one group
    for each level from the root down: every group must allow. (Leave them out for the management account and for
    service-linked roles.) `resource_controls` are the same of the resource's account.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    resource: ResourcePolicy | None = None
    service_controls: tuple[tuple[Policy, ...], ...] = ()
    resource_controls: tuple[tuple[Policy, ...], ...] = ()

    def all(self) -> Iterator[Policy]:
        yield from self.identity
        yield from (policy for policy in (self.boundary,) if policy)
        yield from self.session or ()
        if self.resource and self.resource.policy:
            yield self.resource.policy
        for group in (*self.service_controls, *self.resource_controls):
            yield from group


@dataclass(frozen=True, slots=True)
class Decision:
    """`layer` and `statement` decided. A Deny without a statement is implicit: nothing of `layer` allows.

    `unknown` are the condition keys whose values would have been needed.
    """

    answer: Answer
    layer: Layer | None = None
    statement: Statement | None = None
    unknown: frozenset[str] = field(default_factory=frozenset)

    @property
    def explicit(self) -> bool:
        return self.answer is Answer.DENY and self.statement is not None


@dataclass(frozen=True, slots=True)
class _Grant:
    """How far something allows, and the statement that does."""

    truth: Truth
    layer: Layer
    statement: Statement | None = None


def decide(request: Request, policies: Policies) -> Decision:
    """The decision over one request. Pure."""
    denial = _denial(request, policies.all())
    if denial is not None and denial[0] is Truth.YES:
        return Decision(Answer.DENY, denial[1].layer, denial[2])
    grants = tuple(_needed(request, policies))
    short = min(grants, key=lambda grant: grant.truth)
    if short.truth is Truth.NO:
        return Decision(Answer.DENY, short.layer)
    if short.truth is Truth.MAYBE:
        return Decision(Answer.UNKNOWN, short.layer, short.statement, _unknown(request, short.statement))
    if denial is not None:
        return Decision(Answer.UNKNOWN, denial[1].layer, denial[2], _unknown(request, denial[2]))
    return Decision(Answer.ALLOW, grants[-1].layer, grants[-1].statement)


def _denial(request: Request, policies: Iterable[Policy]) -> tuple[Truth, Policy, Statement] | None:
    """The denying statement that applies most surely."""
    found = [
        (statement.applies(request), policy, statement)
        for policy in policies
        for statement in policy.statements
        if not statement.allow
    ]
    applying = [one for one in found if one[0] is not Truth.NO]
    return max(applying, key=lambda one: one[0], default=None)


def _needed(request: Request, policies: Policies) -> Iterator[_Grant]:
    """All that must allow; the last is what gives the permission."""
    if request.caller.kind not in {Kind.SERVICE, Kind.ANONYMOUS, Kind.FEDERATED}:
        yield from (_allowing(request, group, Layer.SERVICE_CONTROL) for group in policies.service_controls)
    yield from (_allowing(request, group, Layer.RESOURCE_CONTROL) for group in policies.resource_controls)
    resource = policies.resource
    granted = _granted(request, resource)
    if not request.caller.account:
        yield _best(granted.values(), Layer.RESOURCE)
        return
    own = tuple(_own(request, policies))
    if resource is None or resource.account == request.caller.account:
        yield _same_account(request, policies, granted, own)
        return
    yield from own
    yield _best(granted.values(), resource.policy.layer if resource.policy else Layer.RESOURCE)


def _own(request: Request, policies: Policies) -> Iterator[_Grant]:
    """What the caller's side needs: limits first, the identity's own policies last."""
    yield from _limits(request, policies)
    if request.caller.kind is Kind.ROOT:
        yield _Grant(Truth.YES, Layer.IDENTITY)
    else:
        yield _allowing(request, policies.identity, Layer.IDENTITY)


def _limits(request: Request, policies: Policies) -> Iterator[_Grant]:
    if policies.boundary is not None:
        yield _allowing(request, (policies.boundary,), Layer.BOUNDARY)
    if policies.session is not None:
        yield _allowing(request, policies.session, Layer.SESSION)


def _same_account(request: Request, policies: Policies, granted: dict[Via, _Grant], own: tuple[_Grant, ...]) -> _Grant:
    """Identity or resource policy, the latter in its ways.

    Who is named is allowed whatever limits say; a session whose role is named within them. For everybody (`*`) that is
    documented only together with aws:PrincipalArn: otherwise outside the limits it is not known.
    """
    limits = every(grant.truth for grant in _limits(request, policies))
    exclusive = policies.resource is not None and policies.resource.exclusive
    account = granted[Via.ACCOUNT].truth if exclusive else Truth.YES
    by_identity = min(own, key=lambda grant: grant.truth)
    ways = [_Grant(min(account, by_identity.truth), by_identity.layer, own[-1].statement)]
    if account is Truth.NO or account < by_identity.truth:
        ways = [_Grant(account, granted[Via.ACCOUNT].layer, granted[Via.ACCOUNT].statement)]
    everyone = granted[Via.EVERYONE]
    beyond = everyone.statement is not None and everyone.statement.asks_for_principal_arn
    ways += [
        granted[Via.NAME],
        _Grant(min(granted[Via.ROLE].truth, limits), granted[Via.ROLE].layer, granted[Via.ROLE].statement),
        _Grant(
            min(everyone.truth, Truth.YES if beyond else max(limits, Truth.MAYBE)), everyone.layer, everyone.statement
        ),
    ]
    return max(ways, key=lambda grant: grant.truth)


def _granted(request: Request, resource: ResourcePolicy | None) -> dict[Via, _Grant]:
    """What the resource's policy allows, by the way in which it means the caller."""
    policy = resource.policy if resource is not None else None
    layer = policy.layer if policy is not None else Layer.RESOURCE
    best = {via: _Grant(Truth.NO, layer) for via in Via}
    for statement in policy.statements if policy is not None else ():
        if not statement.allow:
            continue
        truth = statement.applies(request)
        for via in statement.ways(request.caller):
            if truth > best[via].truth:
                best[via] = _Grant(truth, layer, statement)
    return best


def _allowing(request: Request, policies: Iterable[Policy], layer: Layer) -> _Grant:
    """What policies of one layer allow together."""
    grants = (
        _Grant(statement.applies(request), layer, statement)
        for policy in policies
        for statement in policy.statements
        if statement.allow
    )
    return _best(grants, layer)


def _best(grants: Iterable[_Grant], layer: Layer) -> _Grant:
    best = max(grants, key=lambda grant: grant.truth, default=_Grant(Truth.NO, layer))
    return best if best.truth is not Truth.NO else _Grant(Truth.NO, layer)


def _unknown(request: Request, statement: Statement | None) -> frozenset[str]:
    tests = statement.tests if statement is not None else ()
    return frozenset(test.key for test in tests if request.context.look_up(test.key) is None)


def is_allowed(request: Request, policies: Policies) -> bool:
    return decide(request, policies).answer is Answer.ALLOW
