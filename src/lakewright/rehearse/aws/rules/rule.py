"""A rule: what a service refuses beyond its model, and where AWS says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto

Parameters = Mapping[str, Any]
Look = Callable[[Asked, Moto], Iterator[str]]
"""What is wrong with a request: AWS's message, once for each fault. `Moto` is the caller's part of the state."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`operations` of one service, `look` says what is wrong, `code` is AWS's error.

    `what` is the rule in a few words; `source` the page of AWS's documentation that has it.
    """

    what: str
    source: str
    operations: tuple[str, ...]
    look: Look
    code: str
    status: int = 400


def text(asked: Asked, name: str) -> str:
    """A text parameter; empty when it is not given."""
    return str(asked.parameters.get(name) or "")


def number(asked: Asked, name: str) -> float | None:
    """A number parameter; None when it is not given or is none."""
    value = asked.parameters.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def items(value: Any) -> list[Any]:
    """A list parameter; empty when it is not given."""
    return list(value) if isinstance(value, list | tuple) else []


def structure(value: Any) -> Mapping[str, Any]:
    """A structure parameter; empty when it is not given."""
    return value if isinstance(value, Mapping) else {}
