"""KMS: key policies, aliases, deletion, rotation."""

from __future__ import annotations

from collections.abc import Iterator

from lakewright.policy.context import Context
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request
from lakewright.policy.truth import Truth
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.iam import missing_principals, read
from lakewright.rehearse.aws.rules.rule import Rule, number, text

_MOST_POLICY = 32768
_ENCRYPTING = frozenset({"SYMMETRIC_DEFAULT", "SM2"})


def _grammar(asked: Asked, _: Moto) -> Iterator[str]:
    document = text(asked, "Policy")
    if len(document) > _MOST_POLICY:
        yield "The new key policy is too long"
    found = read(document, Layer.RESOURCE) if document else ""
    match found:
        case Policy():
            for statement in found.statements:
                for action in statement.actions:
                    if not (action == "*" or action.lower().startswith("kms:")):
                        yield f"Policy contains an action that is not of KMS: {action}"
        case str() if found:
            yield f"The new key policy is not valid: {found}"
        case _:
            pass


def _locked_out(asked: Asked, _: Moto) -> Iterator[str]:
    """The caller, or its account, must be able to change the policy again."""
    document = text(asked, "Policy")
    if not document or asked.parameters.get("BypassPolicyLockoutSafetyCheck"):
        return
    found = read(document, Layer.RESOURCE)
    match found:
        case Policy() if not _may_change(asked, found):
            yield "The new key policy will not allow you to update the key policy in the future."
        case _:
            pass


def _may_change(asked: Asked, policy: Policy) -> bool:
    who = Caller.root(asked.account)
    if asked.session is not None:
        who = Caller.session(asked.principal, asked.session.name)
    elif not asked.is_root:
        who = Caller.user(asked.principal)
    context = Context.of({"aws:PrincipalAccount": asked.account, "kms:CallerAccount": asked.account}, complete=True)
    request = Request(who, "kms:PutKeyPolicy", "*", context)
    named = any(one.allow and one.applies(request) is Truth.YES for one in policy.statements)
    denied = any(not one.allow and one.applies(request) is Truth.YES for one in policy.statements)
    return named and not denied


def _principals(asked: Asked, moto: Moto) -> Iterator[str]:
    document = text(asked, "Policy")
    found = read(document, Layer.RESOURCE) if document else ""
    match found:
        case Policy():
            for _fault in missing_principals(found, moto):
                yield "Policy contains a statement with one or more invalid principals."
        case _:
            pass


def _alias(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "AliasName")
    if not name.startswith("alias/") or name == "alias/":
        yield 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms'


def _reserved(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "AliasName").startswith("alias/aws/"):
        yield "Alias names that begin with alias/aws/ are reserved for AWS managed keys"


def _waiting(asked: Asked, _: Moto) -> Iterator[str]:
    days = number(asked, "PendingWindowInDays")
    if days is not None and not 7 <= days <= 30:
        yield f"PendingWindowInDays must be between 7 and 30: {int(days)}"


def _period(asked: Asked, _: Moto) -> Iterator[str]:
    days = number(asked, "RotationPeriodInDays")
    if days is not None and not 90 <= days <= 2560:
        yield f"RotationPeriodInDays must be between 90 and 2560: {int(days)}"


def _usage(asked: Asked, _: Moto) -> Iterator[str]:
    spec = text(asked, "KeySpec") or text(asked, "CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    usage = text(asked, "KeyUsage") or "ENCRYPT_DECRYPT"
    if spec == "SYMMETRIC_DEFAULT" and usage != "ENCRYPT_DECRYPT":
        yield f"KeyUsage {usage} is not compatible with KeySpec {spec}"
    elif spec.startswith("HMAC") and usage != "GENERATE_VERIFY_MAC":
        yield f"You must specify a KeyUsage value of GENERATE_VERIFY_MAC for the KeySpec {spec}"
    elif spec.startswith("ECC") and usage not in {"SIGN_VERIFY", "KEY_AGREEMENT"}:
        yield f"KeyUsage {usage} is not compatible with KeySpec {spec}"


def _rotating(asked: Asked, moto: Moto) -> Iterator[str]:
    found = moto.call("kms", "DescribeKey", KeyId=text(asked, "KeyId"))["KeyMetadata"]
    if found.get("KeySpec", "SYMMETRIC_DEFAULT") not in _ENCRYPTING:
        yield "You cannot perform this operation on an asymmetric or HMAC KMS key"


_POLICIES = ("CreateKey", "PutKeyPolicy")
_PAGE = "Creating a key policy"

RULES = (
    Rule("a key policy's grammar", _PAGE, _POLICIES, _grammar, "MalformedPolicyDocumentException"),
    Rule(
        "a key policy that locks out", "Default key policy", _POLICIES, _locked_out, "MalformedPolicyDocumentException"
    ),
    Rule("principals that are there", _PAGE, _POLICIES, _principals, "MalformedPolicyDocumentException"),
    Rule("an alias's name", "CreateAlias (AWS KMS API Reference)", ("CreateAlias",), _alias, "ValidationException"),
    Rule(
        "AWS's own aliases",
        "CreateAlias (AWS KMS API Reference)",
        ("CreateAlias",),
        _reserved,
        "NotAuthorizedException",
    ),
    Rule(
        "7 to 30 days before deletion",
        "ScheduleKeyDeletion (AWS KMS API Reference)",
        ("ScheduleKeyDeletion",),
        _waiting,
        "ValidationException",
    ),
    Rule(
        "90 to 2560 days of rotation",
        "EnableKeyRotation (AWS KMS API Reference)",
        ("EnableKeyRotation",),
        _period,
        "ValidationException",
    ),
    Rule("usage by spec", "CreateKey (AWS KMS API Reference)", ("CreateKey",), _usage, "ValidationException"),
    Rule(
        "only symmetric keys rotate",
        "Rotate AWS KMS keys",
        ("EnableKeyRotation",),
        _rotating,
        "UnsupportedOperationException",
    ),
)
