"""One thread that looks at everything that waits for a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from lakewright.observe import Event, Observer
from lakewright.rehearse.aws.live.clock import Clock

TICK_SECONDS = 0.5
Look = Callable[[datetime], None]


class Ticker:
    """Calls each `look` twice a second and whenever the clock is moved. One that fails is told of, and asked again."""

    def __init__(self, clock: Clock, observe: Observer) -> None:
        self._clock, self._observe = clock, observe
        self._looks: list[Look] = []
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aws-ticker", daemon=True)
        clock.on_move(self._wake.set)

    def add(self, look: Look) -> None:
        self._looks.append(look)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def look(self) -> None:
        """Everybody looks once, now."""
        for one in list(self._looks):
            try:
                one(self._clock.now())
            except Exception as error:  # the others go on, and this one is asked again
                fact = f"{type(error).__name__}: {error}"
                self._observe(Event("aws.tick_failed", {"error": fact}, level="warning"))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            if not self._stopping.is_set():
                self.look()
