"""What an object store tells: buckets, objects and what they carry, listings, refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path


class ObjectError(Exception):
    """Why the store did not do it; `code` is the one that S3 uses for it."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def no_such_bucket() -> ObjectError:
    return ObjectError("NoSuchBucket", "The specified bucket does not exist")


def no_such_key() -> ObjectError:
    return ObjectError("NoSuchKey", "The specified key does not exist.")


def not_theirs() -> ObjectError:
    return ObjectError("AccessDenied", "Access Denied")


@dataclass(frozen=True, slots=True)
class Bucket:
    """`owner` is empty for the platform's own buckets; in a `shared` one everybody may read everything; a `closed` one
    is for administrators, and read-only."""

    name: str
    owner: str
    shared: bool
    created: datetime
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What an object carries beside its bytes: HTTP headers (lower case), user metadata, checksums (base64), tags."""

    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str = "FULL_OBJECT"
    tags: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[int, ...] = ()

    def as_text(self) -> str:
        return json.dumps(
            {
                "headers": dict(self.headers),
                "metadata": dict(self.metadata),
                "checksums": dict(self.checksums),
                "checksum_type": self.checksum_type,
                "tags": dict(self.tags),
                "parts": list(self.parts),
            }
        )

    def with_parts(self, sizes: tuple[int, ...]) -> Facts:
        return replace(self, parts=sizes)

    @classmethod
    def from_text(cls, text: str) -> Facts:
        found = json.loads(text)
        return cls(**(found | {"parts": tuple(found["parts"])}))


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Stored:
    """One object. `etag` has no quotes; `path` is the file with its bytes, valid until it is replaced or deleted."""

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime
    owner: str
    facts: Facts
    path: Path


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects and common prefixes in the order of their names; `after` continues it, None at its end."""

    objects: tuple[Stored, ...]
    prefixes: tuple[str, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Condition:
    """When a write may happen: the key is free (`absent`), its object has this `etag`, is `only_of` this owner."""

    absent: bool = False
    etag: str | None = None
    only_of: str | None = None


ALWAYS = Condition()
