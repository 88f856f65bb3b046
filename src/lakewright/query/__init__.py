"""SQL over the lake: statements in the canonical dialect, reading Bronze, Silver and Gold, now or as of then.

Names are imported when they are asked for: the processes of `query.governed` start without the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakewright.query.lake import Lake, TableInfo
    from lakewright.query.session import Result, Session

__all__ = ["Lake", "Result", "Session", "TableInfo"]

_HOMES = {"Lake": "lake", "TableInfo": "lake", "Result": "session", "Session": "session"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
