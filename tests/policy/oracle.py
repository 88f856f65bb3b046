"""Another evaluator, written straight from the documentation's words on raw JSON: slow, plain, and for a part only.

One account, a user, complete contexts. It shares no code with the real one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]


def allowed(
    ask: Mapping[str, Any],
    identity: Sequence[Document],
    boundary: Document | None,
    session: Document | None,
    controls: Sequence[Document],
    resource: Document | None,
) -> bool:
    """`ask` has action, resource, user (an ARN) and context (key → text)."""
    every = [*identity, *controls, *(one for one in (boundary, session, resource) if one is not None)]
    for document in every:
        for statement in document["Statement"]:
            if statement["Effect"] == "Deny" and applies(statement, ask):
                return False
    for document in controls:
        if not grants(document, ask):
            return False
    if resource is not None and any(
        statement["Effect"] == "Allow" and applies(statement, ask) and statement["Principal"] == {"AWS": ask["user"]}
        for statement in resource["Statement"]
    ):
        return True
    if boundary is not None and not grants(boundary, ask):
        return False
    if session is not None and not grants(session, ask):
        return False
    return any(grants(document, ask) for document in identity)


def grants(document: Document, ask: Mapping[str, Any]) -> bool:
    return any(statement["Effect"] == "Allow" and applies(statement, ask) for statement in document["Statement"])


def applies(statement: Document, ask: Mapping[str, Any]) -> bool:
    if "Principal" in statement and statement["Principal"] not in ("*", {"AWS": ask["user"]}):
        return False
    if "Action" in statement:
        if not any(glob(one.lower(), ask["action"].lower()) for one in _list(statement["Action"])):
            return False
    elif any(glob(one.lower(), ask["action"].lower()) for one in _list(statement["NotAction"])):
        return False
    if "Resource" in statement:
        if not any(glob(one, ask["resource"]) for one in _list(statement["Resource"])):
            return False
    elif any(glob(one, ask["resource"]) for one in _list(statement["NotResource"])):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            if not test(operator, ask["context"].get(key), _list(wanted)):
                return False
    return True


def test(operator: str, given: str | None, wanted: Sequence[str]) -> bool:
    if operator == "Null":
        return (given is None) is (wanted[0] == "true")
    if operator.endswith("IfExists"):
        return True if given is None else test(operator.removesuffix("IfExists"), given, wanted)
    if given is None:
        return "Not" in operator
    if operator == "StringEquals":
        return given in wanted
    if operator == "StringNotEquals":
        return given not in wanted
    if operator == "StringLike":
        return any(glob(one, given) for one in wanted)
    if operator == "StringNotLike":
        return not any(glob(one, given) for one in wanted)
    if operator == "NumericLessThan":
        return any(float(given) < float(one) for one in wanted)
    raise AssertionError(operator)


def glob(pattern: str, text: str) -> bool:
    parts = [".*" if letter == "*" else "." if letter == "?" else re.escape(letter) for letter in pattern]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _list(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


test.__test__ = False  # type: ignore[attr-defined]
