"""What monitoring watches of one part of an environment, and how its entries are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lakewright.components.component import Context, Value

NAMESPACE = "Lakewright"
HOUR, DAY = 3600, 86_400

Entry = dict[str, Value]


@dataclass(frozen=True)
class Watched:
    """What is watched of one part: entries of the module's maps, by key. `patterns` are events' patterns as JSON."""

    alarms: Mapping[str, Entry] = field(default_factory=dict)
    filters: Mapping[str, Entry] = field(default_factory=dict)
    patterns: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def alarm(description: str, namespace: str, metric: str, threshold: float, **more: Value) -> Entry:
    return {"description": description, "namespace": namespace, "metric": metric, "threshold": threshold, **more}


def counted(context: Context, log_group: Value, pattern: str, metric: str, value: str, **more: Value) -> Entry:
    return {
        "log_group": log_group,
        "pattern": pattern,
        "namespace": namespace(context),
        "metric": metric,
        "value": value,
        **more,
    }


def namespace(context: Context) -> str:
    """Of our own figures: `Lakewright/shop-lakehouse/dev`."""
    return f"{NAMESPACE}/{context.place.platform}/{context.place.environment}"
