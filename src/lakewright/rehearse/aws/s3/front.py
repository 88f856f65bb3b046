"""From a signed request to the operation that answers it. Bodies of objects go straight to disk."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from lakewright.rehearse.aws.chunked import KINDS, ChunkedBody
from lakewright.rehearse.aws.coverage import Outcome
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer, Budget, Incoming
from lakewright.rehearse.aws.hub import Caller
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.keys import AccessKey
from lakewright.rehearse.aws.moto.state import is_write
from lakewright.rehearse.aws.s3.access import Access, Permitted
from lakewright.rehearse.aws.s3.buckets import SETTINGS, Buckets
from lakewright.rehearse.aws.s3.call import Call, call_of
from lakewright.rehearse.aws.s3.cloud import Cloud
from lakewright.rehearse.aws.s3.listing import Listings
from lakewright.rehearse.aws.s3.multipart import Multipart
from lakewright.rehearse.aws.s3.reading import Reading
from lakewright.rehearse.aws.s3.receiving import MOST_BYTES, Reception
from lakewright.rehearse.aws.s3.writing import Writing
from lakewright.rehearse.aws.sigv4 import UNSIGNED, Claim, verify
from lakewright.storage.folder_bucket import FolderBucket
from lakewright.storage.objects import Blob, ObjectError, ObjectStore
from lakewright.storage.uploads import Uploads

MOST_XML_BYTES = 4 << 20
PIECE = 1 << 19
THREADS = 32
STATUS: Mapping[str, int] = {
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "AccessDenied": 403,
    "PreconditionFailed": 412,
    "BucketNotEmpty": 409,
}
NO_FOLDERS: Mapping[str, FolderBucket] = {}
T = TypeVar("T")
Operation = Callable[[Call], Answer]


@dataclass(frozen=True)
class Streamed:
    """An operation whose body is an object's: `check` refuses before it is read, `store` gets it whole."""

    check: Callable[[Call], object]
    store: Callable[[Call, Blob, Mapping[str, str]], Answer]


@dataclass(frozen=True)
class Documented:
    """An operation whose body is a small document."""

    run: Operation


