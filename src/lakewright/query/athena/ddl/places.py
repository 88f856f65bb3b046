"""Whose files a table has: what lies at its location and its owner may read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakewright.catalog.locations import Location, parse_location
from lakewright.errors import SpecError
from lakewright.query.athena.sql import SqlError
from lakewright.storage.objects import ObjectError, ObjectStore, Stored

if TYPE_CHECKING:
    from lakewright.governance import Principal

PAGE = 1000
HIDDEN = ("_", ".")


@dataclass(frozen=True)
class Places:
    """The object store through the rights of principals.

    `principals` gives a declared principal by name, `may_fetch` (bucket, key, principal) whether the grants that a
    query's result was made under still stand.
    """

    objects: ObjectStore
    principals: Callable[[str], Principal | None]
    administers: Callable[[Principal], bool]
    may_fetch: Callable[[str, str, Principal], bool]

    def files(self, location: Location, owner: str) -> Iterator[Stored]:
        """Every object below a table's location that its owner may read now, as Hive sees them: hidden ones and empty
        ones are none. Without an owner that is declared there are none."""
        principal = self.principals(owner)
        if principal is None or not self._usable(location, principal):
            return
        for stored in self._listed(location, self._owner(location, principal)):
            folders = stored.key[len(location.prefix) :].split("/")
            hidden = any(part.startswith(HIDDEN) for part in folders)
            if stored.size and not hidden and self.may_fetch(stored.bucket, stored.key, principal):
                yield stored

    def folders(self, location: Location, owner: str) -> Iterator[str]:
        """The folders that hold the files, relative to the location (`day=1/tenant=2`), each once."""
        seen = set()
        for stored in self.files(location, owner):
            folder = stored.key[len(location.prefix) :].rpartition("/")[0]
            if folder and folder not in seen:
                seen.add(folder)
                yield folder

    def readable(self, text: str, principal: Principal) -> Location:
        """The location of a table that the principal wants to make. Raises SqlError where it may not read."""
        location = located(text)
        if not self._usable(location, principal):
            raise _denied(location)
        theirs = self._owner(location, principal)
        if theirs is not None and self._any(location, None) and not self._any(location, theirs):
            raise _denied(location)
        return location

    def fresh(self, text: str, principal: Principal) -> Location:
        """A location to write a new table or an export to: usable, and nothing there. Raises SqlError."""
        location = located(text)
        if not self._usable(location, principal, writing=True):
            raise _denied(location)
        if self._any(location, self._owner(location, principal)):
            raise SqlError("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {location}")
        if self._any(location, None):
            raise _denied(location)
        return location

    def writable(self, location: Location, principal: Principal) -> None:
        """Raises SqlError where a table's owner may not write any more."""
        if not self._usable(location, principal, writing=True):
            raise _denied(location)

    def _usable(self, location: Location, principal: Principal, *, writing: bool = False) -> bool:
        """The platform's buckets, one's own, and shared ones (these for reading)."""
        try:
            bucket = self.objects.bucket(location.bucket)
        except ObjectError:
            return False
        if self.administers(principal) or bucket.owner == principal.name:
            return True
        return not bucket.closed and (not writing if bucket.shared else bucket.owner == "")

    def _owner(self, location: Location, principal: Principal) -> str | None:
        """Whose objects there the principal may read; None for everybody's."""
        shared = self.objects.bucket(location.bucket).shared
        return None if shared or self.administers(principal) else principal.name

    def _any(self, location: Location, owner: str | None) -> bool:
        return bool(self.objects.list(location.bucket, location.prefix, limit=1, owner=owner).objects)

    def _listed(self, location: Location, owner: str | None) -> Iterator[Stored]:
        after = ""
        while True:
            found = self.objects.list(location.bucket, location.prefix, after=after, limit=PAGE, owner=owner)
            yield from found.objects
            if found.after is None:
                return
            after = found.after


def located(text: str) -> Location:
    """Raises SqlError for what is no place for a table."""
    try:
        location = parse_location(text)
    except SpecError as error:
        raise SqlError("INVALID_TABLE_PROPERTY", f"Invalid location: {error.fact}") from None
    if not location.prefix:
        raise SqlError("INVALID_TABLE_PROPERTY", f"Can not create a table on a bucket's root directory: {text}")
    return location


def _denied(location: Location) -> SqlError:
    return SqlError("PERMISSION_DENIED", f"Access Denied to S3 location {location}")
