"""Figures of queries as CloudWatch has them for Athena: namespace AWS/Athena, by workgroup, state and type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakewright.query.athena.execution import Execution
from lakewright.query.athena.history import History

NAMESPACE = "AWS/Athena"
METRICS: Mapping[str, tuple[str, Callable[[Execution], float]]] = {
    "ProcessedBytes": ("Bytes", lambda one: one.work.scanned_bytes),
    "TotalExecutionTime": ("Milliseconds", lambda one: one.times.total),
    "QueryQueueTime": ("Milliseconds", lambda one: one.times.queue),
    "QueryPlanningTime": ("Milliseconds", lambda one: one.times.planning),
    "EngineExecutionTime": ("Milliseconds", lambda one: one.times.engine),
    "ServicePreProcessingTime": ("Milliseconds", lambda one: one.times.pre),
    "ServiceProcessingTime": ("Milliseconds", lambda one: one.times.service),
}
DIMENSIONS: Mapping[str, Callable[[Execution], str]] = {
    "WorkGroup": lambda one: one.request.workgroup,
    "QueryState": lambda one: one.state.value,
    "QueryType": lambda one: one.statement_type,
}
STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "SampleCount": lambda values: float(len(values)),
    "Sum": lambda values: math.fsum(values),
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
}


@dataclass(frozen=True)
class Series:
    """One metric with the values of its dimensions; times are seconds since 1970, `end` excluded."""

    metric: str
    dimensions: Mapping[str, str]
    start: float
    end: float
    period: int = 60


def datapoints(history: History, shown: Callable[[Execution], bool], series: Series) -> list[dict[str, Any]]:
    """What GetMetricStatistics answers: per period that has any, the time and every statistic.

    Executions that are not to be `shown` are left out; an unknown metric or dimension has no data.
    """
    if series.metric not in METRICS or not set(series.dimensions) <= set(DIMENSIONS):
        return []
    unit, value = METRICS[series.metric]
    periods: dict[float, list[float]] = {}
    for one in _matching(history.completed(series.start, series.end), series.dimensions):
        if one.completed is not None and shown(one):
            began = series.start + (one.completed - series.start) // series.period * series.period
            periods.setdefault(began, []).append(value(one))
    return [
        {"Timestamp": began, "Unit": unit} | {name: compute(values) for name, compute in STATISTICS.items()}
        for began, values in sorted(periods.items())
    ]


def listing(history: History, shown: Callable[[Execution], bool], start: float, end: float) -> list[dict[str, Any]]:
    """What ListMetrics answers: every metric with every combination of dimensions that occurred."""
    found = {
        tuple((name, read(one)) for name, read in DIMENSIONS.items())
        for one in history.completed(start, end)
        if shown(one)
    }
    return [
        {
            "Namespace": NAMESPACE,
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in combination],
        }
        for metric in METRICS
        for combination in sorted(found)
    ]


def _matching(executions: Iterable[Execution], dimensions: Mapping[str, str]) -> Iterable[Execution]:
    return (one for one in executions if all(DIMENSIONS[name](one) == value for name, value in dimensions.items()))
