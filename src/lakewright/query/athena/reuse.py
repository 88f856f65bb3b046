"""Results used again: for the same principal and request, young enough, and only while nothing has changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from lakewright.query.athena.execution import Execution, Request
from lakewright.query.athena.history import History
from lakewright.query.athena.results import Results

DEFAULT_MINUTES = 60
_VOLATILE = re.compile(
    r"\b(now|random|rand|uuid|shuffle|current_timestamp|current_date|current_time|localtimestamp|localtime|current_user)\b",
    re.IGNORECASE,
)


def reuse_key(principal: str, request: Request, text: str) -> str:
    """Equal for requests that may share a result; empty when the statement gives something else each time.

    `text`: the statement that runs, without comments, parameters in place of an EXECUTE's name.
    """
    if _VOLATILE.search(text) or any(_VOLATILE.search(one) for one in request.parameters):
        return ""
    folder = request.location.rpartition("/")[0]
    parts: list[Any] = [principal, text, request.database, request.catalog.lower(), request.workgroup, folder]
    parts += [dict(request.configuration), list(request.parameters)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def wanted_age(reuse: Mapping[str, Any]) -> float | None:
    """Seconds that a result may be old; None when the client wants a fresh one."""
    by_age = reuse.get("ResultReuseByAgeConfiguration", {})
    if not by_age.get("Enabled"):
        return None
    return float(by_age.get("MaxAgeInMinutes", DEFAULT_MINUTES)) * 60


def reusable(
    history: History, results: Results, key: str, since: float, unchanged: Callable[[Execution], bool]
) -> Execution | None:
    """The newest fitting execution whose result is still there. `unchanged` tells whether the principal's grants and
    every table that it read are as they were then."""
    if not key:
        return None
    candidates = (one for one in history.reusable(key, since) if not one.reused)
    return next((one for one in candidates if results.exists(one) and unchanged(one)), None)
