"""Whether a text of the Resource element and a resource type's ARN can mean the same resource."""

from __future__ import annotations

import re
from functools import lru_cache

_FIELD = re.compile(r"\$\{([^}]*)\}")
_SPLIT = re.compile(r"(\$\{[^}]*\}|[*?])")
ANY, WITHIN, ONE = "*", "*/", "?"
"""Any text, any text without a slash, one letter."""


@lru_cache(maxsize=65_536)
def overlap(written: str, form: str) -> bool:
    """`written` has `*`, `?` and policy variables; `form` is the reference's, with `${Field}`.

    The six segments of an ARN are compared each for itself; what has fewer may mean anything.
    """
    segments, forms = _segments(written), _segments(form)
    if len(segments) < 6 or len(forms) < 6:
        return True
    return all(
        _meet(_tokens(one, variable=ANY), _tokens(other, variable=""))
        for one, other in zip(segments, forms, strict=True)
    )


def _segments(text: str) -> list[str]:
    """Split at colons outside `${…}`."""
    found = [""]
    for part in _SPLIT.split(text):
        first, *others = [part] if part.startswith("${") else part.split(":")
        found[-1] += first
        found += others
    return [*found[:5], ":".join(found[5:])] if len(found) > 5 else found


def _tokens(text: str, *, variable: str) -> tuple[str, ...]:
    tokens: list[str] = []
    for part in _SPLIT.split(text):
        if field := _FIELD.fullmatch(part):
            tokens.append(variable or (WITHIN if field[1] == "BucketName" else ANY))
        elif part in ("*", "?"):
            tokens.append(part)
        else:
            tokens += part
    return tuple(tokens)


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether some text is of both forms: all pairs of positions that some beginning reaches."""
    seen: set[tuple[int, int]] = set()
    open_pairs = [(0, 0)]
    while open_pairs:
        pair = open_pairs.pop()
        if pair in seen:
            continue
        seen.add(pair)
        if pair == (len(one), len(other)):
            return True
        open_pairs += _steps(one, other, *pair)
    return False


def _steps(one: tuple[str, ...], other: tuple[str, ...], at: int, beside: int) -> list[tuple[int, int]]:
    left = one[at] if at < len(one) else ""
    right = other[beside] if beside < len(other) else ""
    many_left, many_right = left in (ANY, WITHIN), right in (ANY, WITHIN)
    found: list[tuple[int, int]] = []
    if many_left:
        found.append((at + 1, beside))
    if many_right:
        found.append((at, beside + 1))
    if many_left and right and not many_right and _may(left, right):
        found.append((at, beside + 1))
    if many_right and left and not many_left and _may(right, left):
        found.append((at + 1, beside))
    if left and right and not many_left and not many_right and (left == right or ONE in (left, right)):
        found.append((at + 1, beside + 1))
    return found


def _may(many: str, letter: str) -> bool:
    return many == ANY or letter != "/"
