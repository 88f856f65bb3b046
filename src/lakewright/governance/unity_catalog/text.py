"""Conditions as text, put together and made no longer than they must be."""

from __future__ import annotations

from collections.abc import Iterable

from lakewright.governance.policy import Policy
from lakewright.governance.unity_catalog.data import literal
from lakewright.spec.rows import EVERY_ACCOUNT

TRUE, FALSE = "TRUE", "FALSE"


def both(*texts: str) -> str:
    """AND."""
    kept = [text for text in dict.fromkeys(texts) if text != TRUE]
    if FALSE in kept:
        return FALSE
    return f"({' AND '.join(kept)})" if len(kept) > 1 else next(iter(kept), TRUE)


def either(texts: Iterable[str]) -> str:
    """OR; of nothing, FALSE."""
    kept = [text for text in dict.fromkeys(texts) if text != FALSE]
    if TRUE in kept:
        return TRUE
    return f"({' OR '.join(kept)})" if len(kept) > 1 else next(iter(kept), FALSE)


def opposite(text: str) -> str:
    """NOT."""
    return {TRUE: FALSE, FALSE: TRUE}.get(text, f"NOT ({text})")


def members(policy: Policy, subjects: Iterable[str]) -> list[str]:
    """The groups and users behind subjects: `group:analysts`, `user:ana`. A persona is its groups and users."""
    found: dict[str, None] = {}
    for subject in sorted(subjects):
        kind, _, name = subject.partition(":")
        if subject == "everyone":
            found[f"group:{EVERY_ACCOUNT}"] = None
        elif kind != "persona":
            found[subject] = None
        elif name in policy.personas:
            persona = policy.personas[name]
            found |= dict.fromkeys(f"group:{group}" for group in sorted(persona.groups))
            found |= dict.fromkeys(f"user:{user}" for user in sorted(persona.users))
    return list(found)


def callers(policy: Policy, subjects: frozenset[str]) -> str:
    """Whether the caller is one of the subjects."""
    return either(_caller(member) for member in members(policy, subjects))


def _caller(member: str) -> str:
    kind, _, name = member.partition(":")
    if member == f"group:{EVERY_ACCOUNT}":
        return TRUE
    return f"is_account_group_member({literal(name)})" if kind == "group" else f"current_user() = {literal(name)}"
