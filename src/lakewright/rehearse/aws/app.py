"""The one port's application: authenticates each request and hands it to its service."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from lakewright.observe import Event, Observer
from lakewright.query.athena.caller import Caller
from lakewright.query.athena.errors import AwsError
from lakewright.rehearse.aws.cloudwatch import SERVICE, CloudWatch
from lakewright.rehearse.aws.faults import JSON_TYPE, Fault, NotAuthenticated, Protocol, Reason, rendered
from lakewright.rehearse.aws.http import Answer, Budget, Incoming, Message, Receive, Send, Vanished, deliver, incoming
from lakewright.rehearse.aws.hub import Caller as HubCaller
from lakewright.rehearse.aws.hub import Hub
from lakewright.rehearse.aws.identities import Identities, Identity
from lakewright.rehearse.aws.keys import AccessKey, Keyring
from lakewright.rehearse.aws.models import CBOR, S3_CONTROL
from lakewright.rehearse.aws.s3.front import S3Front
from lakewright.rehearse.aws.sigv4 import Claim, claim_of, key_for, verify
from lakewright.rehearse.aws.sts import Sts

MOST_JSON_BYTES = 8 << 20
MOST_CODE_BYTES = 72 << 20
"""Lambda's code comes inside a request: 50 MB, in base64."""
THREADS = 64
HUB = "hub"
XML_SERVICES = ("route53", "cloudfront")
T = TypeVar("T")

JsonService = Callable[[str, Mapping[str, Any], Caller, Identity], Mapping[str, Any]]
"""Answers one operation. Runs in a thread. Raises Fault or AwsError."""


@dataclass(frozen=True)
class Target:
    """A service that speaks JSON: `prefix` is what stands before the operation in `X-Amz-Target`."""

    prefix: str
    call: JsonService


