"""Ctrl-C while an engine computes: Python tells of it only the main thread, and only between two steps of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

Given = TypeVar("Given")
_AGAIN = 0.05
"""Seconds; an interrupt between two statements, or before the first, hits nothing."""


def attended(work: Callable[[], Given], interrupt: Callable[[], None]) -> Given:
    """What `work` gives. The main thread lets another one work and waits, so that Ctrl-C can end it."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    with ThreadPoolExecutor(1, "engine") as pool:
        future = pool.submit(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            end([future], interrupt)
            raise


def end(futures: Collection[Future[Any]], interrupt: Callable[[], None]) -> None:
    """Interrupts until none of them runs any more."""
    while wait(futures, _AGAIN).not_done:
        interrupt()
