"""Texts with wildcards and policy variables, and what they match.

Documentation: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards in ARNs) and "IAM policy elements:
Variables and tags". Everything is compiled once: to comparisons, prefixes, or expressions that never look back far.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from lakewright.policy.context import Context
from lakewright.policy.truth import Truth, some


class Wild(Enum):
    """`*`, and `?`."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    default: str | None


Piece: TypeAlias = str | Wild
"""Text that means itself, or a wildcard."""

Pattern: TypeAlias = tuple[Piece | Variable, ...]
"""Pieces of text, wildcards and variables."""


class Unfilled(Enum):
    """Why a variable has no value: the request does not have the key, or nobody knows whether it has."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


Filled: TypeAlias = tuple[Piece, ...] | Unfilled

VARIABLE = re.compile(r"\$\{\s*([^{},'\s][^{},']*?)\s*(?:,\s*'([^']*)'\s*)?\}")
_KEPT = 8192
"""Most patterns remembered of each sort."""


@lru_cache(maxsize=_KEPT)
def parsed(text: str, *, wild: bool, variables: bool) -> Pattern:
    """The pieces of a text; without `wild` its `*` and `?` mean themselves, without `variables` its `${…}` does.

    `${*}`, `${?}` and `${$}` are the characters. Braces that are no variable mean themselves.
    """
    pieces: list[Piece | Variable] = []
    end = 0
    for found in VARIABLE.finditer(text) if variables else ():
        pieces += _plain(text[end : found.start()], wild)
        key, default = found[1], found[2]
        pieces.append(key if key in {"*", "?", "$"} else Variable(key, default))
        end = found.end()
    return (*pieces, *_plain(text[end:], wild))


def plain_form(text: str, *, wild: bool) -> tuple[Piece, ...]:
    """The pieces of a text without variables."""
    return tuple(_plain(text, wild))


def _plain(text: str, wild: bool) -> list[Piece]:
    if not wild:
        return [text] if text else []
    return [Wild(part) if part in "*?" else part for part in re.split(r"([*?])", text) if part]


def filled(pattern: Pattern, context: Context) -> Filled:
    """The pattern as texts and wildcards, variables replaced; what they bring in means itself.

    A key with several values cannot be a variable: what AWS makes of it is not documented, so it is UNKNOWN.
    """
    pieces: list[Piece] = []
    worst: Unfilled | None = None
    for piece in pattern:
        match piece:
            case str() | Wild():
                pieces.append(piece)
            case Variable(key, default):
                values = context.look_up(key)
                if values is None or len(values) > 1:
                    worst = Unfilled.UNKNOWN
                elif values or default is not None:
                    pieces += [text] if (text := values[0] if values else default) else []
                else:
                    worst = worst or Unfilled.ABSENT
    return worst or tuple(pieces)


def text_of(pieces: Sequence[Piece]) -> str:
    """The pieces of a pattern without wildcards as one text."""
    return "".join(str(piece) for piece in pieces)


def matches(pieces: Sequence[Piece], text: str) -> bool:
    """Whether a text is of the form."""
    return bool(_matcher(tuple(pieces))(text))


def action_matches(pattern: str, action: str) -> bool:
    """Names of actions have no case. Variables are not replaced in them."""
    return bool(action_form(pattern)(action.lower()))


@lru_cache(maxsize=_KEPT)
def action_form(pattern: str) -> Callable[[str], object]:
    """Whether an action in lower case is of the form: what is true, or not."""
    return _matcher(tuple(_plain(pattern.lower(), wild=True)))


def arn_matches(pieces: Sequence[Piece], arn: str) -> Truth:
    """Whether a resource's ARN (or `*`) is of a form of the Resource element.

    A `*` at the end of a segment may match beyond the colon. Whether one within a segment does is not documented:
    what only matches so is MAYBE.
    """
    return arn_form(tuple(pieces))(arn)


@lru_cache(maxsize=_KEPT)
def arn_form(pieces: tuple[Piece, ...]) -> Callable[[str], Truth]:
    """`arn_matches` for one form."""
    loose = _matcher(pieces)
    if not any(_inside(pieces, place) for place in range(len(pieces))):
        return lambda arn: Truth.YES if loose(arn) else Truth.NO
    strict = re.compile(_expression(pieces, within=True), re.DOTALL).fullmatch
    return lambda arn: (Truth.YES if strict(arn) else Truth.MAYBE) if loose(arn) else Truth.NO


def _inside(pieces: Sequence[Piece], place: int) -> bool:
    """Whether there is a `*` that neither ends the form nor a segment."""
    if pieces[place] is not Wild.MANY or place + 1 == len(pieces):
        return False
    after = pieces[place + 1]
    return not (isinstance(after, str) and after.startswith(":"))


@lru_cache(maxsize=_KEPT)
def _matcher(pieces: tuple[Piece, ...]) -> Callable[[str], object]:
    """What is true for texts of the form: by comparison where that is enough."""
    match pieces:
        case () | (str(),):
            return text_of(pieces).__eq__
        case (Wild.MANY,):
            return lambda _text: True
        case (str() as start, Wild.MANY):
            return lambda text: text.startswith(start)
    if Wild.MANY not in pieces and Wild.ONE not in pieces:
        return text_of(pieces).__eq__
    return re.compile(_expression(pieces, within=False), re.DOTALL).fullmatch


def _expression(pieces: tuple[Piece, ...], *, within: bool) -> str:
    """A regular expression of the form. `within`: a `*` inside a segment matches no colon.

    Between two `*` of any text the first place that fits is as good as each later one, so these parts are atomic:
    many stars cost little. The same holds for stars of a segment between their neighbours.
    """
    groups: list[list[str]] = [[""]]
    for place, piece in enumerate(pieces):
        if piece is Wild.MANY and within and _inside(pieces, place):
            groups[-1].append("")
        elif piece is Wild.MANY:
            groups.append([""])
        else:
            groups[-1][-1] += "." if piece is Wild.ONE else re.escape(str(piece))
    if len(groups) == 1:
        return _ending(groups[0])
    first, *middle, last = groups
    return _atomic(first) + "".join(f"(?>.*?{_atomic(group)})" for group in middle) + ".*" + _ending(last)


def _atomic(parts: Sequence[str]) -> str:
    """A part that goes on: the first places that fit, no colon between them."""
    first, *others = parts
    return first + "".join(f"(?>[^:]*?{part})" for part in others)


def _ending(parts: Sequence[str]) -> str:
    """A part that reaches the end of the text."""
    if len(parts) == 1:
        return parts[0]
    return f"{_atomic(parts[:-1])}[^:]*{parts[-1]}"


def segments_match(pieces: Sequence[Piece], arn: str) -> Truth:
    """Whether an ARN is of a form of an Arn condition, which compares the six segments each for itself."""
    return segments_form(tuple(pieces))(arn)


@lru_cache(maxsize=_KEPT)
def segments_form(pieces: tuple[Piece, ...]) -> Callable[[str], Truth]:
    """`segments_match` for one form."""
    wanted = tuple(_matcher(segment) for segment in _segments(pieces))

    def match(arn: str) -> Truth:
        given = arn.split(":", 5)
        if len(wanted) != 6 or len(given) != 6:
            return Truth.MAYBE
        for fits, segment in zip(wanted, given, strict=True):
            if not fits(segment):
                return Truth.NO
        return Truth.YES

    return match


@lru_cache(maxsize=_KEPT)
def _segments(pieces: tuple[Piece, ...]) -> tuple[tuple[Piece, ...], ...]:
    segments: list[list[Piece]] = [[]]
    for piece in pieces:
        if isinstance(piece, Wild):
            segments[-1].append(piece)
            continue
        first, *others = piece.split(":", 6 - len(segments))
        for place, text in enumerate((first, *others)):
            if place:
                segments.append([])
            if text:
                segments[-1].append(text)
    return tuple(tuple(segment) for segment in segments)


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
