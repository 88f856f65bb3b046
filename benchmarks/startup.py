"""How long a person waits before anything happens: `--help`, and `plan` over 500 models with nothing to do."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, wait_for_quiet
from lakewright.models import load_models

ROUNDS = 7
MODELS = 500
MODEL = """/* lakewright
kind: incremental_by_key
key: id
columns: {{id: bigint, amount: bigint}}
*/
SELECT id, amount + {number} AS amount FROM {source}
"""


def command(*arguments: str, folder: Path) -> float:
    """Median wall seconds of a command."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "lakewright", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def project(folder: Path) -> None:
    """500 models in chains of five, each with a table that is up to date."""
    (folder / "platform.yaml").write_text("lakewright: 1\nplatform: many\n")
    for number in range(MODELS):
        layer = "silver"
        source = f"silver.m{number - 1}" if number % 5 else "silver.root"
        path = folder / "models" / layer / f"m{number}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MODEL.format(number=number, source=source))
    (folder / "models/silver/root.sql").write_text(
        "/* lakewright\nkind: full\ncolumns: {id: bigint, amount: bigint}\n*/\n"
        "SELECT CAST(1 AS BIGINT) AS id, CAST(1 AS BIGINT) AS amount\n"
    )
    from lakewright.engines import open_engine
    from lakewright.pipeline import Pipeline
    from lakewright.storage import open_storage

    models = load_models([folder / "models"])
    pipeline = Pipeline(open_storage(str(folder / "lake")), models, open_engine(), lambda: (), folder / ".lakewright")
    report = pipeline.cycle()
    pipeline.close()
    assert report.ok, [model.error for model in report.models if model.error][:1]


def run(quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        command("plan", folder=folder)
        wait_for_quiet()
        bare = f"python -c pass {_bare() * 1000:.0f} ms"
        for what, arguments, bar in (
            ("lakewright --help", "--help", 0.150),
            (f"lakewright plan, {MODELS} models, nothing to do", "plan", 1.0),
        ):
            seconds = command(arguments, folder=folder)
            yield Row(what, f"{seconds * 1000:.0f} ms", bare, "", f"≤ {bar * 1000:.0f} ms", seconds <= bar)


def _bare() -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)
