"""ECS and ECR."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, number, structure, text

_FARGATE: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""CPU units → MiB of memory."""


def _is_fargate(asked: Asked) -> bool:
    return "FARGATE" in items(asked.parameters.get("requiresCompatibilities"))


def _units(value: Any, unit: str) -> int | None:
    """`512`, `.5 vCPU`, `2 GB` in CPU units or MiB; None when it is none."""
    found = re.fullmatch(rf"(\d*\.?\d+)\s*({unit})?", str(value or "").strip(), re.IGNORECASE)
    if found is None:
        return None
    return round(float(found[1]) * 1024) if found[2] else int(float(found[1]))


def _size(asked: Asked, _: Moto) -> Iterator[str]:
    if not _is_fargate(asked):
        return
    cpu, memory = _units(asked.parameters.get("cpu"), "vcpu"), _units(asked.parameters.get("memory"), "gb")
    if cpu is None or memory is None:
        yield "Fargate requires that 'cpu' and 'memory' be defined at the task level."
    elif memory not in _FARGATE.get(cpu, ()):
        yield (
            "No Fargate configuration exists for given values. See the Amazon ECS documentation for the supported"
            f" values: {cpu} CPU units, {memory} MiB."
        )


def _network(asked: Asked, _: Moto) -> Iterator[str]:
    if _is_fargate(asked) and text(asked, "networkMode") != "awsvpc":
        yield "Fargate only supports network mode 'awsvpc'."


def _containers(asked: Asked) -> list[Mapping[str, Any]]:
    return [structure(one) for one in items(asked.parameters.get("containerDefinitions"))]


