"""What each statement does, shown: a request that it is about, and beside it requests that just are not.

The requests are made from the statement and the reference; the evaluator decides over all policies that count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lakewright.policy.conditions import NULL, Quantifier, Test
from lakewright.policy.context import Context
from lakewright.policy.iam import Decision, Policies, decide
from lakewright.policy.organization import Node, Organization
from lakewright.policy.patterns import VARIABLE
from lakewright.policy.principals import Caller
from lakewright.policy.reference import Reference
from lakewright.policy.review.scope import glob
from lakewright.policy.statements import Request, Statement
from lakewright.policy.world import Holder, World, administrator

SOMEBODY = "role/somebody"
_TRIED = (
    "ec2:RunInstances",
    "s3:GetObject",
    "glue:GetTable",
    "rds:CreateDBInstance",
    "iam:CreateUser",
    "sts:AssumeRole",
)
_FIELDS = {"Partition": "aws", "BucketName": "bucket", "ObjectName": "object", "KeyId": "key"}


@dataclass(frozen=True)
class Shown:
    """One request and its answer. `where`: policy and level, `about`: the statement's Sid, `what` is tried."""

    where: str
    about: str
    what: str
    request: Request
    decision: Decision
    tests: tuple[Test, ...] = ()

    @property
    def by_itself(self) -> bool:
        """Whether the statement that this is about has decided."""
        decided = self.decision.statement
        return decided is not None and (decided.sid or decided.place) == self.about


@dataclass(frozen=True)
class _Asked:
    """A request in the making: who, as the end of an ARN (`role/x`, `root`), and keys that it has."""

    action: str
    resource: str
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    who: str = SOMEBODY


def control_effects(world: World, facts: Reference) -> Iterator[Shown]:
    """Every statement of each service control policy, tried by an administrator of an account where it is attached."""
    organization = world.organization
    if organization is None:
        return
    for node in organization.nodes.values():
        for policy in node.controls or ():
            for statement in policy.statements:
                if not (statement.always and statement.allow):
                    yield from _tried(world, organization, node, statement, facts)


def _tried(
    world: World, organization: Organization, node: Node, statement: Statement, facts: Reference
) -> Iterator[Shown]:
    account = node.id if node.id.isdigit() else "111122223333"
    tree = organization
    if not node.id.isdigit():  # an account of its own right below: units may be empty
        made = Node(account, "any account", node.id)
        tree = replace(organization, nodes={**organization.nodes, account: made})
    controls = tree.service_controls(account)
    policies = Policies(identity=(administrator(),), service_controls=controls)
    about = statement.sid or statement.place
    for what, asked in _requests(statement, account, world.region, facts):
        request = _request(asked, account)
        yield Shown(organization.said(node), about, what, request, decide(request, policies), statement.tests)


def holder_effects(world: World, holder: Holder, facts: Reference) -> Iterator[Shown]:
    """Every statement of a role's or permission set's policies, tried by it, under its organization's policies."""
    for policy in holder.identity:
        for statement in policy.statements:
            about = statement.sid or statement.place
            for what, asked in _requests(statement, holder.account, world.region, facts):
                request = replace(_request(asked, holder.account), caller=holder.caller())
                policies = world.policies(holder, request.resource, request.action)
                yield Shown(
                    f"{holder.kind} {holder.name}", about, what, request, decide(request, policies), statement.tests
                )


def _request(asked: _Asked, account: str) -> Request:
    arn = f"arn:aws:iam::{account}:{asked.who}"
    caller = Caller.root(account) if asked.who == "root" else Caller.session(arn, "today")
    values: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (arn,),
        "aws:principalaccount": (account,),
        "aws:requestedregion": ("us-east-1",),
    }
    values |= {"aws:securetransport": ("true",), "aws:multifactorauthpresent": ("true",)}
    values |= {"ec2:metadatahttptokens": ("required",), "ec2:encrypted": ("true",), "ec2:instancetype": ("t3.micro",)}
    values |= {key.lower(): texts for key, texts in asked.values.items()}
    return Request(caller, asked.action, asked.resource, Context({k: v for k, v in values.items() if v}, complete=True))


def _requests(statement: Statement, account: str, region: str, facts: Reference) -> Iterator[tuple[str, _Asked]]:
    """A request that meets the statement; then each condition just not met, and what it leaves alone."""
    meant = _meant(statement, account, region, facts)
    if meant is None:
        return
    action, resource, other = meant
    texts = (*statement.resources, *(value for test in statement.tests for value in test.values))
    held = {found[1].lower(): ("x",) for text in texts for found in VARIABLE.finditer(text)}
    asked = _Asked(action, resource, held)
    for test in statement.tests:
        asked = _with(asked, test, met=True)
    yield "as it says", asked
    for test in statement.tests:
        yield f"but {test.written} is not met", _with(asked, test, met=False)
    if other and not any(glob(written).fullmatch(other) for written in statement.resources):
        yield "but on another resource", replace(asked, resource=other)
    exempt = next(iter(_concrete(statement.actions[0], facts)), None) if statement.all_but_actions else None
    if exempt is not None:
        yield f"but of {statement.actions[0]}", replace(asked, action=exempt, resource="*")


