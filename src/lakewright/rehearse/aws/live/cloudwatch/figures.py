"""Figures by period, wherever they come from: live services, PutMetricData, Athena's queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakewright.query.athena.metrics import NAMESPACE as ATHENA
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.live.cloudwatch.math import evaluated
from lakewright.rehearse.aws.live.metric_store import STATISTICS, Metric, MetricStore

AthenaPoints = Callable[[str, Metric, float, float, int], list[dict[str, Any]]]
"""(account, metric, start, end, period) → datapoints with every statistic, and their Timestamp."""
LEAST_PERIODS = (1, 5, 10, 20, 30)


@dataclass(frozen=True)
class Figures:
    """One place to ask."""

    store: MetricStore
    athena: AthenaPoints

    def series(
        self, account: str, metric: Metric, statistic: str, start: float, end: float, period: int
    ) -> dict[float, float]:
        """Period's start → value, for the periods that have samples."""
        check_period(period)
        if metric.namespace == ATHENA:
            found = self.athena(account, metric, start // period * period, end, period)
            return {float(one["Timestamp"]): float(one[statistic]) for one in found if statistic in one}
        return {point.start: point.value(statistic) for point in self.store.points(account, metric, start, end, period)}

    def queried(
        self, account: str, queries: Sequence[Mapping[str, Any]], start: float, end: float, period: int
    ) -> dict[str, dict[float, float]]:
        """All series of GetMetricData's queries, or of an alarm's metrics, by id. Raises Fault."""
        known: dict[str, dict[float, float]] = {}
        for one in queries:
            if "MetricStat" in one:
                stat = one["MetricStat"]
                metric = metric_of(stat["Metric"])
                owner = str(one.get("AccountId") or account)
                known[one["Id"]] = self.series(owner, metric, stat["Stat"], start, end, int(stat["Period"]))
        step = min((int(one["MetricStat"]["Period"]) for one in queries if "MetricStat" in one), default=period)
        periods = [at * step for at in range(int(start // step), int(-(-end // step)))]
        waiting = [one for one in queries if one.get("Expression")]
        while waiting:
            ready = [one for one in waiting if not _needs(one, waiting)]
            if not ready:
                raise Fault("ValidationError", "The expressions refer to each other in a circle")
            for one in ready:
                known[one["Id"]] = dict(evaluated(str(one["Expression"]), known, periods))
                waiting.remove(one)
        return known


def _needs(query: Mapping[str, Any], waiting: Sequence[Mapping[str, Any]]) -> bool:
    words = set(re.findall(r"[A-Za-z_]\w*", str(query["Expression"])))
    return any(other["Id"] in words for other in waiting if other is not query)


def metric_of(shape: Mapping[str, Any]) -> Metric:
    return Metric.of(shape["Namespace"], shape["MetricName"], shape.get("Dimensions") or ())


def check_period(period: int) -> None:
    """Raises Fault InvalidParameterValue."""
    if period < 1 or (period % 60 and period not in LEAST_PERIODS):
        text = "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60"
        raise Fault("InvalidParameterValue", text)


def check_statistic(name: str) -> str:
    """Raises Fault."""
    if name not in STATISTICS and not (name.startswith("p") and name[1:].replace(".", "", 1).isdigit()):
        known = ", ".join(STATISTICS)
        raise Fault("InvalidParameterValue", f"The statistic {name} is not supported here: {known}, pNN")
    return name


def stamp(value: Any, default: float) -> float:
    """A request's time in seconds; without a zone it is UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return float(value) if value is not None else default
