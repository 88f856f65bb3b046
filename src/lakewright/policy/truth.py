"""Yes, no or not known: Kleene's logic, in which `and` is the least and `or` the greatest."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """Ordered so that what is not known lies between no and yes."""

    NO = 0
    MAYBE = 1
    YES = 2

    def negated(self) -> Truth:
        return _NEGATED[self]


_NEGATED = (Truth.YES, Truth.MAYBE, Truth.NO)


def every(truths: Iterable[Truth]) -> Truth:
    """All of them; YES when there are none."""
    return min(truths, default=Truth.YES)


def some(truths: Iterable[Truth]) -> Truth:
    """At least one of them; NO when there are none."""
    return max(truths, default=Truth.NO)


def known(fact: bool) -> Truth:
    return Truth.YES if fact else Truth.NO
