"""Two policies are alike exactly when everybody sees the same of every row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from lakewright.governance import Policy, Principal, TableFacts
from lakewright.governance.agreement import Agreement, Applied, Seat, agreement, answers, to_come
from lakewright.governance.principals import Privilege

from .test_decide import shown
from .test_targets import values
from .worlds import BLOCKS, NOW, PEOPLE, PERSONAS, TABLES, people, policy_of_block, row_of

ROWS = st.fixed_dictionaries({table.name: st.lists(row_of(table), min_size=1, max_size=4) for table in TABLES})
FILLING = {"bigint": 77, "int": 77, "string": "x@y.z", "boolean": True}


def compared(spec: Policy, other: Policy, who: list[Principal], tables: tuple[TableFacts, ...] = TABLES) -> Agreement:
    seats = [Seat(one.name, one, other.principal(one.name, one.groups, one.attributes)) for one in who]
    return agreement(Applied("the other", spec, other, seats, tables), NOW)


@given(BLOCKS, BLOCKS, ROWS)
@settings(max_examples=300, deadline=None)
def test_what_is_not_told_is_seen_alike(block: dict[str, Any], changed: dict[str, Any], rows: dict[str, Any]) -> None:
    """Of two blocks by chance, or of two that differ in their masks only."""
    for other in (changed, {**block, "masks": changed["masks"]}):
        policy, there, who = policy_of_block(block), policy_of_block(other), list(people(block).values())
        found = compared(policy, there, who)
        differ = {(one.principal, one.table) for one in found.differences if Privilege.SELECT in one.privileges}
        event("differ" if differ else "alike")
        for principal in who:
            elsewhere = there.principal(principal.name, principal.groups, principal.attributes)
            for table in TABLES:
                for row in rows[table.name] if (principal.name, table.name) not in differ else ():
                    expected = values(shown(policy, principal, table, row))
                    assert values(shown(there, elsewhere, table, row)) == expected, (principal.name, table.name, row)


@given(BLOCKS)
@settings(max_examples=100, deadline=None)
def test_the_same_said_otherwise_is_no_difference(block: dict[str, Any]) -> None:
    """Each condition twice negated."""
    grants = [one | ({"rows": f"not (not ({one['rows']}))"} if "rows" in one else {}) for one in block["grants"]]
    policy, other = policy_of_block(block), policy_of_block({**block, "grants": grants})
    found = compared(policy, other, list(people(block).values()))
    assert found.differences == ()
    assert found.decisions > 0


def block(**parts: Any) -> Policy:
    return policy_of_block({"users": PEOPLE, "personas": PERSONAS, **parts})


GOLD = [{"to": "Analyst", "on": "gold.orders", "classes": ["*"]}]


@pytest.mark.parametrize(
    ("grants", "lacks", "exceeds", "cells"),
    [
        ([], ("id, tenant_id, status, amount, notes in every row",), (), {"every row": 5}),
        ([GOLD[0] | {"without": ["amount"]}], ("columns amount",), (), {"every row": 1}),
        (
            [GOLD[0] | {"rows": "tenant_id in (1, 2)"}],
            ("rows outside tenant_id IN (1, 2)",),
            (),
            {"tenant_id = 0": 5, "tenant_id = 3": 5, "tenant_id IS NULL": 5},
        ),
    ],
    ids=["no grant", "a column less", "two tenants"],
)
def test_what_lacks_is_told_with_its_rows(
    grants: list[dict[str, Any]], lacks: tuple[str, ...], exceeds: tuple[str, ...], cells: dict[str, int]
) -> None:
    ana = people({"users": PEOPLE, "personas": PERSONAS})["ana"]
    (found,) = compared(block(grants=GOLD), block(grants=grants), [ana]).differences
    assert (found.principal, found.table, found.privileges) == ("ana", "gold.orders", (Privilege.SELECT,))
    assert (found.lacks, found.exceeds) == (lacks, exceeds)
    assert {row: len(columns) for row, columns in found.cells.items()} == cells
    (turned,) = compared(block(grants=grants), block(grants=GOLD), [ana]).differences
    assert (turned.lacks, turned.exceeds) == (exceeds, lacks)


def test_reasons_name_the_rule_and_what_the_other_says() -> None:
    ana = people({"users": PEOPLE, "personas": PERSONAS})["ana"]
    (found,) = compared(block(grants=GOLD), block(), [ana]).differences
    assert found.reason == "by p.yaml:3 access.grants[0]; the other: nothing there gives it"
    (found,) = compared(block(), block(grants=GOLD), [ana]).differences
    assert found.reason == "by p.yaml:3 access.grants[0]; the spec: no rule gives it"


def test_a_column_left_out_and_one_that_is_null_are_the_same() -> None:
    """It is all that some systems can do."""
    ana = people({"users": PEOPLE, "personas": PERSONAS})["ana"]
    masked = block(grants=GOLD, masks=[{"on": ["gold.orders.amount"], "with": "null"}])
    without = block(grants=[GOLD[0] | {"without": ["amount"]}])
    select = [one for one in compared(without, masked, [ana]).differences if Privilege.SELECT in one.privileges]
    assert select == []
    assert compared(block(grants=GOLD), masked, [ana]).differences != ()


def test_rights_that_differ_alike_are_one_difference() -> None:
    grants = [{"to": "Engineer", "on": "gold.orders", "can": ["insert", "update", "delete"]}]
    di = people({"users": PEOPLE, "personas": PERSONAS})["di"]
    (found,) = compared(block(grants=grants), block(), [di]).differences
    assert found.privileges == (Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE)


def test_tables_to_come_alone_are_made() -> None:
    grants = [{"to": "Engineer", "on": "gold.*", "can": ["create"]}]
    di = people({"users": PEOPLE, "personas": PERSONAS})["di"]
    (found,) = compared(block(grants=grants), block(), [di], (*TABLES, to_come("gold"))).differences
    assert (found.table, found.privileges) == ("gold.*", (Privilege.CREATE,))


def test_nobody_there_has_nothing() -> None:
    """Not even what everyone has."""
    policy = block(grants=[GOLD[0] | {"to": "everyone"}])
    ana = people({"users": PEOPLE, "personas": PERSONAS})["ana"]
    found = agreement(Applied("the other", policy, policy, [Seat("ana", ana, None)], TABLES), NOW)
    assert [one.table for one in found.differences] == ["gold.orders"]
    assert "the other: nobody there is called ana" in found.differences[0].reason
    stranger = agreement(Applied("the other", policy, policy, [Seat("eve", None, ana)], TABLES), NOW)
    assert [one.lacks for one in stranger.differences] == [()]


def test_an_excused_difference_is_told_and_is_no_failure() -> None:
    ana = people({"users": PEOPLE, "personas": PERSONAS})["ana"]
    asked = Applied("the other", block(grants=GOLD), block(), [Seat("ana", ana, ana)], TABLES)
    assert not agreement(asked, NOW).ok
    excused = agreement(replace(asked, excuse=lambda one: "it is so" if one.lacks_only else ""), NOW)
    assert (excused.ok, [one.reason for one in excused.differences]) == (True, ["it is so"])
    other = replace(asked, spec=block(), policy=block(grants=GOLD), excuse=lambda one: "x" if one.lacks_only else "")
    assert not agreement(other, NOW).ok


def test_answers_in_words() -> None:
    ana = people({"users": PEOPLE, "personas": PERSONAS})["ana"]
    policy = block(grants=[GOLD[0] | {"rows": "tenant_id = 7", "columns": ["id"]}])
    (found,) = answers(Applied("the other", policy, block(), [Seat("ana", ana, ana)], TABLES), NOW)
    assert (found.spec, found.applied, found.same) == ("select: id in rows where tenant_id IN (7)", "nothing", False)


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamp_ntz"])
def test_the_calendar_ends(kind: str) -> None:
    """There is no day after the last one, nor one before the first: `from the last on` is `on the last`."""
    ana = people({"users": PEOPLE, "personas": PERSONAS})["ana"]
    first, last = ("0001-01-01", "9999-12-31") if kind == "date" else (str(datetime.min), str(datetime.max))
    tables = (TableFacts("gold.terms", {"id": "bigint", "until": kind}),)

    def asked(spec: str, other: str) -> dict[str, tuple[str, ...]]:
        one, two = (block(grants=[{"to": "Analyst", "on": "gold.*", "rows": rows}]) for rows in (spec, other))
        found = [one for one in compared(one, two, [ana], tables).differences if Privilege.SELECT in one.privileges]
        return {row: columns for one in found for row, columns in one.cells.items()}

    assert asked(f"until >= '{last}'", f"until = '{last}'") == {}
    assert asked(f"until <= '{first}'", f"until = '{first}'") == {}
    assert len(asked(f"until >= '{last}'", f"until is not null and until < '{last}'")) == 2
    assert len(asked(f"until = '{first}'", f"until > '{first}'")) == 2
