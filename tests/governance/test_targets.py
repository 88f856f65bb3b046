"""The same policy, read back from what was compiled for Lake Formation and Unity Catalog, decides alike."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.errors import Mistakes
from lakewright.governance import Policy, Principal
from lakewright.governance.lake_formation import compile_lake_formation, load_lake_formation
from lakewright.governance.unity_catalog import compile_unity_catalog, load_unity_catalog
from lakewright.spec.access import Targets

from .test_decide import Cells, shown
from .worlds import BLOCKS, NOW, TABLES, people, policy_of_block, row_of

Rows = dict[str, list[dict[str, Any]]]
ROWS = st.fixed_dictionaries({table.name: st.lists(row_of(table), min_size=1, max_size=4) for table in TABLES})


def lake_formation(policy: Policy, who: list[Principal]) -> Policy | None:
    """Read back from what was compiled; None when the target cannot express it."""
    try:
        state = compile_lake_formation(policy, who, TABLES, Targets(), NOW)
    except Mistakes as wrong:
        return _refused(wrong)
    json.dumps(state.as_dict())
    return load_lake_formation(state)


def unity_catalog(policy: Policy, who: list[Principal]) -> Policy | None:
    try:
        state = compile_unity_catalog(policy, who, TABLES, Targets(), NOW)
    except Mistakes as wrong:
        return _refused(wrong)
    json.dumps(state.as_dict())
    return load_unity_catalog(state)


def _refused(wrong: Mistakes) -> None:
    assert {mistake.code for mistake in wrong.mistakes} == {"LW1010"}
    assert all(mistake.hint for mistake in wrong.mistakes)


def values(cells: Cells) -> dict[str, Any] | None:
    """What can be told apart in every target: a column that is left out and one that is NULL cannot."""
    return None if cells is None else {column: value for column, value in cells.items() if value is not None}


def compare(policy: Policy, other: Policy, who: list[Principal], rows: Rows) -> None:
    for principal in who:
        elsewhere = other.principal(principal.name, principal.groups)
        for table in TABLES:
            for row in rows[table.name]:
                expected = values(shown(policy, principal, table, row))
                assert values(shown(other, elsewhere, table, row)) == expected, (principal.name, table.name, row)


@given(BLOCKS, ROWS)
@settings(max_examples=300, deadline=None)
def test_lake_formation_decides_alike(block: dict[str, Any], rows: Rows) -> None:
    policy, who = policy_of_block(block), list(people(block).values())
    compiled = lake_formation(policy, who)
    if compiled is not None:
        compare(policy, compiled, who, rows)


@given(BLOCKS, ROWS)
@settings(max_examples=300, deadline=None)
def test_unity_catalog_decides_alike(block: dict[str, Any], rows: Rows) -> None:
    policy, who = policy_of_block(block), list(people(block).values())
    compiled = unity_catalog(policy, who)
    if compiled is not None:
        compare(policy, compiled, who, rows)
