"""Queries of principals, each in processes of its own that hold nothing but what the principal may see.

Names are imported when they are asked for: the workers start without most of this.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakewright.query.governed.answer import Answer, Stats
    from lakewright.query.governed.governor import Governor, Reach
    from lakewright.query.governed.lake_sources import LakeSources
    from lakewright.query.governed.problems import (
        Cancelled,
        OutOfMemory,
        QueryFailed,
        Refused,
        ScanLimit,
        StatementError,
        TimedOut,
        Unavailable,
        Unreadable,
        WorkerDied,
    )
    from lakewright.query.governed.statements import GovernedSession
    from lakewright.query.governed.terms import (
        NEWEST,
        Limits,
        Pin,
        Query,
        Reading,
        Sources,
        TableRead,
        TableSource,
        ViewSource,
    )
    from lakewright.query.governed.visible import Visible

_HOMES = {
    "Answer": "answer",
    "Stats": "answer",
    "Governor": "governor",
    "Reach": "governor",
    "LakeSources": "lake_sources",
    "Cancelled": "problems",
    "OutOfMemory": "problems",
    "QueryFailed": "problems",
    "Refused": "problems",
    "ScanLimit": "problems",
    "StatementError": "problems",
    "TimedOut": "problems",
    "Unavailable": "problems",
    "Unreadable": "problems",
    "WorkerDied": "problems",
    "GovernedSession": "statements",
    "NEWEST": "terms",
    "Limits": "terms",
    "Pin": "terms",
    "Query": "terms",
    "Reading": "terms",
    "Sources": "terms",
    "TableRead": "terms",
    "TableSource": "terms",
    "ViewSource": "terms",
    "Visible": "visible",
}

__all__ = [
    "NEWEST",
    "Answer",
    "Cancelled",
    "GovernedSession",
    "Governor",
    "LakeSources",
    "Limits",
    "OutOfMemory",
    "Pin",
    "Query",
    "QueryFailed",
    "Reach",
    "Reading",
    "Refused",
    "ScanLimit",
    "Sources",
    "StatementError",
    "Stats",
    "TableRead",
    "TableSource",
    "TimedOut",
    "Unavailable",
    "Unreadable",
    "ViewSource",
    "Visible",
    "WorkerDied",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
