"""Keeps the process small: threads that allocate and free much make allocators hold on to what they freed."""

from __future__ import annotations

import ctypes
import os
import sys

M_ARENA_MAX = -8
ARENAS = 2


def be_frugal() -> None:
    """For the whole process: Arrow allocates with malloc, and glibc keeps two arenas, not eight a core.

    Measured with a backlog of 300,000 changes: 246 MB resident instead of 317, and less CPU.
    """
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    if arrow := sys.modules.get("pyarrow"):
        arrow.set_memory_pool(arrow.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
