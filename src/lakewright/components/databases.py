"""The catalog's databases: the same names in every account, with a prefix where an account is shared."""

from __future__ import annotations

LAYERS = ("bronze", "silver", "gold")
DATABASES = (*LAYERS, "quarantine")
QUARANTINE_FOLDER = "_quarantine"
"""Rows that failed a check lie in the Silver bucket, below this folder."""


def database_name(prefix: str, layer: str) -> str:
    """`gold`, or `shop_gold` with the prefix `shop_`."""
    return f"{prefix}{layer}"
