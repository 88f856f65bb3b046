"""IAM: policy documents, principals, sizes and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.components.databricks import LOG_DELIVERY, UNITY_CATALOG
from lakewright.errors import Mistakes, SpecError
from lakewright.policy.documents import read_policy
from lakewright.policy.statements import Layer, Policy
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.prefixes import PREFIXES
from lakewright.rehearse.aws.rules.rule import Rule, items, structure, text

_MOST_INLINE = {"PutRolePolicy": ("role", 10240), "PutUserPolicy": ("user", 2048), "PutGroupPolicy": ("group", 5120)}
_MOST_MANAGED = 6144
_MOST_TRUST = 2048
_MOST_ATTACHED = 10
PUBLISHED = frozenset({UNITY_CATALOG, LOG_DELIVERY})
"""Roles of other companies' accounts, of which their documentation says that they are there."""
_PRINCIPAL = re.compile(r"arn:aws:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)")


def read(document: str, layer: Layer) -> Policy | str:
    """The policy, or what is wrong with it."""
    try:
        return read_policy(document, layer, "policy")
    except SpecError as problem:
        first = problem.mistakes[0] if isinstance(problem, Mistakes) else problem
        return f"{first.place}: {first.fact}".removeprefix("policy: ")


def _document(asked: Asked, layer: Layer, name: str) -> Iterator[str]:
    document = text(asked, name)
    if not document:
        return
    found = read(document, layer)
    match found:
        case str():
            yield f"Syntax errors in policy. {found}"
        case _:
            yield from unknown_prefixes(found)


def unknown_prefixes(policy: Policy) -> Iterator[str]:
    """Actions of services that there are not."""
    for statement in policy.statements:
        for action in statement.actions:
            prefix = action.partition(":")[0].lower()
            if action != "*" and not re.search(r"[*?]", prefix) and prefix not in PREFIXES:
                yield f"Action vendor {prefix} is not valid."


def _identity(asked: Asked, _: Moto) -> Iterator[str]:
    return _document(asked, Layer.IDENTITY, "PolicyDocument")


def _trust(asked: Asked, _: Moto) -> Iterator[str]:
    name = "AssumeRolePolicyDocument" if "AssumeRolePolicyDocument" in asked.parameters else "PolicyDocument"
    yield from _document(asked, Layer.TRUST, name)
    found = read(text(asked, name), Layer.TRUST)
    match found:
        case Policy():
            for statement in found.statements:
                for action in statement.actions:
                    if not action.lower().startswith(("sts:", "*")):
                        yield "AssumeRole policy may only specify STS AssumeRole actions."
        case _:
            pass


def missing_principals(policy: Policy, moto: Moto) -> Iterator[str]:
    """Users and roles that a policy names and that are not in their account."""
    for statement in policy.statements:
        for name in sorted(statement.principals.aws) if statement.principals is not None else ():
            found = _PRINCIPAL.fullmatch(name)
            if found is None or name in PUBLISHED:
                continue
            kind = found[2].capitalize()
            try:
                there = moto.within(found[1]).call("iam", f"Get{kind}", **{f"{kind}Name": found[3]})[kind]["Arn"]
            except Fault:
                there = ""
            if there != name:
                yield f'Invalid principal in policy: "AWS":"{name}"'


def _principals(asked: Asked, moto: Moto) -> Iterator[str]:
    name = "AssumeRolePolicyDocument" if "AssumeRolePolicyDocument" in asked.parameters else "PolicyDocument"
    found = read(text(asked, name), Layer.TRUST)
    match found:
        case Policy():
            yield from missing_principals(found, moto)
        case _:
            pass


def _size(document: str) -> int:
    """Without white space, which IAM does not count."""
    return len(re.sub(r"\s", "", document))


def _inline_size(asked: Asked, moto: Moto) -> Iterator[str]:
    kind, most = _MOST_INLINE[asked.operation]
    owner = text(asked, f"{kind.capitalize()}Name")
    if _size(text(asked, "PolicyDocument")) + _others(asked, moto, kind.capitalize(), owner) > most:
        yield f"Maximum policy size of {most} bytes exceeded for {kind} {owner}"


def _others(asked: Asked, moto: Moto, kind: str, owner: str) -> int:
    """Size of the other inline policies."""
    who = {f"{kind}Name": owner}
    total = 0
    try:
        for name in moto.call("iam", f"List{kind}Policies", **who)["PolicyNames"]:
            if name != text(asked, "PolicyName"):
                total += _size(str(moto.call("iam", f"Get{kind}Policy", **who, PolicyName=name)["PolicyDocument"]))
    except Fault:
        return 0
    return total


def _managed_size(asked: Asked, _: Moto) -> Iterator[str]:
    if _size(text(asked, "PolicyDocument")) > _MOST_MANAGED:
        yield f"Cannot exceed quota for PolicySize: {_MOST_MANAGED}"


def _trust_size(asked: Asked, _: Moto) -> Iterator[str]:
    name = "AssumeRolePolicyDocument" if "AssumeRolePolicyDocument" in asked.parameters else "PolicyDocument"
    if _size(text(asked, name)) > _MOST_TRUST:
        yield f"Cannot exceed quota for ACLSizePerRole: {_MOST_TRUST}"


