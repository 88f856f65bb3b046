"""Writing objects: put, copy, delete, tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.s3.access import Access, denied
from lakewright.rehearse.aws.s3.call import Call, source_of
from lakewright.rehearse.aws.s3.reading import check_conditions
from lakewright.rehearse.aws.s3.xml import document, malformed, parsed
from lakewright.storage.objects import Blob, Condition, Facts, ObjectError, Stored

MOST_DELETES = 1000


@dataclass(frozen=True)
class Writing:
    """What a principal writes belongs to the principal."""

    access: Access

    def put(self, call: Call, blob: Blob, checksums: Mapping[str, str]) -> Answer:
        facts = replace(facts_of(call), checksums=checksums)
        stored = self.access.store.commit(
            blob, call.bucket, call.key, owner=call.who, facts=facts, condition=condition_of(call)
        )
        return Answer(200, {"etag": f'"{stored.etag}"', **checksum_headers(stored)})

    def copy(self, call: Call) -> Answer:
        source = self.source(call)
        replaces = call.headers.get("x-amz-metadata-directive", "COPY").upper() == "REPLACE"
        if (source.bucket, source.key) == (call.bucket, call.key) and not replaces:
            text = "This copy request is illegal because it is trying to copy an object to itself without changing it."
            raise Fault("InvalidRequest", text)
        facts = facts_of(call)
        old = source.facts
        headers, metadata = (facts.headers, facts.metadata) if replaces else (old.headers, old.metadata)
        retagged = call.headers.get("x-amz-tagging-directive", "COPY").upper() == "REPLACE"
        whole = old.checksums if old.checksum_type == "FULL_OBJECT" else {}
        new = Facts(headers=headers, metadata=metadata, checksums=whole, tags=facts.tags if retagged else old.tags)
        self.access.check_write(call.bucket, call.key, call.identity)
        stored = self.access.store.copy(
            source, call.bucket, call.key, owner=call.who, facts=new, condition=condition_of(call)
        )
        content = {"LastModified": stored.modified, "ETag": f'"{stored.etag}"'}
        return document("CopyObjectResult", content | checksum_elements(stored))

    def source(self, call: Call) -> Stored:
        """The object that is copied, when the principal may read it. Raises as reading it does."""
        bucket, key = source_of(call)
        stored = self.access.object(bucket, key, call.identity)
        check_conditions(call.headers, stored, "x-amz-copy-source-")
        return stored

    def delete(self, call: Call) -> Answer:
        self._delete(call, call.key)
        return Answer(204)

    def delete_many(self, call: Call) -> Answer:
        self.access.bucket(call.bucket, call.identity)
        root = parsed(call.body)
        keys = [element.findtext("Key") for element in root.findall("Object")]
        if root.tag != "Delete" or not keys or len(keys) > MOST_DELETES or None in keys:
            raise malformed()
        quiet = (root.findtext("Quiet") or "").lower() == "true"
        deleted: list[Mapping[str, object]] = []
        errors: list[Mapping[str, object]] = []
        for key in filter(None, keys):
            try:
                self._delete(call, key)
            except ObjectError as error:
                errors.append({"Key": key, "Code": error.code, "Message": str(error)})
            else:
                deleted.append({"Key": key})
        return document("DeleteResult", {"Deleted": [] if quiet else deleted, "Error": errors})

    def _delete(self, call: Call, key: str) -> None:
        """Others' objects look as if they were not there, and deleting what is not there succeeds."""
        bucket = self.access.bucket(call.bucket, call.identity)
        try:
            self.access.store.delete(bucket.name, key, Condition(only_of=call.only_of))
        except ObjectError as error:
            if error.code != "AccessDenied" or bucket.shared:
                raise

    def put_tagging(self, call: Call) -> Answer:
        root = parsed(call.body)
        tags = {tag.findtext("Key") or "": tag.findtext("Value") or "" for tag in root.findall("TagSet/Tag")}
        self._set_tags(call, tags)
        return Answer(200)

    def delete_tagging(self, call: Call) -> Answer:
        self._set_tags(call, {})
        return Answer(204)

    def put_acl(self, call: Call) -> Answer:
        """Objects are their owner's; a canned ACL that says so is accepted. Raises Fault for all others."""
        self.access.object(call.bucket, call.key, call.identity)
        canned = call.headers.get("x-amz-acl", "")
        if canned not in ("private", "bucket-owner-full-control"):
            raise Fault("AccessControlListNotSupported", "The bucket does not allow ACLs")
        return Answer(200)

    def _set_tags(self, call: Call, tags: Mapping[str, str]) -> None:
        stored = self.access.object(call.bucket, call.key, call.identity)
        if call.only_of not in (None, stored.owner):
            raise denied()
        _check_tags(tags)
        self.access.store.set_facts(call.bucket, call.key, replace(stored.facts, tags=tags))


def condition_of(call: Call) -> Condition:
    """Raises Fault NotImplemented for If-None-Match with an ETag, which S3 refuses too."""
    none_match, match = call.headers.get("if-none-match"), call.headers.get("if-match")
    if none_match not in (None, "*"):
        raise Fault("NotImplemented", "A header you provided implies functionality that is not implemented", 501)
    etag = None if match is None else match.strip('"')
    return Condition(absent=none_match == "*", etag=etag, only_of=call.only_of)


def facts_of(call: Call) -> Facts:
    """What an upload's headers say of the object."""
    tags = dict(parse_qsl(call.headers.get("x-amz-tagging", ""), keep_blank_values=True))
    _check_tags(tags)
    return Facts(headers=call.kept_headers, metadata=call.metadata, tags=tags)


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > 10 or any(not 1 <= len(name) <= 128 or len(value) > 256 for name, value in tags.items()):
        raise Fault("InvalidTag", "The tag provided was not a valid tag")


def checksum_headers(stored: Stored) -> dict[str, str]:
    headers = {f"x-amz-checksum-{name}": value for name, value in stored.facts.checksums.items()}
    return headers | ({"x-amz-checksum-type": stored.facts.checksum_type} if headers else {})


def checksum_elements(stored: Stored) -> dict[str, object]:
    elements: dict[str, object] = {f"Checksum{name.upper()}": value for name, value in stored.facts.checksums.items()}
    return elements | ({"ChecksumType": stored.facts.checksum_type} if elements else {})
