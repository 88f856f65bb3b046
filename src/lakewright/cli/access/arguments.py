"""Arguments that several commands share, without the imports that their work needs."""

from __future__ import annotations

PRIVILEGES = ("select", "describe", "insert", "update", "delete", "alter", "drop", "create")
"""The values of governance's Privilege."""
