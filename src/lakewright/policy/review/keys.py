"""Condition keys: that somebody has them, that the actions do, that the operator fits their type."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.policy.conditions import NULL, Quantifier, Test
from lakewright.policy.reference import key_form
from lakewright.policy.review.finding import Finding, Kind
from lakewright.policy.review.global_keys import GLOBAL_KEYS, for_any_action, of_a_provider
from lakewright.policy.review.overlap import overlap
from lakewright.policy.review.scope import Scope, knows
from lakewright.spec.layers import did_you_mean

_VARIABLE = re.compile(r"\$\{([^},*?$][^},]*)[^}]*\}")
_FAMILIES = ("String", "Numeric", "Date", "Bool", "Binary", "Ip", "NotIp", "Arn")
_FITTING = {
    "String": frozenset({"String", "Arn"}),
    "ARN": frozenset({"String", "Arn"}),
    "Bool": frozenset({"Bool"}),
    "Numeric": frozenset({"Numeric"}),
    "Date": frozenset({"Date", "Numeric"}),
    "IPAddress": frozenset({"Ip"}),
    "Binary": frozenset({"Binary"}),
}


def key_findings(scope: Scope) -> Iterator[Finding]:
    for test in scope.statement.tests:
        if of_a_provider(test.key) and scope.kind is not Kind.SERVICE_CONTROL:
            continue
        kind = scope.type_of(test.key)
        if not kind:
            hint = did_you_mean(test.key.lower(), GLOBAL_KEYS, f"keys as of {scope.reference.taken}")
            fact = f"no service knows the condition key {test.key}: {_effect(scope, test)}"
            yield Finding("LW1033", scope.place, fact, hint)
            continue
        yield from _mismatch(scope, test, kind)
        if not for_any_action(test.key):
            yield from _without_key(scope, test)
    yield from _variables(scope)


def _mismatch(scope: Scope, test: Test, kind: str) -> Iterator[Finding]:
    plain = kind.removeprefix("ArrayOf")
    if test.operator is NULL or plain not in _FITTING:
        return
    family = next(one for one in _FAMILIES if test.operator.name.startswith(one)).removeprefix("Not")
    if family not in _FITTING[plain]:
        fact = f"{test.written}: the key is of type {plain}, the operator compares {family}"
        yield Finding("LW1034", scope.place, fact, f"{sorted(_FITTING[plain])[-1]}… operators")


def _without_key(scope: Scope, test: Test) -> Iterator[Finding]:
    """Actions whose requests never have the key."""
    if scope.statement.all_but_actions:
        return
    for pattern, meant in scope.meant.items():
        if meant and not any(knows(service, action, test.key) for service, action in meant):
            fact = f"a request for {pattern} never has {test.key}: {_effect(scope, test)} {pattern}"
            yield Finding("LW1033", scope.place, fact, _tag_hint(scope, test), sure=_sure(scope, test))
        elif met_without(test) and not scope.statement.allow and test.operator is not NULL:
            yield from _without_key_on(scope, test, pattern)


def _without_key_on(scope: Scope, test: Test, pattern: str) -> Iterator[Finding]:
    """A denial for want of a key that one of the resources which a request always names never has."""
    statement = scope.statement
    if statement.all_but_resources or not statement.resources or len(scope.meant[pattern]) > 1:
        return
    service, action = scope.meant[pattern][0]
    if any(key_form(written).fullmatch(test.key) for written in action.keys):
        return
    lacking = [
        taken.type
        for taken in action.resources
        if taken.needed
        and not any(key_form(written).fullmatch(test.key) for written in service.keys_on(taken))
        and any(overlap(resource, service.resources[taken.type]) for resource in statement.resources)
    ]
    if lacking:
        fact = f"{pattern} is asked for {', '.join(lacking)} too, which never have {test.key}: this always denies it"
        having = next(taken.type for taken in action.resources if taken.type not in lacking)
        hint = f"resources: [{service.resources[having].replace('${Partition}', 'aws')}] only"
        yield Finding("LW1033", scope.place, fact, hint)


def _tag_hint(scope: Scope, test: Test) -> str:
    if test.key.lower().startswith("aws:requesttag/") and scope.covers("s3:PutObject"):
        state = any("state" in resource for resource in scope.statement.resources)
        locked = "; Terraform could not write its own state" if state and not scope.statement.allow else ""
        return f"objects' tags are s3:RequestObjectTag/…{locked}"
    return "a statement of its own for the actions that have the key"


def _sure(scope: Scope, test: Test) -> bool:
    """A permission that reaches fewer actions than it names is a doubt, and `…IfExists` is meant for both sorts."""
    if not scope.statement.allow:
        return True
    some = any(knows(service, action, test.key) for meant in scope.meant.values() for service, action in meant)
    return not test.if_exists and (met_without(test) or not some)


def met_without(test: Test) -> bool:
    """Whether a request without the key meets the test."""
    if test.operator is NULL:
        return "true" in {value.lower() for value in test.values}
    match test.quantifier:
        case Quantifier.ALL:
            return True
        case Quantifier.ANY:
            return False
        case Quantifier.SINGLE:
            return test.if_exists or test.operator.negated


def _effect(scope: Scope, test: Test) -> str:
    verb = "allow" if scope.statement.allow else "den"
    if not met_without(test):
        return f"this never {verb}{'s' if scope.statement.allow else 'ies'}"
    others = " as far as this condition goes" if len(scope.statement.tests) > 1 else ""
    return f"this always {verb}{'s' if scope.statement.allow else 'ies'}{others}"


def _variables(scope: Scope) -> Iterator[Finding]:
    """Policy variables that nobody has, or that the sessions of this kind do not."""
    texts = [*scope.statement.resources, *(value for test in scope.statement.tests for value in test.values)]
    names = {found[1].strip() for text in texts if scope.statement.variables for found in _VARIABLE.finditer(text)}
    names |= {test.key for test in scope.statement.tests if test.key.lower() == "aws:username"}
    for name in sorted(names):
        if name.lower() == "aws:username" and scope.kind is Kind.PERMISSION_SET:
            fact = "aws:username does not exist for sessions of Identity Center: the statement never applies as meant"
            yield Finding("LW1040", scope.place, fact, "${aws:PrincipalTag/…} from an attribute, or ${aws:userid}")
        elif not scope.type_of(name) and not of_a_provider(name):
            yield Finding("LW1033", scope.place, f"no service knows ${{{name}}}", "a condition key, such as aws:userid")
