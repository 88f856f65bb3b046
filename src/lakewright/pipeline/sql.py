"""Small pieces of SQL that the pipeline's statements are made of."""

from __future__ import annotations

from collections.abc import Sequence

from lakewright.engines.duckdb import identifier, literal


def columns(names: Sequence[str], alias: str = "") -> str:
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + identifier(name) for name in names)


def same(left: str, right: str, names: Sequence[str]) -> str:
    """Equality of rows on `names`, in which NULL equals NULL."""
    return " AND ".join(f"{left}.{identifier(n)} IS NOT DISTINCT FROM {right}.{identifier(n)}" for n in names)


__all__ = ["columns", "identifier", "literal", "same"]
