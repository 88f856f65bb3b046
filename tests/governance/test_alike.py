"""An answer that one got is given to another only if the table's rules treat both alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lakewright.governance import Allowed, Policy, Principal, Privilege, TableFacts
from lakewright.governance.decide import Question
from lakewright.governance.masks import Mask
from lakewright.governance.policy import PersonaFacts
from lakewright.governance.rules import Deny, Filter, Grant, MaskRule
from lakewright.spec.rows import CallerIs, Named, parse_rows

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TABLE = TableFacts("gold.t", {"id": "bigint", "tenant": "bigint", "email": "string"}, {"email": frozenset({"email"})})
SUBJECTS = ["everyone", "user:a", "user:b", "group:g", "group:h", "persona:p", "persona:q"]
CONDITIONS = [
    None,
    parse_rows("tenant in user.tenants"),
    parse_rows("id = 1 or tenant in user.others"),
    parse_rows("id < 10"),
    CallerIs(frozenset({"group:h", "user:b"})),
    Named("own"),
    parse_rows("no_such_column = 1"),
]
some = st.frozensets(st.sampled_from(SUBJECTS), min_size=1, max_size=2)
rows = st.sampled_from(CONDITIONS)
EVERYTHING, EMAIL = st.just(frozenset(Privilege)), st.just(frozenset({"email"}))
on = st.sampled_from([("gold.t",), ("gold.*",), ("*.*",), ("silver.t",)])


@st.composite
def grants(draw: Any) -> Grant:
    return Grant(
        f"g{draw(st.integers(0, 9))}",
        draw(on),
        to=draw(some),
        can=draw(st.sampled_from([frozenset({Privilege.SELECT}), frozenset({Privilege.INSERT}), frozenset(Privilege)])),
        columns=draw(st.sampled_from([(), ("id", "tenant"), ("email",)])),
        classes=draw(st.sampled_from([frozenset(), frozenset({"email"})])),
        rows=draw(rows),
        until=draw(st.sampled_from([None, NOW - timedelta(1), NOW + timedelta(1)])),
        grantable=draw(st.booleans()),
    )


policies = st.builds(
    Policy,
    grants=st.lists(grants(), min_size=1, max_size=6).map(tuple),
    denies=st.lists(
        st.builds(
            Deny, st.just("d"), on, to=some, can=st.just(frozenset(Privilege)), columns=st.sampled_from([(), ("id",)])
        ),
        max_size=1,
    ).map(tuple),
    filters=st.lists(
        st.builds(Filter, st.just("f"), on, rows=rows.filter(lambda one: one is not None), exempt=some), max_size=1
    ).map(tuple),
    masks=st.lists(
        st.builds(
            MaskRule, st.just("m"), on, mask=st.just(Mask("redact")), classes=st.just(frozenset({"email"})), exempt=some
        ),
        max_size=1,
    ).map(tuple),
    conditions=st.just({"own": parse_rows("tenant in user.tenants")}),
    personas=st.just({"p": PersonaFacts(administrator=True), "q": PersonaFacts()}),
)
people = st.builds(
    Principal,
    st.sampled_from(["a", "b", "c", "d"]),
    st.frozensets(st.sampled_from(["g", "h", "i"])),
    st.frozensets(st.sampled_from(["p", "q", "r"])),
    st.dictionaries(st.sampled_from(["tenants", "others", "more"]), st.sampled_from([(), (1,), (1, 2), (3,)])),
)


@given(policies, st.lists(people, min_size=2, max_size=6), st.sampled_from([*Privilege]))
def test_answers_are_those_of_a_policy_that_was_never_asked(
    policy: Policy, who: list[Principal], privilege: Privilege
) -> None:
    fresh = [Question(Policy(**vars_of(policy)), one, TABLE, privilege, NOW).answer() for one in who]
    assert [policy.decide(one, TABLE, privilege, NOW) for one in who] == fresh
    assert [policy.decide(one, TABLE, privilege, NOW) for one in reversed(who)] == fresh[::-1]


def vars_of(policy: Policy) -> dict[str, Any]:
    names = ("grants", "denies", "filters", "masks", "classes", "conditions", "personas")
    return {name: getattr(policy, name) for name in names}


def test_another_with_the_same_standing_gets_the_same_answer_object() -> None:
    """That is what makes somebody's first question cheap: nothing is worked out again."""
    policy = Policy(
        grants=(
            Grant("g", ("gold.t",), to=frozenset({"group:g"}), can=frozenset({Privilege.SELECT}), rows=CONDITIONS[1]),
        )
    )

    def answer(name: str, tenants: tuple[int, ...], *groups: str, **more: tuple[int, ...]) -> Any:
        principal = Principal(name, frozenset(groups), attributes={"tenants": tenants, **more})
        return policy.decide(principal, TABLE, Privilege.SELECT, NOW)

    first = answer("a", (1,), "g")
    assert isinstance(first, Allowed)
    assert answer("b", (1,), "g", "h", unasked=(9,)) is first
    assert answer("c", (2,), "g") != first
    assert not isinstance(answer("d", (1,), "h"), Allowed)
    denied = [answer(name, (1,), "h") for name in ("d", "e")]
    assert [one.reason.split()[3] for one in denied] == ["d", "e"], "each is told of itself"
