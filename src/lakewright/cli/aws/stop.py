"""`lakewright aws stop`: end the local AWS."""

from __future__ import annotations

import os
import signal
import time

from lakewright.cli.aws.running import LOCK, folder_of
from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import ProblemError

SECONDS = 30.0


@verb("stop", example="lakewright aws stop")
def command(invocation: Invocation) -> Report:
    """End the local AWS that was started in this folder; its keys go with it."""
    from lakewright.ingest.lock import holder

    lock = folder_of(invocation) / LOCK
    found = holder(lock)
    if found is None:
        return Report({"stopped": False}, lambda screen: screen.line("no local AWS runs in this folder"))
    pid = int(found["pid"])
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS
    while holder(lock) is not None:
        if time.monotonic() > deadline:
            raise ProblemError("LW1424", f"process {pid} does not end", hint="a second `aws stop`, or Ctrl-C there")
        time.sleep(0.05)
    return Report({"stopped": True, "pid": pid}, lambda screen: screen.line("stopped"))
