"""Decides the trail's name, its bucket and whose objects' accesses are recorded."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Place, Template, Value
from lakewright.components.retention import Retention
from lakewright.components.statements import Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import Days, Name


class Settings(Block):
    """The account's trail."""

    organization: bool = Field(
        default=False,
        description="Whether it records all accounts of the `organization` of this environment; in its account.",
    )
    data_events: bool = Field(default=True, description="Whether reads and writes of the lake's objects are recorded.")
    buckets: tuple[Name, ...] = Field(
        default=(), strict=False, description="Buckets whose objects it concerns; by default all but the access logs'."
    )
    keep: Days = Field(default=365, description="How long the trail's files are kept.")
    log_group: Retention | None = Field(
        default=30, description="How long CloudWatch Logs keeps it, for metric filters; `null`: it is not sent there."
    )


def trail_arn(place: Place) -> str:
    return place.arn("cloudtrail", f"trail/{place.name('trail')}")


def _bucket_policy(place: Place, folder: str) -> str:
    """What CloudTrail needs (user guide, Amazon S3 bucket policy for CloudTrail), for this trail only; TLS for all.

    It writes below `folder`: an account's number, or the organization's id.
    """
    bucket = f"arn:aws:s3:::{place.bucket('trail')}"
    service = {"Service": ("cloudtrail.amazonaws.com",)}
    this_trail = {"StringEquals": {"aws:SourceArn": trail_arn(place)}}
    return document(
        Statement(
            "TlsOnly",
            ("s3:*",),
            (bucket, f"{bucket}/*"),
            effect="Deny",
            principals="*",
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
        Statement("Check", ("s3:GetBucketAcl",), (bucket,), principals=service, conditions=this_trail),
        Statement(
            "Write",
            ("s3:PutObject",),
            tuple(f"{bucket}/AWSLogs/{one}/*" for one in sorted({place.account, folder})),
            principals=service,
            conditions=this_trail,
        ),
    )


def _data(context: Context, settings: Settings) -> Value:
    """ARNs of the buckets by key."""
    if not settings.data_events or not context.has("lake_buckets"):
        return {}
    if settings.buckets:
        return {key: context.output("lake_buckets", "arns", key) for key in settings.buckets}
    return context.output("lake_buckets", "data_arns")


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    folder, policy = place.account, cast(Value, File("bucket-policy.json"))
    if settings.organization:
        folder = "${organization}"
        policy = Template("bucket-policy.json", {"organization": context.output("organization", "id")})
    inputs: dict[str, Value] = {
        "name": place.name("trail"),
        "bucket": place.bucket("trail"),
        "bucket_policy": policy,
        "data_bucket_arns": _data(context, settings),
        "keep_days": settings.keep,
        "force_destroy": not place.strict,
    }
    if settings.log_group is not None:
        inputs["log_retention_in_days"] = settings.log_group
    if settings.organization:
        inputs["organization"] = True
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs=inputs, files={"bucket-policy.json": _bucket_policy(place, folder)})


COMPONENT = Component(
    name="trail",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("arn", "name", "bucket_name", "bucket_arn", "log_group_name"),
    costs=lambda _context, settings: (
        Cost("cloudtrail.data_events_100k", 10 if settings.data_events else 0, "management events are free once"),
        Cost("s3.standard_gb_month", 1),
    ),
)
