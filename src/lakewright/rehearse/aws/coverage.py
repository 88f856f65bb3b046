"""What the local AWS was asked, and what became of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Outcome(StrEnum):
    """What an answer is worth as evidence."""

    EXECUTED = "executed"
    """Something ran: a live service, or the object store."""
    ACCEPTED = "accepted"
    """It was stored, and nothing is behind it."""
    REFUSED = "refused"
    """A gate, or the service itself, said no to a change, or to who asked."""
    UNIMPLEMENTED = "unimplemented"
    """Nothing here knows the action."""


class Coverage:
    """Counts by operation (`dms:CreateReplicationTask`). Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Outcome, Counter[str]] = {one: Counter() for one in Outcome}

    def count(self, outcome: Outcome, service: str, operation: str) -> None:
        with self._lock:
            self._counts[outcome][f"{service}:{operation}"] += 1

    def operations(self, outcome: Outcome) -> Mapping[str, int]:
        """Sorted by operation."""
        with self._lock:
            return dict(sorted(self._counts[outcome].items()))

    def as_facts(self) -> dict[str, dict[str, int]]:
        """For JSON: outcome → operation → how often."""
        return {str(one): dict(self.operations(one)) for one in Outcome}
