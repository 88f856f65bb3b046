"""One S3 request, taken apart: bucket, key, query, and who asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import unquote_to_bytes

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.sigv4 import Request, query_pairs

LONGEST_KEY = 1024
_VIRTUAL = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.(?:s3[a-z0-9.-]*\.)?localhost(?::\d+)?")
_META = "x-amz-meta-"
KEPT_HEADERS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)


@dataclass(frozen=True, slots=True)
class Call:
    """`key` is empty for requests about buckets; `query` has the last value of each name; `kept` names the headers that
    an object keeps."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    identity: Identity
    body: bytes = b""
    kept: tuple[str, ...] = KEPT_HEADERS

    @property
    def who(self) -> str:
        return self.identity.name

    @property
    def only_of(self) -> str | None:
        """Whose objects may be replaced or deleted; None for everybody's."""
        return None if self.identity.administrator else self.who

    @property
    def metadata(self) -> dict[str, str]:
        return {name[len(_META) :]: value for name, value in self.headers.items() if name.startswith(_META)}

    @property
    def kept_headers(self) -> dict[str, str]:
        """What an object keeps of its upload's headers; `aws-chunked` is of the transfer and goes."""
        kept = {name: self.headers[name] for name in self.kept if name in self.headers}
        if "content-encoding" in kept:
            parts = [part.strip() for part in kept["content-encoding"].split(",")]
            kept["content-encoding"] = ",".join(part for part in parts if part != "aws-chunked")
        return {name: value for name, value in kept.items() if value}

    def number(self, name: str, normal: int, most: int) -> int:
        """A whole number of the query. Raises Fault InvalidArgument."""
        text = self.query.get(name, str(normal))
        if not re.fullmatch(r"\d{1,10}", text) or int(text) > 2**31 - 1:
            raise Fault("InvalidArgument", f"Provided {name} not an integer or within integer range")
        return min(int(text), most)


def call_of(request: Request, identity: Identity, body: bytes = b"") -> Call:
    """Reads path-style and virtual-host-style addresses. Raises Fault InvalidURI or KeyTooLongError."""
    path = _decoded(request.path)
    query = dict(query_pairs(request.query))
    found = _VIRTUAL.fullmatch(request.headers.get("host", ""))
    if found is not None and not found["bucket"].startswith("s3"):
        bucket, key = found["bucket"], path.removeprefix("/")
    else:
        bucket, _, key = path.removeprefix("/").partition("/")
    if len(key.encode()) > LONGEST_KEY:
        raise Fault("KeyTooLongError", "Your key is too long")
    return Call(request.method, bucket, key, query, request.headers, identity, body)


def _decoded(path: str) -> str:
    try:
        return unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("InvalidURI", "Couldn't parse the specified URI.") from None


def source_of(call: Call) -> tuple[str, str]:
    """Bucket and key of `x-amz-copy-source`. Raises Fault InvalidArgument."""
    path, _, _ = call.headers["x-amz-copy-source"].partition("?versionId=")
    bucket, _, key = _decoded(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise Fault("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    return bucket, key


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
