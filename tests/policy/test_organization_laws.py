"""Organizations and several accounts: on generated requests the evaluator says what a plain one says."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pytest

from lakewright.errors import SpecError
from lakewright.policy.context import Context
from lakewright.policy.documents import read_policy
from lakewright.policy.explain import explain
from lakewright.policy.iam import Answer, Policies, ResourcePolicy, decide
from lakewright.policy.organization import Node, Organization
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request
from tests.policy import organization_oracle as oracle

ACCOUNTS = ("111111111111", "222222222222", "333333333333")
MANAGEMENT = ACCOUNTS[2]
KEYS = ("aws:PrincipalTag/team", "s3:prefix")
ACTIONS = ("s3:GetObject", "s3:PutObject", "sqs:SendMessage")
PATTERNS = ("s3:GetObject", "s3:*", "S3:get*", "*", "sqs:*", "s3:?utObject")
TARGETS = ("arn:aws:s3:::lake/a", "arn:aws:s3:::lake/ab", "arn:aws:s3:::other/a")
RESOURCES = ("*", "*", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/a", "arn:aws:s3:::o*", "arn:aws:s3:::lake/a?")
WORDS = ("a", "ab", "A", "a*", "*")
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def world(dice: random.Random) -> dict[str, Any]:
    """A random organization of two units, three accounts, a caller, policies, a request."""
    tree = {"root": "", "u1": "root", "u2": dice.choice(("root", "u1"))}
    tree |= {account: dice.choice(("root", "u1", "u2")) for account in ACCOUNTS}
    if dice.random() < 0.1:
        del tree[ACCOUNTS[1]]  # in no organization
    caller = _caller(dice)
    limits = caller["kind"] in ("user", "session") and dice.random() < 0.3
    return {
        "tree": tree,
        "controls": {node: _controls(dice) for node in tree},
        "rcps": {node: _controls(dice, principal=True) for node in tree},
        "management": MANAGEMENT,
        "caller": caller,
        "owner": dice.choice((caller["account"] or ACCOUNTS[0], *ACCOUNTS)),
        "identity": [_document(dice) for _ in range(dice.choice((0, 1, 1, 2)))],
        "boundary": _document(dice) if limits else None,
        "session": _document(dice) if limits and caller["kind"] == "session" and dice.random() < 0.5 else None,
        "resource": _resource(dice, everybody=not limits) if dice.random() < 0.6 else None,
        "action": dice.choice(ACTIONS),
        "target": dice.choice(TARGETS),
        "context": {key: dice.choice(("a", "ab", "A")) for key in KEYS if dice.random() < 0.6},
    }


def _caller(dice: random.Random) -> dict[str, str]:
    account = dice.choice(ACCOUNTS)
    role = f"arn:aws:iam::{account}:role/" + dice.choice(
        ("worker", "worker", "aws-service-role/x.amazonaws.com/Linked")
    )
    match dice.choice(("user", "user", "session", "session", "root", "service")):
        case "user":
            return {"kind": "user", "arn": f"arn:aws:iam::{account}:user/ana", "account": account, "role": ""}
        case "session":
            arn = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/today"
            return {"kind": "session", "arn": arn, "account": account, "role": role}
        case "root":
            return {"kind": "root", "arn": f"arn:aws:iam::{account}:root", "account": account, "role": ""}
        case _:
            return {"kind": "service", "arn": "glue.amazonaws.com", "account": "", "role": ""}


def _controls(dice: random.Random, *, principal: bool = False) -> list[dict[str, Any]]:
    """Mostly full access, sometimes with denials beside it, sometimes an allow list instead."""
    full = {**FULL, "Statement": [{**FULL["Statement"][0], **({"Principal": "*"} if principal else {})}]}  # type: ignore[dict-item]
    found = [full] if dice.random() < 0.9 else []
    if dice.random() < 0.25:
        made = _document(dice)
        for statement in made["Statement"] if principal else ():
            statement["Principal"] = "*"
        found.append(made)
    return found


def _resource(dice: random.Random, *, everybody: bool) -> dict[str, Any]:
    made = _document(dice)
    for statement in made["Statement"]:
        account = dice.choice(ACCOUNTS)
        names = [
            account,
            f"arn:aws:iam::{account}:root",
            f"arn:aws:iam::{account}:user/ana",
            f"arn:aws:iam::{account}:role/worker",
            f"arn:aws:sts::{account}:assumed-role/worker/today",
        ]
        choices: list[Any] = [{"AWS": name} for name in names] + [{"Service": "glue.amazonaws.com"}]
        if everybody or statement["Effect"] == "Deny":
            choices.append("*")
        statement["Principal"] = dice.choice(choices)
    return made


def _document(dice: random.Random) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [_statement(dice) for _ in range(dice.choice((1, 1, 2)))]}


def _statement(dice: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": dice.choice(("Allow", "Allow", "Allow", "Deny"))}
    made[dice.choice(("Action", "Action", "Action", "NotAction"))] = dice.sample(PATTERNS, dice.choice((1, 2)))
    made[dice.choice(("Resource", "Resource", "Resource", "NotResource"))] = dice.sample(RESOURCES, dice.choice((1, 2)))
    if dice.random() < 0.35:
        operator = dice.choice(("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"))
        made["Condition"] = {operator + dice.choice(("", "IfExists")): {dice.choice(KEYS): dice.sample(WORDS, 2)}}
    elif dice.random() < 0.1:
        made["Condition"] = {"Null": {dice.choice(KEYS): dice.choice(("true", "false"))}}
    return made


def asked(made: Mapping[str, Any]) -> tuple[Request, Policies]:
    """The same for the real evaluator."""
    who, nodes = made["caller"], {}
    for node, parent in made["tree"].items():
        controls = tuple(_read(one, Layer.SERVICE_CONTROL) for one in made["controls"][node])
        nodes[node] = Node(
            node, node, parent, controls, tuple(_read(one, Layer.RESOURCE_CONTROL) for one in made["rcps"][node])
        )
    organization = Organization("o-x", made["management"], nodes)
    caller = {
        "user": lambda: Caller.user(who["arn"]),
        "session": lambda: Caller.session(who["role"], "today"),
        "root": lambda: Caller.root(who["account"]),
        "service": lambda: Caller.service(who["arn"]),
    }[who["kind"]]()
    attached = _read(made["resource"], Layer.RESOURCE) if made["resource"] else None
    policies = Policies(
        identity=tuple(_read(one, Layer.IDENTITY) for one in made["identity"]),
        boundary=_read(made["boundary"], Layer.BOUNDARY) if made["boundary"] else None,
        session=(_read(made["session"], Layer.SESSION),) if made["session"] else None,
        resource=ResourcePolicy(made["owner"], attached),
        service_controls=organization.service_controls(who["account"]),
        resource_controls=organization.resource_controls(made["owner"]),
    )
    return Request(caller, made["action"], made["target"], Context.of(made["context"], complete=True)), policies


def _read(document: Mapping[str, Any], layer: Layer) -> Policy:
    return _once(json.dumps(document), layer)


@lru_cache(maxsize=1000)
def _once(text: str, layer: Layer) -> Policy:
    """Most documents are the same full access."""
    return read_policy(text, layer, layer.value)


def compared(count: int, seed: int) -> Counter[str]:
    """Answers on so many worlds. Where the plain evaluator does not allow, the real one must not."""
    dice, seen = random.Random(seed), Counter[str]()
    for number in range(count):
        made = world(dice)
        request, policies = asked(made)
        answer, plain = decide(request, policies).answer, oracle.allowed(made)
        assert answer is (Answer.ALLOW if plain else Answer.DENY), (number, made)
        seen[answer.value] += 1
        _explained(request, policies, answer)
    return seen


def _explained(request: Request, policies: Policies, answer: Answer) -> None:
    """The steps say the same: a denial is among them, or something that had to allow and does not."""
    effects = {step.effect for step in explain(request, policies)}
    if answer is Answer.ALLOW:
        assert "denies" not in effects
        assert "allows" in effects
    else:
        assert effects & {"denies", "nothing"}


def test_several_accounts_are_decided_as_the_plain_evaluator_does() -> None:
    seen = compared(600, seed=1)

    assert min(seen["Allow"], seen["Deny"]) > 60


@pytest.mark.slow
def test_ten_thousand_requests_more() -> None:
    seen = compared(10_000, seed=2)

    assert min(seen["Allow"], seen["Deny"]) > 1000


def test_rings_and_lost_units_are_mistakes() -> None:
    ring = Organization(
        "o-x", MANAGEMENT, {"u": Node("u", "u", "v"), "v": Node("v", "v", "u"), "1": Node("1", "1", "u")}
    )
    with pytest.raises(SpecError, match="above itself"):
        ring.way("1")
    lost = Organization("o-x", MANAGEMENT, {"1": Node("1", "1", "gone")})
    with pytest.raises(SpecError, match="is no node"):
        lost.service_controls("1")


def test_what_binds_nobody_is_told() -> None:
    denial = _read({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}, Layer.SERVICE_CONTROL)
    nodes = {
        "r": Node("r", "root"),
        "s": Node("s", "Security", "r", (denial,)),
        "p": Node("p", "Production", "r", (denial,)),
        MANAGEMENT: Node(MANAGEMENT, "management", "s"),
        ACCOUNTS[0]: Node(ACCOUNTS[0], "data", "p"),
    }
    assert Organization("o-x", MANAGEMENT, nodes).unbound() == ("unit Security",)
    assert Organization("o-x", MANAGEMENT, nodes).organization_path(ACCOUNTS[0]) == "o-x/r/p/"
