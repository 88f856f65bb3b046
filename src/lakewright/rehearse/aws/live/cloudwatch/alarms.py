"""When an alarm changes its state. Pure: figures in, state out.

"Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data", CloudWatch user guide.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class State:
    """An alarm's state, and why."""

    value: str = INSUFFICIENT
    reason: str = "Unchecked: Initial alarm creation"


def period_of(alarm: Mapping[str, Any]) -> int:
    """Seconds; of metric math the shortest."""
    if alarm.get("Period"):
        return int(alarm["Period"])
    stats = [one["MetricStat"]["Period"] for one in alarm.get("Metrics") or () if one.get("MetricStat")]
    return int(min(stats, default=60))


def evaluated(alarm: Mapping[str, Any], series: Mapping[float, float], now: float, before: State) -> State:
    """The state after a look at the newest periods; `series`: period's start → value.

    The period that is not over counts as soon as it has a value.
    """
    if alarm.get("ComparisonOperator") not in COMPARISONS:
        return State(INSUFFICIENT, f"{alarm.get('ComparisonOperator')} is not played by this local CloudWatch")
    breaches, words = COMPARISONS[str(alarm["ComparisonOperator"])]
    period, count = period_of(alarm), int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm") or count)
    threshold = float(alarm["Threshold"])
    newest = now // period * period
    if newest not in series:
        newest -= period
    starts = [newest - period * back for back in range(count)]
    known = [(at, series[at]) for at in starts if at in series]
    missing, treat = count - len(known), str(alarm.get("TreatMissingData") or "missing")
    if not known and treat == "ignore":
        return before
    if not known and treat == "missing":
        text = f"Insufficient Data: {count} datapoint{'s were' if count > 1 else ' was'} unknown."
        return State(INSUFFICIENT, text)
    breaching = sum(breaches(value, threshold) for _, value in known) + (missing if treat == "breaching" else 0)
    value = ALARM if breaching >= needed else OK
    return State(value, _reason(known, missing, treat, words, threshold, value == ALARM, count))


def _reason(
    known: Sequence[tuple[float, float]],
    missing: int,
    treat: str,
    words: str,
    threshold: float,
    crossed: bool,
    count: int,
) -> str:
    if not known:
        received = f"no datapoints were received for {count} periods"
        return f"Threshold Crossed: {received} and {missing} missing datapoints were treated as [{treat}]."
    shown = ", ".join(f"{value} ({datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S})" for at, value in known)
    verb = "were" if len(known) > 1 else "was"
    negated = "" if crossed else "not "
    points = f"{len(known)} out of the last {count} datapoints [{shown}] {verb}"
    return f"Threshold Crossed: {points} {negated}{words} the threshold ({threshold})."


_TOKEN = re.compile(
    r'\s*(?:(AND|OR|NOT|TRUE|FALSE)\b|(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*("[^"]*"|[^)\s]+)\s*\)|([()]))'
)


def composite(rule: str, states: Mapping[str, str]) -> bool | None:
    """Whether a composite alarm's rule holds; None for a rule that is none, or names an alarm that is not there."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(rule.rstrip()):
        found = _TOKEN.match(rule, at)
        if found is None:
            return None
        word, state, name, mark = found.groups()
        short = (name or "").strip('"').rpartition(":alarm:")[2] or (name or "").strip('"')
        tokens.append(("state", f"{state}\0{short}") if state else ("mark", word or mark))
        at = found.end()
    try:
        value, rest = _either(tokens, 0, states)
    except (IndexError, KeyError):
        return None
    return value if rest == len(tokens) else None


def _either(tokens: Sequence[tuple[str, str]], at: int, states: Mapping[str, str]) -> tuple[bool, int]:
    value, at = _both(tokens, at, states)
    while at < len(tokens) and tokens[at] == ("mark", "OR"):
        other, at = _both(tokens, at + 1, states)
        value = value or other
    return value, at


def _both(tokens: Sequence[tuple[str, str]], at: int, states: Mapping[str, str]) -> tuple[bool, int]:
    value, at = _one(tokens, at, states)
    while at < len(tokens) and tokens[at] == ("mark", "AND"):
        other, at = _one(tokens, at + 1, states)
        value = value and other
    return value, at


def _one(tokens: Sequence[tuple[str, str]], at: int, states: Mapping[str, str]) -> tuple[bool, int]:
    kind, text = tokens[at]
    if kind == "state":
        wanted, _, name = text.partition("\0")
        return states[name] == wanted, at + 1
    if text == "NOT":
        value, at = _one(tokens, at + 1, states)
        return not value, at
    if text == "(":
        value, at = _either(tokens, at + 1, states)
        if tokens[at] != ("mark", ")"):
            raise IndexError
        return value, at + 1
    if text in ("TRUE", "FALSE"):
        return text == "TRUE", at + 1
    raise IndexError
