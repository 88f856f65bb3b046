"""Multi-tenant isolation: the analysts of two tenants ask the same, and each for the other's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lakewright.errors import ProblemError
from lakewright.rehearse.scenarios.stage import Finding, Stage, Told

REVENUE = """
    SELECT tenant_id, count(*) AS days, sum(order_count) AS orders, sum(total_revenue) AS revenue
    FROM revenue_metrics GROUP BY tenant_id ORDER BY tenant_id"""
EXAMPLE = "access: {users: {tia: {groups: [tenant-analysts], attributes: {tenants: [2]}}}}"


def tell(stage: Stage) -> Told:
    """Raises ProblemError LW812 when there are not two analysts whose tenants differ."""
    (one, its), (other, others) = _pair(stage)
    analyst = stage.anyone("DataAnalyst")
    first = stage.ask("The same statement, asked by one tenant's analyst", one, REVENUE)
    second = stage.ask("… and by another's", other, REVENUE)
    everybody = stage.ask("… and by the analyst of all tenants", analyst, REVENUE)
    crossed = stage.ask(f"{one} asks for the rows of {other}'s tenant", one, _of(others))
    back = stage.ask(f"{other} asks for the rows of {one}'s tenant", other, _of(its))
    below = stage.ask_in_vain(f"{one} asks for the table below", one, 'SELECT count(*) FROM "order"', "silver")
    seen = _sorted([*first.rows, *second.rows])
    theirs = _sorted([row for row in everybody.rows if row[0] in (*its, *others)])
    findings = [
        Finding(f"{one} sees tenant {_listed(its)} and nothing else", set(first.column("tenant_id")) == set(its)),
        Finding(f"{other} sees tenant {_listed(others)} and no more", set(second.column("tenant_id")) == set(others)),
        Finding("what they see is exactly the rows of these tenants", seen == theirs),
        Finding("asking for the other's rows by name gives none", crossed.rows == back.rows == [(0,)]),
        Finding("Silver does not exist for them", bool(below.error)),
    ]
    return Told("Multi-tenant isolation", [first, second, everybody, crossed, back, below], findings)


def _pair(stage: Stage) -> list[tuple[str, tuple[int, ...]]]:
    found: list[tuple[str, tuple[int, ...]]] = []
    for name, person in sorted(stage.people.items()):
        tenants = tuple(int(value) for value in person.attributes.get("tenants", ()))
        if tenants and "TenantSpecificAnalyst" in person.personas and not any(set(tenants) & set(t) for _, t in found):
            found.append((name, tenants))
    if len(found) < 2:
        raise ProblemError("LW812", "this platform has no two tenant analysts with tenants of their own", hint=EXAMPLE)
    return found[:2]


def _of(tenants: Sequence[int]) -> str:
    return f"SELECT count(*) AS rows_seen FROM revenue_metrics WHERE tenant_id IN ({_listed(tenants)})"


def _listed(tenants: Sequence[int]) -> str:
    return ", ".join(map(str, tenants))


def _sorted(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    return sorted(rows, key=str)
