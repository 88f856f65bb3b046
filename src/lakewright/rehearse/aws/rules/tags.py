"""Tags, in whatever form a service takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.rehearse.aws.authorisation.needs import tags_of
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, structure

_MOST = 50


def _all(asked: Asked) -> dict[str, str]:
    values, _ = tags_of({**asked.parameters, **structure(asked.parameters.get("Tagging"))})
    tagset = items(structure(asked.parameters.get("Tagging")).get("TagSet"))
    found = {str(structure(one).get("Key")): str(structure(one).get("Value")) for one in tagset}
    prefix = "aws:RequestTag/"
    return found | {key.removeprefix(prefix): str(value) for key, value in values.items() if key.startswith(prefix)}


def _reserved(asked: Asked, _: Moto) -> Iterator[str]:
    for key in _all(asked):
        if key.lower().startswith("aws:"):
            yield f"Tag keys starting with 'aws:' are reserved for internal use: {key}"


def _lengths(asked: Asked, _: Moto) -> Iterator[str]:
    found = _all(asked)
    for key, value in found.items():
        if not 1 <= len(key) <= 128:
            yield f"Tag keys have 1 to 128 characters: {key[:40]}"
        if len(value) > 256:
            yield f"Tag values have 256 characters at most: {key}"
    if len(found) > _MOST:
        yield f"A resource has {_MOST} tags at most"


CODES: Mapping[str, str] = {
    "athena": "InvalidRequestException",
    "dms": "InvalidParameterValueException",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidTagParameterException",
    "ecs": "InvalidParameterException",
    "glue": "InvalidInputException",
    "iam": "InvalidInput",
    "kms": "TagException",
    "lambda": "InvalidParameterValueException",
    "logs": "InvalidParameterException",
    "rds": "InvalidParameterValue",
    "s3": "InvalidTag",
    "secretsmanager": "InvalidParameterException",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
}


def tag_rules(operations: tuple[str, ...], code: str) -> tuple[Rule, ...]:
    """The rules on tags for one service."""
    source = "Best practices for tagging AWS resources (naming limits and requirements)"
    return (
        Rule("AWS's own tags", source, operations, _reserved, code),
        Rule("lengths and number of tags", source, operations, _lengths, code),
    )
