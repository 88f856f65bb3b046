"""Who may do what to buckets and objects.

An object belongs to the principal who wrote it, or for whom it was written. Others get the answers that they would get
if it did not exist, but for writes onto its key. Administrators may do everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from lakewright.governance.principals import Principal
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.identities import Identity
from lakewright.storage.folder_bucket import FolderBucket
from lakewright.storage.object_types import no_such_key
from lakewright.storage.objects import Bucket, Listing, ObjectError, ObjectStore, Stored

Permitted = Callable[[str, str, Principal], bool]
"""(bucket, key, principal): whether the grants of what the object was made from still stand."""


def denied() -> Fault:
    return Fault("AccessDenied", "Access Denied", 403)


class Objects(Protocol):
    """What can be read: the store's buckets, or a folder that looks like one."""

    def head(self, bucket: str, key: str) -> Stored: ...

    def open(self, bucket: str, key: str) -> tuple[Stored, BinaryIO]: ...

    def get(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...

    def list(
        self, bucket: str, prefix: str = "", *, delimiter: str, after: str, limit: int, owner: str | None
    ) -> Listing: ...


@dataclass(frozen=True)
class Access:
    """Guards one store, and the folders that stand beside it as buckets: by name, for administrators, read-only."""

    store: ObjectStore
    permitted: Permitted
    folders: Mapping[str, FolderBucket] = field(default_factory=dict)

    def objects(self, bucket: str) -> Objects:
        """Where the objects of a bucket are read."""
        return self.folders.get(bucket, self.store)

    def buckets(self, identity: Identity) -> list[Bucket]:
        """Those that the principal may use, by name."""
        every = {one.name: one for one in self.store.buckets()} | {
            name: folder.bucket for name, folder in self.folders.items()
        }
        return [one for _, one in sorted(every.items()) if self.visible(one, identity)]

    def check_method(self, method: str, bucket: str) -> None:
        """Raises Fault AccessDenied for what would change a folder."""
        if bucket in self.folders and method not in ("GET", "HEAD"):
            raise denied()

    def bucket(self, name: str, identity: Identity) -> Bucket:
        """A bucket that the principal may use. Raises ObjectError NoSuchBucket, Fault AccessDenied."""
        folder = self.folders.get(name)
        found = folder.bucket if folder is not None else self.store.bucket(name)
        if not self.visible(found, identity):
            raise denied()
        return found

    def visible(self, bucket: Bucket, identity: Identity) -> bool:
        """The platform's buckets, shared ones, and one's own."""
        if identity.administrator:
            return True
        return not bucket.closed and (bucket.shared or bucket.owner in ("", identity.name))

    def object(self, bucket: str, key: str, identity: Identity) -> Stored:
        """An object that the principal may read. Raises ObjectError, Fault AccessDenied when grants are gone."""
        found = self.objects(bucket).head(self.bucket(bucket, identity).name, key)
        self.check(found, identity)
        return found

    def check(self, stored: Stored, identity: Identity) -> None:
        """Raises ObjectError NoSuchKey for others' objects, Fault AccessDenied when the grants are gone."""
        if identity.administrator:
            return
        if stored.owner != identity.name and not self.store.bucket(stored.bucket).shared:
            raise no_such_key()
        if not self.permitted(stored.bucket, stored.key, identity.principal):
            raise denied()

    def check_write(self, bucket: str, key: str, identity: Identity) -> None:
        """Refuses before a body is read; the store decides again when it commits. Raises as `bucket`, AccessDenied."""
        found = self.bucket(bucket, identity)
        if identity.administrator:
            return
        if found.shared and found.owner not in ("", identity.name):
            raise denied()
        try:
            stored = self.store.head(bucket, key)
        except ObjectError:
            return
        if stored.owner != identity.name:
            raise denied()

    def listed_owner(self, bucket: Bucket, identity: Identity) -> str | None:
        """Whose objects a listing shows; None for all."""
        return None if identity.administrator or bucket.shared else identity.name
