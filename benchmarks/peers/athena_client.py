"""PyAthena with its defaults, as many clients. Arguments: JSON with what to do; prints JSON with what was measured.

`{"clients": [{"profile": …, "statements": […]}], "rounds": n | "seconds": s, "location": …}`: each client is a thread
with a connection of its own that runs its statements in turn, after `pause` seconds (0) on average. It prints a line
when all are connected, and begins when it gets one: what clients of other processes need for their start is no part.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import json
import random
import sys
import threading
import time
from typing import Any

from pyathena import connect


def run(client: dict[str, Any], job: dict[str, Any], ready: threading.Barrier, found: list[dict[str, Any]]) -> None:
    """One client; appends its seconds per statement, and errors."""
    options = {"profile_name": client["profile"]} if client.get("profile") else {}
    connection = connect(s3_staging_dir=job["location"], region_name="us-east-1", **options)
    seconds: list[float] = []
    errors: list[str] = []
    cursor = connection.cursor()
    cursor.execute(client["statements"][0]).fetchall()
    ready.wait()
    until = time.monotonic() + job.get("seconds", 1e9)
    number = 0
    while time.monotonic() < until and number < job.get("rounds", 1e9):
        time.sleep(random.uniform(0, 2 * job.get("pause", 0)))
        statement = client["statements"][number % len(client["statements"])]
        began = time.perf_counter()
        try:
            cursor.execute(statement).fetchall()
        except Exception as error:  # whatever a client can meet counts as an error of the service
            errors.append(f"{type(error).__name__}: {error}"[:200])
        seconds.append(time.perf_counter() - began)
        number += 1
    found.append({"profile": client.get("profile"), "seconds": seconds, "errors": errors})


def _together() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def main() -> None:
    job = json.loads(sys.argv[1])
    found: list[dict[str, Any]] = []
    ready = threading.Barrier(len(job["clients"]), action=_together)
    threads = [threading.Thread(target=run, args=(client, job, ready, found)) for client in job["clients"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(found))


main()
