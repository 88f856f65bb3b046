"""What became of one stack."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Applied:
    """What happened to a stack: resources by `add`, `change`, `remove`; `skipped` when nothing was to be done.

    `resources` counts what the plan names by type; `seconds` by command.
    """

    stack: str
    did: Mapping[str, int] = field(default_factory=dict)
    skipped: bool = False
    resources: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)


@contextmanager
def timed(into: dict[str, float], name: str) -> Iterator[None]:
    """Writes down the seconds of a block under a name, when it ends well."""
    start = time.monotonic()
    yield
    into[name] = round(time.monotonic() - start, 2)
