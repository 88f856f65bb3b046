"""Who may do what to buckets and objects.

An object belongs to the principal who wrote it, or for whom it was written. Others get the answers that they would get
if it did not exist, but for writes onto its key. Administrators may do everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lakewright.governance.principals import Principal
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.identities import Identity
from lakewright.storage.object_types import no_such_key
from lakewright.storage.objects import Bucket, ObjectError, ObjectStore, Stored

Permitted = Callable[[str, str, Principal], bool]
"""(bucket, key, principal): whether the grants of what the object was made from still stand."""


def denied() -> Fault:
    return Fault("AccessDenied", "Access Denied", 403)


@dataclass(frozen=True)
class Access:
    """Guards one store."""

    store: ObjectStore
    permitted: Permitted

    def bucket(self, name: str, identity: Identity) -> Bucket:
        """A bucket that the principal may use. Raises ObjectError NoSuchBucket, Fault AccessDenied."""
        found = self.store.bucket(name)
        if not self.visible(found, identity):
            raise denied()
        return found

    def visible(self, bucket: Bucket, identity: Identity) -> bool:
        """The platform's buckets, shared ones, and one's own."""
        return identity.administrator or bucket.shared or bucket.owner in ("", identity.name)

    def object(self, bucket: str, key: str, identity: Identity) -> Stored:
        """An object that the principal may read. Raises ObjectError, Fault AccessDenied when grants are gone."""
        found = self.store.head(self.bucket(bucket, identity).name, key)
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