def _execution_role(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("executionRoleArn") or not _is_fargate(asked):
        return
    for one in _containers(asked):
        if structure(one.get("logConfiguration")).get("logDriver") == "awslogs":
            yield "Fargate requires task definition to have execution role ARN to support log driver awslogs."
        if one.get("secrets"):
            yield "Fargate requires task definition to have execution role ARN to support secrets."
        if ".dkr.ecr." in str(one.get("image")):
            yield "Fargate requires task definition to have execution role ARN to support ECR images."


def _container(asked: Asked, _: Moto) -> Iterator[str]:
    names = [str(one.get("name") or "") for one in _containers(asked)]
    if not names:
        yield "Container list cannot be empty."
    if len(set(names)) < len(names):
        yield "Container names must be unique."
    for one in _containers(asked):
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", str(one.get("name") or "")):
            yield f"Invalid container name: {one.get('name')}"
        if not one.get("image"):
            yield "Container.image should not be null or empty."
    if names and not any(one.get("essential", True) for one in _containers(asked)):
        yield "A task definition must have at least one essential container."


def _memory(asked: Asked, _: Moto) -> Iterator[str]:
    whole = _units(asked.parameters.get("memory"), "gb")
    for one in _containers(asked):
        hard, soft = one.get("memory"), one.get("memoryReservation")
        if hard is None and soft is None and whole is None:
            yield "Invalid setting for container. At least one of 'memory' or 'memoryReservation' must be specified."
        if hard is not None and soft is not None and soft > hard:
            yield "Invalid setting for container: memoryReservation must be less than memory."
        if whole is not None and hard is not None and hard > whole:
            yield "Invalid 'memory' setting for container: it is greater than the task's."


def _ports(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _containers(asked):
        for port in items(one.get("portMappings")):
            inside, outside = structure(port).get("containerPort"), structure(port).get("hostPort")
            if text(asked, "networkMode") == "awsvpc" and outside not in {None, 0, inside}:
                yield "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
            if inside is not None and not 1 <= inside <= 65535:
                yield f"Invalid container port: {inside}"


def _logs(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _containers(asked):
        logs = structure(one.get("logConfiguration"))
        options = structure(logs.get("options"))
        if logs.get("logDriver") == "awslogs" and not {"awslogs-group", "awslogs-region"} <= set(options):
            yield "Log driver awslogs requires options: awslogs-region, awslogs-group."
        if _is_fargate(asked) and logs.get("logDriver") == "awslogs" and "awslogs-stream-prefix" not in options:
            yield "Log driver awslogs requires option awslogs-stream-prefix on Fargate."


def _volumes(asked: Asked, _: Moto) -> Iterator[str]:
    named = {structure(one).get("name") for one in items(asked.parameters.get("volumes"))}
    for one in _containers(asked):
        for mount in items(one.get("mountPoints")):
            if structure(mount).get("sourceVolume") not in named:
                yield f"Unknown volume '{structure(mount).get('sourceVolume')}'."


def _depends(asked: Asked, _: Moto) -> Iterator[str]:
    names = {one.get("name") for one in _containers(asked)}
    for one in _containers(asked):
        for other in items(one.get("dependsOn")):
            if structure(other).get("containerName") not in names - {one.get("name")}:
                yield f"Container dependency '{structure(other).get('containerName')}' is not another container."


def _launch(asked: Asked, _: Moto) -> Iterator[str]:
    strategy = items(asked.parameters.get("capacityProviderStrategy"))
    if strategy and asked.parameters.get("launchType"):
        yield "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
    if len([one for one in strategy if structure(one).get("base", 0)]) > 1:
        yield "Only one capacity provider in a capacity provider strategy can have a base defined."
    if strategy and not any(structure(one).get("weight", 0) or structure(one).get("base", 0) for one in strategy):
        yield "At least one capacity provider in a strategy must have a weight greater than zero."


def _service(asked: Asked, _: Moto) -> Iterator[str]:
    count = number(asked, "desiredCount")
    if count is not None and count < 0:
        yield "desiredCount must not be negative."
    wanted = structure(asked.parameters.get("deploymentConfiguration"))
    most, least = wanted.get("maximumPercent"), wanted.get("minimumHealthyPercent")
    if most is not None and least is not None and most <= least and (most, least) != (100, 0):
        yield "maximumPercent must be greater than minimumHealthyPercent."
    place = structure(structure(asked.parameters.get("networkConfiguration")).get("awsvpcConfiguration"))
    if asked.parameters.get("launchType") == "FARGATE" and not items(place.get("subnets")):
        yield "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    if len(items(place.get("securityGroups"))) > 5 or len(items(place.get("subnets"))) > 16:
        yield "There are 5 security groups and 16 subnets at most."


def _service_name(asked: Asked, _: Moto) -> Iterator[str]:
    for name in ("serviceName", "clusterName", "family"):
        value = text(asked, name)
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", value):
            yield f"{name} must be 1 to 255 letters, numbers, underscores, and hyphens: {value}"


def _repository(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "repositoryName")
    if (
        not re.fullmatch(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*", name)
        or not 2 <= len(name) <= 256
    ):
        yield f"Invalid parameter at 'repositoryName' failed to satisfy constraint: '{name}'"


def lifecycle_faults(document: str) -> Iterator[str]:
    """What is wrong with a lifecycle policy of images."""
    try:
        rules = json.loads(document)["rules"]
    except (ValueError, TypeError, KeyError):
        yield "the policy is a JSON object with rules"
        return
    places = [structure(one).get("rulePriority") for one in items(rules)]
    if not places or len(set(map(str, places))) < len(places):
        yield "each rule needs its own rulePriority"
    for one in items(rules):
        yield from _rule_faults(structure(one), places)


def _rule_faults(rule: Mapping[str, Any], places: list[Any]) -> Iterator[str]:
    place, chosen = rule.get("rulePriority"), structure(rule.get("selection"))
    if not (isinstance(place, int) and place >= 1):
        yield f"rulePriority is a positive number: {place}"
    if structure(rule.get("action")).get("type") != "expire":
        yield "the action's type is expire"
    status, by_prefix, by_pattern = chosen.get("tagStatus"), chosen.get("tagPrefixList"), chosen.get("tagPatternList")
    if status not in {"tagged", "untagged", "any"}:
        yield f"tagStatus is tagged, untagged or any: {status}"
    if status == "tagged" and bool(by_prefix) is bool(by_pattern):
        yield "tagStatus tagged needs tagPrefixList or tagPatternList"
    if status in {"untagged", "any"} and (by_prefix or by_pattern):
        yield f"tagStatus {status} has no tagPrefixList and no tagPatternList"
    if status == "any" and place != max((one for one in places if isinstance(one, int)), default=place):
        yield "a rule for any images has the highest rulePriority"
    kind, unit, count = chosen.get("countType"), chosen.get("countUnit"), chosen.get("countNumber")
    if kind not in {"imageCountMoreThan", "sinceImagePushed"}:
        yield f"countType is imageCountMoreThan or sinceImagePushed: {kind}"
    if kind == "sinceImagePushed" and unit != "days":
        yield "sinceImagePushed needs the countUnit days"
    if kind == "imageCountMoreThan" and unit is not None:
        yield "imageCountMoreThan has no countUnit"
    if not (isinstance(count, int) and count >= 1):
        yield f"countNumber is a positive number: {count}"


def _images(asked: Asked, _: Moto) -> Iterator[str]:
    for problem in lifecycle_faults(text(asked, "lifecyclePolicyText")):
        yield (
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation"
            f" failure: {problem}'"
        )


def _image_key(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("encryptionConfiguration"))
    if wanted.get("encryptionType") == "AES256" and wanted.get("kmsKey"):
        yield "Invalid parameter at 'encryptionConfiguration': a KMS key is only for the encryption type KMS"


_DEFINE = ("RegisterTaskDefinition",)
_SERVICES = ("CreateService", "UpdateService", "RunTask")
_TASK = "Amazon ECS task definition parameters for Fargate"
_BAD = "ClientException"

ECS = (
    Rule("sizes of Fargate tasks", _TASK, _DEFINE, _size, _BAD),
    Rule("Fargate's network mode", _TASK, _DEFINE, _network, _BAD),
    Rule("containers", _TASK, _DEFINE, _container, _BAD),
    Rule("who pulls images and writes logs", "Amazon ECS task execution IAM role", _DEFINE, _execution_role, _BAD),
    Rule("memory of containers", _TASK, _DEFINE, _memory, _BAD),
    Rule("ports of containers", _TASK, _DEFINE, _ports, _BAD),
    Rule("options of logs", "Send Amazon ECS logs to CloudWatch", _DEFINE, _logs, _BAD),
    Rule("mounts of volumes that are there", _TASK, _DEFINE, _volumes, _BAD),
    Rule("containers wait for others", _TASK, _DEFINE, _depends, _BAD),
    Rule(
        "launch type or capacity providers",
        "Amazon ECS clusters for Fargate",
        _SERVICES,
        _launch,
        "InvalidParameterException",
    ),
    Rule(
        "a service's numbers and network",
        "Amazon ECS service definition parameters",
        _SERVICES,
        _service,
        "InvalidParameterException",
    ),
    Rule(
        "names of services, clusters, families",
        "Amazon ECS service definition parameters",
        ("CreateService", "CreateCluster", *_DEFINE),
        _service_name,
        "InvalidParameterException",
    ),
)
ECR = (
    Rule(
        "a repository's name",
        "CreateRepository (Amazon ECR API Reference)",
        ("CreateRepository",),
        _repository,
        "InvalidParameterException",
    ),
    Rule(
        "a lifecycle of images",
        "Lifecycle policy properties in Amazon ECR",
        ("PutLifecyclePolicy",),
        _images,
        "InvalidParameterException",
    ),
    Rule(
        "a key for KMS only",
        "Encryption at rest (Amazon ECR User Guide)",
        ("CreateRepository",),
        _image_key,
        "InvalidParameterException",
    ),
)
