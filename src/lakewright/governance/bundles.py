"""Grants that differ in nothing but their conditions, taken together: all of them are bound to a table at once.

Depends on the policy alone, neither on a table nor on who asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lakewright.governance.binding import asked_of
from lakewright.governance.principals import Privilege
from lakewright.governance.rules import Grant, Rule
from lakewright.spec.rows import Comparison, Condition, Constant

BITS: Mapping[Privilege, int] = {privilege: 1 << number for number, privilege in enumerate(Privilege)}


class Equal(NamedTuple):
    """Conditions `column = constant`: the constants, and the number of the grant that asks for each."""

    column: str
    constants: Sequence[Constant]
    numbers: Sequence[int]


class Other(NamedTuple):
    """A condition of another form, the numbers of the grants that have it, and what it asks of the caller."""

    condition: Condition
    numbers: Sequence[int]
    attributes: frozenset[str]
    subjects: frozenset[str]

    @property
    def is_common(self) -> bool:
        """Whether it lets the same rows through for everybody."""
        return not self.attributes and not self.subjects


@dataclass(frozen=True)
class Bundle(Rule):
    """`grant` is one of them: all but its place and its condition is true of every one. `numbers` are their places in
    the policy's grants, ascending. Neither `equal` nor `others`: every row. `can` has a bit for each privilege (BITS);
    every other privilege implies DESCRIBE. `named`: what the grant calls columns that it names without wildcards, in
    lower case; None when it gives others too."""

    grant: Grant
    numbers: Sequence[int]
    equal: Sequence[Equal]
    others: Sequence[Other]
    can: int
    named: frozenset[str] | None

    @property
    def is_timed(self) -> bool:
        return self.grant.starts is not None or self.grant.until is not None


def bundled(grants: Sequence[Grant], named: Mapping[str, Condition]) -> tuple[Bundle, ...]:
    """All grants; `named` are the conditions that have names."""
    together: dict[tuple[object, ...], list[int]] = {}
    for number, one in enumerate(grants):
        what = (one.on, one.to, one.can, one.columns, one.without, one.classes)
        together.setdefault((what, one.starts, one.until, one.grantable, one.rows is None), []).append(number)
    return tuple(_bundle(grants, numbers, named) for numbers in together.values())


def _bundle(grants: Sequence[Grant], numbers: Sequence[int], named: Mapping[str, Condition]) -> Bundle:
    others: dict[str, tuple[Condition, list[int]]] = {}
    constants: dict[str, tuple[list[Constant], list[int]]] = {}
    for number in numbers:
        match grants[number].rows:
            case Comparison(column, "=", constant):
                values, mine = constants.setdefault(column, ([], []))
                values.append(constant)
                mine.append(number)
            case None:
                pass
            case rows:  # by its text: `n = 1` and `n = true` are equal in Python
                others.setdefault(repr(rows), (rows, []))[1].append(number)
    first = grants[numbers[0]]
    return Bundle(
        first.place,
        first.on,
        first,
        tuple(numbers),
        tuple(Equal(column, *found) for column, found in constants.items()),
        tuple(Other(rows, mine, *asked_of(rows, named)) for rows, mine in others.values()),
        sum(BITS[one] for one in first.can | {Privilege.DESCRIBE}),
        first.named if first.columns and len(first.named) == len(first.columns) else None,
    )
