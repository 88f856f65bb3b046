"""Whether a stored result may be given out now: whose it is, and whether its grants still stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakewright.query.athena.execution import Execution
from lakewright.query.athena.history import History
from lakewright.query.athena.results import split
from lakewright.query.governed.governor import Governor
from lakewright.query.governed.terms import Reading

if TYPE_CHECKING:
    from lakewright.governance import Principal

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Guard:
    """Asks the grants again whenever a result is fetched or reused."""

    def __init__(
        self,
        governor: Governor,
        history: History,
        administers: Callable[[Principal], bool],
        versions: Callable[[Sequence[str]], Mapping[str, int | None]],
    ) -> None:
        self._governor = governor
        self._history = history
        self._administers = administers
        self._versions = versions

    def permitted(self, execution: Execution, principal: Principal) -> bool:
        """Administrators may see others' results; one's own need the grants of when they were made."""
        if principal.name != execution.principal:
            return self._administers(principal)
        reading = execution.reading
        return reading is None or self._governor.still_permitted(_reading(reading), principal)

    def unchanged(self, execution: Execution, principal: Principal) -> bool:
        """Whether the query would read the same rows again."""
        reading = execution.reading
        if reading is None or not self.permitted(execution, principal):
            return False
        before = reading["versions"]
        return None not in before.values() and dict(self._versions(list(before))) == before

    def may_fetch(self, bucket: str, key: str, principal: Principal) -> bool:
        """As `Athena.may_fetch`."""
        for found in _ID.finditer(key):
            execution = self._history.find(found[0])
            if execution is not None and _belongs(execution, bucket, key):
                return self.permitted(execution, principal)
        return True


def _belongs(execution: Execution, bucket: str, key: str) -> bool:
    its_bucket, its_key = split(execution.request.location)
    return bucket == its_bucket and key.startswith((its_key, split(execution.work.manifest)[1] or its_key))


def _reading(stored: Mapping[str, Any]) -> Reading:
    return Reading(dict(stored["tables"]), datetime.fromisoformat(stored["at"]))
