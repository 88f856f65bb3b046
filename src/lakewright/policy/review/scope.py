"""A statement beside the reference: which actions it can mean, and which condition keys those know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from lakewright.policy.reference import Action, Reference, Service, key_form
from lakewright.policy.review.finding import Kind
from lakewright.policy.review.global_keys import GLOBAL_KEYS
from lakewright.policy.statements import Statement

Meant = tuple[Service, Action]


@dataclass(frozen=True)
class Scope:
    """One statement of a document of a kind."""

    statement: Statement
    kind: Kind
    reference: Reference

    @cached_property
    def meant(self) -> dict[str, tuple[Meant, ...]]:
        """Each pattern of the element → actions that it matches; empty for `*` and for what matches none."""
        return {pattern: self._matching(pattern) for pattern in self.statement.actions}

    def _matching(self, pattern: str) -> tuple[Meant, ...]:
        prefix, _, name = pattern.partition(":")
        service = self.reference.service(prefix)
        if service is None:
            return ()
        form = glob(name.lower())
        return tuple((service, action) for key, action in service.actions.items() if form.fullmatch(key))

    @property
    def place(self) -> str:
        return self.statement.written

    def covers(self, action: str) -> bool:
        """Whether the Action element means this action."""
        named = any(glob(one.lower()).fullmatch(action.lower()) for one in self.statement.actions)
        return named is not self.statement.all_but_actions

    def type_of(self, key: str) -> str:
        """The type of a condition key; empty when nobody has it."""
        lowered = key.lower()
        for form, kind in GLOBAL_KEYS.items():
            if lowered == form or (form.endswith("/") and lowered.startswith(form)):
                return kind
        service = self.reference.service(lowered.partition(":")[0])
        services = [service] if service else []
        services += [one for found in self.meant.values() for one, _ in found[:1]]
        for one in services:
            for written, kind in one.types.items():
                if key_form(written).fullmatch(key):
                    return kind or "String"
        return ""


@lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` as in IAM."""
    return re.compile("".join(".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern), re.S)


def knows(service: Service, action: Action, key: str) -> bool:
    """Whether requests for the action can have the key, global keys aside."""
    return any(key_form(written).fullmatch(key) for written in service.keys_of(action))
