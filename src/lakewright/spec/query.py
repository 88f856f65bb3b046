"""The `query:` block: workgroups, their limits, and named queries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from lakewright.spec.access import Subjects
from lakewright.spec.block import Block
from lakewright.spec.values import Days, Name, Size, Text, problem

_DURATION = re.compile(r"([0-9]+)(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
LEAST_SCAN = 10**7


def _seconds(value: Any) -> Any:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(match[1]) * _SECONDS[match[2]] if match else value


Seconds = Annotated[
    int,
    BeforeValidator(_seconds),
    Field(gt=0, le=86_400),
    WithJsonSchema({"type": ["integer", "string"], "pattern": "^[0-9]+(s|m|h)$", "minimum": 1, "maximum": 86_400}),
]


class Encryption(Block):
    """How results are encrypted where they lie; on this machine it is recorded and not done."""

    option: Literal["sse_s3", "sse_kms", "cse_kms"] = Field(default="sse_s3", description="As Athena names them.")
    key: Text | None = Field(default=None, validate_default=True, description="Address of the KMS key.")

    @field_validator("key")
    @classmethod
    def _with_kms(cls, key: str | None, info: ValidationInfo) -> str | None:
        option = info.data.get("option")
        if option is not None and (key is not None) != option.endswith("kms"):
            hint = "key: arn:aws:kms:…" if key is None else "option: sse_kms"
            raise problem("LW107", f"{option} goes {'with' if key is None else 'without'} a key", hint)
        return key


class Workgroup(Block):
    """A group of queries with common limits."""

    description: Text = Field(default="", description="What it is for.")
    personas: Subjects = Field(
        default=("everyone",), alias="for", description="Who may use it: personas, `group:NAME`, `user:NAME`."
    )
    scan_limit: Size | None = Field(
        default=None, description="Most bytes that one query may scan, at least 10MB; it is stopped there."
    )
    results: Text | None = Field(
        default=None, description="Where results lie: `s3://bucket/prefix/`. Default: a folder of the workgroup's own."
    )
    encryption: Encryption = Field(default_factory=Encryption, description="How results are encrypted.")
    enforce: bool = Field(
        default=True, description="Whether these settings go over what a client asks for (location, encryption)."
    )
    timeout: Seconds = Field(default=1800, description="Longest time that a query may run: `30m`, `90s`.")
    memory: Size = Field(default=2 * 10**9, description="Memory that one query may use; beyond it, it spills or ends.")
    concurrency: Annotated[int, Field(ge=1, le=200)] = Field(
        default=4, description="Queries that run at the same time; others wait their turn."
    )
    keep: Days = Field(default=30, description="How long results are kept; then they are removed.")

    @field_validator("scan_limit")
    @classmethod
    def _not_less_than_athena(cls, limit: int | None) -> int | None:
        if limit is not None and limit < LEAST_SCAN:
            raise problem("LW107", "Athena takes no scan limit below 10 MB", "scan_limit: 10MB")
        return limit

    @field_validator("results")
    @classmethod
    def _in_a_bucket(cls, location: str | None) -> str | None:
        if location is not None and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", location):
            raise problem("LW107", f'"{location}" is no place in a bucket', "results: s3://bucket/prefix/")
        return location


class NamedQuery(Block):
    """A query that is kept under a name."""

    sql: Text = Field(description="One statement in Athena's SQL.")
    database: Name = Field(default="gold", description="Database of tables that the statement names without one.")
    workgroup: Name = Field(default="primary", description="Workgroup that it belongs to.")
    description: Text = Field(default="", description="What it answers.")


class Query(Block):
    """How the lake is queried through Athena's API."""

    workgroups: Mapping[Name, Workgroup] = Field(
        default_factory=dict, description="Workgroups by name; `primary` is always there."
    )
    named_queries: Mapping[Name, NamedQuery] = Field(default_factory=dict, description="Kept queries, by name.")

    def workgroup(self, name: str) -> Workgroup | None:
        """The workgroup of that name; `primary` exists always."""
        return self.workgroups.get(name) or (Workgroup() if name == "primary" else None)
