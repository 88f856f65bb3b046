"""Texts with wildcards and policy variables, and what they match.

Documentation: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards in ARNs) and "IAM policy elements:
Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from lakewright.policy.context import Context
from lakewright.policy.truth import Truth, known, some


class Wild(Enum):
    """`*`, and `?`."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    default: str | None


Symbol: TypeAlias = str | Wild
"""One character, or a wildcard."""

Pattern: TypeAlias = tuple[str | Wild | Variable, ...]
"""Pieces of text, wildcards and variables."""


class Unfilled(Enum):
    """Why a variable has no value: the request does not have the key, or nobody knows whether it has."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


Filled: TypeAlias = tuple[Symbol, ...] | Unfilled

VARIABLE = re.compile(r"\$\{\s*([^{},'\s][^{},']*?)\s*(?:,\s*'([^']*)'\s*)?\}")


@lru_cache(maxsize=8192)
def parsed(text: str, *, wild: bool, variables: bool) -> Pattern:
    """The pieces of a text; without `wild` its `*` and `?` mean themselves, without `variables` its `${…}` does.

    `${*}`, `${?}` and `${$}` are the characters. Braces that are no variable mean themselves.
    """
    pieces: list[str | Wild | Variable] = []
    end = 0
    for found in VARIABLE.finditer(text) if variables else ():
        pieces += _plain(text[end : found.start()], wild)
        key, default = found[1], found[2]
        pieces.append(key if key in {"*", "?", "$"} else Variable(key, default))
        end = found.end()
    return tuple(pieces + _plain(text[end:], wild))


def _plain(text: str, wild: bool) -> list[str | Wild | Variable]:
    if not wild:
        return [text] if text else []
    return [Wild(part) if part in "*?" else part for part in re.split(r"([*?])", text) if part]


def filled(pattern: Pattern, context: Context) -> Filled:
    """The pattern as characters and wildcards, variables replaced; what they bring in means itself.

    A key with several values cannot be a variable: what AWS makes of it is not documented, so it is UNKNOWN.
    """
    symbols: list[Symbol] = []
    worst: Unfilled | None = None
    for piece in pattern:
        match piece:
            case str():
                symbols += piece
            case Wild():
                symbols.append(piece)
            case Variable(key, default):
                values = context.look_up(key)
                if values is None or len(values) > 1:
                    worst = Unfilled.UNKNOWN
                elif values or default is not None:
                    symbols += values[0] if values else default or ""
                else:
                    worst = worst or Unfilled.ABSENT
    return worst or tuple(symbols)


def matches(symbols: Sequence[Symbol], text: str, *, across: frozenset[int] | None = None) -> bool:
    """Whether a text is of the form. `across` are the positions of `*` that may match a colon; None: all may."""
    states = _reached({0}, symbols)
    for letter in text:
        after: set[int] = set()
        for state in states:
            symbol = symbols[state] if state < len(symbols) else None
            if symbol is Wild.MANY:
                if letter != ":" or across is None or state in across:
                    after.add(state)
            elif symbol is Wild.ONE or symbol == letter:
                after.add(state + 1)
        states = _reached(after, symbols)
        if not states:
            return False
    return len(symbols) in states


def _reached(states: Iterable[int], symbols: Sequence[Symbol]) -> set[int]:
    """The states and those behind a `*` that matches nothing."""
    reached: set[int] = set()
    for state in states:
        place = state
        reached.add(place)
        while place < len(symbols) and symbols[place] is Wild.MANY:
            place += 1
            reached.add(place)
    return reached


def action_matches(pattern: str, action: str) -> bool:
    """Names of actions have no case. Variables are not replaced in them."""
    return matches(_symbols(pattern.lower()), action.lower())


@lru_cache(maxsize=8192)
def _symbols(text: str) -> tuple[Symbol, ...]:
    symbols: list[Symbol] = []
    for piece in _plain(text, wild=True):
        symbols += piece if isinstance(piece, str) else [piece]  # type: ignore[list-item]
    return tuple(symbols)


def arn_matches(symbols: Sequence[Symbol], arn: str) -> Truth:
    """Whether a resource's ARN (or `*`) is of a form of the Resource element.

    A `*` at the end of a segment may match beyond the colon. Whether one within a segment does is not documented:
    what only matches so is MAYBE.
    """
    if not matches(symbols, arn):
        return Truth.NO
    last = frozenset(
        place
        for place, symbol in enumerate(symbols)
        if symbol is Wild.MANY and (place + 1 == len(symbols) or symbols[place + 1] == ":")
    )
    return Truth.YES if matches(symbols, arn, across=last) else Truth.MAYBE


def segments_match(symbols: Sequence[Symbol], arn: str) -> Truth:
    """Whether an ARN is of a form of an Arn condition, which compares the six segments each for itself."""
    wanted, given = _segments(symbols), arn.split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return Truth.MAYBE
    return known(all(matches(one, other) for one, other in zip(wanted, given, strict=True)))


def _segments(symbols: Sequence[Symbol]) -> list[list[Symbol]]:
    segments: list[list[Symbol]] = [[]]
    for symbol in symbols:
        if symbol == ":" and len(segments) < 6:
            segments.append([])
        else:
            segments[-1].append(symbol)
    return segments


def any_of(truths: Iterable[Truth], unfilled: Iterable[Unfilled], *, allow: bool) -> Truth:
    """Whether one of a list's texts matches, when some of them could not be filled.

    A variable that the request has no value for may make the whole statement invalid ("Variables and tags"): an
    allowing statement then matches by no more than MAYBE, a denying one may match.
    """
    best = some(truths)
    lacking = tuple(unfilled)
    if not lacking:
        return best
    if allow and best is Truth.NO and Unfilled.UNKNOWN not in lacking:
        return Truth.NO
    return Truth.MAYBE
