"""CloudWatch's figures: what live services and PutMetricData said, and statistics of them by period."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

KEPT_SECONDS = 15 * 86_400.0
FINE_SECONDS = 3 * 3600.0
"""After that CloudWatch has figures by the minute only ("Metrics retention", CloudWatch user guide)."""
MINUTE = 60.0
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")


@dataclass(frozen=True, slots=True)
class Metric:
    """A series of figures."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[Mapping[str, str]] = ()) -> Metric:
        """From the API's dimensions."""
        return cls(namespace, name, tuple(sorted((one["Name"], one["Value"]) for one in dimensions)))

    def as_shape(self) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """Figures of one moment: `count` of them, with their sum, least and greatest."""

    at: float
    count: float
    total: float
    least: float
    most: float
    unit: str = "None"


@dataclass(frozen=True, slots=True)
class Point:
    """One period's samples."""

    start: float
    samples: tuple[Sample, ...]

    def value(self, statistic: str) -> float:
        """`Average`, `Sum`, … or a percentile (`p90`)."""
        count = sum(one.count for one in self.samples)
        total = sum(one.total for one in self.samples)
        match statistic:
            case "SampleCount":
                return count
            case "Sum":
                return total
            case "Average":
                return total / count if count else 0.0
            case "Minimum":
                return min(one.least for one in self.samples)
            case "Maximum":
                return max(one.most for one in self.samples)
        return self._percentile(float(statistic.lstrip("p")))

    def _percentile(self, percent: float) -> float:
        values = sorted(one.total / one.count for one in self.samples if one.count)
        return values[max(0, math.ceil(percent / 100 * len(values)) - 1)] if values else 0.0

    @property
    def unit(self) -> str:
        return self.samples[-1].unit


class MetricStore:
    """By account. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: defaultdict[tuple[str, Metric], list[Sample]] = defaultdict(list)

    def put(self, account: str, metric: Metric, value: float, at: float, unit: str = "None") -> None:
        self.add(account, metric, Sample(at, 1, value, value, value, unit))

    def add(self, account: str, metric: Metric, sample: Sample) -> None:
        with self._lock:
            samples = self._samples[account, metric]
            if samples and samples[-1].at > sample.at:
                insort(samples, sample)
            else:
                samples.append(sample)
            if samples[0].at < sample.at - KEPT_SECONDS:
                del samples[: bisect_left(samples, Sample(sample.at - KEPT_SECONDS, 0, 0, 0, 0))]

    def points(self, account: str, metric: Metric, start: float, end: float, period: float) -> list[Point]:
        """The periods between start and end in which there are samples, in order; periods begin at multiples."""
        with self._lock:
            samples = list(self._samples.get((account, metric), ()))
        first = start // period * period
        found: defaultdict[float, list[Sample]] = defaultdict(list)
        for one in samples[bisect_left(samples, Sample(first, 0, 0, 0, 0)) :]:
            if one.at >= end:
                break
            found[one.at // period * period].append(one)
        return [Point(at, tuple(some)) for at, some in sorted(found.items())]

    def kept(self) -> list[Any]:
        """As `Remembering`; what is older than FINE_SECONDS is merged by the minute."""
        with self._lock:
            known = [(key, list(samples)) for key, samples in self._samples.items()]
        return [
            [account, metric.namespace, metric.name, metric.dimensions, [astuple(one) for one in _thinned(samples)]]
            for (account, metric), samples in known
        ]

    def recall(self, found: Iterable[Any]) -> None:
        with self._lock:
            for account, namespace, name, dimensions, samples in found:
                metric = Metric(namespace, name, tuple((key, value) for key, value in dimensions))
                self._samples[account, metric] = [Sample(*one) for one in samples]

    def metrics(self, account: str) -> list[Metric]:
        with self._lock:
            return [metric for owner, metric in self._samples if owner == account]


def _thinned(samples: Sequence[Sample]) -> list[Sample]:
    """In order, the old ones merged."""
    if not samples:
        return []
    fine = bisect_left(samples, Sample(samples[-1].at - FINE_SECONDS, 0, 0, 0, 0))
    merged: dict[float, Sample] = {}
    for one in samples[:fine]:
        at = one.at // MINUTE * MINUTE
        before = merged.get(at)
        merged[at] = one if before is None else _both(before, one, at)
    return [*(merged[at] for at in sorted(merged)), *samples[fine:]]


def _both(one: Sample, other: Sample, at: float) -> Sample:
    least, most = min(one.least, other.least), max(one.most, other.most)
    return Sample(at, one.count + other.count, one.total + other.total, least, most, other.unit)
