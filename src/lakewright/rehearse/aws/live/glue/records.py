"""Runs of jobs as Glue tells of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ACTIVE = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
SUCCEEDED, FAILED, TIMEOUT, STOPPED = "SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"
ENDED = "the local AWS ended while it ran"
WORKERS: Mapping[str, tuple[float, int]] = {
    "Standard": (1.0, 16),
    "G.025X": (0.25, 4),
    "G.1X": (1.0, 16),
    "G.2X": (2.0, 32),
    "G.4X": (4.0, 64),
    "G.8X": (8.0, 128),
}
"""Worker type → DPUs and gigabytes of memory of one worker."""


@dataclass(frozen=True)
class Cause:
    """Why a run is: the trigger that started it, the workflow run it belongs to."""

    trigger: str = ""
    workflow_run: str = ""


@dataclass
class JobRun:
    """One attempt. Written by its own thread only; `stop` may be asked by others."""

    id: str
    job: Mapping[str, Any]
    arguments: Mapping[str, str]
    started: datetime
    timeout: int
    account: str
    attempt: int = 0
    previous: str = ""
    cause: Cause = field(default_factory=Cause)
    state: str = "STARTING"
    error: str = ""
    completed: datetime | None = None
    seconds: int = 0

    @property
    def name(self) -> str:
        return str(self.job["Name"])

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def gigabytes(self) -> int:
        return WORKERS.get(str(self.job.get("WorkerType", "G.1X")), (1.0, 16))[1]

    def shape(self) -> dict[str, Any]:
        """As GetJobRun has it."""
        job = self.job
        worker = str(job.get("WorkerType", "G.1X"))
        workers = int(job.get("NumberOfWorkers") or 2)
        capacity = WORKERS.get(worker, (1.0, 16))[0] * workers
        found: dict[str, Any] = {
            "Id": self.id,
            "Attempt": self.attempt,
            "JobName": self.name,
            "StartedOn": self.started,
            "LastModifiedOn": self.completed or self.started,
            "JobRunState": self.state,
            "Arguments": dict(self.arguments),
            "PredecessorRuns": [],
            "AllocatedCapacity": int(capacity),
            "MaxCapacity": capacity,
            "ExecutionTime": self.seconds,
            "Timeout": self.timeout,
            "WorkerType": worker,
            "NumberOfWorkers": workers,
            "LogGroupName": "/aws-glue/jobs",
            "GlueVersion": str(job.get("GlueVersion", "5.0")),
            "ExecutionClass": str(job.get("ExecutionClass") or "STANDARD"),
        }
        optional = {
            "PreviousRunId": self.previous,
            "TriggerName": self.cause.trigger,
            "CompletedOn": self.completed,
            "ErrorMessage": self.error,
            "SecurityConfiguration": job.get("SecurityConfiguration"),
        }
        return found | {name: value for name, value in optional.items() if value}


def run_id() -> str:
    return f"jr_{secrets.token_hex(32)}"


def attempt_id(first: str, attempt: int) -> str:
    """Glue names retries after the first attempt."""
    return f"{first.partition('_attempt_')[0]}_attempt_{attempt}"
