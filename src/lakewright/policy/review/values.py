"""Values that a key never has, and tests that contradict each other: conditions that always or never match."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches

from lakewright.policy.conditions import NULL, Quantifier, Test
from lakewright.policy.review.finding import Finding
from lakewright.policy.review.global_keys import of_a_provider
from lakewright.policy.review.scope import Scope, glob

_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"([a-z]{2}|eusc)(-[a-z]+)+-\d")
_REGIONS = frozenset(
    f"{area}-{number}"
    for area, most in {
        "af-south": 1, "ap-east": 2, "ap-northeast": 3, "ap-south": 2, "ap-southeast": 7, "ca-central": 1,
        "ca-west": 1, "cn-north": 1, "cn-northwest": 1, "eu-central": 2, "eu-north": 1, "eu-south": 2, "eu-west": 3,
        "il-central": 1, "me-central": 1, "me-south": 1, "me-west": 1, "mx-central": 1, "sa-east": 1, "sa-west": 1,
        "us-east": 2, "us-gov-east": 1, "us-gov-west": 1, "us-iso-east": 1, "us-iso-west": 1, "us-isob-east": 1,
        "us-isob-west": 1, "eu-isoe-west": 1, "us-isof-east": 1, "us-isof-south": 1, "us-west": 2, "eusc-de-east": 1,
    }.items()
    for number in range(1, most + 1)
)  # fmt: skip
"""AWS's regions in November 2026, as the AWS SDK (botocore 1.44.5, `partitions.json`) has them."""
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "aws:principalaccount": (_ACCOUNT, "twelve digits"),
    "aws:resourceaccount": (_ACCOUNT, "twelve digits"),
    "aws:sourceaccount": (_ACCOUNT, "twelve digits"),
    "s3:resourceaccount": (_ACCOUNT, "twelve digits"),
    "kms:calleraccount": (_ACCOUNT, "twelve digits"),
    "aws:requestedregion": (_REGION, "a region: eu-central-1"),
    "aws:principalorgid": (re.compile(r"o-[a-z0-9]{10,32}"), "o-…"),
    "aws:resourceorgid": (re.compile(r"o-[a-z0-9]{10,32}"), "o-…"),
    "aws:sourceorgid": (re.compile(r"o-[a-z0-9]{10,32}"), "o-…"),
    "aws:principaltype": (re.compile("Account|User|FederatedUser|AssumedRole|Anonymous"), "User, AssumedRole, …"),
    "ec2:metadatahttptokens": (re.compile("required|optional"), "required or optional"),
    "ec2:instancetype": (re.compile(r"[a-z0-9-]+\.[a-z0-9-]+"), "family.size: t3.micro"),
    "s3:x-amz-server-side-encryption": (re.compile("AES256|aws:(kms|kms:dsse|fsx|backup)"), "AES256 or aws:kms"),
    "iam:passedtoservice": (re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?"), "glue.amazonaws.com"),
    "kms:viaservice": (re.compile(r"[a-z0-9-]+\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"), "s3.REGION.amazonaws.com"),
}
"""Key → what its values look like, and how to say so (pages of the keys in IAM's and the services' guides)."""

_SAMPLES = {
    "aws:requestedregion": ("eu-central-1", "us-east-1", "us-gov-west-1", "ap-northeast-1", "ap-southeast-2"),
}


def value_findings(scope: Scope) -> Iterator[Finding]:
    for test in scope.statement.tests:
        if of_a_provider(test.key):
            continue
        yield from _sets(scope, test)
        yield from _literal_wildcards(scope, test)
        yield from _forms(scope, test)
    yield from _contradictions(scope)


def _sets(scope: Scope, test: Test) -> Iterator[Finding]:
    many = scope.type_of(test.key).startswith("ArrayOf")
    known = bool(scope.type_of(test.key))
    if known and not many and test.quantifier is not Quantifier.SINGLE:
        absent = "met" if test.quantifier is Quantifier.ALL else "not met"
        fact = f"{test.written}: the key has one value; with a set operator the test is {absent} when it is missing"
        yield Finding("LW1037", scope.place, fact, f"{test.operator.name} without {test.quantifier.value}")
    elif many and test.quantifier is Quantifier.SINGLE and test.operator is not NULL:
        fact = f"{test.written}: the key has several values, and none of the set operators says how many must agree"
        yield Finding("LW1037", scope.place, fact, "ForAnyValue: or ForAllValues:", sure=False)
    elif many and test.quantifier is Quantifier.ANY and test.operator.negated:
        fact = f"{test.written} is met as soon as one of the values is another"
        yield Finding("LW1037", scope.place, fact, "ForAllValues: for none of them", sure=False)


