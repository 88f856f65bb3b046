"""What an ingester has to know about its source, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lakewright.ingest.mappings import TableMapping


@dataclass(frozen=True)
class OnChange:
    """The policy for schema changes; `stop` halts consumers of the table, never the collecting of its changes."""

    added_column: str = "accept"
    dropped_column: str = "keep"
    renamed_column: str = "stop"
    retyped_column: str = "stop"
    dropped_partition: str = "keep"


@dataclass(frozen=True)
class IngestSettings:
    """One source. `conninfo` is asked whenever a connection is made, so that a secret is kept nowhere.

    `state_dir` is the local `.lakewright/` folder (locks and requests). Times are in seconds, sizes in bytes.
    """

    source: str
    conninfo: Callable[[], str]
    mapping: TableMapping
    state_dir: Path
    tenant: str | None = None
    on_change: OnChange = field(default_factory=OnChange)
    flush_seconds: float = 0.25
    roll_seconds: float = 60.0
    chunk_rows: int = 500_000
    readers: int = 2
    retained_wal_limit: int = 10 * 10**9
    grace_seconds: float = 600.0
    idle_seconds: float = 1.0
    check_seconds: float = 5.0
    buffer_bytes: int = 24 * 2**20
    roll_bytes: int = 64 * 2**20
    compression: str = "snappy"

    @property
    def slot(self) -> str:
        """The replication slot's name; the publication has the same."""
        return "lakewright_" + re.sub(r"[^a-z0-9_]", "_", self.source.lower())[:50]

    @property
    def requests(self) -> Path:
        return self.state_dir / "requests" / self.source

    @property
    def lock_file(self) -> Path:
        return self.state_dir / "locks" / f"ingest-{self.source}.lock"