def _attached(asked: Asked, moto: Moto) -> Iterator[str]:
    kind = asked.operation.removeprefix("Attach").removesuffix("Policy")
    who = {f"{kind}Name": text(asked, f"{kind}Name")}
    try:
        there = [one["PolicyArn"] for one in moto.call("iam", f"ListAttached{kind}Policies", **who)["AttachedPolicies"]]
    except Fault:
        return
    if text(asked, "PolicyArn") not in there and len(there) >= _MOST_ATTACHED:
        yield f"Cannot exceed quota for PoliciesPer{kind}: {_MOST_ATTACHED}"


def _keys(asked: Asked, moto: Moto) -> Iterator[str]:
    try:
        there = moto.call("iam", "ListAccessKeys", UserName=text(asked, "UserName"))["AccessKeyMetadata"]
    except Fault:
        return
    if len(there) >= 2:
        yield "Cannot exceed quota for AccessKeysPerUser: 2"


def _profile(asked: Asked, moto: Moto) -> Iterator[str]:
    try:
        there = moto.call("iam", "GetInstanceProfile", InstanceProfileName=text(asked, "InstanceProfileName"))
    except Fault:
        return
    if there["InstanceProfile"]["Roles"]:
        yield "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"


def _provider(asked: Asked, _: Moto) -> Iterator[str]:
    if not text(asked, "Url").startswith("https://"):
        yield "Invalid Open ID Connect Provider URL"


def _boundary(asked: Asked, moto: Moto) -> Iterator[str]:
    arn = text(asked, "PermissionsBoundary")
    if not arn:
        return
    try:
        moto.call("iam", "GetPolicy", PolicyArn=arn)
    except Fault:
        yield f"Scope ARN: {arn} does not exist or is not attachable."


def _password_length(asked: Asked, _: Moto) -> Iterator[str]:
    days = asked.parameters.get("MaxPasswordAge")
    if days is not None and not 0 <= days <= 1095:
        yield f"Value '{days}' at 'maxPasswordAge' failed to satisfy constraint"


def _managers(asked: Asked, _: Moto) -> Iterator[str]:
    for name in items(asked.parameters.get("ThumbprintList")):
        if not re.fullmatch(r"[0-9A-Fa-f]{40}", str(name)):
            yield "Thumbprint must be 40 hexadecimal characters"


def _session(asked: Asked, _: Moto) -> Iterator[str]:
    return _document(asked, Layer.SESSION, "Policy")


def _session_tags(asked: Asked, _: Moto) -> Iterator[str]:
    keys = [str(one.get("Key", "")).lower() for one in map(structure, items(asked.parameters.get("Tags")))]
    if len(set(keys)) < len(keys):
        yield "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    if any(key.startswith("aws:") for key in keys):
        yield "Tag keys that begin with aws: are reserved"


_GRAMMAR, _LIMITS = "Grammar of the IAM JSON policy language", "IAM and AWS STS quotas"
_ROLES = ("CreateRole", "UpdateAssumeRolePolicy")

RULES = (
    Rule(
        "a policy's grammar and services",
        _GRAMMAR,
        ("CreatePolicy", "CreatePolicyVersion", *_MOST_INLINE),
        _identity,
        "MalformedPolicyDocument",
    ),
    Rule("a trust policy's grammar", _GRAMMAR, _ROLES, _trust, "MalformedPolicyDocument"),
    Rule(
        "principals that are there",
        "AWS JSON policy elements: Principal",
        _ROLES,
        _principals,
        "MalformedPolicyDocument",
    ),
    Rule("size of inline policies", _LIMITS, tuple(_MOST_INLINE), _inline_size, "LimitExceeded", 409),
    Rule(
        "size of managed policies",
        _LIMITS,
        ("CreatePolicy", "CreatePolicyVersion"),
        _managed_size,
        "LimitExceeded",
        409,
    ),
    Rule("size of trust policies", _LIMITS, _ROLES, _trust_size, "LimitExceeded", 409),
    Rule(
        "ten managed policies",
        _LIMITS,
        ("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy"),
        _attached,
        "LimitExceeded",
        409,
    ),
    Rule("two access keys of a user", _LIMITS, ("CreateAccessKey",), _keys, "LimitExceeded", 409),
    Rule("one role in an instance profile", _LIMITS, ("AddRoleToInstanceProfile",), _profile, "LimitExceeded", 409),
    Rule(
        "an OIDC provider's address",
        "CreateOpenIDConnectProvider (IAM API Reference)",
        ("CreateOpenIDConnectProvider",),
        _provider,
        "InvalidInput",
    ),
    Rule(
        "an OIDC provider's thumbprints",
        "CreateOpenIDConnectProvider (IAM API Reference)",
        ("CreateOpenIDConnectProvider",),
        _managers,
        "InvalidInput",
    ),
    Rule(
        "a boundary that is there",
        "Permissions boundaries for IAM entities",
        ("CreateRole", "PutRolePermissionsBoundary"),
        _boundary,
        "NoSuchEntity",
        404,
    ),
    Rule(
        "passwords last three years at most",
        "UpdateAccountPasswordPolicy (IAM API Reference)",
        ("UpdateAccountPasswordPolicy",),
        _password_length,
        "ValidationError",
    ),
)

STS = (
    Rule(
        "a session policy's grammar",
        "AssumeRole (AWS STS API Reference)",
        ("AssumeRole", "AssumeRoleWithWebIdentity"),
        _session,
        "MalformedPolicyDocument",
    ),
    Rule("session tags", "Pass session tags in AWS STS", ("AssumeRole",), _session_tags, "InvalidParameterValue"),
)
