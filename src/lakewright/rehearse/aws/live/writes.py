"""When something was last changed in a service, so that what was read of it can be kept until then."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.moto.state import is_write

SETTLED_SECONDS = 1.0
"""A change is noted before it is made; what was read this soon after may lack it."""
LONGEST_SECONDS = 30.0


class Writes:
    """Notes changes as they pass. `answer` is a live handler that answers nothing."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], float] = {}

    def answer(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:  # noqa: ARG002 - as every handler
        if is_write(asked.operation):
            self.note(asked.account, asked.service)
        return None

    def note(self, account: str, service: str) -> None:
        self._last[account, service] = time.monotonic()

    def holds(self, account: str, read: float, *services: str) -> bool:
        """Whether what was read at that moment (monotonic) is still so."""
        now = time.monotonic()
        newest = max((self._last.get((account, one), float("-inf")) for one in services), default=float("-inf"))
        return now - read < LONGEST_SECONDS and read > newest + SETTLED_SECONDS
