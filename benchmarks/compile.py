"""How long `infra compile` takes: blueprints, and 200 stacks, from the command's start to the files on disk."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, wait_for_quiet

ROUNDS = 7
STACKS = 200
HEAD = """\
lakewright: 1
platform: many
environments: {dev: {account: "111111111111", region: us-east-1}}
infra:
  stacks:
    keys: {calls: {key: {use: kms_key}}}
"""
STACK = """\
    team{number}:
      calls:
        lake{number}: {{use: lake_buckets, access_logs: null, buckets: {{raw{number}: {{}}, clean{number}: {{}}}}}}
        secrets{number}: {{use: secrets, secrets: {{api{number}: {{}}}}}}
"""


UNITS, KINDS = 30, ("lab", "qa", "field", "spare")
MANY_UNITS = """\
landscape:
  workspaces: {qa: {network: nonprod}, spare: {network: prod}}
"""


def compiled(folder: Path, environment: str = "dev", *, afresh: bool) -> float:
    """Median wall seconds of the command; `afresh`: the files are written, not only compared.

    The files of the round before are put aside, not deleted: ext4 gives out an inode again only minutes after it was
    deleted and looks at each until then, which made rounds after the first take two to three times as long.
    """
    seconds = []
    for _ in range(ROUNDS):
        if afresh and (folder / "infra").exists():
            (folder / "infra").rename(Path(tempfile.mkdtemp(dir=folder.parent)) / "infra")
        began = time.perf_counter()
        command = [sys.executable, "-m", "lakewright", "infra", "compile", environment]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def run(quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        folder.mkdir()
        command = [sys.executable, "-m", "lakewright", "init", "--blueprint", "lakehouse-cdc"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        yield from _rows(folder, "blueprint lakehouse-cdc", 0.5)
        folder = Path(name) / "many"
        folder.mkdir()
        spec = HEAD + "".join(STACK.format(number=number) for number in range(STACKS - 2))  # and `state`
        (folder / "platform.yaml").write_text(spec, encoding="utf-8")
        yield from _rows(folder, f"{STACKS} stacks", 2.0)
        yield from _units(Path(name))


def _units(parent: Path) -> Iterator[Row]:
    """The blueprint business-units: as `init` writes it, and with many units that read each other."""
    few, many = parent / "few", parent / "units"
    few.mkdir()
    command = [sys.executable, "-m", "lakewright", "init", "--blueprint", "business-units"]
    subprocess.run(command, cwd=few, check=True, stdout=subprocess.DEVNULL)
    yield from _rows(few, "business-units, 3 units", 1.0, "live")
    many.mkdir()
    spec = (few / "platform.yaml").read_text(encoding="utf-8")
    units = [
        f"  unit{number}: {{workspaces: [{', '.join(KINDS)}], reads: [unit{(number + 1) % UNITS}]}}\n"
        for number in range(UNITS)
    ]
    spec = spec[: spec.index("\nunits:") + 1] + MANY_UNITS + "units:\n" + "".join(units)
    (many / "platform.yaml").write_text(spec, encoding="utf-8")
    yield from _rows(many, f"business-units, {UNITS} units × {len(KINDS)} workspaces", 5.0, "live")


def _rows(folder: Path, what: str, bar: float, environment: str = "dev") -> Iterator[Row]:
    compiled(folder, environment, afresh=True)
    for afresh, how in ((True, "written"), (False, "nothing changed")):
        wait_for_quiet()
        seconds = compiled(folder, environment, afresh=afresh)
        yield Row(f"infra compile, {what}, {how}", f"{seconds:.2f} s", "", "", f"≤ {bar:.1f} s", seconds <= bar)
