"""Places in S3, and which lie in which."""

from __future__ import annotations

import re

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid
from lakewright.rehearse.databricks.unity.kinds import LOCATION
from lakewright.rehearse.databricks.unity.metastore import Metastore
from lakewright.rehearse.databricks.unity.rights import Rights

_URL = re.compile(r"s3a?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/[^\s?#]*)?")


def checked_url(url: object) -> str:
    """As it is kept: without the slash at its end."""
    text = str(url or "")
    if not _URL.fullmatch(text):
        raise invalid(f"Input path url '{text}' is not a valid s3:// location")
    return text.rstrip("/")


def bucket_and_key(url: str) -> tuple[str, str]:
    bucket, _, key = url.partition("://")[2].partition("/")
    return bucket, key.strip("/")


def contains(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or lies in it."""
    first, second = outer.rstrip("/") + "/", inner.rstrip("/") + "/"
    return second.startswith(first)


def overlap(one: str, other: str) -> bool:
    return contains(one, other) or contains(other, one)


def location_of(metastore: Metastore, url: str) -> str:
    """The external location that a place lies in. Raises when there is none."""
    for one in metastore.all(LOCATION):
        if contains(one["url"], url):
            return str(one["name"])
    hint = "Please create an external location on one of the parent paths and then retry"
    text = f"No parent external location was found for path '{url}'. {hint}"
    raise DatabricksFault("EXTERNAL_LOCATION_DOES_NOT_EXIST", text, 404)


def need_place(metastore: Metastore, rights: Rights, url: str, privilege: str) -> None:
    """The right to put something at a place."""
    rights.need_write(LOCATION, name := location_of(metastore, url))
    rights.need((privilege,), LOCATION, name)
