"""May somebody do something? The request as far as it is known from principal, action and resource, and its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakewright.errors import SpecError
from lakewright.policy.context import Context
from lakewright.policy.explain import Step, explain
from lakewright.policy.iam import Answer, Decision, Policies, decide
from lakewright.policy.reference import Reference, key_form, reference
from lakewright.policy.review.global_keys import for_any_action, of_a_provider
from lakewright.policy.statements import Request
from lakewright.policy.world import NOT_READ, Holder, World
from lakewright.spec.layers import did_you_mean

GLOBAL_PREFIXES = frozenset(
    ["account", "budgets", "ce", "cloudfront", "health", "iam", "organizations", "route53", "shield", "support", "waf"]
)
"""Services whose requests carry us-east-1 as aws:RequestedRegion (IAM User Guide, "aws:RequestedRegion")."""


@dataclass(frozen=True)
class Question:
    """An action on a resource (`*` where it has none), with keys of the request that the asker knows."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Replied:
    """The answer for one holder. `person`: who uses it, if a person was asked about."""

    holder: Holder
    person: str
    request: Request
    policies: Policies
    decision: Decision

    @property
    def allowed(self) -> bool:
        return self.decision.answer is Answer.ALLOW

    def steps(self) -> tuple[Step, ...]:
        return explain(self.request, self.policies)

    @property
    def because(self) -> str:
        """One line: the layer, the level and the statement that decided."""
        decision = self.decision
        layer = decision.layer.value if decision.layer is not None else "policy"
        where = f"{layer} at {decision.level}" if decision.level else layer
        if decision.statement is None:
            return f"no {where} allows it"
        if decision.answer is not Answer.UNKNOWN:
            return f"{where}: {decision.statement.written}"
        if NOT_READ in decision.unknown:
            return f"{where}: {decision.statement.place} is known only after apply"
        keys = " ".join(f"--context {key}=…" for key in sorted(decision.unknown))
        return f"{where}: {decision.statement.written} depends on {keys or 'what AWS does not document'}"


def checked(action: str, resource: str, context: Mapping[str, Sequence[str]], facts: Reference) -> Question:
    """Raises SpecError LW1043 for what is no action, or an ARN that is none."""
    prefix, _, name = action.partition(":")
    service = facts.service(prefix)
    if service is None:
        hint = did_you_mean(prefix, facts.prefixes, "service:Action")
        raise SpecError("LW1043", f"IAM knows no service `{prefix}`", hint=hint)
    known = service.actions.get(name.lower())
    if known is None:
        names = [one.name for one in service.actions.values()]
        raise SpecError("LW1043", f"{action} is no action of {service.name}", hint=did_you_mean(name, names, ""))
    if resource != "*" and resource.count(":") < 5:
        forms = [service.resources[taken.type] for taken in known.resources if taken.type in service.resources]
        hint = forms[-1].replace("${Partition}", "aws") if forms else "*"
        raise SpecError("LW1043", f"{resource} is no ARN", hint=hint)
    if not known.resources:
        resource = "*"
    return Question(f"{service.prefix}:{known.name}", resource, context)


def ask(world: World, holder: Holder, question: Question, person: str = "", facts: Reference | None = None) -> Replied:
    """Decides for one holder."""
    policies = world.policies(holder, question.resource, question.action)
    context = _context(world, holder, question, person, policies, facts or reference())
    request = Request(holder.caller(person), question.action, question.resource, context)
    return Replied(holder, person, request, policies, decide(request, policies))


def ask_all(world: World, question: Question, holders: Iterable[tuple[Holder, str]]) -> tuple[Replied, ...]:
    """Decides for several, in their order."""
    return tuple(ask(world, holder, question, person) for holder, person in holders)


def _context(
    world: World, holder: Holder, question: Question, person: str, policies: Policies, facts: Reference
) -> Context:
    tags = {**holder.tags, **world.person_tags.get(person, {})}
    values = {key.lower(): tuple(texts) for key, texts in _values(world, holder, question, tags)}
    given = {key.lower(): tuple(texts) for key, texts in question.context.items()}
    absent = {"aws:calledvia*", "aws:principalservicename*", "aws:federatedprovider"}
    absent |= {"aws:username"} if holder.kind != "user" else {"aws:tokenissuetime"}
    if person or holder.kind != "permission set":
        absent.add("aws:principaltag/*")
    absent |= {key for key in _keys(policies, question) if _never(facts, question.action, key)}
    return Context({**values, **given}, frozenset(absent))


def _values(
    world: World, holder: Holder, question: Question, tags: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What follows from who asks and for what; directly, over TLS."""
    segments = question.resource.split(":", 5)
    prefix = question.action.partition(":")[0]
    here = segments[3] if len(segments) == 6 and segments[3] not in ("", "*") else world.region
    yield "aws:PrincipalArn", (holder.arn,)
    yield "aws:PrincipalAccount", (holder.account,)
    yield "aws:PrincipalType", ("User" if holder.kind == "user" else "AssumedRole",)
    yield "aws:RequestedRegion", ("us-east-1" if prefix in GLOBAL_PREFIXES else here,)
    for key, value in (("SecureTransport", "true"), ("ViaAWSService", "false"), ("PrincipalIsAWSService", "false")):
        yield f"aws:{key}", (value,)
    if holder.kind == "user":
        yield "aws:username", (holder.name,)
    for tag, value in tags.items():
        yield f"aws:PrincipalTag/{tag}", (value,)
    attached = world.attached(holder.account, question.resource, question.action)
    owner = attached.account if attached is not None else segments[4] if len(segments) == 6 else ""
    if owner and "*" not in owner:
        yield "aws:ResourceAccount", (owner,)
    organization = world.organization
    if organization is not None and organization.id and holder.account in organization.nodes:
        yield "aws:PrincipalOrgID", (organization.id,)


def _keys(policies: Policies, question: Question) -> Iterator[str]:
    """Condition keys of the statements that name the action."""
    groups = (policies.identity, (policies.boundary,), policies.session or ())
    attached = (policies.resource.policy,) if policies.resource is not None else ()
    levels = (level.policies for level in (*policies.service_controls, *policies.resource_controls))
    for group in (*groups, attached, *levels):
        for policy in group:
            for statement in (one for found in policy.about(question.action) for one in found) if policy else ():
                yield from (test.key.lower() for test in statement.tests)


def _never(facts: Reference, action: str, key: str) -> bool:
    """Whether requests for the action never have a key, by the Service Authorization Reference."""
    if for_any_action(key) or of_a_provider(key) or key == NOT_READ.lower():
        return False
    service, known = facts.service(action.partition(":")[0]), facts.action(action)
    if service is None or known is None:
        return False
    return not any(key_form(written).fullmatch(key) for written in service.keys_of(known))
