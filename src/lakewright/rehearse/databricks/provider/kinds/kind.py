"""What a played resource type is: its rules, and what it asks of the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lakewright.rehearse.databricks.provider.client import Api
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import UNKNOWN, State, is_nothing

Answer = dict[str, Any]
Mistake = tuple[str, str]
"""(argument, what is wrong with it)."""


@dataclass(frozen=True)
class Rules:
    """What the schema does not say, by name of argument.

    `replace`: a change makes a new object. `defaults`: the value when none is given. `loose`: what the service decides
    when nothing is given; no difference then. `volatile`: computed values that an update changes. `folded`: compared
    without regard to case. `prefixed`: the service adds to the end of what is given, if only a slash. `json`: compared
    as JSON. `secret`: dotted names of values that are never shown. `one_of`: exactly one of each group. `conflicts`: at
    most one of each group. `together`: all of each group or none. `kept`: Terraform's alone, or not given back by the
    service; the state's value stays. `once`: used when the object is made; no difference later. `values`: the words
    that an argument takes.
    """

    replace: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    prefixed: frozenset[str] = frozenset()
    json: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    one_of: tuple[tuple[str, ...], ...] = ()
    conflicts: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    kept: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Kind(Protocol):
    """One resource type. Answers are in the schema's names; a missing object is None."""

    @property
    def rules(self) -> Rules: ...

    def create(self, api: Api, block: Block, planned: State) -> State:
        """Makes the object; gives what finds it again, with `id`."""

    def read(self, api: Api, block: Block, state: State) -> Answer | None: ...

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:
        """Changes the object; gives what finds it from now on, with `id`."""

    def delete(self, api: Api, state: State) -> None: ...

    def imported(self, api: Api, identity: str) -> State:
        """What an import's id says. Raises ValueError for a wrong form."""

    def mistakes(self, config: State) -> Iterable[Mistake]:
        """What is wrong with a configuration beyond the rules."""

    def foreseen(self, planned: State) -> State:
        """What of a planned state can be told from the rest of it, before anything is made."""


def names(text: str) -> frozenset[str]:
    """A set of words."""
    return frozenset(text.split())


class Plain:
    """For types with nothing to say of a configuration beyond their rules."""

    def mistakes(self, config: State) -> Iterable[Mistake]:  # noqa: ARG002
        return ()

    def foreseen(self, planned: State) -> State:
        return planned


def no_mistakes(config: State) -> Iterable[Mistake]:  # noqa: ARG001
    """Nothing beyond the rules."""
    return ()


def given(state: Mapping[str, Any], name: str) -> Any:
    """A known value that is something; None otherwise."""
    value = state.get(name)
    return None if value is UNKNOWN or is_nothing(value) else value
