"""What a person may write about Glue."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from lakewright.components.schedules import Schedule
from lakewright.spec.block import Block
from lakewright.spec.values import Text, problem


class Settings(Block):
    """Catalog, crawlers, jobs and their workflow."""

    schedule: Schedule | None = Field(
        default=None,
        description="When the workflow runs (UTC); `null`: only when it is started. By default hourly where protection "
        "is strict, else every six hours.",
    )
    bronze_schedule: Schedule | None = Field(
        default=None, description="When Bronze is crawled; by default as often. A crawl is billed for ten minutes."
    )
    tables_schedule: Schedule | None = Field(
        default="cron(30 2 * * ? *)",
        description="When Silver and Gold are crawled. Athena sees new rows without; new columns need it.",
    )
    crawl_after: bool = Field(
        default=False, description="Silver and Gold are crawled at the end of each run of the workflow too."
    )
    paused: bool = Field(default=False, description="No schedule is in force.")
    glue_version: Literal["5.0"] = Field(
        default="5.0", description="Glue 5: Python 3.11. Older ones carry Hudi and Delta versions that are too old."
    )
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = Field(default="G.1X", description="Size of a worker.")
    workers: Annotated[int, Field(ge=2, le=299)] = Field(default=5, description="Most workers; auto scaling.")
    timeout: Annotated[int, Field(ge=2, le=2880)] = Field(default=60, description="Longest run, in minutes.")
    retries: Annotated[int, Field(ge=0, le=10)] = Field(default=1, description="How often a failed run is repeated.")
    notify_after: Annotated[int, Field(ge=1)] = Field(
        default=45, validate_default=True, description="Minutes after which a run that goes on is told of."
    )
    packages: tuple[Text, ...] = Field(
        default=(), strict=False, description="Further Python packages of the jobs, `name==version` or s3://….whl."
    )
    private: bool = Field(
        default=False,
        description="Jobs run in the private subnets; packages must then be wheels in the scripts bucket.",
    )
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        default=30, description="How long the jobs' log is kept."
    )

    def workflow_at(self, *, strict: bool) -> str | None:
        """When the workflow runs."""
        if "schedule" in self.model_fields_set:
            return self.schedule
        return "cron(15 * * * ? *)" if strict else "cron(15 0/6 * * ? *)"

    def bronze_at(self, *, strict: bool) -> str | None:
        """When Bronze is crawled."""
        if "bronze_schedule" in self.model_fields_set:
            return self.bronze_schedule
        return "cron(0 * * * ? *)" if strict else "cron(0 0/6 * * ? *)"

    @field_validator("notify_after")
    @classmethod
    def _before_the_end(cls, minutes: int, info: ValidationInfo) -> int:
        timeout = info.data.get("timeout")
        if timeout is not None and minutes >= timeout:
            raise problem("LW107", "`notify_after` must come before `timeout`", f"notify_after: {timeout * 3 // 4}")
        return minutes
