"""A small process that starts others and waits for them: `python starter.py`, one JSON line in and one out for each.

A process's peak memory begins with that of whoever started it (Linux counts what it had before its exec), so it must
not be started by a benchmark that itself holds much.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        with Path(asked["out"]).open("wb") as out:
            start = time.perf_counter()
            process = subprocess.Popen(
                asked["command"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=asked["env"], cwd=asked["cwd"]
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        print(json.dumps([process.returncode, wall, cpu, usage.ru_maxrss / 1024]), flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
