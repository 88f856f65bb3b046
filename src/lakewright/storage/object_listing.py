"""How S3 lists: keys in their order, those with a delimiter beyond the prefix once, as their common prefix."""

from __future__ import annotations

from collections.abc import Callable

from lakewright.storage.object_index import after_all
from lakewright.storage.object_types import Listing, Stored

Following = Callable[[str, bool], Stored | None]
"""The first object at a position in the order of keys, or beyond it when the flag is set; None when there is none."""


def listed(following: Following, prefix: str, delimiter: str, after: str, limit: int) -> Listing:
    """A page of at most `limit` names from the first one beyond `after`. `following` gives keys with the prefix."""
    objects: list[Stored] = []
    prefixes: list[str] = []
    last = ""
    position, exclusive = (after, True) if after >= prefix else (prefix, False)
    if delimiter and after.startswith(prefix) and after.endswith(delimiter) and len(after) > len(prefix):
        position, exclusive = after_all(after) or after, False
    while (found := following(position, exclusive)) is not None:
        if len(objects) + len(prefixes) >= limit:
            return Listing(tuple(objects), tuple(prefixes), last)
        end = found.key.find(delimiter, len(prefix)) if delimiter else -1
        if end < 0:
            objects.append(found)
            last, position, exclusive = found.key, found.key, True
            continue
        last = found.key[: end + len(delimiter)]
        prefixes.append(last)
        beyond = after_all(last)
        if beyond is None:
            break
        position, exclusive = beyond, False
    return Listing(tuple(objects), tuple(prefixes), None)
