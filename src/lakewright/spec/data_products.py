"""Data products: what a team makes of its data, as one Databricks bundle each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

CRON_FIELDS = (6, 7)
"""Seconds, minutes, hours, day of month, month, day of week, and if wanted the year (Quartz, "Cron Trigger")."""
_FIELD = re.compile(r"[0-9A-Z*?,/#LW-]+", re.IGNORECASE)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) not in CRON_FIELDS or not all(_FIELD.fullmatch(one) for one in fields):
        raise problem("LW107", f'"{text}" is no Quartz expression of six or seven fields', '"0 0 6 * * ?": at six')
    if (fields[3] == "?") == (fields[5] == "?"):
        raise problem("LW107", f'"{text}": one of day of month and day of week must be ?', '"0 0 6 * * ?": every day')
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise problem("LW107", f'there is no time zone "{text}"', "a name of the IANA list: UTC, Europe/Zurich")
    return text


def _mail(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise problem("LW107", f'"{text}" is no e-mail address', "data-team@example.com")
    return text


class Schedule(Block):
    """When a data product's job runs, in targets for production. In development nothing runs by itself."""

    cron: Annotated[Text, AfterValidator(_cron)] = Field(
        description='Quartz expression: seconds, minutes, hours, day, month, weekday: `"0 0 6 * * ?"`.'
    )
    timezone: Annotated[Text, AfterValidator(_zone)] = Field(default="UTC", description="IANA name of the time zone.")


class Dbt(Block):
    """A dbt project that belongs to a data product; it runs after the product's own models."""

    project: Text = Field(description="Folder with dbt_project.yml, in the project or its blueprint.")
    commands: Annotated[tuple[Text, ...], Field(min_length=1, max_length=10)] = Field(
        default=("dbt build",), strict=False, description="What is run, in order."
    )
    adapter: Text = Field(default="dbt-databricks>=1.10,<2", description="The package that is installed for it.")
    layer: Name = Field(default="gold", description="The layer in whose schema its models are, unless they say others.")


class ProductTarget(Block):
    """A workspace that a data product is deployed to."""

    mode: Literal["development", "production"] | None = Field(
        default=None,
        description="`development`: names get the person's prefix, schedules are off. `production`: it runs as "
        "`run_as`, by schedule. By default, kinds of workspaces that come `after` another are for production.",
    )
    catalog: Name | None = Field(default=None, description="Where its tables are; by default the unit's catalog.")
    schemas: Mapping[Name, Name] = Field(
        default_factory=dict, description="Layer → schema where the two differ: `{bronze: raw_data, gold: sandbox}`."
    )
    host: Annotated[Text, Field(pattern=r"^https://[^/\s]+$")] | None = Field(
        default=None, description="The workspace's address; without it that of the profile with which it is deployed."
    )


class DataProduct(Block):
    """A bundle: a job of this platform's models, of a dbt project, or of both."""

    description: Text = Field(default="", description="What it is.")
    owner: Text = Field(default="", description="Who answers for it; by default its unit's owner, or that of the file.")
    unit: Name | None = Field(default=None, description="The unit whose it is; none on a platform without units.")
    models: Text | None = Field(default=None, description="Folder of SQL models, in the project or its blueprint.")
    dbt: Dbt | None = Field(default=None, description="A dbt project.")
    targets: Mapping[Name, ProductTarget] = Field(
        default_factory=dict,
        description="Where it is deployed, by name. With a unit these are its workspaces, and need not be written.",
    )
    run_as: Text | None = Field(
        default=None,
        description="The service principal as which it runs in production: its key or name in `databricks_account`.",
    )
    schedule: Schedule | None = Field(default=None, description="When it runs; without, when somebody starts it.")
    alerts: tuple[Annotated[Text, AfterValidator(_mail)], ...] = Field(
        default=(), strict=False, description="Who is written to when a run fails in production."
    )
    sample: Text | None = Field(
        default=None,
        description="SQL file that makes its input in rehearsals; `{bronze}` stands for that layer's schema.",
    )
    policy: Name = Field(default="jobs", description="The cluster policy of `databricks_compute` that it runs under.")
    warehouse: Name = Field(default="sql", description="The SQL warehouse of `databricks_compute` that dbt uses.")
    runtime: Text = Field(default="16.4.x-scala2.12", description="Databricks runtime of its clusters.")
