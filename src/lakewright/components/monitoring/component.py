"""Monitoring's inputs: topics, and for each part of the environment its alarms, metric filters and events."""

from __future__ import annotations

from pathlib import Path

from lakewright.components.component import Call, Component, Context, Cost, File, Value
from lakewright.components.monitoring.alarms import watched
from lakewright.components.monitoring.dashboard import dashboard
from lakewright.components.monitoring.settings import Settings


def call(context: Context, _name: str, settings: Settings) -> Call:
    """The inputs of monitoring."""
    parts = watched(context, settings)
    alarms = {key: entry for part in parts for key, entry in part.alarms.items()}
    patterns = {key: told for part in parts for key, told in part.patterns.items()}
    dms = "dms" in context.calls.values()
    ingesters = sorted(name for name, used in context.calls.items() if used == "ingester")
    late = [key for key in alarms if key.endswith(("-latency-source", "-latency-target", "-lag")) or key == "freshness"]
    inputs: dict[str, Value] = {
        "name": context.place.name(),
        "account": context.place.account,
        "topics": {"alerts": list(settings.alerts), "costs": list(settings.costs or settings.alerts)},
        "metric_filters": {key: entry for part in parts for key, entry in part.filters.items()},
        "alarms": alarms,
        "composites": {"data-late": {"description": "Data is late somewhere", "any_of": late}} if late else {},
        "events": {
            key: {"description": description, "pattern": File(f"events/{key}.json")}
            for key, (description, _) in patterns.items()
        },
        "dashboards": {"overview": File("dashboard.json")},
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    files = {f"events/{key}.json": f"{pattern}\n" for key, (_, pattern) in patterns.items()}
    return Call(inputs, {**files, "dashboard.json": dashboard(context, settings, dms=dms, ingesters=ingesters)})


def costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    """Alarms and our own metrics; a dashboard."""
    parts = watched(context, settings)
    return (
        Cost("cloudwatch.alarm", float(sum(len(part.alarms) for part in parts) + 1)),
        Cost("cloudwatch.metric", float(sum(len(part.filters) for part in parts))),
        Cost("cloudwatch.dashboard", 1.0),
        Cost("cloudwatch.logs_gb_ingested", 2.0, "logs of jobs and replication"),
    )


COMPONENT = Component(
    name="monitoring",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=("topic_arns", "alarms", "dashboards"),
    costs=costs,
)
