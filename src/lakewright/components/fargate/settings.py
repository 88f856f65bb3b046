"""What a person may write about tasks, with Fargate's own sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

SIZES: Mapping[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16_384 + 1, 1024),
    4096: range(8192, 30_720 + 1, 1024),
    8192: range(16_384, 61_440 + 1, 4096),
    16_384: range(32_768, 122_880 + 1, 8192),
}
"""CPU units → MiB of memory (Amazon ECS developer guide, "Task CPU and memory" of Fargate tasks)."""

LogDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365]


class Access(Block):
    """What a task's program may read and write in a bucket of `lake_buckets`."""

    bucket: Name = Field(description="Key of the bucket.")
    prefixes: tuple[Text, ...] = Field(default=("",), strict=False, description="Only below these; default all.")


class Task(Block):
    """One task definition."""

    image: Name = Field(description="Key of the repository of `ecr`.")
    tag: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$")] = Field(
        default="1.0.0", description="Tag, or digest, of the image."
    )
    cpu: Literal[256, 512, 1024, 2048, 4096, 8192, 16384] = Field(default=1024, description="CPU units; 1024 is one.")
    memory: int = Field(default=2048, validate_default=True, description="MiB of memory.")
    architecture: Literal["X86_64", "ARM64"] = Field(default="X86_64", description="What the image is built for.")
    command: tuple[Text, ...] = Field(default=(), strict=False, description="Instead of the image's own command.")
    writable: tuple[Annotated[str, Field(pattern="^/[a-zA-Z0-9/._-]+$")], ...] = Field(
        default=("/tmp",),  # noqa: S108 - a folder of the container
        strict=False,
        description="Folders that may be written; the rest of the container cannot be.",
    )
    environment: Mapping[str, Text] = Field(default_factory=dict, description="Environment variables; no secrets.")
    buckets: Mapping[str, Name] = Field(
        default_factory=dict, description="Variable → key of a bucket: it gets the bucket's name."
    )
    secrets: Mapping[str, Text] = Field(
        default_factory=dict, description="Variable → secret of `secrets`, or `secret.part` for one part of it."
    )
    reads: tuple[Access, ...] = Field(default=(), strict=False, description="What it may read.")
    writes: tuple[Access, ...] = Field(default=(), strict=False, description="What it may read, write and delete.")

    @field_validator("memory")
    @classmethod
    def _a_size(cls, memory: int, info: ValidationInfo) -> int:
        sizes = SIZES.get(info.data.get("cpu", 0), ())
        if sizes and memory not in sizes:
            cpu = info.data["cpu"]
            raise problem(
                "LW1340", f"Fargate has no {memory} MiB for {cpu} CPU units", f"{sizes[0]} to {sizes[-1]} MiB"
            )
        return memory


class Service(Block):
    """A task that is kept running."""

    task: Name = Field(description="Key of the task.")
    count: Annotated[int, Field(ge=0, le=1000)] = Field(default=0, description="How many run; none by default.")


class Settings(Block):
    """A cluster with its tasks and services."""

    spot: bool = Field(default=True, description="Run on spare capacity, at about 30 % of the price.")
    insights: bool = Field(default=False, description="Container Insights; its metrics cost extra.")
    security_group: Name = Field(default="app", description="Security group of `networking` that tasks are in.")
    log_days: LogDays = Field(default=30, description="How long logs are kept.")
    tasks: Mapping[Name, Task] = Field(default_factory=dict, description="Task definitions, by name.")
    services: Mapping[Name, Service] = Field(
        default_factory=dict, validate_default=True, description="Services, by name."
    )

    @field_validator("services")
    @classmethod
    def _of_tasks(cls, services: Mapping[str, Service], info: ValidationInfo) -> Mapping[str, Service]:
        tasks = info.data.get("tasks", {})
        for name, service in services.items():
            if service.task not in tasks:
                known = ", ".join(tasks) or "none"
                raise problem("LW1341", f"service {name} runs task {service.task}, which is not declared", known)
        return services