def _literal_wildcards(scope: Scope, test: Test) -> Iterator[Finding]:
    """`StringEquals` compares `*` as a character."""
    if not test.operator.name.startswith("String") or test.operator.wild:
        return
    narrow = scope.type_of(test.key).removeprefix("ArrayOf") == "ARN" or test.key.lower() in _FORMS
    for value in test.values:
        plain = re.sub(r"\$\{[^}]*\}", "", value)
        if "*" in plain or "?" in plain:
            like = test.operator.name.replace("EqualsIgnoreCase", "Like").replace("Equals", "Like")
            fact = f"{test.written} compares the * or ? of {value!r} as a character: {_said(test)}"
            yield Finding("LW1036" if test.operator.negated else "LW1035", scope.place, fact, like, sure=narrow)


def _forms(scope: Scope, test: Test) -> Iterator[Finding]:
    """Values that the key never has."""
    form, hint = _FORMS.get(test.key.lower(), (None, ""))
    if form is None or not test.operator.name.startswith("String"):
        return
    for value in test.values:
        if "${" in value or (not test.operator.wild and ("*" in value or "?" in value)):
            continue
        if test.operator.wild and ("*" in value or "?" in value):
            samples = _SAMPLES.get(test.key.lower())
            wrong = samples is not None and not any(_like_a_region(value, sample) for sample in samples)
        else:
            wrong = not form.fullmatch(value)
            if test.key.lower() == "aws:requestedregion" and _REGION.fullmatch(value) and value not in _REGIONS:
                close = get_close_matches(value, sorted(_REGIONS), n=1)
                fact = f"{test.key}: AWS has no region {value!r}"
                yield Finding("LW1035", scope.place, fact, f'did you mean "{close[0]}"?' if close else hint)
        if wrong:
            code = "LW1036" if test.operator.negated else "LW1035"
            yield Finding(code, scope.place, f"{test.key} is never {value!r}: {_said(test)}", hint)


def _like_a_region(pattern: str, sample: str) -> bool:
    """Whether the pattern could mean a region: its letters up to the first wildcard begin one, or it matches one."""
    start = re.split(r"[*?]", pattern)[0]
    return bool(glob(pattern).fullmatch(sample)) or bool(re.fullmatch(r"[a-z]{0,2}|[a-z]{2}-[a-z-]*\d?", start))


def _said(test: Test) -> str:
    return "it is always met" if test.operator.negated else "it is never met"


def _contradictions(scope: Scope) -> Iterator[Finding]:
    """Tests on one key that no value meets together."""
    by_key: dict[str, list[Test]] = {}
    for test in scope.statement.tests:
        if test.quantifier is Quantifier.SINGLE:
            by_key.setdefault(test.key.lower(), []).append(test)
    for tests in by_key.values():
        if len(tests) > 1 and (why := _contradiction(tests)):
            yield Finding("LW1035", scope.place, f"{tests[0].key}: {why}: the statement never applies")


def _contradiction(tests: list[Test]) -> str:
    named = {test.operator.name: test for test in tests}
    wanted = named.get("StringEquals")
    if wanted is not None and not any("${" in value for value in wanted.values):
        left = [value for value in wanted.values if not _excluded(value, named)]
        if not left:
            return "what StringEquals asks for, another test excludes"
    null = named.get("Null")
    if null is not None and "true" in null.values and any(_needs_value(test) for test in tests if test is not null):
        return "it must be missing and have a value"
    low = [Decimal(value) for name in ("NumericGreaterThan", "NumericGreaterThanEquals") for value in _of(named, name)]
    high = [Decimal(value) for name in ("NumericLessThan", "NumericLessThanEquals") for value in _of(named, name)]
    if low and high and min(low) > max(high):
        return f"more than {min(low)} and less than {max(high)}"
    return ""


def _of(named: dict[str, Test], name: str) -> tuple[str, ...]:
    return named[name].values if name in named else ()


def _needs_value(test: Test) -> bool:
    return test.operator is not NULL and not test.if_exists and not test.operator.negated


def _excluded(value: str, named: dict[str, Test]) -> bool:
    unequal, unlike, like = named.get("StringNotEquals"), named.get("StringNotLike"), named.get("StringLike")
    if unequal is not None and value in unequal.values:
        return True
    if unlike is not None and any("${" not in one and glob(one).fullmatch(value) for one in unlike.values):
        return True
    return like is not None and not any("${" in one or glob(one).fullmatch(value) for one in like.values)
