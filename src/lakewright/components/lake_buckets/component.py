"""Decides which buckets there are, their names and how long what lies in them stays where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from lakewright.components.component import Call, Component, Context, Cost, File, Place, Value
from lakewright.components.databricks import ACCOUNT as DATABRICKS
from lakewright.components.databricks import account_id
from lakewright.components.lake_buckets.settings import Ages, Bucket, Settings
from lakewright.components.other_accounts import account_ids
from lakewright.components.statements import RESOURCE, Statement, document, from_account
from lakewright.errors import SpecError
from lakewright.spec import Lake

LOGS: Final = "access-logs"
"""Key of the bucket that S3 delivers access logs to."""

RESULTS_KEPT = 30
"""Days that query results stay, where no workgroup keeps them longer."""


def _of_the_lake(context: Context) -> dict[str, Bucket]:
    """The layers, with the ages that `lake` declares; job scripts; Athena's results.

    A layer's archive is Glacier's instant one: tables, and the manifest beside them, can be read at any age.
    """
    lake: Lake = context.project.platform.lake
    keeps = {"bronze": lake.bronze.keep, "silver": lake.silver.keep, "gold": lake.gold.keep}
    kept = max((group.keep for group in context.project.platform.query.workgroups.values()), default=RESULTS_KEPT)
    return {
        **{
            layer: Bucket(infrequent=keep.infrequent, instant_archive=keep.archive, old_versions=30)
            for layer, keep in keeps.items()
        },
        "scripts": Bucket(old_versions=90),
        "athena-results": Bucket(expire=kept, versioning=False),
    }


def buckets(context: Context, settings: Settings) -> Mapping[str, Bucket]:
    """All buckets of a call by key, the access logs' among them."""
    said = dict(settings.buckets) or _of_the_lake(context)
    if settings.access_logs is not None and LOGS not in said:
        said[LOGS] = Bucket(encryption="s3", versioning=False, expire=settings.access_logs)
    return said


def name_of(place: Place, key: str, bucket: Bucket) -> str:
    """A bucket's name, as given or made from the key."""
    return bucket.name or place.bucket(key)


def _rule(ages: Ages, prefix: str) -> dict[str, Value]:
    rule: dict[str, Value] = {}
    if prefix:
        rule["prefix"] = prefix
    if ages.transitions:
        rule["transitions"] = ages.transitions
    if ages.expire is not None:
        rule["expire_after"] = ages.expire
    if ages.old_versions is not None:
        rule["expire_noncurrent_after"] = ages.old_versions
    return rule


def _lifecycle(bucket: Bucket) -> dict[str, Value]:
    """Lifecycle rules by name; those that would do nothing are left out."""
    rules = {"age": _rule(bucket, "")}
    for prefix, ages in bucket.prefixes.items():
        rules["age-" + prefix.strip("/").replace("/", "-")] = _rule(ages, prefix)
    return {name: rule for name, rule in rules.items() if rule.keys() - {"prefix"}}


def _flow_logs(place: Place, bucket: str) -> tuple[Statement, ...]:
    """They let VPC flow logs into the log bucket."""
    service = {"Service": ("delivery.logs.amazonaws.com",)}
    arn = f"arn:aws:s3:::{bucket}"
    return (
        Statement(
            "FlowLogs",
            ("s3:PutObject",),
            (f"{arn}/vpc/*",),
            principals=service,
            conditions=from_account(place.account),
        ),
        Statement(
            "FlowLogsCheck",
            ("s3:GetBucketAcl", "s3:ListBucket"),
            (arn,),
            principals=service,
            conditions=from_account(place.account),
        ),
    )


def _control_plane(context: Context, bucket: str) -> Statement:
    """It lets Databricks' control plane work in a workspace's bucket, on behalf of this customer only.

    Source: Databricks on AWS, "Create an S3 bucket for workspace deployment". Raises SpecError LW1393.
    """
    arn = f"arn:aws:s3:::{bucket}"
    return Statement(
        "DatabricksWorkspace",
        (
            "s3:DeleteObject",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:ListBucket",
            "s3:PutObject",
        ),
        (arn, f"{arn}/*"),
        principals={"AWS": (f"arn:aws:iam::{DATABRICKS}:root",)},
        conditions={"StringEquals": {"aws:PrincipalTag/DatabricksAccountId": account_id(context)}},
    )


def _readers(context: Context, bucket: str, readers: tuple[str, ...], at: str) -> Statement:
    """It lets roles of other accounts read, as far as their own policies do."""
    arn = f"arn:aws:s3:::{bucket}"
    accounts = [f"arn:aws:iam::{one}:root" for one in account_ids(context, readers, at)]
    actions = ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket")
    return Statement("Readers", actions, (arn, f"{arn}/*"), principals={"AWS": accounts})


def _own_statements(context: Context, key: str, bucket: Bucket) -> Iterator[Statement]:
    """What a bucket's policy says beside what all say."""
    name = name_of(context.place, key, bucket)
    if key == LOGS and context.has("networking"):
        yield from _flow_logs(context.place, name)
    if bucket.databricks:
        yield _control_plane(context, name)
    if bucket.readers:
        yield _readers(context, name, bucket.readers, f"buckets.{key}.readers")


def _input(context: Context, key: str, bucket: Bucket, encryption: str) -> dict[str, Value]:
    name = name_of(context.place, key, bucket)
    own = "s3" if bucket.databricks else encryption
    said: dict[str, Value] = {"bucket": name, "encryption": bucket.encryption or own}
    if not bucket.versioning:
        said["versioning"] = False
    if bucket.events:
        said["events"] = True
    if bucket.abort_uploads != Bucket().abort_uploads:
        said["abort_uploads_after"] = bucket.abort_uploads
    if lifecycle := _lifecycle(bucket):
        said["lifecycle"] = lifecycle
    return said


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    encryption = settings.encryption or ("kms" if context.has("kms_key") else "s3")
    declared = buckets(context, settings)
    names = [name_of(place, key, bucket) for key, bucket in declared.items()]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SpecError("LW1330", f"two buckets are named {twice}", hint="give one of them another `name`")
    told = {key: _input(context, key, bucket, encryption) for key, bucket in declared.items()}
    files: dict[str, str] = {}
    for key, bucket in declared.items():
        if statements := tuple(_own_statements(context, key, bucket)):
            files[f"{key}-policy.json"] = document(*statements, most=RESOURCE)
            told[key]["policy"] = File(f"{key}-policy.json")
    inputs: dict[str, Value] = {"account": place.account, "buckets": told, "force_destroy": not place.strict}
    if any((bucket.encryption or encryption) == "kms" for bucket in declared.values()):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    if LOGS in declared:
        inputs["log_bucket"] = LOGS
    return Call(inputs=inputs, files=files)


COMPONENT = Component(
    name="lake_buckets",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("names", "arns", "data_arns", "ready"),
    costs=lambda _context, _settings: (
        Cost("s3.standard_gb_month", 100, "100 GB in the lake, the reference's size"),
        Cost("s3.put_1k", 20, "20,000 files written"),
        Cost("s3.get_1k", 100, "100,000 reads"),
    ),
)
