"""S3 of the local AWS: moto keeps the buckets' configuration, our store their objects; a bucket is in both."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lakewright.rehearse.aws.coverage import Outcome
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.hub import Caller, Hub
from lakewright.rehearse.aws.models import Question, read
from lakewright.rehearse.aws.s3.call import KEPT_HEADERS, Call
from lakewright.rehearse.aws.sigv4 import Request
from lakewright.storage.objects import ObjectError, ObjectStore

SSE = "x-amz-server-side-encryption"
SSE_KEY = f"{SSE}-aws-kms-key-id"
SSE_BUCKET_KEY = f"{SSE}-bucket-key-enabled"
KEPT = (*KEPT_HEADERS, SSE, SSE_KEY, SSE_BUCKET_KEY, "x-amz-storage-class")
_OURS = frozenset({"uploads", "versions", "list-type", "delete"})
_LISTINGS = frozenset(
    {"prefix", "delimiter", "marker", "max-keys", "encoding-type", "continuation-token", "start-after", "fetch-owner"}
)
_TRANSFER = frozenset({"content-encoding", "x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer"})


@dataclass(frozen=True)
class Cloud:
    """Which requests are moto's, and what the objects' requests need of it."""

    hub: Hub
    store: ObjectStore
    _encryption: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answers(self, call: Call) -> bool:
        """Whether it is about buckets and their configuration, and not about objects."""
        if call.key:
            return False
        if call.method == "GET" and call.bucket:
            asked = call.query.keys() - {"x-id"}
            return bool(asked) and not asked & _OURS and not asked <= _LISTINGS
        return call.method != "POST"

    def answer(self, request: Request, call: Call, caller: Caller, request_id: str) -> Answer:
        """Raises Fault, ObjectError."""
        question = _read(request, call)
        head = replace(_path_style(request, call), headers=_plain(request.headers))
        if question.operation == "DeleteBucket":
            self.hub.check("s3", question.operation, question.parameters, caller)
            self._delete(call.bucket)
        answer = self.hub.put(question, head, call.body, caller, request_id)
        if question.operation == "CreateBucket" and answer.status < 300:
            self.store.create_bucket(call.bucket)
        with self._lock:
            self._encryption.pop(call.bucket, None)
        return answer

    def _delete(self, bucket: str) -> None:
        """Raises ObjectError BucketNotEmpty."""
        try:
            self.store.delete_bucket(bucket)
        except ObjectError as error:
            if error.code != "NoSuchBucket":  # moto says that, or whose it is
                self.hub.coverage.count(Outcome.REFUSED, "s3", "DeleteBucket")
                raise

    def checked(self, request: Request, call: Call, caller: Caller) -> tuple[Call, str]:
        """A request about objects that the gates let through, with what the bucket adds to it; and its operation.

        Raises Fault.
        """
        question = _read(request, call)
        self.hub.check("s3", question.operation, question.parameters, caller)
        writes = question.operation in ("PutObject", "CopyObject", "CreateMultipartUpload")
        checked = self._encrypted(call, caller) if writes else replace(call, kept=KEPT)
        return checked, question.operation

    def _encrypted(self, call: Call, caller: Caller) -> Call:
        """A new object says how it is encrypted: as the request asks, or else as the bucket does by itself."""
        if SSE in call.headers:
            return replace(call, kept=KEPT)
        return replace(call, kept=KEPT, headers={**call.headers, **self._normal(call.bucket, caller)})

    def _normal(self, bucket: str, caller: Caller) -> Mapping[str, str]:
        with self._lock:
            known = self._encryption.get(bucket)
        if known is not None:
            return known
        try:
            found = self.hub.state.within(caller.account).call("s3", "GetBucketEncryption", Bucket=bucket)
            rules = found["ServerSideEncryptionConfiguration"]["Rules"]
        except Fault:
            rules = []
        headers = _headers(rules[0]) if rules else {SSE: "AES256"}
        with self._lock:
            self._encryption[bucket] = headers
        return headers


def _headers(rule: Mapping[str, Any]) -> dict[str, str]:
    normal = rule.get("ApplyServerSideEncryptionByDefault", {})
    headers = {SSE: normal.get("SSEAlgorithm", "AES256")}
    if normal.get("KMSMasterKeyID"):
        headers[SSE_KEY] = normal["KMSMasterKeyID"]
    if rule.get("BucketKeyEnabled"):
        headers[SSE_BUCKET_KEY] = "true"
    return headers


def _read(request: Request, call: Call) -> Question:
    try:
        return read(_path_style(request, call), call.body, "s3")
    except Fault as fault:
        if fault.code != "UnknownOperationException":
            raise
        text = "The specified method is not allowed against this resource."
        raise Fault("MethodNotAllowed", text, 405) from None


def _path_style(request: Request, call: Call) -> Request:
    """The request as if the bucket had come in the path."""
    has = not call.bucket or request.path.removeprefix("/").startswith(call.bucket)
    return request if has else replace(request, path=f"/{call.bucket}{request.path}")


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of a body that is unwrapped already."""
    return {name: value for name, value in headers.items() if name not in _TRANSFER}
