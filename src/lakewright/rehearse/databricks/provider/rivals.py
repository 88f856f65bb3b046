"""Two resources that write the grants of one object: `databricks_grants` removes what it does not name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from lakewright.rehearse.databricks.provider.values import State

SECURABLES = [
    "metastore",
    "catalog",
    "schema",
    "table",
    "volume",
    "function",
    "model",
    "external_location",
    "storage_credential",
    "credential",
    "foreign_connection",
    "share",
    "recipient",
    "pipeline",
]
_DETAIL = (
    "databricks_grants is the whole list for its object: at every apply it removes what another resource granted. "
    "Use one databricks_grants, or databricks_grant for each principal."
)


@dataclass
class Rivals:
    """What one plan has seen. Terraform plans a replacement twice: the second time is no rival."""

    _seen: set[tuple[str, str, str]] = field(default_factory=set)
    """(type, object, principal)."""
    _again: set[tuple[str, str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def planned(self, kind: str, planned: State, prior: State | None, *, replaced: bool) -> list[tuple[str, str]]:
        """Warnings (summary, detail) about this resource and those planned before it."""
        on = next((f"{name} {planned[name]}" for name in SECURABLES if isinstance(planned.get(name), str)), None)
        if kind not in ("databricks_grants", "databricks_grant") or on is None:
            return []
        one = (kind, on, str(planned.get("principal")) if kind == "databricks_grant" else "")
        with self._lock:
            if prior is None and one in self._again:
                self._again.discard(one)
                return []
            if replaced:
                self._again.add(one)
            warnings = list(self._against(one))
            self._seen.add(one)
        return warnings

    def _against(self, one: tuple[str, str, str]) -> Iterator[tuple[str, str]]:
        kind, on, who = one
        if one in self._seen:
            yield f"two {kind} resources for {on}{' and ' + who if who else ''}", _DETAIL
        if any(other != kind and where == on for other, where, _ in self._seen):
            yield f"{on} has a databricks_grants and a databricks_grant", _DETAIL
