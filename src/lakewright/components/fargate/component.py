"""Decides names, images and rights of tasks; each task gets a role that may reach what it declares and no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lakewright.components.component import Call, Component, Context, Cost, Place, Value
from lakewright.components.ecr.component import repository_arn
from lakewright.components.fargate.settings import Access, Settings, Task
from lakewright.components.lake import bucket_name, kms_statement, policy_text
from lakewright.components.secrets.component import secret_pattern
from lakewright.components.statements import INLINE, Statement, document
from lakewright.components.wheel import wheel, wheel_name

_IMAGE = Path(__file__).parent / "image"
HOURS = 20.0
"""Hours a month that one task of each definition is taken to run, for the estimate."""


def cluster_name(place: Place) -> str:
    """Name of the cluster."""
    return place.name("tasks")


def log_group(place: Place, task: str) -> str:
    """Log group of a task."""
    return f"/ecs/{cluster_name(place)}/{task}"


def execution_policy(context: Context, settings: Settings) -> str:
    """Pull the images that tasks name, write their logs, read their secrets."""
    place = context.place
    images = [repository_arn(place, task.image) for task in settings.tasks.values()]
    logs = [f"{place.arn('logs', f'log-group:{log_group(place, name)}')}:*" for name in settings.tasks]
    secrets = [
        secret_pattern(place, where.partition(".")[0])
        for task in settings.tasks.values()
        for where in task.secrets.values()
    ]
    statements = [
        Statement("Login", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement(
            "Pull", ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), images
        ),
        Statement("Logs", ("logs:CreateLogStream", "logs:PutLogEvents"), logs),
    ]
    if secrets:
        statements.append(Statement("Secrets", ("secretsmanager:GetSecretValue",), secrets))
        statements += kms_statement(context, "SecretsKey", "secretsmanager", write=False)
    return document(*statements, most=INLINE)


def _under(place: Place, accesses: Sequence[Access]) -> list[str]:
    return [
        f"arn:aws:s3:::{place.bucket(access.bucket)}/{prefix.strip('/') + '/' if prefix.strip('/') else ''}*"
        for access in accesses
        for prefix in access.prefixes
    ]


def task_policy(context: Context, task: Task) -> str:
    """Objects of the buckets that the task declares; a task that declares none may ask who it is."""
    place = context.place
    both = (*task.reads, *task.writes)
    if not both:
        return document(Statement("Self", ("sts:GetCallerIdentity",), ("*",)), most=INLINE)
    buckets = [f"arn:aws:s3:::{place.bucket(access.bucket)}" for access in both]
    statements = [
        Statement("Find", ("s3:GetBucketLocation", "s3:ListBucket"), buckets),
        Statement("Read", ("s3:GetObject",), _under(place, both)),
    ]
    if task.writes:
        statements.append(
            Statement(
                "Write", ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"), _under(place, task.writes)
            )
        )
    statements += kms_statement(context, "Key", "s3", write=bool(task.writes))
    return document(*statements, most=INLINE)


def _task(context: Context, name: str, task: Task) -> dict[str, Value]:
    place = context.place
    told: dict[str, Value] = {
        "family": place.name(name),
        "role_name": place.name("task", name),
        "log_group": log_group(place, name),
        "cpu": task.cpu,
        "memory": task.memory,
        "repository_url": context.output("ecr", "repository_urls", task.image),
        "tag": task.tag,
        "policy": policy_text(context, f"{name}-policy.json"),
    }
    if task.writable != Task.model_fields["writable"].default:
        told["writable"] = list(task.writable)
    if task.command:
        told["command"] = list(task.command)
    if task.architecture != "X86_64":
        told["architecture"] = task.architecture
    told["environment"] = {
        "LAKEWRIGHT_ENVIRONMENT": place.environment,
        **{variable: bucket_name(context, key) for variable, key in task.buckets.items()},
        **task.environment,
    }
    if task.secrets:
        told["secrets"] = {variable: _secret(context, where) for variable, where in task.secrets.items()}
    return told


def _secret(context: Context, where: str) -> dict[str, Value]:
    secret, _, part = where.partition(".")
    arn = context.output("secrets", "arns", secret)
    return {"arn": arn, "key": part} if part else {"arn": arn}


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    inputs: dict[str, Value] = {
        "name": cluster_name(place),
        "account": place.account,
        "region": place.region,
        "spot": settings.spot,
        "container_insights": settings.insights,
        "tasks": {name: _task(context, name, task) for name, task in settings.tasks.items()},
        "services": {
            name: {"name": place.name(name), "task": service.task, "desired_count": service.count}
            for name, service in settings.services.items()
        },
        "subnet_ids": context.output("networking", "private_subnet_ids"),
        "security_group_ids": [context.output("networking", "security_group_ids", settings.security_group)],
        "execution_role_name": place.name("task-start"),
        "execution_policy": policy_text(context, "start-policy.json"),
        "log_retention_days": settings.log_days,
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    policies = {f"{name}-policy.json": task_policy(context, task) for name, task in settings.tasks.items()}
    start = {"start-policy.json": execution_policy(context, settings)}
    return Call(inputs=inputs, files={**image(), **policies, **start})


def image() -> dict[str, str | bytes]:
    """What `docker build` needs besides the project: the Dockerfile, what it leaves out, and this package."""
    texts = {name: (_IMAGE / name).read_text(encoding="utf-8") for name in ("Dockerfile", "Dockerfile.dockerignore")}
    return {**texts, wheel_name(): wheel(whole=True)}


def _costs(_context: Context, settings: Settings) -> tuple[Cost, ...]:
    kind = "spot_" if settings.spot else ""
    always = dict.fromkeys(settings.tasks, 0)
    for service in settings.services.values():
        always[service.task] += service.count
    hours = {name: HOURS + 730.0 * count for name, count in always.items()}
    note = f"each task {HOURS:.0f} hours a month, services as many as they have"
    cpu = sum(task.cpu / 1024 * hours[name] for name, task in settings.tasks.items())
    memory = sum(task.memory / 1024 * hours[name] for name, task in settings.tasks.items())
    return (Cost(f"fargate.{kind}vcpu_hour", cpu, note), Cost(f"fargate.{kind}gb_hour", memory, note))


COMPONENT = Component(
    name="fargate",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("cluster_arn", "cluster_name", "task_definition_arns", "task_role_arns", "service_names"),
    costs=_costs,
)
