"""Secrets Manager and SSM parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.policy.statements import Layer
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.iam import read
from lakewright.rehearse.aws.rules.rule import Rule, number, structure, text
from lakewright.rehearse.aws.rules.schedules import fault as schedule_fault


def _name(asked: Asked, _: Moto) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9/_+=.@!-]+", text(asked, "Name")):
        yield (
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
        )


def _one_value(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("SecretString") is not None and asked.parameters.get("SecretBinary") is not None:
        yield "You can't specify both a binary secret value and a string secret value in the same secret."


def _recovery(asked: Asked, _: Moto) -> Iterator[str]:
    days, forced = number(asked, "RecoveryWindowInDays"), asked.parameters.get("ForceDeleteWithoutRecovery")
    if days is not None and forced:
        yield "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    elif days is not None and not 7 <= days <= 30:
        yield "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."


def _rotation(asked: Asked, _: Moto) -> Iterator[str]:
    rules = structure(asked.parameters.get("RotationRules"))
    days, written = rules.get("AutomaticallyAfterDays"), str(rules.get("ScheduleExpression") or "")
    if days is not None and written:
        yield "You can't specify both AutomaticallyAfterDays and ScheduleExpression."
    if days is not None and not 1 <= days <= 1000:
        yield "RotationRules.AutomaticallyAfterDays must be within 1-1000."
    if written and schedule_fault(written):
        yield f"RotationRules.ScheduleExpression is not valid: {schedule_fault(written)}"


def _policy(asked: Asked, _: Moto) -> Iterator[str]:
    match read(text(asked, "ResourcePolicy"), Layer.RESOURCE):
        case str(problem):
            yield f"This resource policy contains invalid Json or is not a policy: {problem}"
        case _:
            pass


def _random(asked: Asked, _: Moto) -> Iterator[str]:
    excluded = [
        asked.parameters.get(name)
        for name in ("ExcludeNumbers", "ExcludePunctuation", "ExcludeUppercase", "ExcludeLowercase")
    ]
    if all(excluded):
        yield "The requested password has no characters left to be made of."


def _parameter_name(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "Name")
    if name.lower().lstrip("/").startswith(("aws", "ssm")):
        yield 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
    if not re.fullmatch(r"[A-Za-z0-9_./-]+", name) or "//" in name:
        yield (
            "Parameter name must be a fully qualified name: only letters, numbers and the following symbols are"
            " allowed: .-_/"
        )
    if "/" in name and not name.startswith("/"):
        yield "Parameter name must be a fully qualified name."
    if name.count("/") > 15:
        yield "A parameter name hierarchy can have a maximum of 15 levels."


def _parameter_value(asked: Asked, _: Moto) -> Iterator[str]:
    value, tier = text(asked, "Value"), text(asked, "Tier") or "Standard"
    most = 4096 if tier == "Standard" else 8192
    if len(value.encode()) > most:
        yield f"{tier} tier parameters support a maximum parameter value of {most} characters."
    if text(asked, "KeyId") and text(asked, "Type") != "SecureString":
        yield "KeyId is only valid for parameters of type SecureString."


def _tags_and_overwrite(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("Overwrite") and asked.parameters.get("Tags"):
        yield "Invalid request: tags and overwrite can't be used together."


_API = "AWS Secrets Manager API Reference"
_PUT = ("PutParameter",)

SECRETS = (
    Rule("a secret's name", f"CreateSecret ({_API})", ("CreateSecret",), _name, "ValidationException"),
    Rule(
        "a text or bytes",
        f"CreateSecret ({_API})",
        ("CreateSecret", "PutSecretValue", "UpdateSecret"),
        _one_value,
        "InvalidParameterException",
    ),
    Rule(
        "7 to 30 days of recovery", f"DeleteSecret ({_API})", ("DeleteSecret",), _recovery, "InvalidParameterException"
    ),
    Rule(
        "when a secret rotates",
        f"RotationRulesType ({_API})",
        ("RotateSecret",),
        _rotation,
        "InvalidParameterException",
    ),
    Rule(
        "a secret's policy",
        f"PutResourcePolicy ({_API})",
        ("PutResourcePolicy",),
        _policy,
        "MalformedPolicyDocumentException",
    ),
    Rule(
        "random passwords are made of something",
        f"GetRandomPassword ({_API})",
        ("GetRandomPassword",),
        _random,
        "InvalidParameterException",
    ),
)
SSM = (
    Rule(
        "a parameter's name",
        "PutParameter (AWS Systems Manager API Reference)",
        _PUT,
        _parameter_name,
        "ValidationException",
    ),
    Rule(
        "a parameter's value",
        "PutParameter (AWS Systems Manager API Reference)",
        _PUT,
        _parameter_value,
        "ValidationException",
    ),
    Rule(
        "tags when it is made",
        "PutParameter (AWS Systems Manager API Reference)",
        _PUT,
        _tags_and_overwrite,
        "ValidationException",
    ),
)
