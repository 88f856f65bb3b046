"""Who may do what: grants and their inheritance, ownership, the USE chain, workspace bindings.

An owner has every privilege on the object itself, and may grant on, alter and drop all that is inside; privileges
granted on a container hold for everything inside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import denied
from lakewright.rehearse.databricks.unity.bound import may_write, reaches
from lakewright.rehearse.databricks.unity.kinds import (
    CATALOG,
    KINDS,
    METASTORE,
    NEVER_IMPLIED,
    SCHEMA,
    spelled,
)
from lakewright.rehearse.databricks.unity.metastore import Metastore
from lakewright.rehearse.databricks.world import Call


@dataclass(frozen=True)
class Rights:
    """One principal in one metastore, by the names that mean it (lower case). `workspace`: from where; None: any."""

    metastore: Metastore
    subjects: frozenset[str]
    workspace: int | None = None

    def owns(self, kind: str, name: str) -> bool:
        body = self.metastore.find(kind, name)
        return body is not None and str(body.get("owner", "")).lower() in self.subjects

    @property
    def is_metastore_admin(self) -> bool:
        return self.owns(METASTORE, self.metastore.id)

    def granted(self, kind: str, name: str) -> set[str]:
        """Privileges granted on this very object, through whatever subject."""
        given = self.metastore.granted(kind, name)
        return {
            privilege
            for principal, privileges in given.items()
            if principal.lower() in self.subjects
            for privilege in privileges
        }

    def holds(self, privilege: str, kind: str, name: str) -> bool:
        """By grant here or on a container, or as the owner."""
        if self.owns(kind, name):
            return True
        for at_kind, at_name in self.metastore.chain(kind, name):
            given = self.granted(at_kind, at_name)
            if privilege in given and privilege in KINDS[at_kind].privileges:
                return True
            if "ALL_PRIVILEGES" in given and privilege not in NEVER_IMPLIED and privilege in KINDS[at_kind].privileges:
                return True
        return False

    def manages(self, kind: str, name: str) -> bool:
        """Whether grants on it, its owner and the object itself may be changed."""
        chain = self.metastore.chain(kind, name)
        return any(self.owns(*one) or "MANAGE" in self.granted(*one) for one in chain)

    def uses(self, kind: str, name: str) -> str | None:
        """What of the USE chain above an object is missing; None when nothing is."""
        for at_kind, at_name in reversed(self.metastore.chain(kind, name)[1:]):
            needed = {CATALOG: "USE_CATALOG", SCHEMA: "USE_SCHEMA"}.get(at_kind)
            if needed is not None and not self.holds(needed, at_kind, at_name):
                return f"User does not have {spelled(needed)} on {KINDS[at_kind].noun} '{at_name}'."
        return None

    def sees(self, kind: str, name: str) -> bool:
        """Whether lists show it."""
        if not self.reaches(kind, name):
            return False
        if self.manages(kind, name):
            return True
        if self.uses(kind, name) is not None:
            return self.holds("BROWSE", kind, name)
        return any(self.holds(one, kind, name) for one in KINDS[kind].privileges) or self._inherits(kind, name)

    def _inherits(self, kind: str, name: str) -> bool:
        return any("BROWSE" in self.granted(*one) for one in self.metastore.chain(kind, name))

    def reaches(self, kind: str, name: str) -> bool:
        """Whether the object's bindings let it be seen from this workspace."""
        if self.workspace is None:
            return True
        return all(reaches(self.metastore, *one, self.workspace) for one in self.metastore.chain(kind, name))

    # ── demands ──

    def need(self, privileges: Iterable[str], kind: str, name: str) -> None:
        """One of these privileges, with the USE chain above and below. Raises PERMISSION_DENIED."""
        self.need_reach(kind, name)
        if missing := self.uses(kind, name):
            raise denied(missing)
        wanted = list(privileges)
        if not any(self.holds(one, kind, name) for one in wanted):
            raise denied(f"User does not have {spelled(wanted[0])} on {KINDS[kind].noun} '{name}'.")

    def need_reach(self, kind: str, name: str) -> None:
        if not self.reaches(kind, name):
            top_kind, top_name = self.metastore.chain(kind, name)[-2]
            raise denied(f"{KINDS[top_kind].noun} '{top_name}' is not accessible in current workspace")

    def need_write(self, kind: str, name: str) -> None:
        """Bindings that are for reading refuse changes of data."""
        self.need_reach(kind, name)
        for one in self.metastore.chain(kind, name):
            if self.workspace is not None and not may_write(self.metastore, *one, self.workspace):
                raise denied(f"{KINDS[one[0]].noun} '{one[1]}' is bound to the current workspace for reading only")

    def need_manage(self, kind: str, name: str) -> None:
        self.need_reach(kind, name)
        if not self.manages(kind, name):
            raise denied(f"User does not have MANAGE on {KINDS[kind].noun} '{name}'.")

    def need_create(self, privilege: str, kind: str, name: str) -> None:
        """The right to make something in a container."""
        self.need_write(kind, name)
        if kind == METASTORE:
            if not self.is_metastore_admin and not self.holds(privilege, kind, name):
                noun, shown = KINDS[kind].noun, self.metastore.body["name"]
                raise denied(f"User does not have {spelled(privilege)} on {noun} '{shown}'.")
            return
        if missing := self.uses(kind, name):
            raise denied(missing)
        if kind == SCHEMA and not self.holds("USE_SCHEMA", kind, name):
            raise denied(f"User does not have USE SCHEMA on Schema '{name}'.")
        if not self.holds(privilege, kind, name):
            raise denied(f"User does not have {spelled(privilege)} on {KINDS[kind].noun} '{name}'.")


def rights_of(call: Call, metastore: Metastore) -> Rights:
    """The caller's."""
    return Rights(metastore, principals.subjects_of(call.objects, call.caller.name), call.workspace)
