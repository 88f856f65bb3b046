"""Another evaluator for organizations and several accounts: on raw JSON, by the documentation's words, slow and plain.

It shares no code with the real one. A world is a dict: `tree` (node → parent), `controls` and `rcps` (node → list of
documents), `management`, `caller` (kind, arn, account, role), `owner`, `identity`, `boundary`, `session`, `resource`,
and the request's `action`, `target` and `context`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.policy.oracle import applies

World = Mapping[str, Any]


def allowed(world: World) -> bool:
    caller = world["caller"]
    linked = "/aws-service-role/" in caller["role"]
    controls: list[Sequence[Any]] = []
    if caller["kind"] != "service" and not linked and caller["account"] != world["management"]:
        controls = [world["controls"][node] for node in path(world["tree"], caller["account"])]
    rcps: list[Sequence[Any]] = []
    if not linked and world["owner"] != world["management"]:
        rcps = [world["rcps"][node] for node in path(world["tree"], world["owner"])]
    documents = [*world["identity"], *(one for one in (world["boundary"], world["session"], world["resource"]) if one)]
    for level in [*controls, *rcps]:
        documents += level
    for document in documents:
        for statement in document["Statement"]:
            if statement["Effect"] == "Deny" and hits(statement, world):
                return False
    for level in [*controls, *rcps]:
        if not any(permits(document, world) for document in level):
            return False
    ways = named(world)
    if caller["kind"] == "service":
        return "itself" in ways or "everybody" in ways
    limits = all(permits(world[limit], world) for limit in ("boundary", "session") if world[limit])
    mine = caller["kind"] == "root" or any(permits(document, world) for document in world["identity"])
    if world["owner"] != caller["account"]:
        return bool(ways) and mine and limits
    if "itself" in ways:
        return True
    if limits and ("role" in ways or "everybody" in ways):
        return True
    return mine and limits


def path(tree: Mapping[str, str], account: str) -> list[str]:
    """Account, unit, …, root."""
    found = []
    node = account
    while node in tree:
        found.append(node)
        node = tree[node]
    return found


def permits(document: Any, world: World) -> bool:
    return any(statement["Effect"] == "Allow" and hits(statement, world) for statement in document["Statement"])


def hits(statement: Mapping[str, Any], world: World) -> bool:
    """Action, resource, conditions by the older oracle; the principal here."""
    if "Principal" in statement and not means(statement["Principal"], world["caller"]):
        return False
    rest = {key: value for key, value in statement.items() if key != "Principal"}
    ask = {"action": world["action"], "resource": world["target"], "context": world["context"], "user": ""}
    return applies(rest, ask)


def named(world: World) -> set[str]:
    """How the resource's policy allows the caller."""
    found: set[str] = set()
    for statement in world["resource"]["Statement"] if world["resource"] else ():
        if statement["Effect"] == "Allow" and hits(statement, world):
            found |= means(statement["Principal"], world["caller"])
    return found


def means(principal: Any, caller: Mapping[str, str]) -> set[str]:
    if principal == "*":
        return {"everybody"}
    found: set[str] = set()
    if caller["kind"] == "service":
        return {"itself"} if principal.get("Service") == caller["arn"] else found
    for name in [principal["AWS"]] if "AWS" in principal else []:
        if name in (caller["account"], f"arn:aws:iam::{caller['account']}:root"):
            found.add("account")
        if name == caller["arn"] and caller["kind"] != "root":
            found.add("itself")
        if caller["role"] and name == caller["role"]:
            found.add("role")
    return found
