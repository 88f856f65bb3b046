"""Whatever replicates sources into Bronze, found through AWS's own APIs: DMS's tasks, the ingester's ECS services."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

from lakewright.components.secrets.component import secret_name, source_secret
from lakewright.rehearse.platform.dms_task import dms_tasks
from lakewright.rehearse.platform.evidence import Replication
from lakewright.rehearse.platform.ingester_service import ingester_services
from lakewright.rehearse.platform.stage import Stage


class Replicator(Protocol):
    """One replication. Everything that waits raises ProblemError LW1380 when it takes too long."""

    @property
    def name(self) -> str: ...

    def start(self) -> None:
        """Starts it for the first time."""

    def loaded(self) -> Replication:
        """Waits for the full load; what was loaded then, beside the source's rows."""

    def seen(self, before: Replication, lag: float | None) -> Replication:
        """The same, with its status and its changes as they are now."""

    def follow(self, change: Callable[[], int]) -> float:
        """Makes changes at the source (so many rows) and waits until they lie in Bronze; seconds that took."""

    def changes(self) -> int:
        """Rows of changes that it has captured so far."""

    def flush(self) -> None:
        """Has it write what it holds back."""

    def is_running(self) -> bool: ...

    def stop(self) -> None:
        """Stops it and waits until it has."""

    def resume(self) -> None:
        """Starts it again from where it was."""


def replicators(stage: Stage) -> tuple[Replicator, ...]:
    """All that was deployed."""
    return (*dms_tasks(stage), *ingester_services(stage))


def fill_secrets(stage: Stage) -> int:
    """Puts each source's login into the secret that Terraform made, as its owner would; gives how many there were."""
    secrets = stage.client("secretsmanager")
    names = {one["Name"] for page in secrets.get_paginator("list_secrets").paginate() for one in page["SecretList"]}
    filled = 0
    for one in stage.standins:
        name = secret_name(stage.compiled.place, source_secret(one.name))
        if name in names:
            secrets.put_secret_value(SecretId=name, SecretString=json.dumps(one.login))
            filled += 1
    return filled
