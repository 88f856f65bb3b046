"""What holds for every policy: a denial never allows, less permission never shows more, knowing less never lies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.policy.context import Context
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import Answer, Level, Policies, ResourcePolicy, decide
from lakewright.policy.patterns import action_matches, filled, matches, parsed
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request
from tests.policy import oracle

ACCOUNT = "111111111111"
ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"
KEYS = ("aws:PrincipalTag/team", "s3:prefix", "aws:username")
NUMBER = "s3:max-keys"

ACTIONS = st.sampled_from(
    ["s3:GetObject", "s3:PutObject", "S3:getobject", "s3:*", "s3:Get*", "s3:?etObject", "*", "sqs:*"]
)
RESOURCES = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::lake/*",
        "arn:aws:s3:::lake/a",
        "arn:aws:s3:::lake/?",
        "arn:aws:s3:::LAKE/a",
        "arn:aws:s3:::o/*",
    ]
)
WORDS = st.sampled_from(["a", "ab", "A", "a*", "?", "*", "data"])
NUMBERS = st.sampled_from(["1", "10", "9.5"])


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(0, 2))):
        base = draw(
            st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "NumericLessThan"])
        )
        key = NUMBER if base.startswith("Numeric") else draw(st.sampled_from(KEYS))
        values = draw(st.lists(NUMBERS if base.startswith("Numeric") else WORDS, min_size=1, max_size=2))
        found.setdefault(base + draw(st.sampled_from(["", "IfExists"])), {})[key] = values
    if draw(st.booleans()) and draw(st.booleans()):
        found["Null"] = {draw(st.sampled_from(KEYS)): draw(st.sampled_from(["true", "false"]))}
    return found


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None, principal: bool = False) -> dict[str, Any]:
    wholes = {
        "Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(st.lists(ACTIONS, min_size=1, max_size=2)),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(
            st.lists(RESOURCES, min_size=1, max_size=2)
        ),
        "Condition": draw(conditions()),
    }
    if principal:
        others = [{"AWS": ANA}, {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}]
        wholes["Principal"] = draw(st.sampled_from([*others, "*"] if wholes["Effect"] == "Deny" else others))
    return wholes


def documents(principal: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    listed = st.lists(statements(principal=principal), min_size=1, max_size=3)
    return listed.map(lambda found: {"Version": "2012-10-17", "Statement": found})


@dataclass(frozen=True)
class World:
    """Raw documents and a request."""

    identity: list[dict[str, Any]]
    boundary: dict[str, Any] | None
    session: dict[str, Any] | None
    controls: list[dict[str, Any]]
    resource: dict[str, Any] | None
    action: str
    target: str
    context: dict[str, str]

    def policies(self) -> Policies:
        attached = _read(self.resource, Layer.RESOURCE) if self.resource else None
        return Policies(
            identity=tuple(_read(one, Layer.IDENTITY) for one in self.identity),
            boundary=_read(self.boundary, Layer.BOUNDARY) if self.boundary else None,
            session=(_read(self.session, Layer.SESSION),) if self.session else None,
            service_controls=tuple(Level("", (_read(one, Layer.SERVICE_CONTROL),)) for one in self.controls),
            resource=ResourcePolicy(ACCOUNT, attached),
        )

    def request(self, *, complete: bool = True, hidden: frozenset[str] = frozenset()) -> Request:
        values = {key: value for key, value in self.context.items() if key not in hidden}
        absent = [] if complete else [key for key in (*KEYS, NUMBER) if key not in self.context and key not in hidden]
        return Request(Caller.user(ANA), self.action, self.target, Context.of(values, absent, complete=complete))

    def answer(self) -> Answer:
        return decide(self.request(), self.policies()).answer


def _read(document: dict[str, Any], layer: Layer) -> Policy:
    return read_policy(document, layer, layer.value)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    context = {key: draw(st.sampled_from(["a", "ab", "A", "data"])) for key in KEYS if draw(st.booleans())}
    if draw(st.booleans()):
        context[NUMBER] = draw(NUMBERS)
    return World(
        identity=draw(st.lists(documents(), max_size=2)),
        boundary=draw(st.none() | documents()),
        session=draw(st.none() | documents()),
        controls=draw(st.lists(documents(), max_size=1)),
        resource=draw(st.none() | documents(principal=True)),
        action=draw(st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])),
        target=draw(st.sampled_from(["arn:aws:s3:::lake/a", "arn:aws:s3:::lake/ab", "arn:aws:s3:::other/a"])),
        context=context,
    )


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_the_plain_evaluator_agrees(world: World) -> None:
    ask = {"action": world.action, "resource": world.target, "user": ANA, "context": world.context}
    plain = oracle.allowed(ask, world.identity, world.boundary, world.session, world.controls, world.resource)

    assert world.answer() is (Answer.ALLOW if plain else Answer.DENY)


@settings(max_examples=150, deadline=None)
@given(
    worlds(), statements(effect="Deny"), st.sampled_from(["identity", "boundary", "session", "controls", "resource"])
)
def test_a_denial_more_never_allows(world: World, denial: dict[str, Any], place: str) -> None:
    before = world.answer()
    if place == "resource":
        denial = {**denial, "Principal": "*"}

    def more(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "Statement": [*document["Statement"], denial]}

    value = getattr(world, place)
    changed = replace(
        world, **{place: [more(one) for one in value] if isinstance(value, list) else value and more(value)}
    )

    assert before is Answer.ALLOW or changed.answer() is not Answer.ALLOW


@settings(max_examples=150, deadline=None)
@given(worlds(), st.data())
def test_a_permission_less_never_shows_more(world: World, data: st.DataObject) -> None:
    before = world.answer()
    if not world.identity:
        return
    place = data.draw(st.integers(0, len(world.identity) - 1))
    kept = [one for one in world.identity[place]["Statement"] if one["Effect"] == "Deny"]
    less = [{**world.identity[place], "Statement": kept}] if kept else []
    changed = replace(world, identity=[*world.identity[:place], *less, *world.identity[place + 1 :]])

    assert before is Answer.ALLOW or changed.answer() is not Answer.ALLOW


@settings(max_examples=120, deadline=None)
@given(worlds(), st.sets(st.sampled_from([*KEYS, NUMBER])))
def test_knowing_less_gives_the_same_or_unknown(world: World, hidden: set[str]) -> None:
    whole = world.answer()
    less = decide(world.request(complete=False, hidden=frozenset(hidden)), world.policies()).answer

    assert less in {whole, Answer.UNKNOWN}


@settings(max_examples=120, deadline=None)
@given(worlds(), documents())
def test_a_limit_more_never_allows(world: World, limit: dict[str, Any]) -> None:
    changed = replace(world, controls=[*world.controls, limit])

    assert world.answer() is Answer.ALLOW or changed.answer() is not Answer.ALLOW


LETTERS = st.text(st.sampled_from("ab:/*?$"), max_size=8)


@given(LETTERS, LETTERS)
def test_wildcards_match_as_written_out(pattern: str, text: str) -> None:
    symbols = filled(parsed(pattern, wild=True, variables=False), Context())

    assert isinstance(symbols, tuple)
    assert matches(symbols, text) is oracle.glob(pattern, text)


@given(st.text(st.sampled_from("abAB"), min_size=1, max_size=6), st.data())
def test_a_part_may_become_a_star(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    assert action_matches(f"{text[:start]}*{text[end:]}", text)
    assert action_matches(text.swapcase(), text)
    assert action_matches("?" * len(text), text)
    assert not action_matches("?" * (len(text) + 1), text)


def test_many_stars_cost_little() -> None:
    assert not action_matches("*a" * 60 + "b", "a" * 2000)
