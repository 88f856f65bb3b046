"""A DMS task over a test database, and its files read back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.ingest.dms.checkpoint import Checkpoints
from lakewright.ingest.dms.replicate import Kind, Replication, replicate
from lakewright.ingest.dms.settings import S3Settings, SourceSettings, TaskSettings
from lakewright.ingest.dms.statistics import Progress
from lakewright.ingest.mappings import TableMapping
from lakewright.storage import open_storage

PARQUET: Mapping[str, Any] = {"BucketName": "lake", "DataFormat": "parquet"}


@dataclass
class Task:
    dsn: str
    folder: Path
    target: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    settings: str | None = None
    kind: Kind = "full-load-and-cdc"
    mapping: TableMapping = field(default_factory=lambda: TableMapping.from_patterns(["public.*"]))
    progress: Progress = field(default_factory=Progress)
    ahead: float = 0.0
    """Seconds by which the task's clock was moved on."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def replication(self) -> Replication:
        return Replication(
            self.dsn.rsplit("/", 1)[-1].split("?")[0][-40:],
            lambda: self.dsn,
            self.mapping,
            S3Settings.read({**PARQUET, **self.target}),
            SourceSettings.read(self.source),
            TaskSettings.read(self.settings),
            self.kind,
        )

    def run(self, stop: threading.Event, *, resume: bool = False) -> str:
        storage = open_storage(str(self.folder / "lake"), self.folder / "staging")
        kept = Checkpoints(self.folder / "checkpoint.json")
        return replicate(self.replication(), storage, kept, stop, self.progress, resume=resume, now=self.now)

    @contextmanager
    def running(self, *, resume: bool = False) -> Iterator[Task]:
        """Until the block ends; changes made in it are in the files afterwards."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                self.run(stop, resume=resume)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            self.until(lambda: self.progress.load_end is not None or bool(failures) or self.kind == "cdc")
            yield self
            if not failures:
                self.until(lambda: self.progress.position >= self._end() or bool(failures))
        finally:
            stop.set()
            thread.join()
        if failures:
            raise failures[0]

    def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not reached: {self.progress}"
            time.sleep(0.02)

    def _end(self) -> int:
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn").fetchone()
        assert row is not None
        return int(row[0])

    def sql(self, *statements: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def files(self, below: str = "") -> list[str]:
        root = self.folder / "lake"
        return sorted(str(path.relative_to(root)) for path in (root / below).rglob("*.parquet"))

    def loads(self, table: str) -> pa.Table:
        return self._read([key for key in self.files(f"public/{table}") if "/LOAD" in key])

    def changes(self, table: str) -> list[dict[str, Any]]:
        """All rows of changes, in the files' order."""
        keys = [key for key in self.files(f"public/{table}") if "/LOAD" not in key]
        return [row for key in sorted(keys) for row in self._read([key]).to_pylist()]

    def _read(self, keys: list[str]) -> pa.Table:
        return pa.concat_tables([pq.ParquetFile(self.folder / "lake" / key).read() for key in keys])
