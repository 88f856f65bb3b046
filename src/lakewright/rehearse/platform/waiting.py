"""Waiting for something that AWS's APIs will say, for so long and no longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lakewright.errors import ProblemError

T = TypeVar("T")


def until(look: Callable[[], T | None], what: str, seconds: float, pause: float = 0.2) -> T:
    """The first answer that is not None. Raises ProblemError LW1380 when there is none in time."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise ProblemError("LW1380", f"{what}: not after {seconds:.0f} s", hint="the rehearsal's log says more")
        time.sleep(pause)
    return found
