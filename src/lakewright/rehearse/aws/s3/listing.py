"""Listings of objects, in all three forms."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.s3.access import Access
from lakewright.rehearse.aws.s3.call import Call
from lakewright.rehearse.aws.s3.xml import document
from lakewright.storage.objects import Listing, Stored

MOST_KEYS = 1000


@dataclass(frozen=True)
class Listings:
    """Only what the one who asks may see, page by page."""

    access: Access

    def version_1(self, call: Call) -> Answer:
        marker, encode = call.query.get("marker", ""), _encoder(call)
        most, found = self._page(call, marker)
        following = found.after if found.after is not None and "delimiter" in call.query else None
        head = {"Name": call.bucket, "Prefix": encode(call.query.get("prefix", "")), "Marker": encode(marker)}
        more = {"NextMarker": None if following is None else encode(following)}
        return document("ListBucketResult", {**head, **more, **self._body(call, most, found, "Contents")})

    def version_2(self, call: Call) -> Answer:
        token, start, encode = call.query.get("continuation-token"), call.query.get("start-after", ""), _encoder(call)
        after = start if token is None else _after(token)
        most, found = self._page(call, after)
        head = {"Name": call.bucket, "Prefix": encode(call.query.get("prefix", "")), "ContinuationToken": token}
        more = {
            "StartAfter": encode(start) if start else None,
            "KeyCount": len(found.objects) + len(found.prefixes),
            "NextContinuationToken": None if found.after is None else _token(found.after),
        }
        return document("ListBucketResult", {**head, **more, **self._body(call, most, found, "Contents")})

    def versions(self, call: Call) -> Answer:
        """Buckets are not versioned: each object is the only version of itself, called null."""
        marker, encode = call.query.get("key-marker", ""), _encoder(call)
        most, found = self._page(call, marker)
        head = {"Name": call.bucket, "Prefix": encode(call.query.get("prefix", "")), "KeyMarker": encode(marker)}
        more = {"NextKeyMarker": None if found.after is None else encode(found.after)}
        return document("ListVersionsResult", {**head, **more, **self._body(call, most, found, "Version")})

    def _page(self, call: Call, after: str) -> tuple[int, Listing]:
        bucket = self.access.bucket(call.bucket, call.identity)
        most = call.number("max-keys", MOST_KEYS, MOST_KEYS)
        if most == 0:
            return 0, Listing((), (), None)
        prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")
        owner = self.access.listed_owner(bucket, call.identity)
        objects = self.access.objects(bucket.name)
        found = objects.list(bucket.name, prefix, delimiter=delimiter, after=after, limit=most, owner=owner)
        return most, found

    def _body(self, call: Call, most: int, found: Listing, name: str) -> Mapping[str, object]:
        encode = _encoder(call)
        delimiter = call.query.get("delimiter")
        is_version = name == "Version"
        return {
            "Delimiter": None if delimiter is None else encode(delimiter),
            "MaxKeys": most,
            "EncodingType": call.query.get("encoding-type"),
            "IsTruncated": found.after is not None,
            name: [_entry(one, encode(one.key), is_version) for one in found.objects],
            "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in found.prefixes],
        }


def _entry(stored: Stored, key: str, is_version: bool) -> Mapping[str, object]:
    version = {"VersionId": "null", "IsLatest": True} if is_version else {}
    return {
        "Key": key,
        **version,
        "LastModified": stored.modified,
        "ETag": f'"{stored.etag}"',
        "ChecksumAlgorithm": [name.upper() for name in stored.facts.checksums] or None,
        "Size": stored.size,
        "Owner": {"ID": stored.owner, "DisplayName": stored.owner},
        "StorageClass": "STANDARD",
    }


class _Plain:
    def __call__(self, text: str) -> str:
        return text


class _Encoded:
    def __call__(self, text: str) -> str:
        return quote(text, safe="/-_.*")


def _encoder(call: Call) -> _Plain | _Encoded:
    match call.query.get("encoding-type"):
        case None:
            return _Plain()
        case "url":
            return _Encoded()
        case _:
            raise Fault("InvalidArgument", "Invalid Encoding Method specified in Request")


def _token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode()


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode("ascii")).decode("utf-8")
    except ValueError:
        raise Fault("InvalidArgument", "The continuation token provided is incorrect") from None
