"""What a person may write about a lake of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from lakewright.components.schedules import Schedule
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

SCRIPTS = ("data_processing", "data_quality")
DatabaseName = Annotated[str, Field(pattern="^[a-z0-9_]{1,255}$")]


class Folder(Block):
    """A bucket of `lake_buckets`, or a folder in it."""

    bucket: Name = Field(description="Key of the bucket.")
    prefix: Annotated[str, Field(pattern=r"^([\w.=-]+/)*$")] = Field(default="", description="Folder, `raw/`.")


class Crawler(Folder):
    """Keeps the catalog's tables as the files are."""

    database: Name = Field(description="Key of the database.")
    tables: Annotated[str, Field(pattern="^[a-z0-9_]*$")] = Field(
        default="", description="What the names of its tables begin with, where crawlers share a database."
    )
    level: Annotated[int, Field(ge=2, le=20)] = Field(
        default=2, description="How deep tables lie, as Glue counts: the bucket is 1."
    )
    schedule: Schedule | None = Field(default=None, description="When, `cron(…)`, UTC; default: when it is started.")


Bound = float | int | None
Range = Annotated[tuple[Bound, Bound], Field(strict=False)]


class Rules(Block):
    """What rows of a dataset must fulfil."""

    key: tuple[Name, ...] = Field(default=(), strict=False, description="Columns that name a row, once in a file.")
    required: tuple[Name, ...] = Field(default=(), strict=False, description="Columns that are never null.")
    ranges: Mapping[Name, Range] = Field(
        default_factory=dict, description="Column: lowest and highest value, `null` for no limit."
    )
    at_least: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.95, description="Share of rows that must pass; below it the file is not published and the job fails."
    )


class Job(Block):
    """A script that reads some folders and writes others."""

    script: Literal["data_processing", "data_quality"] = Field(description="Which of this component's scripts.")
    reads: Folder = Field(description="What it reads.")
    writes: Folder = Field(description="What it writes.")
    reports: Folder | None = Field(default=None, description="Where reports go.")
    rules: Mapping[Name, Rules] = Field(
        default_factory=dict, description="For data_quality: what rows of a dataset must fulfil."
    )
    arguments: Mapping[str, Text] = Field(default_factory=dict, description="Further arguments, by name.")
    workers: Annotated[int, Field(ge=2, le=299)] = Field(default=2, description="Workers of G.1X; Glue's least is 2.")
    timeout: Annotated[int, Field(ge=1, le=10_080)] = Field(default=60, description="Minutes.")
    retries: Annotated[int, Field(ge=0, le=10)] = Field(default=1, description="How often it is tried again.")
    after: tuple[Name, ...] = Field(default=(), strict=False, description="Jobs that come first.")


class Settings(Block):
    """Databases, crawlers and jobs."""

    databases: Mapping[DatabaseName, Folder | Name] = Field(
        default_factory=dict, description="Databases by name: the bucket, or a folder in it, where their tables lie."
    )
    crawlers: Mapping[Name, Crawler] = Field(
        default_factory=dict, validate_default=True, description="Crawlers, by name."
    )
    jobs: Mapping[Name, Job] = Field(default_factory=dict, validate_default=True, description="Jobs, by name.")
    scripts: Name = Field(default="scripts", description="Key of the bucket for jobs' scripts and temporary files.")
    schedule: Schedule | None = Field(
        default=None, description="When the workflow starts, `cron(…)`, UTC; default: when somebody starts it."
    )
    paused: bool = Field(default=False, description="Schedules are kept and not in force.")
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        default=30, description="How long the jobs' logs are kept."
    )

    @field_validator("crawlers")
    @classmethod
    def _of_databases(cls, crawlers: Mapping[str, Crawler], info: ValidationInfo) -> Mapping[str, Crawler]:
        known = info.data.get("databases", {})
        for name, crawler in crawlers.items():
            if crawler.database not in known:
                fact = f"crawler {name} fills {crawler.database}, which is no database here"
                raise problem("LW1345", fact, "databases: " + ", ".join(known))
        return crawlers

    @field_validator("jobs")
    @classmethod
    def _after_others(cls, jobs: Mapping[str, Job]) -> Mapping[str, Job]:
        for name, job in jobs.items():
            if unknown := [other for other in job.after if other not in jobs]:
                raise problem("LW1345", f"job {name} comes after {unknown[0]}, which is not declared", ", ".join(jobs))
            if _comes_after_itself(name, jobs):
                raise problem("LW1346", f"job {name} waits for itself", "remove it from one `after`")
        return jobs


def _comes_after_itself(name: str, jobs: Mapping[str, Job]) -> bool:
    seen: set[str] = set()
    waiting = list(jobs[name].after)
    while waiting:
        other = waiting.pop()
        if other == name:
            return True
        if other in jobs and other not in seen:
            seen.add(other)
            waiting += jobs[other].after
    return False
