"""SNS and SQS: names, protocols, attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from lakewright.policy.statements import Layer
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.iam import read
from lakewright.rehearse.aws.rules.rule import Rule, structure, text

_PROTOCOLS: Mapping[str, str] = {
    "http": r"http://.+",
    "https": r"https://.+",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "email-json": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "sms": r"\+?[\d\s().-]{5,20}",
    "sqs": r"arn:aws[\w-]*:sqs:[\w-]+:\d{12}:.+",
    "application": r"arn:aws[\w-]*:sns:.+",
    "lambda": r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:.+",
    "firehose": r"arn:aws[\w-]*:firehose:.+",
}
_RANGES: Mapping[str, tuple[int, int]] = {
    "VisibilityTimeout": (0, 43_200),
    "MessageRetentionPeriod": (60, 1_209_600),
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1_048_576),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}


def _topic(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "Name")
    fifo = structure(asked.parameters.get("Attributes")).get("FifoTopic") == "true"
    bare = name.removesuffix(".fifo") if fifo else name
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", bare):
        yield "Invalid parameter: Topic Name"
    elif fifo and not name.endswith(".fifo"):
        yield "Invalid parameter: Fifo Topic names must end with .fifo"


def _protocol(asked: Asked, _: Moto) -> Iterator[str]:
    protocol, endpoint = text(asked, "Protocol"), text(asked, "Endpoint")
    if protocol not in _PROTOCOLS:
        yield f"Invalid parameter: Does not support this protocol string: {protocol}"
    elif not re.fullmatch(_PROTOCOLS[protocol], endpoint):
        yield f"Invalid parameter: {protocol} endpoint: {endpoint}"


def _topic_policy(asked: Asked, _: Moto) -> Iterator[str]:
    given = structure(asked.parameters.get("Attributes")).get("Policy")
    if asked.operation == "SetTopicAttributes" and text(asked, "AttributeName") == "Policy":
        given = text(asked, "AttributeValue")
    match read(str(given), Layer.RESOURCE) if given else None:
        case str(problem):
            yield f"Invalid parameter: Policy Error: {problem}"
        case _:
            pass


def _queue(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "QueueName")
    bare = name.removesuffix(".fifo")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", bare) or len(name) > 80:
        yield "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"


def _fifo(asked: Asked, _: Moto) -> Iterator[str]:
    attributes = structure(asked.parameters.get("Attributes"))
    fifo = attributes.get("FifoQueue") == "true"
    if fifo is not text(asked, "QueueName").endswith(".fifo"):
        yield "The name of a FIFO queue must end with the .fifo suffix, and only that of a FIFO queue may."


def _attributes(asked: Asked, _: Moto) -> Iterator[str]:
    for name, value in structure(asked.parameters.get("Attributes")).items():
        least, most = _RANGES.get(name, (0, 0))
        if name in _RANGES and not (str(value).isdigit() and least <= int(value) <= most):
            yield f"Invalid value for the parameter {name}."


def _redrive(asked: Asked, _: Moto) -> Iterator[str]:
    document = structure(asked.parameters.get("Attributes")).get("RedrivePolicy")
    if not document:
        return
    try:
        found = structure(json.loads(document))
    except ValueError:
        yield "Value for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map."
        return
    count = str(found.get("maxReceiveCount", ""))
    if not (count.isdigit() and 1 <= int(count) <= 1000):
        yield (
            f"Value {document} for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount:"
            f" {count}, valid values are from 1 to 1000 both inclusive."
        )
    if not str(found.get("deadLetterTargetArn", "")).startswith("arn:"):
        yield f"Value {document} for parameter RedrivePolicy is invalid. Reason: Invalid value for deadLetterTargetArn."


SNS = (
    Rule("a topic's name", "CreateTopic (Amazon SNS API Reference)", ("CreateTopic",), _topic, "InvalidParameter"),
    Rule(
        "protocols and their endpoints",
        "Subscribe (Amazon SNS API Reference)",
        ("Subscribe",),
        _protocol,
        "InvalidParameter",
    ),
    Rule(
        "a topic's policy",
        "SetTopicAttributes (Amazon SNS API Reference)",
        ("CreateTopic", "SetTopicAttributes"),
        _topic_policy,
        "InvalidParameter",
    ),
)
SQS = (
    Rule("a queue's name", "CreateQueue (Amazon SQS API Reference)", ("CreateQueue",), _queue, "InvalidParameterValue"),
    Rule(
        "FIFO queues end in .fifo",
        "CreateQueue (Amazon SQS API Reference)",
        ("CreateQueue",),
        _fifo,
        "InvalidParameterValue",
    ),
    Rule(
        "ranges of attributes",
        "SetQueueAttributes (Amazon SQS API Reference)",
        ("CreateQueue", "SetQueueAttributes"),
        _attributes,
        "InvalidAttributeValue",
    ),
    Rule(
        "dead letters",
        "SetQueueAttributes (Amazon SQS API Reference)",
        ("CreateQueue", "SetQueueAttributes"),
        _redrive,
        "InvalidParameterValue",
    ),
)
