"""Functions."""

from __future__ import annotations

TIMES: dict[str, dict[str, str]] = {}
