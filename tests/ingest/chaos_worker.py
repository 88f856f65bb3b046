"""The ingester as a process of its own, to be killed: `python chaos_worker.py SOURCE DSN FOLDER SEED`."""

from __future__ import annotations

import random
import sys
import threading
from pathlib import Path

from lakewright.ingest.ingester import Ingester
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sources.postgres import backlog
from lakewright.storage import open_storage


def main(source: str, dsn: str, folder: str, seed: str) -> None:
    chance = random.Random(seed)
    if chance.random() < 0.5:  # what waited while nothing ran comes in chunks
        backlog.BACKLOG_BYTES, backlog.CHUNK_BYTES = 1, chance.choice([20_000, 200_000])
    settings = IngestSettings(
        source=source,
        conninfo=lambda: dsn,
        mapping=TableMapping.from_patterns(["public.*"]),
        state_dir=Path(folder) / "state",
        tenant="tenant_id",
        flush_seconds=chance.choice([0.02, 0.1]),
        roll_seconds=chance.choice([0.3, 1.0]),
        check_seconds=0.2,
        idle_seconds=0.2,
        grace_seconds=0.0,
        chunk_rows=500,
        buffer_bytes=chance.choice([50_000, 2**25]),
    )
    Ingester(settings, open_storage(str(Path(folder) / "lake"))).follow(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