class App:
    """The ASGI application. `close` it at the end.

    Services are those of `targets`, S3, STS and metrics; with a `hub` it answers for all others.
    """

    def __init__(
        self,
        keyring: Keyring,
        identities: Identities,
        targets: Mapping[str, Target],
        s3: S3Front,
        sts: Sts | None,
        observe: Observer,
        metrics: CloudWatch | None = None,
        hub: Hub | None = None,
    ) -> None:
        self._hub = hub
        self._metrics = metrics
        self._keyring, self._identities = keyring, identities
        self._targets, self._s3, self._sts = targets, s3, sts
        self._observe = observe
        self._budget = Budget()
        self._pools = {name: ThreadPoolExecutor(THREADS, f"aws-{name}") for name in (*targets, "sts", SERVICE, HUB)}

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        self._s3.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = incoming(scope, receive, _request_id())
        protocol = Protocol.S3
        try:
            try:
                claim = claim_of(request.head)
                protocol = _protocol(request, claim)
                answer = await self._answer(request, claim, protocol)
            except NotAuthenticated as refusal:
                protocol = _protocol(request, None) if refusal.reason is Reason.MISSING else protocol
                raise refusal.as_fault(protocol) from None
        except Vanished:
            return
        except UnicodeEncodeError:
            answer = self._refusal(Fault("SerializationException", "A text is not valid Unicode"), protocol, request)
        except Fault as fault:
            answer = self._refusal(fault, protocol, request)
        except AwsError as error:
            body = json.dumps(error.body() | {"message": error.message}).encode()
            answer = Answer(error.status, {"content-type": JSON_TYPE, "x-amzn-errortype": error.code}, body)
        except Exception as error:
            self._observe(Event("serve.failed", {"error": f"{type(error).__name__}: {error}"}, "error"))
            code = "InternalError" if protocol is Protocol.S3 else "InternalFailure"
            unknown = Fault(code, "The request processing has failed because of an unknown error.", 500)
            answer = self._refusal(unknown, protocol, request)
        name = "x-amz-request-id" if protocol is Protocol.S3 else "x-amzn-requestid"
        headers = {name: request.id, **answer.headers}
        if request.may_hold_back_its_body:
            headers["connection"] = "close"
        elif not await request.drained():
            return
        with contextlib.suppress(TimeoutError):  # nobody reads it; the server ends the connection
            await deliver(Answer(answer.status, headers, answer.body), request, send)

    def _refusal(self, fault: Fault, protocol: Protocol, request: Incoming) -> Answer:
        headers, body = rendered(fault, protocol, request.id, request.head.path)
        if request.head.method == "HEAD" or fault.status == 304:
            body = b""
        return Answer(fault.status, {**headers, **fault.headers}, body)

    async def _answer(self, request: Incoming, claim: Claim, protocol: Protocol) -> Answer:
        key = key_for(claim, self._keyring.find, time.time())
        identity = self._identities().get(key.principal)
        if identity is None:
            raise NotAuthenticated(Reason.UNKNOWN_KEY)
        if protocol is Protocol.S3:
            return await self._s3.answer(request, claim, key, identity, self._budget)
        with self._budget.taking() as take:
            most = MOST_JSON_BYTES if self._hub is None else MOST_CODE_BYTES
            body = await request.body(most, take)
            verify(request.head, claim, key, hashlib.sha256(body).hexdigest())
            if (hub := self._hub) is not None and claim.service not in self._targets:
                who = HubCaller(key.principal, claim.region, key.scope)
                return await self._in_thread(
                    HUB, lambda: hub.answer(request.head, body, claim.service, who, request.id)
                )
            if (sts := self._sts) is not None and claim.service == "sts":
                return await self._call_sts(sts, body, identity, key, request.id)
            if (metrics := self._metrics) is not None and claim.service == SERVICE:
                caller = Caller(identity.principal, key.id, claim.region)
                return await self._in_thread(SERVICE, lambda: metrics.answer(request.head, body, caller))
            return await self._call_json(claim, request, body, identity, key)

    async def _call_sts(self, sts: Sts, body: bytes, identity: Identity, key: AccessKey, request_id: str) -> Answer:
        answer = await self._in_thread("sts", lambda: sts.call(body, identity, key, request_id))
        return Answer(200, {"content-type": "text/xml"}, answer)

    async def _call_json(
        self, claim: Claim, request: Incoming, body: bytes, identity: Identity, key: AccessKey
    ) -> Answer:
        target = self._targets.get(claim.service)
        prefix, _, operation = request.head.headers.get("x-amz-target", "").rpartition(".")
        if target is None or prefix != target.prefix or request.head.method != "POST":
            raise Fault("UnknownOperationException", f"{claim.service} has no such operation here")
        parsed = _parsed(body)
        caller = Caller(identity.principal, key.id, claim.region)
        result = await self._in_thread(claim.service, lambda: target.call(operation, parsed, caller, identity))
        return Answer(200, {"content-type": JSON_TYPE}, json.dumps(result).encode())

    async def _in_thread(self, pool: str, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pools[pool], work)


def _protocol(request: Incoming, claim: Claim | None) -> Protocol:
    """How the request wants its errors, by the service it was signed for, or else by its looks."""
    headers = request.head.headers
    service = claim.service if claim is not None else ""
    if service == "s3":
        return Protocol.QUERY if request.head.path.startswith(S3_CONTROL) else Protocol.S3
    if headers.get("smithy-protocol") == CBOR:
        return Protocol.CBOR
    is_form = headers.get("content-type", "").startswith("application/x-www-form") and request.head.path == "/"
    if service == "ec2":
        return Protocol.EC2
    if service in ("sts", *XML_SERVICES) or is_form:
        return Protocol.QUERY
    return Protocol.JSON if service or "x-amz-target" in headers else Protocol.S3


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Fault("SerializationException", "The request body is not valid JSON") from None
    if not isinstance(value, dict):
        raise Fault("SerializationException", "The request body must be a JSON object")
    return value


def _request_id() -> str:
    text = secrets.token_hex(16)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
