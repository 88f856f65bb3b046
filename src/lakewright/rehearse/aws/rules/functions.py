"""Lambda."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, number, structure, text

_GONE = re.compile(
    r"python(2\.7|3\.[678])|nodejs(4\.3.*|6\.10|8\.10|10\.x|12\.x|14\.x|16\.x|)|dotnetcore.*|dotnet(5\.0|6|7)|ruby2\.[57]|go1\.x|java8"
)
_RESERVED = frozenset(
    [
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    ]
)


def _runtime(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "Runtime")
    if name and _GONE.fullmatch(name):
        yield (
            f"The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions. We"
            " recommend you use a supported runtime while creating or updating functions."
        )


def _kind(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "PackageType") == "Image":
        if text(asked, "Runtime") or text(asked, "Handler"):
            yield "Please don't provide Handler, Runtime or Layer when the intended function PackageType is Image"
        return
    if not text(asked, "Runtime") or not text(asked, "Handler"):
        yield "Runtime and Handler are mandatory parameters for functions created with deployment packages."


def _variables(asked: Asked, _: Moto) -> Iterator[str]:
    given = structure(structure(asked.parameters.get("Environment")).get("Variables"))
    taken = sorted(_RESERVED & set(given))
    if taken:
        yield (
            "Lambda was unable to configure your environment variables because the environment variables you have"
            " provided contains reserved keys that are currently not supported for modification. Reserved keys used in"
            f" this request: {', '.join(taken)}"
        )
    if sum(len(str(key)) + len(str(value)) for key, value in given.items()) > 4096:
        yield (
            "Lambda was unable to configure your environment variables because the environment variables you have"
            " provided exceeded the 4KB limit."
        )


def _layers(asked: Asked, _: Moto) -> Iterator[str]:
    if len(items(asked.parameters.get("Layers"))) > 5:
        yield "A function uses 5 layers at most."


def _network(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("VpcConfig"))
    if bool(items(wanted.get("SubnetIds"))) is not bool(items(wanted.get("SecurityGroupIds"))):
        yield "SubnetIds and SecurityIds must coexist or be both empty list."


def _permission(asked: Asked, _: Moto) -> Iterator[str]:
    who = text(asked, "Principal")
    if who == "*" and not (asked.parameters.get("PrincipalOrgID") or asked.parameters.get("FunctionUrlAuthType")):
        return
    if not re.fullmatch(r"\*|\d{12}|[\w.-]+\.amazonaws\.com(\.cn)?|arn:aws[\w-]*:(iam|sts)::.+", who):
        yield f"The provided principal was invalid. Please check the principal and try again: {who}"


def _reserved(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = number(asked, "ReservedConcurrentExecutions")
    if wanted is not None and wanted > 900:
        yield (
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution"
            " below its minimum value of [100]."
        )


_MAKE = ("CreateFunction", "UpdateFunctionConfiguration")
_BAD = "InvalidParameterValueException"

RULES = (
    Rule("runtimes that are no more", "Lambda runtimes", _MAKE, _runtime, _BAD),
    Rule(
        "a package has runtime and handler",
        "CreateFunction (AWS Lambda API Reference)",
        ("CreateFunction",),
        _kind,
        _BAD,
    ),
    Rule("variables that are Lambda's", "Working with Lambda environment variables", _MAKE, _variables, _BAD),
    Rule("five layers", "Lambda quotas", _MAKE, _layers, _BAD),
    Rule("subnets and groups together", "VpcConfig (AWS Lambda API Reference)", _MAKE, _network, _BAD),
    Rule("who may invoke", "AddPermission (AWS Lambda API Reference)", ("AddPermission",), _permission, _BAD),
    Rule(
        "100 executions are left over",
        "Configuring reserved concurrency for a function",
        ("PutFunctionConcurrency",),
        _reserved,
        _BAD,
    ),
)
