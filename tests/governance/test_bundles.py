"""Grants that differ in their conditions alone are bound together: together they give what each gives alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from lakewright.governance import Allowed, Policy, Principal, Privilege, TableFacts
from lakewright.governance.decide import Question
from lakewright.governance.rules import Grant
from lakewright.spec.rows import parse_rows

from .worlds import CUSTOMER, NOW, ORDER, row_of

ANA = Principal("ana", attributes={"tenants": (2, 3), "none": ()})
CONDITIONS = [
    *(f"{column} = {value}" for column in ("id", "tenant_id", "Tenant_Id") for value in (1, 2, "true", "'1'")),
    *(f"amount = {value}" for value in (1, "1.00", "2.25", "2.251")),
    *(f"active = {value}" for value in (1, "true", "false")),
    *(f"email = '{value}'" for value in ("ana@example.com", "")),
    "id < 1",
    "id < true",
    "tenant_id in (1, 2)",
    "tenant_id in (1, true)",
    "tenant_id in user.tenants",
    "tenant_id in user.none",
    "tenant_id in user.missing",
    "missing = 1",
]
COLUMNS = [(), ("id",), ("Email", "amount"), ("*i*",)]


def granted(rows: list[tuple[str | None, tuple[str, ...]]]) -> tuple[Grant, ...]:
    return tuple(
        Grant(
            f"g{number}",
            ("gold.*",),
            to=frozenset({"user:ana"}),
            can=frozenset({Privilege.SELECT}),
            columns=columns,
            classes=frozenset({"*"}),
            rows=None if text is None else parse_rows(text),
        )
        for number, (text, columns) in enumerate(rows)
    )


def seen(policy: Policy, table: TableFacts, row: Mapping[str, Any]) -> frozenset[str]:
    """The columns that are shown of a row."""
    found = policy.decide(ANA, table, Privilege.SELECT, NOW)
    if not isinstance(found, Allowed) or (found.rows is not None and not found.rows.holds(row)):
        return frozenset()
    return frozenset(one for one in found.columns if one not in found.cells or found.cells[one].holds(row))


asked = st.lists(st.tuples(st.sampled_from([None, *CONDITIONS]), st.sampled_from(COLUMNS)), min_size=1, max_size=12)


@given(asked, st.sampled_from([ORDER, CUSTOMER]), st.data())
def test_many_give_what_each_gives_alone(
    rows: list[tuple[str | None, tuple[str, ...]]], table: TableFacts, data: st.DataObject
) -> None:
    grants = granted(rows)
    alone = [Policy(grants=(grant,)) for grant in grants]
    together, row = Policy(grants=grants), data.draw(row_of(table))
    assert seen(together, table, row) == frozenset().union(*(seen(one, table, row) for one in alone))
    answers = [one.decide(ANA, table, Privilege.SELECT, NOW) for one in alone]
    because = [grant.place for grant, one in zip(grants, answers, strict=True) if isinstance(one, Allowed)]
    found = together.decide(ANA, table, Privilege.SELECT, NOW)
    assert list(found.because) == because
    shares = Question(together, ANA, table, Privilege.SELECT, NOW).shares()
    assert [share.grant.place for share in shares] == because


@given(st.permutations(["id = 1", "id = true", "active = 1", "active = true"]))
@example(["id = true", "id = 1", "active = 1", "active = true"])
def test_what_python_takes_for_equal_is_not(texts: list[str]) -> None:
    """`1 == True`, so conditions are equal that mean different things; only two of these fit their columns."""
    policy = Policy(grants=granted([(text, ()) for text in texts]))
    found = policy.decide(ANA, CUSTOMER, Privilege.SELECT, NOW)
    assert isinstance(found, Allowed)
    assert {texts[int(place[1:])] for place in found.because} == {"id = 1", "active = true"}
    assert found.rows is not None
    row: dict[str, Any] = dict.fromkeys(CUSTOMER.columns)
    assert found.rows.holds(row | {"id": 1})
    assert found.rows.holds(row | {"active": True})
    assert not found.rows.holds(row | {"id": 2, "active": False})


def test_less_than_one_is_not_less_than_true() -> None:
    for texts in (["id < 1", "id < true"], ["id < true", "id < 1"]):
        policy = Policy(grants=granted([(text, ()) for text in texts]))
        found = policy.decide(ANA, CUSTOMER, Privilege.SELECT, NOW)
        assert {texts[int(place[1:])] for place in found.because} == {"id < 1"}
