"""Why a request is allowed or denied: every layer, every level of the organization, each with its statement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lakewright.policy.iam import Policies, allowing, bound
from lakewright.policy.principals import Kind
from lakewright.policy.statements import Layer, Policy, Request, Statement
from lakewright.policy.truth import Truth

Effect = Literal["denies", "may deny", "allows", "may allow", "nothing"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one place does with the request. `where` names layer and level, `statement` document, number and Sid."""

    where: str
    effect: Effect
    text: str
    statement: str = ""


def explain(request: Request, policies: Policies) -> tuple[Step, ...]:
    """All that counts, in the order in which IAM looks: the organization first, what gives the permission last."""
    return tuple(_steps(request, policies))


def _steps(request: Request, policies: Policies) -> Iterator[Step]:
    if policies.service_controls and not bound(request.caller):
        yield Step("service control policies", "nothing", f"they do not bind a {request.caller.kind.value}")
    for level in policies.levels(request.caller):
        layer = level.policies[0].layer if level.policies else Layer.SERVICE_CONTROL
        yield from _group(request, level.policies, f"{layer.value} at {level.name}", layer)
    if policies.boundary is not None:
        yield from _group(request, (policies.boundary,), Layer.BOUNDARY.value, Layer.BOUNDARY)
    if policies.session is not None:
        yield from _group(request, policies.session, Layer.SESSION.value, Layer.SESSION)
    yield from _resource(request, policies)
    if request.caller.account and request.caller.kind is not Kind.ROOT:
        yield from _group(request, policies.identity, Layer.IDENTITY.value, Layer.IDENTITY)
        return
    for policy in policies.identity:
        yield from _denials(request, policy, Layer.IDENTITY.value)
    if request.caller.kind is Kind.ROOT:
        yield Step(Layer.IDENTITY.value, "allows", "the root user may do what nothing denies")


def _group(request: Request, policies: tuple[Policy, ...], where: str, layer: Layer) -> Iterator[Step]:
    """The denials among policies that count together, and whether one of them allows."""
    for policy in policies:
        yield from _denials(request, policy, where)
    grant = allowing(request, policies, layer)
    if grant.truth is Truth.NO:
        yield Step(where, "nothing", f"nothing here allows {request.action}")
    elif grant.statement is not None:
        sure = grant.truth is Truth.YES
        text = "" if sure else _why_not_sure(request, grant.statement)
        yield Step(where, "allows" if sure else "may allow", text, grant.statement.written)


def _resource(request: Request, policies: Policies) -> Iterator[Step]:
    resource = policies.resource
    if not request.caller.account and (resource is None or resource.policy is None):
        text = f"only a resource's policy could allow a {request.caller.kind.value}, and there is none"
        yield Step(Layer.RESOURCE.value, "nothing", text)
    if resource is None:
        return
    other = bool(request.caller.account) and resource.account != request.caller.account
    if resource.policy is None:
        if other:
            text = f"the resource is account {resource.account}'s, and has no policy: both sides must allow"
            yield Step(Layer.RESOURCE.value, "nothing", text)
        return
    where = resource.policy.layer.value + (f" of account {resource.account}" if other else "")
    yield from _denials(request, resource.policy, where)
    allowed = False
    for statement in resource.policy.about(request.action)[1]:
        truth = statement.applies_else(request)
        if truth is Truth.NO:
            continue
        allowed = True
        ways = " and ".join(sorted(via.value for via in statement.ways(request.caller)))
        text = f"means the caller by {ways}" if truth is Truth.YES else _why_not_sure(request, statement)
        yield Step(where, "allows" if truth is Truth.YES else "may allow", text, statement.written)
    if not allowed:
        both = ": both sides must allow" if other else ""
        yield Step(where, "nothing", f"nothing here allows the caller {request.action}{both}")


def _denials(request: Request, policy: Policy, where: str) -> Iterator[Step]:
    for statement in policy.about(request.action)[0]:
        truth = statement.applies_else(request)
        if truth is Truth.YES:
            yield Step(where, "denies", _conditions(statement), statement.written)
        elif truth is Truth.MAYBE:
            yield Step(where, "may deny", _why_not_sure(request, statement), statement.written)


def _conditions(statement: Statement) -> str:
    """The conditions that are met, in the policy's words."""
    return "; ".join(f"{test.written} {', '.join(test.values)}" for test in statement.tests)


def _why_not_sure(request: Request, statement: Statement) -> str:
    keys = [*(test.key for test in statement.tests), *statement.variable_keys]
    unknown = [key for key in keys if request.context.look_up(key) is None]
    listed = ", ".join(dict.fromkeys(unknown))
    return f"depends on {listed}: --context {unknown[0]}=…" if unknown else "AWS does not document this case"
