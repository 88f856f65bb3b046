"""How long CloudWatch Logs may keep a log group: only some numbers of days."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from lakewright.spec.values import Days, problem

RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days, as PutRetentionPolicy lists them."""


def _known(days: int) -> int:
    if days not in RETENTIONS:
        nearest = min(RETENTIONS, key=lambda known: abs(known - days))
        raise problem("LW107", f"CloudWatch Logs does not keep for {days} days", f"{nearest}d, for example")
    return days


Retention = Annotated[Days, AfterValidator(_known)]
"""Days that a log group keeps its events."""