def _meant(statement: Statement, account: str, region: str, facts: Reference) -> tuple[str, str, str] | None:
    """An action and a resource that the statement means, on one of its own resources if it names some; and another
    resource of that sort, "" where it names none."""
    fields = {**_FIELDS, "Account": account, "Region": region}
    wanted = () if statement.all_but_resources else statement.resources
    actions = list(_actions(statement, facts))
    for action in actions:
        for form in _forms(action, facts):
            for written in wanted:
                if (found := _filled(written, _sampled(form, fields))) is not None:
                    elsewhere = dict.fromkeys(("BucketName", "ObjectName"), "elsewhere")
                    return action, found, _sampled(form, {**fields, **elsewhere}, "elsewhere")
    for action in actions[:1]:
        forms = _forms(action, facts)
        return action, _sampled(forms[0], fields) if forms else "*", ""
    return None


def _actions(statement: Statement, facts: Reference) -> Iterator[str]:
    if not statement.all_but_actions:
        for pattern in statement.actions:
            yield from _concrete(pattern, facts)
        return
    forms = [glob(pattern.lower()) for pattern in statement.actions]
    yield from (one for one in _TRIED if not any(form.fullmatch(one.lower()) for form in forms))


def _concrete(pattern: str, facts: Reference) -> list[str]:
    """Actions that a pattern means; first those that change something."""
    if pattern == "*":
        return [*_TRIED]
    prefix, _, name = pattern.partition(":")
    service = facts.service(prefix)
    if service is None:
        return []
    form = glob(name.lower())
    found = [one for key, one in service.actions.items() if form.fullmatch(key)]
    found.sort(key=lambda one: (one.level in ("List", "Read", "Tagging"), len(one.name)))
    return [f"{prefix}:{one.name}" for one in found]


def _forms(action: str, facts: Reference) -> list[str]:
    """ARNs with `${Field}` of the resources that an action is about, those that it always needs first."""
    service, known = facts.service(action.partition(":")[0]), facts.action(action)
    if service is None or known is None:
        return []
    taken = sorted(known.resources, key=lambda one: not one.needed)
    return [service.resources[one.type] for one in taken if one.type in service.resources]


def _sampled(form: str, fields: Mapping[str, str], rest: str = "x") -> str:
    return re.sub(r"\$\{(\w+)\}", lambda one: fields.get(one[1], rest), form)


def _filled(written: str, sample: str) -> str | None:
    """A resource that both the statement's text and the sample's form mean; None when there is none."""
    if written == "*" or glob(written).fullmatch(sample):
        return sample
    there, here = written.split(":", 5), sample.split(":", 5)
    if len(there) != 6 or there[2] != here[2] or ("/" in here[5] and "/" not in there[5]):
        return None
    parts = [
        other if "*" in one and ":" not in one and one == "*" else one for one, other in zip(there, here, strict=True)
    ]
    return re.sub(r"\$\{[^}]*\}", "x", ":".join(parts)).replace("*", "x").replace("?", "x")


def _with(asked: _Asked, test: Test, *, met: bool) -> _Asked:
    """The request with a value of the key that meets the test, or does not."""
    key, wanted = test.key.lower(), met is not test.operator.negated
    if test.operator is NULL:
        missing = ("true" in test.values) is met
        return replace(asked, values={**asked.values, key: () if missing else ("x",)})
    value = _sample(test, test.values[0]) if wanted else _other(test)
    if key == "aws:principalarn":
        return replace(asked, who=value.split(":", 5)[5] if value.count(":") >= 5 else SOMEBODY)
    several = (value,) if test.quantifier is Quantifier.SINGLE or value else ()
    return replace(asked, values={**asked.values, key: several})


def _sample(test: Test, text: str) -> str:
    text = re.sub(r"\$\{[^}]*\}", "x", text)
    return text.replace("*", "x").replace("?", "x") if test.operator.wild else text


def _other(test: Test) -> str:
    """A value that is none of the test's."""
    kind = test.operator.name
    if kind == "Bool":
        return "false" if "true" in test.values else "true"
    if kind.startswith("Numeric"):
        return "999999999" if "Less" in kind or kind[7:] == "Equals" else "-1"
    if kind.startswith("Date"):
        return "2100-01-01T00:00:00Z" if "Less" in kind else "1990-01-01T00:00:00Z"
    if "Ip" in kind:
        return "198.51.100.7"
    if test.key.lower() == "aws:principalarn":
        return f"arn:aws:iam::000000000000:{SOMEBODY}"
    return {"aws:requestedregion": "ap-east-1", "ec2:instancetype": "z9.huge"}.get(test.key.lower(), "another")
