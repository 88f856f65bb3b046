"""Single decisions whose answers are written down, binding of constants, and what checking a policy tells."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lakewright.errors import SpecError
from lakewright.governance import (
    Allowed,
    And,
    Compare,
    Denied,
    In,
    Mask,
    Not,
    Policy,
    Privilege,
    TableFacts,
    identities,
    policy_from_spec,
    principal_named,
    table_classes,
)
from lakewright.governance.binding import Unbound, bind
from lakewright.governance.check import check_policy
from lakewright.governance.principals import Principal
from lakewright.governance.questions import explain, who_can
from lakewright.spec.access import Access
from lakewright.spec.rows import RowsError, parse_rows

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CUSTOMER = TableFacts(
    "silver.customer",
    {"id": "bigint", "tenant_id": "bigint", "email": "string", "created": "date"},
    table_classes({"id": None, "email": "email"}),
)
DAYS = TableFacts("silver.days", {"day": "date"})


def access(**block: Any) -> Access:
    people = {"ana": {"groups": ["a"], "attributes": {"tenants": [1]}}, "bo": {"groups": ["b"]}}
    personas = {"A": {"groups": ["a"]}, "B": {"groups": ["b"], "administrator": True}}
    return Access.model_validate({"users": people, "personas": personas} | block)


def decide(block: Access, who: str, table: TableFacts = CUSTOMER, privilege: str = "select", at: datetime = NOW) -> Any:
    policy = policy_from_spec(block, lambda *_path: "p.yaml:1")
    return policy.decide(identities(block, policy)[who], table, Privilege(privilege), at)


def test_nothing_without_a_grant() -> None:
    assert isinstance(decide(access(), "ana"), Denied)
    assert isinstance(decide(access(grants=[{"to": "B", "on": "silver.*"}]), "ana"), Denied)


def test_a_classed_column_needs_its_class_or_its_name() -> None:
    plain = ("id", "tenant_id", "created")
    assert decide(access(grants=[{"to": "A", "on": "silver.*"}]), "ana").columns == plain
    assert decide(access(grants=[{"to": "A", "on": "silver.*", "columns": "*"}]), "ana").columns == plain
    assert decide(access(grants=[{"to": "A", "on": "silver.*", "classes": "phone"}]), "ana").columns == plain
    for more in ({"classes": "email"}, {"classes": "pii"}, {"classes": "*"}):
        assert "email" in decide(access(grants=[{"to": "A", "on": "silver.*"} | more]), "ana").columns
    assert decide(access(grants=[{"to": "A", "on": "*.*", "columns": "EMAIL"}]), "ana").columns == ("email",)


def test_grants_that_differ_give_cells() -> None:
    whole = {"to": "A", "on": "silver.customer", "columns": ["id", "tenant_id"]}
    part = {"to": "user:ana", "on": "silver.customer", "classes": "email", "rows": "tenant_id in user.tenants"}
    decision = decide(access(grants=[whole, part]), "ana")
    assert decision.columns == tuple(CUSTOMER.columns)
    assert decision.rows is None
    assert decision.cells == {"email": In("tenant_id", (1,)), "created": In("tenant_id", (1,))}
    assert decision.because == ("p.yaml:1 access.grants[0]", "p.yaml:1 access.grants[1]")


def test_a_filter_that_does_not_fit_denies_and_a_grant_that_does_not_fit_gives_nothing() -> None:
    everything = {"to": "A", "on": "*.*"}
    block = access(grants=[everything], filters=[{"on": "silver.*", "rows": "tenant_id = 1", "except": "B"}])
    assert decide(block, "ana").rows == In("tenant_id", (1,))
    assert "there is no column tenant_id" in decide(block, "ana", DAYS).reason
    assert isinstance(decide(access(grants=[everything | {"rows": "tenant_id = 1"}]), "ana", DAYS), Denied)


def test_who_lacks_an_attribute_gets_no_row_even_from_a_negation() -> None:
    for rows in ("tenant_id in user.blocked", "not (tenant_id in user.blocked)", "id = 1 or tenant_id = user.blocked"):
        assert isinstance(decide(access(grants=[{"to": "A", "on": "*.*", "rows": rows}]), "ana"), Denied)


def test_time_limits() -> None:
    until = {"to": "A", "on": "*.*", "from": "2026-05-01", "until": "2026-06-01T02:00:00+02:00"}
    block = access(grants=[until])
    assert isinstance(decide(block, "ana", at=NOW - timedelta(microseconds=1)), Allowed)
    assert isinstance(decide(block, "ana", at=NOW), Denied)
    assert isinstance(decide(block, "ana", at=datetime(2026, 4, 30, 23, 59, tzinfo=UTC)), Denied)


def test_writing_needs_a_whole_grant_and_is_bound_by_filters() -> None:
    grant = {"to": "A", "on": "silver.*", "can": ["insert", "update"]}
    block = access(grants=[grant], filters=[{"on": "silver.customer", "rows": "tenant_id = 1"}])
    assert decide(block, "ana", privilege="update").rows == In("tenant_id", (1,))
    assert isinstance(decide(block, "ana", privilege="delete"), Denied)
    assert isinstance(decide(block, "ana"), Denied)
    assert isinstance(decide(block, "ana", privilege="describe"), Allowed)
    partial = access(grants=[grant | {"can": "all", "rows": "tenant_id = 1"}])
    assert isinstance(decide(partial, "ana", privilege="insert"), Denied)


def test_two_masks_leave_null_and_one_that_does_not_fit_does_too() -> None:
    grant = {"to": "everyone", "on": "*.*", "classes": "*"}
    masks = [{"classes": "email", "with": "partial_email"}, {"on": "silver.*.email", "with": "redact", "except": "B"}]
    assert decide(access(grants=[grant], masks=masks), "ana").masks == {"email": Mask("null")}
    assert decide(access(grants=[grant], masks=masks), "bo").masks == {"email": Mask("partial_email")}
    wrong = access(grants=[grant], masks=[{"on": "silver.customer.id", "with": "redact"}])
    assert decide(wrong, "ana").masks == {"id": Mask("null")}


def test_passing_on_is_for_those_with_the_option_and_for_administrators() -> None:
    block = access(grants=[{"to": "everyone", "on": "*.*"}])
    assert (decide(block, "ana").grantable, decide(block, "bo").grantable) == (False, True)
    assert decide(access(grants=[{"to": "A", "on": "*.*", "with_grant_option": True}]), "ana").grantable


def test_a_user_or_a_persona_by_name() -> None:
    block = access(grants=[{"to": "A", "on": "silver.*"}])
    policy = policy_from_spec(block, lambda *_path: "p.yaml:1")
    assert principal_named(block, policy, "ana").personas == {"A"}
    assert principal_named(block, policy, "A").subjects == {"everyone", "user:persona:A", "persona:A"}
    with pytest.raises(SpecError, match=r'no user and no persona "an".*did you mean "ana"'):
        principal_named(block, policy, "an")


def test_fingerprints_follow_what_is_said_and_not_where() -> None:
    def made(grants: list[dict[str, Any]], place: str) -> Policy:
        return policy_from_spec(access(grants=grants), lambda *_path: place)

    one = [{"to": ["A", "B"], "on": "*.*", "classes": ["email", "phone"], "rows": "id = 1"}]
    other = [{"to": ["B", "A"], "on": "*.*", "classes": ["phone", "email"], "rows": "id  =  1"}]
    assert made(one, "a:1").fingerprint == made(other, "b:2").fingerprint
    assert made(one, "a:1").fingerprint != made([one[0] | {"rows": "id = 2"}], "a:1").fingerprint


BOUND = [
    ("id in (1, 1, 2)", In("id", (1, 2))),
    ("ID >= 7", Compare("id", ">=", 7)),
    ("created between '2026-01-01' and date '2026-02-01'",
     And((Compare("created", ">=", date(2026, 1, 1)), Compare("created", "<=", date(2026, 2, 1))))),
    ("not email = 'a'", Not(In("email", ("a",)))),
    ("id in user.tenants and tenant_id <> user.tenants", And((In("id", (1,)), Not(In("tenant_id", (1,)))))),
    ("amount > 1.5", Compare("amount", ">", Decimal("1.5"))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "predicate"), BOUND)
def test_binding(text: str, predicate: object) -> None:
    ana = Principal("ana", attributes={"tenants": (1,)})
    assert bind(parse_rows(text), dict(CUSTOMER.columns) | {"amount": "decimal(12,2)"}, ana, {}) == predicate


UNBOUND = [
    ("id = 'tenant-1'", "id is bigint, and 'tenant-1' is no value"),
    ("email = 1", "email is string, and 1 is no value"),
    ("id = 1.5", "1.5 is no value"),
    ("id = 9223372036854775808", "is no value"),
    ("id = true", "true is no value"),
    ("created > '2026-02-30'", "is no value"),
    ("seen < '9999-12-31 23:00:00-05:00'", "is no value"),
    ("amount = 0.001", "0.001 is no value"),
    ("price = 1.5", "price is double; conditions are on"),
    ("nothing = 1", "there is no column nothing"),
    ("nowhere", "there is no condition nowhere"),
]


@pytest.mark.parametrize(("text", "fact"), UNBOUND)
def test_what_does_not_fit_is_never_compared(text: str, fact: str) -> None:
    columns = dict(CUSTOMER.columns) | {"amount": "decimal(12,2)", "price": "double", "seen": "timestamp"}
    with pytest.raises(Unbound, match=re.escape(fact)):
        bind(parse_rows(text), columns, Principal("ana"), {})


WRONG = [
    ("", "a column is missing"),
    ("id = ", "a value is missing before the end"),
    ("id = other", "`other` is a column or a function"),
    ("id = null", "nothing is equal to null"),
    ("lower(x) = 'a'", "one too many"),
    ("id in ()", "a value is missing"),
    ("id = 1; drop table x", "`; drop table` means nothing here"),
    ("id = 1 -- x", "`-- x` means nothing here"),
    ("id = 'a", "`'a` means nothing here"),
    ("(" * 60 + "id = 1" + ")" * 60, "levels of brackets"),
    ("not " * 60 + "id = 1", "levels of `not`"),
    ("id < user.level", "`<` does not go with user.level"),
    ("id like 'a%'", "one too many"),
]


@pytest.mark.parametrize(("text", "fact"), WRONG)
def test_what_the_language_of_rows_refuses(text: str, fact: str) -> None:
    with pytest.raises(RowsError, match=re.escape(fact)):
        parse_rows(text)


def test_checking_names_rule_table_and_way_out() -> None:
    block = access(
        grants=[
            {"to": "A", "on": "silver.custmer"},
            {"to": "A", "on": "silver.customer", "columns": "emial", "rows": "id = 'x'"},
            {"to": "A", "on": "silver.*", "rows": "tenant = 1"},
            {"to": "A", "on": "silver.customer", "rows": "email in user.tenants"},
            {"to": "A", "on": "gold.anything"},
        ],
        filters=[{"on": "silver.*", "rows": "tenant_id = 1"}],
        masks=[{"on": "silver.*.id", "with": "redact"}],
    )
    policy = policy_from_spec(block, lambda *path: f"p.yaml:{path[2]}")
    found = check_policy(policy, [CUSTOMER, DAYS], identities(block, policy).values())
    assert [str(mistake) for mistake in found.mistakes] == [
        "LW1005 p.yaml:0: access.grants[0]: there is no table silver.custmer; hint: did you mean silver.customer?",
        "LW1005 p.yaml:1: access.grants[1]: silver.customer has no column emial; hint: did you mean email?",
        "LW1005 p.yaml:1: access.grants[1]: silver.customer: id is bigint, and 'x' is no value of it; "
        "hint: a whole number without quotes",
        "LW1005 p.yaml:2: access.grants[2]: no table of silver.* has tenant; hint: did you mean tenant_id?",
        "LW1005 p.yaml:3: access.grants[3]: silver.customer for ana: email is string, and 1 is no value of it; "
        "hint: text in single quotes",
        "LW1006 p.yaml:0: access.masks[0]: redact does not fit silver.customer.id, which is bigint; "
        "hint: with: null, or another column",
    ]
    assert found.notes == ("p.yaml:0 access.filters[0] denies silver.days, which has no column tenant_id",)


def test_what_fits_nothing_is_told() -> None:
    block = access(
        grants=[{"to": "A", "on": "glod.*", "classes": "emial"}, {"to": "A", "on": "gold.*"}],
        denies=[
            {"on": ["silver.custmer*", "other.*"]},
            {"on": "slver.customer"},
            {"on": ["silver.cust*", "silver.days"], "columns": ["emial*", "e*"]},
        ],
        filters=[{"on": "silvr.customer", "rows": "tenant_id = 1"}],
        masks=[{"on": ["silver.*.usr_agent", "silver.*.e*"], "with": "redact"}, {"classes": "emal", "with": "null"}],
        classes={"email": ["silver.*.mail", "*.*.email"]},
    )
    tables = [CUSTOMER, DAYS, TableFacts("gold.days", DAYS.columns)]
    found = check_policy(policy_from_spec(block, lambda *path: f"p.yaml:{path[2]}"), tables)
    assert [str(mistake) for mistake in found.mistakes] == [
        "LW1005 p.yaml:0: access.grants[0]: no column has the class emial; hint: did you mean email?",
        "LW1005 p.yaml:1: access.masks[1]: no column has the class emal; hint: did you mean email?",
    ]
    assert found.notes == (
        "p.yaml:0 access.grants[0]: no table fits glod.*; did you mean gold.*?",
        "p.yaml:0 access.denies[0]: no table fits silver.custmer*",
        "p.yaml:1 access.denies[1]: no table fits slver.customer; did you mean silver.customer?",
        "p.yaml:2 access.denies[2]: no column of silver.cust*, silver.days fits emial*; did you mean email?",
        "p.yaml:0 access.filters[0]: no table fits silvr.customer; did you mean silver.customer?",
        "p.yaml:0 access.masks[0]: no column of silver.* fits usr_agent; known: created, day, email, id, tenant_id",
        "p.yaml:email access.classes.email: no column of silver.* fits mail; did you mean email?",
    )
    inherited = policy_from_spec(block, lambda *path: f"given@1/p.yaml:{path[2]}")
    assert check_policy(inherited, tables, blueprint="given@1").notes == ()


def test_who_can_and_why() -> None:
    block = access(
        grants=[{"to": "B", "on": "*.*", "classes": "*"}, {"to": "A", "on": "silver.*", "until": "2026-05-01"}],
        denies=[{"on": "silver.days", "except": "B"}],
    )
    policy = policy_from_spec(block, lambda *path: f"p.yaml:{path[2]}")
    people = identities(block, policy)
    assert [p.name for p, _ in who_can(policy, people.values(), CUSTOMER, Privilege.SELECT, NOW, "email")] == ["bo"]
    steps = explain(policy, people["ana"], DAYS, Privilege.SELECT, NOW)
    assert [(step.effect, step.text) for step in steps] == [
        ("denies", "the table, whatever is granted"),
        ("nothing", "is to persona:B, not to ana"),
        ("nothing", "ended on 2026-05-01 00:00 UTC"),
    ]
