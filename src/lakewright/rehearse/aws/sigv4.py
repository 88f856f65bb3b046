"""Signature Version 4, the verifying side: what a request claims, and whether it is true.

Only what the client signed is looked at; the rest of a request must not change its meaning, so that every `x-amz-*`
header has to be signed. See AWS's "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from lakewright.rehearse.aws.faults import NotAuthenticated, Reason
from lakewright.rehearse.aws.keys import AccessKey

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_SECONDS = 300
LONGEST_URL_SECONDS = 7 * 24 * 3600
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=(?P<credential>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})\s*"
)
_CREDENTIAL = re.compile(r"([^/]{16,128})/(\d{8})/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})/aws4_request")
_STAMP = re.compile(r"\d{8}T\d{6}Z")
NEED_NO_SIGNATURE = frozenset({"x-amz-user-agent"})


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, as it arrived: `path` and `query` still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says about who signed it and how."""

    key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str
    token: str
    seconds: int | None
    """How long a presigned URL is good for; None when the signature is in the header."""

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def claim_of(request: Request) -> Claim:
    """Reads the claim out of header or query. Raises NotAuthenticated MISSING or INCOMPLETE."""
    header = request.headers.get("authorization")
    if header is not None:
        found = _AUTHORIZATION.fullmatch(header)
        if found is None:
            raise NotAuthenticated(Reason.OUTDATED if header.startswith("AWS ") else Reason.INCOMPLETE)
        stamp, token = request.headers.get("x-amz-date", ""), request.headers.get("x-amz-security-token", "")
        return _claim(found["credential"], found["headers"], found["signature"], stamp, token, None)
    query = {name: value for name, value in query_pairs(request.query) if name.startswith(("X-Amz-", "AWSAccessKeyId"))}
    if "X-Amz-Signature" not in query:
        raise NotAuthenticated(Reason.OUTDATED if "AWSAccessKeyId" in query else Reason.MISSING)
    seconds = query.get("X-Amz-Expires", "")
    if query.get("X-Amz-Algorithm") != ALGORITHM or not re.fullmatch(r"\d{1,6}", seconds):
        raise NotAuthenticated(Reason.INCOMPLETE)
    credential, headers, signature, stamp, token = (
        query.get(f"X-Amz-{name}", "")
        for name in ("Credential", "SignedHeaders", "Signature", "Date", "Security-Token")
    )
    return _claim(credential, headers, signature, stamp, token, int(seconds))


def _claim(credential: str, headers: str, signature: str, stamp: str, token: str, seconds: int | None) -> Claim:
    found = _CREDENTIAL.fullmatch(credential)
    names = tuple(headers.split(";"))
    if found is None or not _STAMP.fullmatch(stamp) or "host" not in names or stamp[:8] != found[2]:
        raise NotAuthenticated(Reason.INCOMPLETE)
    if seconds is not None and not 1 <= seconds <= LONGEST_URL_SECONDS:
        raise NotAuthenticated(Reason.INCOMPLETE)
    return Claim(found[1], found[2], found[3], found[4], names, signature, stamp, token, seconds)


def key_for(claim: Claim, find: Callable[[str], AccessKey | None], now: float) -> AccessKey:
    """The key that the claim names, when it, its token and the time are in order. Raises NotAuthenticated."""
    key = find(claim.key_id)
    if key is None:
        raise NotAuthenticated(Reason.UNKNOWN_KEY)
    if not hmac.compare_digest(key.token.encode(), claim.token.encode("utf-8", "replace")):
        raise NotAuthenticated(Reason.TOKEN_WRONG)
    if key.expires is not None and now >= key.expires:
        raise NotAuthenticated(Reason.TOKEN_EXPIRED)
    try:
        signed_at = datetime.strptime(claim.stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise NotAuthenticated(Reason.INCOMPLETE) from None
    if signed_at - now > SKEW_SECONDS or (claim.seconds is None and now - signed_at > SKEW_SECONDS):
        raise NotAuthenticated(Reason.SKEWED)
    if claim.seconds is not None and now > signed_at + claim.seconds:
        raise NotAuthenticated(Reason.URL_EXPIRED)
    return key


def verify(request: Request, claim: Claim, key: AccessKey, payload_hash: str) -> bytes:
    """Checks the signature and gives the signing key, for chunks. Raises NotAuthenticated MISMATCH."""
    signed = frozenset(claim.signed_headers)
    loose = (name for name in request.headers if name.startswith("x-amz-") and name not in signed)
    if any(name not in NEED_NO_SIGNATURE for name in loose) or not signed <= request.headers.keys():
        raise NotAuthenticated(Reason.MISMATCH)
    signing_key = _signing_key(key.secret, claim)
    canonical = canonical_request(request, claim, payload_hash)
    if not hmac.compare_digest(sign(signing_key, ALGORITHM, claim, _sha256(canonical)), claim.signature):
        raise NotAuthenticated(Reason.MISMATCH)
    return signing_key


def sign(signing_key: bytes, algorithm: str, claim: Claim, *rest: str) -> str:
    """The signature over the algorithm's name, time, scope and the rest, a line each."""
    text = "\n".join((algorithm, claim.stamp, claim.scope, *rest))
    return hmac.new(signing_key, text.encode("latin-1"), hashlib.sha256).hexdigest()


def canonical_request(request: Request, claim: Claim, payload_hash: str) -> bytes:
    """The request in the form that is signed. S3's paths are encoded once, all others' twice."""
    path = quote(unquote_to_bytes(request.path), safe="/-_.~") if claim.service == "s3" else _twice(request.path)
    pairs = [
        (
            quote(name.encode("utf-8", "surrogateescape"), safe="-_.~"),
            quote(value.encode("utf-8", "surrogateescape"), safe="-_.~"),
        )
        for name, value in query_pairs(request.query)
        if claim.seconds is None or name != "X-Amz-Signature"
    ]
    query = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in claim.signed_headers)
    lines = (request.method, path or "/", query, headers, ";".join(claim.signed_headers), payload_hash)
    return "\n".join(lines).encode("latin-1")


def query_pairs(query: str) -> list[tuple[str, str]]:
    """Names and values of a query, decoded; `+` is a plus."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe="-_.~")


def _twice(path: str) -> str:
    return quote(path, safe="/-_.~")


def _signing_key(secret: str, claim: Claim) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (claim.day, claim.region, claim.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
