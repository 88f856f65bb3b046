"""The time by which schedules fire, alarms look and DMS flushes: the machine's, moved on by whoever rehearses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Thread-safe. It only goes forward."""

    def __init__(self, real: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._real = real
        self._ahead = timedelta(0)
        self._lock = threading.Lock()
        self._moved: list[Callable[[], None]] = []

    def now(self) -> datetime:
        with self._lock:
            return self._real() + self._ahead

    def seconds(self) -> float:
        return self.now().timestamp()

    @property
    def ahead(self) -> float:
        """Seconds by which it was moved."""
        with self._lock:
            return self._ahead.total_seconds()

    def move(self, seconds: float) -> datetime:
        """Moves it on; gives the time it is then. What waits for a time looks at once."""
        if seconds < 0:
            raise ValueError("a clock goes forward")
        with self._lock:
            self._ahead += timedelta(seconds=seconds)
            listeners = list(self._moved)
        for listener in listeners:
            listener()
        return self.now()

    def kept(self) -> float:
        """As `Remembering`."""
        return self.ahead

    def recall(self, found: float) -> None:
        with self._lock:
            self._ahead = timedelta(seconds=found)

    def on_move(self, listener: Callable[[], None]) -> None:
        with self._lock:
            self._moved.append(listener)
