"""Decisions against an oracle that reads the block's own words, and what adding a rule may do."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.governance import Allowed, Policy, Principal, Privilege, TableFacts
from lakewright.governance.questions import who_can

from .worlds import BLOCKS, NOW, PEOPLE, TABLES, masks_on, people, policy_of_block, row_of, seen

NOTHING = object()
Cells = dict[str, Any] | None


def shown(policy: Policy, principal: Principal, table: TableFacts, row: Mapping[str, Any]) -> Cells:
    """Column → value as shown, of the columns that are; None when the row is not seen."""
    decision = policy.decide(principal, table, Privilege.SELECT, NOW)
    if not isinstance(decision, Allowed) or (decision.rows is not None and not decision.rows.holds(row)):
        return None
    cells = {}
    for column in decision.columns:
        if column not in decision.cells or decision.cells[column].holds(row):
            mask = decision.masks.get(column)
            cells[column] = mask.apply(row[column]) if mask else row[column]
    return cells


@st.composite
def questions(draw: st.DrawFn) -> tuple[dict[str, Any], str, TableFacts, dict[str, Any]]:
    table = draw(st.sampled_from(TABLES))
    return draw(BLOCKS), draw(st.sampled_from(sorted(PEOPLE))), table, draw(row_of(table))


@given(questions())
@settings(max_examples=600, deadline=None)
def test_what_is_seen_is_what_the_block_says(question: tuple[dict[str, Any], str, TableFacts, dict[str, Any]]) -> None:
    block, name, table, row = question
    cells = shown(policy_of_block(block), people(block)[name], table, row)
    expected = seen(block, name, table, row)
    assert (set(cells) if cells else None) == expected
    for column in cells or {}:
        kinds = masks_on(block, name, table, column)
        if not kinds:
            assert cells is not None
            assert cells[column] == row[column]
        elif len(kinds) > 1 or "null" in kinds:
            assert cells is not None
            assert cells[column] is None


def _is_less(after: Cells, before: Cells, row: Mapping[str, Any]) -> bool:
    """Nothing that was not shown before: no new row, no new cell, no value unmasked."""
    if after is None:
        return True
    return before is not None and all(
        column in before and (value == before[column] or value is None or value != row[column])
        for column, value in after.items()
    )


@given(questions(), BLOCKS, st.sampled_from(["denies", "filters", "masks"]))
@settings(max_examples=500, deadline=None)
def test_a_restriction_never_shows_more(
    question: tuple[dict[str, Any], str, TableFacts, dict[str, Any]], other: dict[str, Any], kind: str
) -> None:
    block, name, table, row = question
    before = shown(policy_of_block(block), people(block)[name], table, row)
    more = deepcopy(block) | {kind: block[kind] + other[kind]}
    assert _is_less(shown(policy_of_block(more), people(more)[name], table, row), before, row)


@given(questions(), st.data())
@settings(max_examples=300, deadline=None)
def test_without_a_grant_never_more_is_shown(
    question: tuple[dict[str, Any], str, TableFacts, dict[str, Any]], data: st.DataObject
) -> None:
    block, name, table, row = question
    before = shown(policy_of_block(block), people(block)[name], table, row)
    number = data.draw(st.integers(0, len(block["grants"]) - 1))
    fewer = deepcopy(block) | {"grants": [grant for at, grant in enumerate(block["grants"]) if at != number]}
    assert _is_less(shown(policy_of_block(fewer), people(fewer)[name], table, row), before, row)


@given(BLOCKS, st.sampled_from(TABLES), st.data())
@settings(max_examples=200, deadline=None)
def test_who_can_names_everybody_who_sees_a_cell(block: dict[str, Any], table: TableFacts, data: st.DataObject) -> None:
    row, policy, known = data.draw(row_of(table)), policy_of_block(block), people(block)
    for column in table.columns:
        named = {one.name for one, _ in who_can(policy, known.values(), table, Privilege.SELECT, NOW, column)}
        assert {name for name in PEOPLE if column in (seen(block, name, table, row) or ())} <= named
