"""Historical analysis: revenue of six months from Gold, from Silver and from Bronze: same figures, other prices."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import date

from lakewright.rehearse.scenarios.stage import Finding, Stage, Step, Told, position_of

ROUNDS = 3
MONTHS = 6


def tell(stage: Stage) -> Told:
    engineer, analyst = stage.anyone("DataEngineer"), stage.anyone("DataAnalyst")
    newest = stage.history("gold.revenue_metrics")[-1]
    position = position_of(newest)
    months = _months(newest.at.date())
    since, until = f"DATE '{months[0]}'", f"DATE '{months[-1]}'"
    when = f"month BETWEEN {since} AND {until}"
    gold = _ask(stage, "Gold", analyst, "gold", f"""
        SELECT month, sum(order_count) AS orders, sum(total_revenue) AS revenue
        FROM revenue_metrics WHERE {when} GROUP BY month ORDER BY month""")  # fmt: skip
    silver = _ask(stage, "Silver", engineer, "silver", f"""
        SELECT month, count(*) AS orders, sum(total) AS revenue
        FROM "order" WHERE status = 'completed' AND {when} GROUP BY month ORDER BY month""")  # fmt: skip
    bronze = _ask(stage, "Bronze", engineer, "bronze", f"""
        SELECT CAST(date_trunc('month', order_date) AS date) AS month, count(*) AS orders,
               sum(subtotal + tax + shipping) AS revenue
        FROM core_order FOR VERSION AS OF {position}
        WHERE lower(trim(status)) = 'completed' AND subtotal >= 0 AND tax >= 0 AND shipping >= 0
          AND order_date >= CAST({since} AS timestamp) AND order_date < {until} + INTERVAL '1' MONTH
        GROUP BY 1 ORDER BY 1""")  # fmt: skip
    layers = {"Gold": gold, "Silver": silver, "Bronze": bronze}
    costs = [(layer, *_cost(rounds)) for layer, rounds in layers.items()]
    times = Step(f"The same question to each layer, median of {ROUNDS}", ("layer", "seconds", "bytes scanned"), costs)
    answers = [[tuple(row) for row in rounds[0].rows] for rounds in layers.values()]
    agree = answers.count(answers[0]) == len(answers) and [row[0] for row in answers[0]] == months
    findings = [
        Finding(f"{MONTHS} months, {months[0]} to {months[-1]}, and the three layers agree on each", agree),
        Finding("Gold reads less than Silver, and Silver less than Bronze", costs[0][2] < costs[1][2] < costs[2][2]),
    ]
    return Told("Historical analysis", [gold[0], silver[0], bronze[0], times], findings)


def _months(last: date) -> list[date]:
    """First days of the months up to that of `last`."""
    number = last.year * 12 + last.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - MONTHS + 1, number + 1)]


def _ask(stage: Stage, layer: str, who: str, database: str, sql: str) -> list[Step]:
    title = f"Revenue of {MONTHS} months from {layer}"
    return [stage.ask(title, who, sql, database) for _ in range(ROUNDS)]


def _cost(rounds: Sequence[Step]) -> tuple[float, int]:
    seconds = statistics.median(step.seconds or 0.0 for step in rounds)
    return round(seconds, 3), rounds[0].scanned_bytes or 0