class S3Front:
    """S3 for one object store, and for folders beside it. `close` it at the end.

    With a `cloud`, buckets have configuration there, and its gates decide who may do what.
    """

    def __init__(
        self,
        store: ObjectStore,
        permitted: Permitted,
        folders: Mapping[str, FolderBucket] = NO_FOLDERS,
        cloud: Cloud | None = None,
    ) -> None:
        self._cloud = cloud
        self._access = Access(store, permitted, folders)
        self._store = store
        self._buckets, self._listings = Buckets(self._access), Listings(self._access)
        self._reading, self._writing = Reading(self._access), Writing(self._access)
        self._multipart = Multipart(self._access, Uploads(store), self._writing)
        self._pool = ThreadPoolExecutor(THREADS, "aws-s3")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def answer(
        self, request: Incoming, claim: Claim, key: AccessKey, identity: Identity, budget: Budget
    ) -> Answer:
        """Raises Fault and NotAuthenticated."""
        payload = _payload(request.head.headers, claim)
        signing_key = verify(request.head, claim, key, payload)
        call = call_of(request.head, identity)
        caller = Caller(key.principal, claim.region, key.scope)

        async def document() -> bytes:
            return _document(await request.body(MOST_XML_BYTES, take), payload, claim, signing_key)

        operation = ""
        try:
            with budget.taking() as take:
                if (cloud := self._cloud) is not None and cloud.answers(call):
                    call = replace(call, body=await document())
                    return await self._in_thread(cloud.answer, request.head, call, caller, request.id)
                route = self._route(call)
                if isinstance(route, Documented):
                    call = replace(call, body=await document())
                if cloud is not None:
                    call, operation = await self._in_thread(cloud.checked, request.head, call, caller)
            answer = await self._run(route, call, request, payload, claim, signing_key)
        except ObjectError as error:
            self._count(operation, Outcome.REFUSED if is_write(operation) else Outcome.EXECUTED)
            raise Fault(error.code, str(error), STATUS.get(error.code, 400)) from None
        self._count(operation, Outcome.EXECUTED)
        return answer

    async def _run(
        self,
        route: Operation | Streamed | Documented,
        call: Call,
        request: Incoming,
        payload: str,
        claim: Claim,
        signing_key: bytes,
    ) -> Answer:
        match route:
            case Streamed():
                return await self._receive(route, call, request, payload, claim, signing_key)
            case Documented():
                return await self._in_thread(route.run, call)
            case _:
                return await self._in_thread(route, call)

    def _count(self, operation: str, outcome: Outcome) -> None:
        if self._cloud is not None and operation:
            self._cloud.hub.coverage.count(outcome, "s3", operation)

    async def _receive(
        self, route: Streamed, call: Call, request: Incoming, payload: str, claim: Claim, signing_key: bytes
    ) -> Answer:
        if request.declared_size() > MOST_BYTES + (MOST_BYTES >> 4):
            raise Fault("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        await self._in_thread(route.check, call)
        blob = await self._in_thread(self._store.blob, call.key)
        try:
            reception = Reception(blob, call.headers, payload, claim, signing_key)
            waiting, size = [], 0
            async for chunk in request.chunks():
                waiting.append(chunk)
                size += len(chunk)
                if size >= PIECE:
                    await self._in_thread(reception.feed, b"".join(waiting))
                    waiting, size = [], 0
            last = b"".join(waiting)
            return await self._in_thread(lambda: _stored(reception, last, route, call))
        except BaseException:
            blob.discard()
            raise

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    def _route(self, call: Call) -> Operation | Streamed | Documented:
        if not call.bucket:
            if call.method == "GET":
                return self._buckets.all
            raise _not_allowed()
        self._access.check_method(call.method, call.bucket)
        return self._object_route(call) if call.key else self._bucket_route(call)

    def _bucket_route(self, call: Call) -> Operation | Documented:
        asked = call.query.keys()
        match call.method:
            case "GET" if "uploads" in asked:
                return self._multipart.all
            case "GET" if "versions" in asked:
                return self._listings.versions
            case "GET" if asked & SETTINGS.keys():
                return self._buckets.setting
            case "GET" if asked & UNKNOWN_SETTINGS:
                return self._buckets.refuse_setting
            case "GET":
                return self._listings.version_2 if call.query.get("list-type") == "2" else self._listings.version_1
            case "HEAD":
                return self._buckets.head
            case "PUT" | "DELETE" if asked & (SETTINGS.keys() | UNKNOWN_SETTINGS):
                return Documented(self._buckets.refuse_setting)
            case "PUT":
                return Documented(self._buckets.create)
            case "DELETE":
                return self._buckets.delete
            case "POST" if "delete" in asked:
                return Documented(self._writing.delete_many)
            case _:
                raise _not_allowed()

    def _object_route(self, call: Call) -> Operation | Streamed | Documented:
        asked = call.query.keys()
        match call.method:
            case "GET" if "uploadId" in asked:
                return self._multipart.parts
            case "GET":
                known = {
                    "tagging": self._reading.tagging,
                    "acl": self._reading.acl,
                    "attributes": self._reading.attributes,
                }
                names = asked & (known.keys() | UNKNOWN_PARTS)
                return next((known.get(name, self._reading.refuse) for name in names), self._reading.get)
            case "HEAD":
                return self._reading.head
            case "PUT":
                return self._put_route(call)
            case "POST" if "uploads" in asked:
                return Documented(self._multipart.begin)
            case "POST" if "uploadId" in asked:
                return Documented(self._multipart.complete)
            case "DELETE" if "uploadId" in asked:
                return self._multipart.abort
            case "DELETE" if "tagging" in asked:
                return self._writing.delete_tagging
            case "DELETE" if not asked & UNKNOWN_PARTS:
                return self._writing.delete
            case _:
                raise _not_allowed()

    def _put_route(self, call: Call) -> Operation | Streamed | Documented:
        asked, is_copy = call.query.keys(), "x-amz-copy-source" in call.headers
        if "tagging" in asked:
            return Documented(self._writing.put_tagging)
        if "acl" in asked:
            return Documented(self._writing.put_acl)
        if asked & UNKNOWN_PARTS:
            raise _not_allowed()
        if "uploadId" in asked:
            put = Streamed(self._multipart.find, self._multipart.put_part)
            return self._multipart.copy_part if is_copy else put
        return self._writing.copy if is_copy else Streamed(self._check_write, self._writing.put)

    def _check_write(self, call: Call) -> None:
        self._access.check_write(call.bucket, call.key, call.identity)


UNKNOWN_SETTINGS = frozenset({"inventory", "metrics", "analytics", "intelligent-tiering", "metadataTable"})
UNKNOWN_PARTS = frozenset({"retention", "legal-hold", "torrent", "restore", "select", "renameObject"})


def _payload(headers: Mapping[str, str], claim: Claim) -> str:
    """What the client says of the body's hash. Raises Fault when it has to and does not."""
    payload = headers.get("x-amz-content-sha256")
    if payload is not None:
        return payload
    if claim.seconds is None:
        raise Fault("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    return UNSIGNED


def _document(raw: bytes, payload: str, claim: Claim, signing_key: bytes) -> bytes:
    """A small body, unwrapped. Raises Fault, NotAuthenticated when it is not what was signed."""
    if payload in KINDS:
        chunked = ChunkedBody(payload, claim, signing_key)
        body = b"".join(chunked.feed(raw))
        chunked.end()
        return body
    if payload != UNSIGNED and hashlib.sha256(raw).hexdigest() != payload:
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise Fault("XAmzContentSHA256Mismatch", text)
    return raw


def _stored(reception: Reception, last: bytes, route: Streamed, call: Call) -> Answer:
    reception.feed(last)
    checksums = reception.finish()
    return route.store(call, reception.blob, checksums)


def _not_allowed() -> Fault:
    return Fault("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
