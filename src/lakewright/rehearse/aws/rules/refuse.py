"""The gate: refuses what AWS refuses, with AWS's errors."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Gate, Moto
from lakewright.rehearse.aws.moto.state import service_model
from lakewright.rehearse.aws.rules.registry import RULES
from lakewright.rehearse.aws.rules.shapes import Violation, violations

VALIDATION: Mapping[str, tuple[str, str]] = {
    "athena": ("InvalidRequestException", ""),
    "budgets": ("ValidationException", ""),
    "cloudtrail": ("InvalidParameterException", ""),
    "cloudwatch": ("ValidationError", "MissingParameter"),
    "dms": ("InvalidParameterValueException", ""),
    "ec2": ("InvalidParameterValue", "MissingParameter"),
    "ecr": ("InvalidParameterException", ""),
    "ecs": ("InvalidParameterException", ""),
    "elbv2": ("ValidationError", "MissingParameter"),
    "iam": ("ValidationError", ""),
    "lakeformation": ("InvalidInputException", ""),
    "logs": ("InvalidParameterException", ""),
    "network-firewall": ("InvalidRequestException", ""),
    "ram": ("InvalidParameterException", ""),
    "rds": ("InvalidParameterValue", "MissingParameter"),
    "s3": ("MalformedXML", ""),
    "sns": ("InvalidParameter", ""),
    "sqs": ("InvalidParameterValue", "MissingParameter"),
    "sts": ("ValidationError", ""),
}
"""Errors for what the model forbids, and for what is missing where that is another."""

_OTHERS = ("ValidationException", "")
_XML = "The XML you provided was not well-formed or did not validate against our published schema"


def refusing(moto: Moto) -> Gate:
    """Refuses what the models or the rules forbid. Raises Fault."""

    def gate(asked: Asked) -> None:
        found = _by_model(asked)
        if found:
            raise _fault(asked, found)
        here = moto.within(asked.account, asked.region)
        for rule in RULES.get(asked.service, ()):
            if asked.operation in rule.operations:
                for message in rule.look(asked, here):
                    raise Fault(rule.code, message, rule.status)

    return gate


def _by_model(asked: Asked) -> tuple[Violation, ...]:
    if asked.service == "s3" and not _is_s3_configuration(asked):
        return ()
    model = service_model(asked.service)
    if asked.operation not in model.operation_names:
        return ()
    return violations(model.operation_model(asked.operation).input_shape, asked.parameters)


def _is_s3_configuration(asked: Asked) -> bool:
    """S3 tells little of what is wrong, and objects' requests are checked where they are served."""
    return asked.operation.startswith("Put") and (
        "Bucket" in asked.operation[3:] or asked.operation == "PutPublicAccessBlock"
    )


def _fault(asked: Asked, found: tuple[Violation, ...]) -> Fault:
    code, missing = VALIDATION.get(asked.service, _OTHERS)
    if asked.service == "s3":
        return Fault(code, _XML)
    if asked.service in {"ec2", "rds"}:
        first = found[0]
        name = first.path[:1].upper() + first.path[1:]
        if first.missing:
            return Fault("MissingParameter", f"The request must contain the parameter {name}")
        return Fault(code, f"Value ({first.value}) for parameter {first.path} is invalid. {first.fact}")
    if missing and all(one.missing for one in found):
        code = missing
    errors = "error" if len(found) == 1 else "errors"
    return Fault(code, f"{len(found)} validation {errors} detected: {'; '.join(one.text for one in found)}")
