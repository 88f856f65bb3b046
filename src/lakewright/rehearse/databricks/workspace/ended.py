"""How a task ends."""

from __future__ import annotations

from dataclasses import dataclass

SUCCESS, FAILED, SKIPPED = "SUCCESS", "FAILED", "SKIPPED"


@dataclass(frozen=True)
class Ended:
    """Its result, why, and what it said."""

    result: str
    message: str = ""
    logs: str = ""


class NotRun(Exception):  # noqa: N818 - an answer
    """Nothing here runs such a task."""


class TaskFailed(Exception):  # noqa: N818 - an answer
    """It ended badly, having said `logs`."""

    def __init__(self, message: str, logs: str = "") -> None:
        super().__init__(message)
        self.logs = logs
