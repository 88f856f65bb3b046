"""What a person may write about monitoring: who is told, and from what on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lakewright.components.databases import LAYERS
from lakewright.spec.block import Block
from lakewright.spec.query import Seconds
from lakewright.spec.values import Name, Size

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Settings(Block):
    """Alarms and dashboards over what the environment has."""

    alerts: tuple[Email, ...] = Field(default=(), strict=False, description="E-mail addresses that alarms are sent to.")
    costs: tuple[Email, ...] = Field(default=(), strict=False, description="Addresses that cost alerts are sent to.")
    latency: Seconds = Field(default=300, description="Longest delay of replication, from commit to Bronze.")
    freshness: Seconds = Field(default=7200, description="Oldest data that a job may have read, on a schedule.")
    job_duration: Seconds = Field(default=1800, description="Longest run of a job before it is told of.")
    quality: Annotated[float, Field(ge=0, le=100)] = Field(
        default=99.0, description="Least share of rows that pass their checks, in percent."
    )
    failed_queries: Annotated[int, Field(ge=1)] = Field(
        default=10, description="Failed queries of a workgroup in an hour that are told of."
    )
    scanned: Size = Field(default=10**12, description="Bytes that a workgroup may scan in a day.")
    rejected: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Files that a run over a lake of files may reject before it is told of."
    )
    buckets: tuple[Name, ...] = Field(
        default=LAYERS, strict=False, description="Keys of the buckets of `lake_buckets` whose size is watched."
    )
    bucket_size: Size = Field(default=10**12, description="Size of such a bucket that is told of.")
    denials: Annotated[int, Field(ge=1)] = Field(
        default=20, description="Denied calls in five minutes that are told of, where a trail is sent to CloudWatch."
    )
