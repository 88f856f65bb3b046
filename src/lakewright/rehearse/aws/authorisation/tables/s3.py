"""S3: actions that are named otherwise than the operations, objects and their condition keys.

Documentation: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"; Amazon S3 User
Guide, "Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from lakewright.rehearse.aws.authorisation.needs import Need, tags_of
from lakewright.rehearse.aws.gate import Asked

_CONFIGURATIONS: Mapping[str, str] = {
    "BucketLifecycle": "LifecycleConfiguration",
    "BucketLifecycleConfiguration": "LifecycleConfiguration",
    "BucketEncryption": "EncryptionConfiguration",
    "BucketReplication": "ReplicationConfiguration",
    "BucketAccelerateConfiguration": "AccelerateConfiguration",
    "BucketAnalyticsConfiguration": "AnalyticsConfiguration",
    "BucketInventoryConfiguration": "InventoryConfiguration",
    "BucketMetricsConfiguration": "MetricsConfiguration",
    "BucketIntelligentTieringConfiguration": "IntelligentTieringConfiguration",
    "BucketNotificationConfiguration": "BucketNotification",
    "PublicAccessBlock": "BucketPublicAccessBlock",
    "ObjectLockConfiguration": "BucketObjectLockConfiguration",
    "BucketCors": "BucketCORS",
}
"""The part of the action's name for the part of the operation's."""

_OTHERS: Mapping[str, str] = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "UploadPartCopy": "PutObject",
    "DeleteObjects": "DeleteObject",
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "SelectObjectContent": "GetObject",
}
_DELETE_PUTS = frozenset(
    {
        "BucketCORS",
        "BucketOwnershipControls",
        "BucketPublicAccessBlock",
        "BucketTagging",
        "EncryptionConfiguration",
        "InventoryConfiguration",
        "AnalyticsConfiguration",
        "MetricsConfiguration",
        "IntelligentTieringConfiguration",
        "LifecycleConfiguration",
        "ReplicationConfiguration",
    }
)
"""Deleting these is allowed by the action that puts them."""

_VERB = re.compile(r"(Get|Put|Delete|List)(\w+)")
_HEADERS: Mapping[str, str] = {
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ACL": "s3:x-amz-acl",
    "StorageClass": "s3:x-amz-storage-class",
    "CopySource": "s3:x-amz-copy-source",
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "VersionId": "s3:VersionId",
    "ObjectLockMode": "s3:object-lock-mode",
}


def action_of(operation: str) -> str:
    """`PutBucketEncryption` → `s3:PutEncryptionConfiguration`."""
    if operation in _OTHERS:
        return f"s3:{_OTHERS[operation]}"
    found = _VERB.fullmatch(operation)
    if found is None:
        return f"s3:{operation}"
    verb, name = found[1], found[2]
    if verb == "List" and name.endswith("Configurations"):
        verb, name = "Get", name[:-1]
    name = _CONFIGURATIONS.get(name, name)
    return f"s3:{'Put' if verb == 'Delete' and name in _DELETE_PUTS else verb}{name}"


def s3_needs(asked: Asked) -> Iterator[Need]:
    parameters = asked.parameters
    bucket, action = parameters.get("Bucket"), action_of(asked.operation)
    if not bucket or asked.operation == "CreateBucket":
        yield Need(action, f"arn:aws:s3:::{bucket}" if bucket else "*")
        return
    values, absent = _context(parameters)
    for key in _keys(asked):
        if key and parameters.get("VersionId") and action in {"s3:GetObject", "s3:DeleteObject"}:
            action = f"{action}Version"
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        yield Need(action, resource, values, absent, ("bucket", str(bucket)))
    if asked.operation in {"CopyObject", "UploadPartCopy"}:
        source = unquote(_source(parameters.get("CopySource")))
        name = source.partition("/")[0]
        yield Need("s3:GetObject", f"arn:aws:s3:::{source}", {}, tuple(_HEADERS.values()), ("bucket", name))


def _keys(asked: Asked) -> list[str]:
    """The objects that are meant; an empty one is the bucket itself."""
    if asked.operation == "DeleteObjects":
        return [str(one["Key"]) for one in asked.parameters.get("Delete", {}).get("Objects", ())] or [""]
    return [str(asked.parameters.get("Key") or "")]


def _source(source: Any) -> str:
    match source:
        case {"Bucket": bucket, "Key": key}:
            return f"{bucket}/{key}"
        case _:
            return str(source or "").removeprefix("/").partition("?")[0]


def _context(parameters: Mapping[str, Any]) -> tuple[dict[str, str | Sequence[str]], tuple[str, ...]]:
    values, absent = tags_of(_tagging(parameters.get("Tagging")))
    for name, key in _HEADERS.items():
        if parameters.get(name) is not None:
            values[key] = str(parameters[name])
    values |= {"s3:TlsVersion": "1.3", "s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
    return values, (*absent, *_HEADERS.values(), "s3:x-amz-grant-*", "s3:object-lock-*", "s3:AccessPoint*")


def _tagging(value: Any) -> Mapping[str, Any]:
    """Objects bring their tags as a query string, buckets as a document."""
    match value:
        case str():
            return {"Tags": dict(parse_qsl(value, keep_blank_values=True))}
        case {"TagSet": tags}:
            return {"Tags": tags}
        case _:
            return {}
