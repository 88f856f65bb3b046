"""`python -m benchmarks [names…] [--quick] [--json]`: the speed table, peers measured in the same run."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import Row, busy_share
from lakewright.errors import LakewrightError

NAMES = (
    "startup",
    "merge",
    "full_load",
    "drain",
    "freshness",
    "queries",
    "governed",
    "athena",
    "decisions",
    "iam",
    "compile",
)
LONG = ("hour",)
"""Asked by name only."""
PACKAGES = ("lakewright", "duckdb", "pyarrow", "deltalake", "dlt", "connectorx", "pydbzengine", "dbt-duckdb")
COLUMNS = ("what", "figure", "peer", "ratio", "bar", "met")
WIDTHS = (72, 28, 38, 8, 12, 3)


def main() -> int:
    options = _options()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every start would compile all modules again
    began, others = time.perf_counter(), busy_share(1.0)
    machine = _machine() | {"busy_before": f"{others:.0%}"}
    if not options.json:
        print(", ".join(f"{name} {value}" for name, value in machine.items()), end="\n\n")
        _line(COLUMNS)
        _line(tuple("-" * width for width in WIDTHS))
    rows: list[Row] = []
    for row in _rows(options):
        rows.append(row)
        if not options.json:
            met = {True: "yes", False: "NO", None: ""}[row.met]
            _line((row.what, row.figure, row.peer, row.ratio, row.bar, met))
    missed = [row.what for row in rows if row.met is False]
    seconds = time.perf_counter() - began
    if options.json:
        table = [row.as_dict() for row in rows]
        print(json.dumps({"machine": machine, "seconds": round(seconds), "rows": table, "missed": missed}))
    else:
        print(f"\n{len(rows)} figures in {seconds / 60:.1f} minutes, {len(missed)} bars missed, {_load()}")
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"some of: {', '.join(NAMES)} (default: these), {', '.join(LONG)}"
    )
    parser.add_argument("--quick", action="store_true", help="smaller and shorter, in a few minutes")
    parser.add_argument("--orders", type=int, help="size of the lake for `queries`")
    parser.add_argument("--minutes", type=int, help="length of `hour`")
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - {*NAMES, *LONG})
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return options


def _rows(options: argparse.Namespace) -> Iterator[Row]:
    own = {"queries": {"orders": options.orders}, "hour": {"minutes": options.minutes}}
    for name in options.names or NAMES:
        run = importlib.import_module(f"benchmarks.{name}").run
        try:
            yield from run(quick=options.quick, **own.get(name, {}))
        except LakewrightError as error:
            yield Row(f"{name} broke off", error.fact.strip().splitlines()[-1][:200], met=False)


def _line(fields: tuple[str, ...]) -> None:
    print("| " + " | ".join(text.ljust(width) for text, width in zip(fields, WIDTHS, strict=True)) + " |", flush=True)


def _machine() -> dict[str, str]:
    found = {"cores": str(os.cpu_count()), "memory": _memory(), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _memory() -> str:
    info = Path("/proc/meminfo")
    return f"{int(info.read_text().split()[1]) / 2**20:.0f} GB" if info.exists() else "unknown"


def _load() -> str:
    return f"load average {os.getloadavg()[2]:.1f} over the last 15 minutes"


if __name__ == "__main__":
    sys.exit(main())
