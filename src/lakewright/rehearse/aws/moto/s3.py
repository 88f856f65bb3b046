"""S3: configuration of buckets only, since objects are in our own store; and whether a policy permits is the gates'.

Source: the API reference of Amazon S3, API version 2006-03-01.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from lakewright.rehearse.aws.moto.additions import wrap

LISTS = {
    "analytics": "ListBucketAnalyticsConfigurationsResult",
    "intelligent-tiering": "ListBucketIntelligentTieringConfigurationsOutput",
    "inventory": "ListInventoryConfigurationsResult",
    "metrics": "ListMetricsConfigurationsResult",
}
"""Sub-resources that are kept as the documents they came as: query name → root element of their listing."""

XML = {"content-type": "application/xml"}


def install() -> None:
    wrap(S3Response, "bucket_response", _bucket_response)
    wrap(S3Response, "get_bucket_notification", _notification)
    wrap(S3Response, "_notification_config_from_body", _put_notification)
    wrap(S3Backend, "delete_bucket", _delete_bucket)
    wrap(S3Backend, "log_incoming_request", lambda *_: None)
    wrap(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)
    setattr(FakeBucket, "_log_permissions_enabled_policy", staticmethod(_takes_logs))  # noqa: B010


def _delete_bucket(original: Callable[..., Any], self: Any, bucket_name: str) -> Any:
    """Whether it is empty is known to our store, which was asked before."""
    self.get_bucket(bucket_name).keys.clear()
    return original(self, bucket_name)


def _takes_logs(target_bucket: Any, target_prefix: str | None) -> bool:
    """Whether the bucket's policy lets S3 deliver access logs; moto stumbles over `"Principal": "*"` and lists."""
    arn = f"arn:aws:s3:::{target_bucket.name}/"
    places = {f"{arn}*", f"{arn}{target_prefix or ''}*"}
    statements = json.loads(target_bucket.policy.decode())["Statement"] if target_bucket.policy else []
    return any(
        said["Effect"] == "Allow"
        and said["Principal"] != "*"
        and "logging.s3.amazonaws.com" in _list(said["Principal"].get("Service", []))
        and "s3:PutObject" in _list(said.get("Action", []))
        and places & set(_list(said.get("Resource", [])))
        for said in statements
    )


def _list(one_or_more: Any) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else list(one_or_more)


def _bucket_response(original: Callable[..., Any], self: Any, request: Any, full_url: str, headers: Any) -> Any:
    name = next((name for name in LISTS if name in request.args), None)
    if name is None:
        if "lifecycle" in request.args:
            return _lifecycle(original, self, request, full_url, headers)
        return original(self, request, full_url, headers)
    self.setup_class(request)
    bucket = self.backend.get_bucket(self.parse_bucket_name_from_url(request, full_url))
    documents = bucket.__dict__.setdefault("documents", {}).setdefault(name, {})
    return self._send_response(_document(request, name, documents))


def _lifecycle(original: Callable[..., Any], self: Any, request: Any, full_url: str, headers: Any) -> Any:
    """moto checks the rules and forgets parts of them (NewerNoncurrentVersions): the answer is what was put."""
    answer = original(self, request, full_url, headers)
    bucket = self.backend.get_bucket(self.parse_bucket_name_from_url(request, full_url))
    if request.method == "PUT" and answer[0] < 300:
        bucket.lifecycle_document = request.get_data()
    if request.method == "GET" and answer[0] == 200 and hasattr(bucket, "lifecycle_document"):
        return answer[0], {**answer[1], **XML}, bucket.lifecycle_document
    return answer


def _document(request: Any, name: str, documents: dict[str, bytes]) -> tuple[int, dict[str, str], bytes]:
    key = request.args.get("id")
    if key is None:
        return 200, dict(XML), _listing(name, documents)
    if request.method == "PUT":
        documents[key] = request.get_data()
        return 200, {}, b""
    if key not in documents:
        error = "<Error><Code>NoSuchConfiguration</Code><Message>The specified configuration does not exist.</Message>"
        return 404, dict(XML), f"{error}</Error>".encode()
    if request.method == "DELETE":
        del documents[key]
        return 204, {}, b""
    return 200, dict(XML), documents[key]


def _listing(name: str, documents: dict[str, bytes]) -> bytes:
    inner = b"".join(one[one.index(b"<", one.find(b"?>") + 1) :] for one in documents.values())
    root = LISTS[name].encode()
    return b"<" + root + b"><IsTruncated>false</IsTruncated>" + inner + b"</" + root + b">"


def _put_notification(original: Callable[..., Any], self: Any) -> Any:
    """moto forgets whether EventBridge is told."""
    found = original(self)
    body = self.body.encode() if isinstance(self.body, str) else self.body
    self.backend.get_bucket(self.bucket_name).tells_event_bridge = b"<EventBridgeConfiguration" in body
    return found


def _notification(original: Callable[..., Any], self: Any) -> Any:
    if not getattr(self.backend.get_bucket(self.bucket_name), "tells_event_bridge", False):
        return original(self)
    serialized = self.serialized

    def with_event_bridge(result: ActionResult) -> Any:
        found: Any = result.result or {}
        return serialized(ActionResult({**found, "EventBridgeConfiguration": {}}))

    self.serialized = with_event_bridge
    try:
        return original(self)
    finally:
        del self.serialized
