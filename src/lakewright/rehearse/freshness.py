"""How old is what a reader sees? Measured against the source's own WAL, not against our clocks' opinion of rows.

A probe notes (time, WAL position): whatever was committed before that time lies before that position. A timeline notes
when each layer first showed a position. The delay of a probe is the time until the layer reached its position.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

PROBE_SECONDS = 0.05


@dataclass(frozen=True)
class Delays:
    """Percentiles in seconds over `probes` measured probes; `unseen` were never reached while we looked."""

    probes: int
    unseen: int
    p50: float
    p99: float
    worst: float


@dataclass
class Timeline:
    """When each position became visible in one layer. Positions only grow."""

    times: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def note(self, position: int, at: float | None = None) -> None:
        if not self.positions or position > self.positions[-1]:
            self.times.append(time.time() if at is None else at)
            self.positions.append(position)

    def visible_at(self, position: int) -> float | None:
        """The time at which everything before `position` was visible; None if it never was."""
        index = bisect_left(self.positions, position)
        return self.times[index] if index < len(self.times) else None


def delays(probes: Sequence[tuple[float, int]], timeline: Timeline) -> Delays:
    """The delay of every probe, as percentiles. A probe taken after its position was visible waits 0 s."""
    reached = [(at, timeline.visible_at(position)) for at, position in probes]
    waited = sorted(max(0.0, seen - at) for at, seen in reached if seen is not None)
    if not waited:
        return Delays(0, len(probes), 0.0, 0.0, 0.0)
    return Delays(len(waited), len(probes) - len(waited), _quantile(waited, 0.50), _quantile(waited, 0.99), waited[-1])


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class WalProbe(threading.Thread):
    """Notes (time, WAL position) of the source every 50 ms until `stop()`; both are taken in this order:
    position first would miss commits in between, so the time is read before the server is asked."""

    def __init__(self, dsn: str) -> None:
        super().__init__(name="wal-probe", daemon=True)
        self.probes: list[tuple[float, int]] = []
        self._dsn = dsn
        self._done = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while not self._done.is_set():
                at = time.time()
                row = connection.execute("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn").fetchone()
                if row is not None:
                    self.probes.append((at, int(row[0])))
                self._done.wait(PROBE_SECONDS)

    def stop(self) -> list[tuple[float, int]]:
        self._done.set()
        self.join()
        return self.probes
