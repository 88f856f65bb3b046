"""Multipart uploads."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lakewright.rehearse.aws.checksums import ALGORITHMS, as_text
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.s3.access import Access
from lakewright.rehearse.aws.s3.call import Call
from lakewright.rehearse.aws.s3.reading import byte_range
from lakewright.rehearse.aws.s3.receiving import known
from lakewright.rehearse.aws.s3.writing import Writing, checksum_elements, condition_of, facts_of
from lakewright.rehearse.aws.s3.xml import document, malformed, parsed
from lakewright.storage.objects import CHUNK, Blob
from lakewright.storage.uploads import Part, Upload, Uploads

MOST_PARTS = 10_000
PAGE = 1000


@dataclass(frozen=True)
class Multipart:
    """An upload is its beginner's; others find none of that name."""

    access: Access
    uploads: Uploads
    writing: Writing

    def begin(self, call: Call) -> Answer:
        self.access.check_write(call.bucket, call.key, call.identity)
        algorithm = call.headers.get("x-amz-checksum-algorithm", "").lower()
        normal = "FULL_OBJECT" if algorithm == "crc64nvme" else "COMPOSITE"
        kind = call.headers.get("x-amz-checksum-type", normal).upper()
        wanted = dict.fromkeys(known({algorithm}) if algorithm else (), "")
        facts = replace(facts_of(call), checksums=wanted, checksum_type=kind)
        upload = self.uploads.begin(call.bucket, call.key, owner=call.who, facts=facts)
        headers = {"x-amz-checksum-algorithm": algorithm.upper(), "x-amz-checksum-type": kind} if algorithm else {}
        content = {"Bucket": call.bucket, "Key": call.key, "UploadId": upload.id}
        return document("InitiateMultipartUploadResult", content, headers)

    def find(self, call: Call) -> Upload:
        """The upload that a request names. Raises ObjectError NoSuchUpload."""
        upload = self.uploads.find(call.query.get("uploadId", ""), call.bucket, call.key)
        if call.only_of not in (None, upload.owner):
            return self.uploads.find("", call.bucket, call.key)
        return upload

    def put_part(self, call: Call, blob: Blob, checksums: Mapping[str, str]) -> Answer:
        upload = self.find(call)
        part = self.uploads.add(upload, _number(call), blob, checksums)
        return Answer(200, {"etag": f'"{part.etag}"', **{f"x-amz-checksum-{k}": v for k, v in checksums.items()}})

    def copy_part(self, call: Call) -> Answer:
        upload, number, source = self.find(call), _number(call), self.writing.source(call)
        first, _, last = call.headers.get("x-amz-copy-source-range", "bytes=0-").removeprefix("bytes=").partition("-")
        if not first.isdigit() or not (last.isdigit() or not last):
            raise Fault("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last")
        start, length = (0, 0) if not source.size else byte_range(first, last, source.size)
        sums = {name: ALGORITHMS[name]() for name in upload.facts.checksums}
        blob = self.access.store.blob(call.key)
        try:
            for chunk in self.access.objects(source.bucket).get(source.bucket, source.key, start, length):
                blob.write(chunk)
                for checksum in sums.values():
                    checksum.update(chunk)
        except BaseException:
            blob.discard()
            raise
        found = {name: as_text(checksum.digest()) for name, checksum in sums.items()}
        part = self.uploads.add(upload, number, blob, found)
        return document("CopyPartResult", {"LastModified": part.modified, "ETag": f'"{part.etag}"', **_sums(found)})

    def complete(self, call: Call) -> Answer:
        upload = self.find(call)
        root = parsed(call.body)
        named = [_named(element.findtext("PartNumber"), element.findtext("ETag")) for element in root.findall("Part")]
        if root.tag != "CompleteMultipartUpload" or not named:
            raise malformed()
        facts = replace(upload.facts, checksums=self._whole(call, upload, named))
        stored = self.uploads.complete(upload, named, facts, condition_of(call))
        content = {
            "Location": f"/{stored.bucket}/{stored.key}",
            "Bucket": stored.bucket,
            "Key": stored.key,
            "ETag": f'"{stored.etag}"',
        }
        return document("CompleteMultipartUploadResult", content | checksum_elements(stored))

    def _whole(self, call: Call, upload: Upload, named: Sequence[tuple[int, str]]) -> Mapping[str, str]:
        """The checksums of the object. Raises Fault BadDigest when the client expects others."""
        parts = self.uploads.chosen(upload, named)
        found = {}
        for name in upload.facts.checksums:
            full = upload.facts.checksum_type == "FULL_OBJECT"
            found[name] = _full(name, parts) if full else _composite(name, parts)
            if call.headers.get(f"x-amz-checksum-{name}", found[name]) != found[name]:
                raise Fault("BadDigest", f"The {name.upper()} you specified did not match the calculated checksum.")
        return found

    def abort(self, call: Call) -> Answer:
        self.uploads.abort(self.find(call))
        return Answer(204)

    def parts(self, call: Call) -> Answer:
        upload = self.find(call)
        marker, most = call.number("part-number-marker", 0, MOST_PARTS), call.number("max-parts", PAGE, PAGE)
        later = [part for part in self.uploads.parts(upload) if part.number > marker]
        page = later[:most]
        entries = [
            {
                "PartNumber": part.number,
                "LastModified": part.modified,
                "ETag": f'"{part.etag}"',
                "Size": part.size,
                **_sums(part.checksums),
            }
            for part in page
        ]
        content: dict[str, object] = {
            "Bucket": call.bucket,
            "Key": call.key,
            "UploadId": upload.id,
            "PartNumberMarker": marker,
            "NextPartNumberMarker": page[-1].number if page else marker,
            "MaxParts": most,
            "IsTruncated": len(later) > len(page),
            "Part": entries,
        }
        return document("ListPartsResult", content)

    def all(self, call: Call) -> Answer:
        bucket = self.access.bucket(call.bucket, call.identity)
        found = self.uploads.all(bucket.name, call.query.get("prefix", ""), call.only_of)
        marker = (call.query.get("key-marker", ""), call.query.get("upload-id-marker", ""))
        later = [one for one in found if (one.key, one.id) > marker and one.key >= marker[0]]
        page = later[:PAGE]
        uploads = [{"Key": one.key, "UploadId": one.id, "Initiated": one.started} for one in page]
        more = len(later) > len(page)
        content: dict[str, object] = {
            "Bucket": call.bucket,
            "NextKeyMarker": page[-1].key if more else None,
            "NextUploadIdMarker": page[-1].id if more else None,
            "MaxUploads": PAGE,
            "IsTruncated": more,
            "Upload": uploads,
        }
        return document("ListMultipartUploadsResult", content)


def _number(call: Call) -> int:
    number = call.number("partNumber", 0, MOST_PARTS + 1)
    if not 1 <= number <= MOST_PARTS:
        raise Fault("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    return number


def _named(number: str | None, etag: str | None) -> tuple[int, str]:
    if number is None or etag is None or not number.isdigit():
        raise malformed()
    return int(number), etag


def _full(name: str, parts: Sequence[Part]) -> str:
    checksum = ALGORITHMS[name]()
    for part in parts:
        with part.path.open("rb") as file:
            while chunk := file.read(CHUNK * 4):
                checksum.update(chunk)
    return as_text(checksum.digest())


def _composite(name: str, parts: Sequence[Part]) -> str:
    checksum = ALGORITHMS[name]()
    if any(name not in part.checksums for part in parts):
        raise Fault("InvalidRequest", f"The upload was created using the {name} checksum mode; a part has none.")
    for part in parts:
        checksum.update(base64.b64decode(part.checksums[name]))
    return f"{as_text(checksum.digest())}-{len(parts)}"


def _sums(checksums: Mapping[str, str]) -> dict[str, str]:
    return {f"Checksum{name.upper()}": value for name, value in checksums.items()}
