"""What the suite counted, for the report at the end of a run."""

from __future__ import annotations

from collections.abc import Callable

Note = Callable[[str, object], None]
"""pytest's `record_property`, which works across processes."""

PREFIX = "leaks "


def total(note: Note, what: str, count: float) -> None:
    """Adds to a figure of the report; figures of the same name are summed."""
    note(PREFIX + what, count)
