"""Who asks, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Privilege(StrEnum):
    """What may be done to a table. Any of the others implies DESCRIBE; CREATE is asked of a table that is not there."""

    SELECT = "select"
    DESCRIBE = "describe"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    ALTER = "alter"
    DROP = "drop"
    CREATE = "create"


Value = str | int


class Identity:
    """What a policy looks at of somebody or something: compared by value, hashed once."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, *parts: object) -> None:
        self._parts = parts
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self._parts == other._parts


@dataclass(frozen=True)
class Principal:
    """A person or program: `attributes` are what conditions call `user.tenants`; `personas` follow from the policy."""

    name: str
    groups: frozenset[str] = frozenset()
    personas: frozenset[str] = frozenset()
    attributes: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """What rules can mean this principal by: `user:ana`, `group:analysts`, `persona:DataAnalyst`, `everyone`."""
        groups = {f"group:{name}" for name in self.groups}
        personas = {f"persona:{name}" for name in self.personas}
        return frozenset({"everyone", f"user:{self.name}"} | groups | personas)

    @cached_property
    def identity(self) -> Identity:
        """Equal for two that every policy treats alike."""
        return Identity(self.name, self.subjects, tuple(sorted(self.attributes.items())))
