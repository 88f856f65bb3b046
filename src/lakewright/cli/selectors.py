"""Which models a person means: names, patterns, and their surroundings in the graph."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from lakewright.errors import SpecError
from lakewright.models import Models


def select(models: Models, selectors: Sequence[str]) -> list[str]:
    """Names in the order of the graph. SpecError LW917 for a selector that fits nothing.

    `silver.order`, `gold.*`, `tag:finance`; `+x` adds what x reads, `x+` what reads x. None means all.
    """
    if not selectors:
        return [model.name for model in models.order()]
    chosen: set[str] = set()
    for selector in selectors:
        core = selector.removeprefix("+").removesuffix("+")
        found = _matching(models, core)
        if not found:
            raise SpecError("LW917", f'no model fits "{selector}"', hint=_hint(models, core))
        chosen |= found
        if selector.startswith("+"):
            chosen |= models.upstream(*found)
        if selector.endswith("+"):
            chosen |= models.downstream(*found)
    return [model.name for model in models.order(chosen)]


def _matching(models: Models, core: str) -> set[str]:
    if core.startswith("tag:"):
        return {name for name, model in models.items() if core.removeprefix("tag:") in model.tags}
    return {name for name in models if fnmatchcase(name, core)}


def _hint(models: Models, core: str) -> str:
    from lakewright.spec.layers import did_you_mean

    layer, _, table = core.partition(".")
    if layer in ("bronze", "changes") and "*" not in table:
        return f"Bronze is filled by ingest: `lakewright ingest resnapshot {table}` loads it anew"
    return did_you_mean(core, models, "`gold.*`, `+gold.x`, `silver.y+` and `tag:z` work too")
