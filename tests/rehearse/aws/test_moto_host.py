"""The process beside ours in which moto runs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from lakewright.rehearse.aws.moto.host import MotoHost

CALLER = """\
import time
from lakewright.rehearse.aws.moto.host import MotoHost
host = MotoHost()
host.wait()
print(host.folder, flush=True)
time.sleep(300)
"""


def gone(folder: Path) -> bool:
    end = time.monotonic() + 20
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return not folder.exists()


def test_its_folder_goes_with_it() -> None:
    host = MotoHost()
    host.wait()
    assert (host.folder / "moto").exists()
    host.close()
    assert not host.folder.exists()


def test_its_folder_goes_too_when_who_started_it_is_killed() -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE, text=True)
    assert caller.stdout is not None
    folder = Path(caller.stdout.readline().strip())
    assert (folder / "moto").exists()
    caller.kill()
    caller.communicate(timeout=10)
    assert gone(folder)


def test_its_folder_goes_when_nobody_is_there_any_more_as_it_begins(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "lakewright.rehearse.aws.moto.process", str(folder / "moto")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdin.close()
    assert process.wait(60) == 0
    assert not folder.exists()
