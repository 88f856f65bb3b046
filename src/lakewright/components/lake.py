"""The lake's buckets and tables as every component names them, known before anything is applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lakewright.components.component import Context, File, Template, Value
from lakewright.components.databases import QUARANTINE_FOLDER
from lakewright.components.statements import Statement

READ = ("s3:GetObject",)
WRITE = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")


def bucket_name(context: Context, key: str) -> str:
    """Name of the bucket of a layer (`bronze`, …), of `scripts` or `athena-results`: made here, or existing."""
    given: Any = context.existing.get("lake_buckets", {}).get("names", {})
    return str(given[key]) if key in given else context.place.bucket(key)


def bucket_output(context: Context, key: str) -> Value:
    """The same as a reference, so that whoever uses it is applied after the bucket."""
    return context.output("lake_buckets", "names", key)


def roots(context: Context) -> Mapping[str, str]:
    """First folder of a path in the lake → URI: how a lake in several buckets is read (`storage.layered`)."""
    bronze, silver = bucket_name(context, "bronze"), bucket_name(context, "silver")
    return {
        "bronze": f"s3://{bronze}",
        "silver": f"s3://{silver}",
        "gold": f"s3://{bucket_name(context, 'gold')}",
        "quarantine": f"s3://{silver}/{QUARANTINE_FOLDER}",
        "_lakewright": f"s3://{bronze}/_lakewright",
    }


def location(context: Context, table: str) -> str:
    """Where a table (`silver.order`) lies: s3://bucket/folder."""
    layer, _, name = table.partition(".")
    return f"{roots(context)[layer]}/{name}"


def arn_of(uri: str) -> str:
    """`arn:aws:s3:::bucket/folder` of `s3://bucket/folder`."""
    return "arn:aws:s3:::" + uri.removeprefix("s3://")


def object_statements(sid: str, folders: Iterable[str], actions: Sequence[str]) -> tuple[Statement, ...]:
    """What lies below these folders (`s3://bucket/folder`, or a whole bucket), and the listing of just that."""
    places = sorted(set(folders))
    if not places:
        return ()
    by_bucket: dict[str, list[str]] = {}
    for place in places:
        bucket, _, folder = place.removeprefix("s3://").partition("/")
        by_bucket.setdefault(bucket, []).append(folder)
    objects = Statement(f"{sid}Objects", actions, [f"{arn_of(place)}/*" for place in places])
    lists = [
        Statement(
            f"{sid}List{number}",
            ("s3:ListBucket",),
            (f"arn:aws:s3:::{bucket}",),
            conditions=_prefixes(folders_here),
        )
        for number, (bucket, folders_here) in enumerate(sorted(by_bucket.items()), start=1)
    ]
    return objects, *lists


def _prefixes(folders: Sequence[str]) -> Mapping[str, Mapping[str, Sequence[str]]]:
    if "" in folders:
        return {}
    return {"StringLike": {"s3:prefix": [text for folder in folders for text in (folder, f"{folder}/*")]}}


def kms_statement(context: Context, sid: str, *services: str, write: bool) -> tuple[Statement, ...]:
    """Use of the environment's key, through these services only; nothing without a key.

    The document is a template: its `kms_key_arn` is filled in by Terraform.
    """
    if not context.has("kms_key"):
        return ()
    actions = ("kms:Decrypt", "kms:GenerateDataKey") if write else ("kms:Decrypt",)
    via = [f"{service}.{context.place.region}.amazonaws.com" for service in services]
    return (Statement(sid, actions, ("${kms_key_arn}",), conditions={"StringEquals": {"kms:ViaService": via}}),)


def policy_text(context: Context, file: str) -> Value:
    """A policy file of the call as text; a template where `kms_statement` left the key for Terraform to fill in."""
    if context.has("kms_key"):
        return Template(file, {"kms_key_arn": context.output("kms_key", "arn")})
    return File(file)


def catalog_arns(context: Context, databases: Iterable[str]) -> list[str]:
    """ARNs of the catalog, of databases and their tables, as Glue's actions want them all."""
    place = context.place
    found = [place.arn("glue", "catalog")]
    for name in databases:
        found += [place.arn("glue", f"database/{name}"), place.arn("glue", f"table/{name}/*")]
    return found
