"""Places of tables: `s3://bucket/prefix/`, and nothing that could mean another place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakewright.errors import SpecError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Location:
    """`prefix` is empty or ends with `/`."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def within(self, other: Location) -> bool:
        """Whether it is `other` or below it."""
        return self.bucket == other.bucket and self.prefix.startswith(other.prefix)

    def below(self, path: str) -> Location:
        return Location(self.bucket, self.prefix + path.strip("/") + "/")


def parse_location(text: str) -> Location:
    """Raises SpecError LW1203 for other schemes, no bucket, `.`, `..` or empty parts, control characters, wildcards."""
    scheme, mark, rest = text.partition("://")
    bucket, _, key = rest.partition("/")
    parts = key.removesuffix("/").split("/") if key.removesuffix("/") else []
    wrong = (
        scheme != "s3" or not mark or not _BUCKET.fullmatch(bucket) or ".." in bucket,
        any(part in ("", ".", "..") for part in parts),
        _CONTROL.search(key) is not None or "*" in key or "?" in key or "\\" in key,
        len(key.encode()) > 900,
    )
    if any(wrong):
        raise SpecError("LW1203", f"{text[:300]!r} is no place for a table", hint="s3://bucket/folder/")
    return Location(bucket, "".join(f"{part}/" for part in parts))
