"""Reading objects: whole, in part, under conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer, FileBody
from lakewright.rehearse.aws.s3.access import Access
from lakewright.rehearse.aws.s3.buckets import acl
from lakewright.rehearse.aws.s3.call import Call, http_date
from lakewright.rehearse.aws.s3.xml import document
from lakewright.storage.objects import Stored

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OVERRIDES = ("content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding")


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of an object that is sent: `status` 206 and headers of its own when it is not the whole."""

    start: int
    length: int
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """GET and HEAD of objects, their tags, ACL and attributes."""

    access: Access

    def get(self, call: Call) -> Answer:
        self._check_version(call)
        bucket = self.access.bucket(call.bucket, call.identity)
        stored, file = self.access.objects(bucket.name).open(bucket.name, call.key)
        try:
            self.access.check(stored, call.identity)
            check_conditions(call.headers, stored)
            part = _slice(call, stored)
        except BaseException:
            file.close()
            raise
        return Answer(part.status, _headers(call, stored, part), FileBody(file, part.start, part.length, stored.path))

    def head(self, call: Call) -> Answer:
        self._check_version(call)
        stored = self.access.object(call.bucket, call.key, call.identity)
        check_conditions(call.headers, stored)
        part = _slice(call, stored)
        return Answer(part.status, _headers(call, stored, part))

    def tagging(self, call: Call) -> Answer:
        stored = self.access.object(call.bucket, call.key, call.identity)
        tags = [{"Key": name, "Value": value} for name, value in stored.facts.tags.items()]
        return document("Tagging", {"TagSet": {"Tag": tags}})

    def acl(self, call: Call) -> Answer:
        self.access.object(call.bucket, call.key, call.identity)
        return acl(call)

    def attributes(self, call: Call) -> Answer:
        stored = self.access.object(call.bucket, call.key, call.identity)
        asked = {name.strip() for name in call.headers.get("x-amz-object-attributes", "").split(",")}
        sums = {f"Checksum{name.upper()}": value for name, value in stored.facts.checksums.items()}
        known: Mapping[str, object] = {
            "ETag": stored.etag,
            "Checksum": {**sums, "ChecksumType": stored.facts.checksum_type} if sums else None,
            "ObjectParts": {"TotalPartsCount": len(stored.facts.parts)} if stored.facts.parts else None,
            "StorageClass": "STANDARD",
            "ObjectSize": stored.size,
        }
        content = {name: value for name, value in known.items() if name in asked}
        return document("GetObjectAttributesResponse", content, {"last-modified": http_date(stored.modified)})

    def refuse(self, call: Call) -> Answer:
        """Sub-resources that no object here has."""
        self.access.object(call.bucket, call.key, call.identity)
        raise Fault("NotImplemented", "This local S3 does not have this sub-resource.", 501)

    def _check_version(self, call: Call) -> None:
        if call.query.get("versionId", "null") != "null":
            raise Fault("NoSuchVersion", "The specified version does not exist.", 404)


def check_conditions(headers: Mapping[str, str], stored: Stored, prefix: str = "") -> None:
    """Raises Fault PreconditionFailed (412) or NotModified (304) by If-Match and its kin, as RFC 9110 orders them."""
    match, none_match = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-none-match")
    since, unchanged = headers.get(f"{prefix}if-modified-since"), headers.get(f"{prefix}if-unmodified-since")
    at = stored.modified.replace(microsecond=0)
    if match is not None:
        if not _names(match, stored):
            raise _failed()
    elif unchanged is not None and (moment := _date(unchanged)) is not None and at > moment:
        raise _failed()
    if none_match is not None:
        fits = _names(none_match, stored)
    else:
        fits = since is not None and (moment := _date(since)) is not None and at <= moment
    if fits:
        headers = {"etag": f'"{stored.etag}"', "last-modified": http_date(stored.modified)}
        raise _failed() if prefix else Fault("NotModified", "Not Modified", 304, headers)


def _failed() -> Fault:
    return Fault("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)


def _names(tags: str, stored: Stored) -> bool:
    return any(tag.strip().removeprefix("W/").strip('"') in ("*", stored.etag) for tag in tags.split(","))


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _slice(call: Call, stored: Stored) -> Slice:
    if "partNumber" in call.query:
        return _part(call, stored)
    found = _RANGE.fullmatch(call.headers.get("range", "").replace(" ", ""))
    if found is None or found[0] == "bytes=-" or not _same(call.headers.get("if-range"), stored):
        return Slice(0, stored.size)
    start, length = byte_range(found[1], found[2], stored.size)
    return Slice(start, length, 206, {"content-range": f"bytes {start}-{start + length - 1}/{stored.size}"})


def byte_range(first: str, last: str, size: int) -> tuple[int, int]:
    """Start and length of a range as HTTP writes it. Raises Fault InvalidRange when nothing of it is there."""
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end or start >= size:
        raise Fault("InvalidRange", "The requested range is not satisfiable", 416, {"content-range": f"bytes */{size}"})
    return start, end - start + 1


def _same(condition: str | None, stored: Stored) -> bool:
    return condition is None or condition.strip('"') in (stored.etag, http_date(stored.modified))


def _part(call: Call, stored: Stored) -> Slice:
    number, sizes = call.number("partNumber", 1, 10_000), stored.facts.parts or (stored.size,)
    if not 1 <= number <= len(sizes):
        raise Fault("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
    start, length = sum(sizes[: number - 1]), sizes[number - 1]
    headers = {"x-amz-mp-parts-count": str(len(sizes))} if stored.facts.parts else {}
    if length:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{stored.size}"
    return Slice(start, length, 206, headers)


def _headers(call: Call, stored: Stored, part: Slice) -> dict[str, str]:
    facts = stored.facts
    headers = {
        "content-type": "binary/octet-stream",
        **facts.headers,
        "content-length": str(part.length),
        "etag": f'"{stored.etag}"',
        "last-modified": http_date(stored.modified),
        "accept-ranges": "bytes",
        **part.headers,
        **{f"x-amz-meta-{name}": value for name, value in facts.metadata.items()},
    }
    if facts.tags:
        headers["x-amz-tagging-count"] = str(len(facts.tags))
    if facts.checksums and part.status == 200 and call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers |= {f"x-amz-checksum-{name}": value for name, value in facts.checksums.items()}
        headers["x-amz-checksum-type"] = facts.checksum_type
    for name in _OVERRIDES:
        if (value := call.query.get(f"response-{name}")) is not None:
            if _CONTROL.search(value):
                raise Fault("InvalidArgument", f"response-{name} is not a header's value")
            headers[name] = value
    return headers
