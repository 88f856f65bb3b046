"""`lakewright databricks stop`: end the local Databricks."""

from __future__ import annotations

import os
import signal
import time

from lakewright.cli.databricks.running import LOCK, folder_of
from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import ProblemError

SECONDS = 30.0


@verb("stop", example="lakewright databricks stop")
def command(invocation: Invocation) -> Report:
    """End the local Databricks that was started in this folder; its secret goes with it."""
    from lakewright.ingest.lock import holder

    lock = folder_of(invocation) / LOCK
    found = holder(lock)
    if found is None:
        return Report({"stopped": False}, lambda screen: screen.line("no local Databricks runs in this folder"))
    pid = int(found["pid"])
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS
    while holder(lock) is not None:
        if time.monotonic() > deadline:
            hint = "a second `databricks stop`, or Ctrl-C there"
            raise ProblemError("LW1509", f"process {pid} does not end", hint=hint)
        time.sleep(0.05)
    return Report({"stopped": True, "pid": pid}, lambda screen: screen.line("stopped"))
