"""A killed process leaves neither terraform nor its providers behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TERRAFORM = """\
#!/usr/bin/env python3
import pathlib, signal, subprocess, sys, time
def interrupted(*_):
    pathlib.Path("interrupted").touch()
    sys.exit(1)  # as terraform does when it cannot go on: its provider stays
signal.signal(signal.SIGINT, interrupted)
provider = subprocess.Popen(["sleep", "300"], start_new_session=False)
pathlib.Path("provider.new").write_text(str(provider.pid))
pathlib.Path("provider.new").rename("provider")
time.sleep(300)
"""
CALLER = """\
import os, pathlib, sys
from lakewright.infra.terraform import Terraform
folder = pathlib.Path(sys.argv[1])
Terraform(folder / "terraform", {"PATH": os.environ["PATH"]}).apply(folder, folder / "plan", "query")
"""


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def runs(process: int) -> bool:
    """Whether there is such a process, one that has ended and that nobody has asked about left aside."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_caller_takes_terraform_and_provider_along(tmp_path: Path, end: signal.Signals) -> None:
    binary = tmp_path / "terraform"
    binary.write_text(TERRAFORM)
    binary.chmod(0o755)
    caller = subprocess.Popen([sys.executable, "-c", CALLER, str(tmp_path)])
    try:
        until((tmp_path / "provider").exists)
        provider = int((tmp_path / "provider").read_text())
        assert runs(provider)
    finally:
        os.kill(caller.pid, end)
        caller.wait(10)
    until(lambda: not runs(provider))
    assert (tmp_path / "interrupted").exists()  # asked first, then ended
