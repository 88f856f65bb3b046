"""How long one decision takes with 1,000 grants: over many tables, and the worst case, all on one table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.measure import Row, wait_for_quiet
from lakewright.governance import Policy, Principal, Privilege, TableFacts
from lakewright.governance.masks import Mask
from lakewright.governance.rules import Filter, Grant, MaskRule
from lakewright.spec.rows import parse_rows

GRANTS = 1_000
NOW = datetime(2026, 6, 1, tzinfo=UTC)
COLUMNS = {f"c{number}": "string" for number in range(20)} | {"tenant_id": "bigint", "email": "string"}
TABLE = TableFacts("gold.t7", COLUMNS, {"email": frozenset({"pii", "email"})})
ANA = Principal("ana", frozenset({"analysts"}), frozenset({"p7", "analyst"}), {"tenants": (1, 2, 3)})
MASKS = (MaskRule("m", ("*.*",), mask=Mask("partial_email"), classes=frozenset({"email"})),)
FILTERS = (Filter("f", ("gold.*",), rows=parse_rows("tenant_id > 0")),)


def spread() -> Policy:
    """200 tables in four databases, 50 personas, wildcards among them."""
    patterns = (
        [f"gold.t{n}" for n in range(150)] + [f"silver.t{n}" for n in range(46)] + ["gold.*", "*.t7", "*.*", "s*.*"]
    )
    rows = parse_rows("tenant_id in user.tenants")
    grants = (
        Grant(
            f"g{number}",
            (patterns[number % len(patterns)],),
            to=frozenset({f"persona:p{number % 50}"}),
            can=frozenset({Privilege.SELECT}),
            classes=frozenset({"email"}),
            rows=rows if number % 3 else None,
        )
        for number in range(GRANTS)
    )
    return Policy(grants=tuple(grants), filters=FILTERS, masks=MASKS)


def piled() -> Policy:
    """All on one table and to one persona, each with its own rows."""
    grants = (
        Grant(
            f"g{number}",
            ("gold.t7",),
            to=frozenset({"persona:analyst"}),
            can=frozenset({Privilege.SELECT}),
            columns=(f"c{number % 20}",),
            rows=parse_rows(f"tenant_id = {number}"),
        )
        for number in range(GRANTS)
    )
    return Policy(grants=tuple(grants), filters=FILTERS, masks=MASKS)


def seconds(policy: Policy, people: Sequence[Principal]) -> float:
    """Median of one decision for each of these."""
    found = []
    for principal in people:
        began = time.perf_counter()
        policy.decide(principal, TABLE, Privilege.SELECT, NOW)
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def run(quick: bool = False) -> Iterator[Row]:
    wait_for_quiet()
    rounds = 200 if quick else 1_000
    strangers = [replace(ANA, name=f"user{number}") for number in range(rounds)]
    many, one = spread(), piled()
    many.decide(ANA, TABLE, Privilege.SELECT, NOW)
    one.decide(ANA, TABLE, Privilege.SELECT, NOW)
    cases = (
        ("over 200 tables, asked for the first time", seconds(many, strangers)),
        ("over 200 tables, asked again", seconds(many, [ANA] * rounds)),
        ("all on one table, each with its own rows, asked for the first time", seconds(one, strangers)),
        ("all on one table, each with its own rows, asked again", seconds(one, [ANA] * rounds)),
    )
    for what, taken in cases:
        yield Row(f"a decision, {GRANTS:,} grants {what}", f"{taken * 1000:.3f} ms", "", "", "≤ 1 ms", taken <= 0.001)
    first, ready = [], []
    for _ in range(5 if quick else 30):
        began = time.perf_counter()
        policy = piled()
        ready.append(time.perf_counter() - began)
        first.append(seconds(policy, [ANA]))
    taken = statistics.median(first)
    what = f"the first question about a table with {GRANTS:,} conditions, by whomever"
    yield Row(what, f"{taken * 1000:.3f} ms", "", "", "≤ 1 ms", taken <= 0.001)
    yield Row(f"a policy of {GRANTS:,} grants, made ready for questions", f"{statistics.median(ready) * 1000:.1f} ms")
