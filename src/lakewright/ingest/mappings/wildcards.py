"""Name patterns of DMS table mappings: `%` any characters, `_` one character, `[ab]` and `[a-d]` one of a set.

A set is also how a special character is meant literally: `[_]`, `[%]`. Matching is case-sensitive.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lakewright.errors import SpecError

SPECIAL = "%_["


def literally(name: str) -> str:
    """The pattern that matches exactly `name`."""
    return "".join(f"[{character}]" if character in SPECIAL else character for character in name)


def from_spec(pattern: str) -> str:
    """The DMS pattern for the spec's form, in which `*` and `%` stand for any characters and all else for itself."""
    return "".join("%" if c in "*%" else f"[{c}]" if c in SPECIAL else c for c in pattern)


def matches(pattern: str, name: str) -> bool:
    """Whether `name` fits `pattern`. Raises LW311 for a set that is empty, unclosed or the wrong way round."""
    return compiled(pattern).fullmatch(name) is not None


def plain_name(pattern: str) -> str | None:
    """The only name that fits `pattern`; None when several may fit."""
    bare = re.sub(r"\[(.)\]", r"\1", pattern)
    rest = re.sub(r"\[.\]", "", pattern)
    return None if any(character in rest for character in SPECIAL) else bare


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "[":
            end = pattern.find("]", position + 1)
            parts.append(_character_set(pattern, pattern[position + 1 : end] if end > 0 else ""))
            position = end + 1
            continue
        parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
        position += 1
    return re.compile("".join(parts), re.DOTALL)


def _character_set(pattern: str, inside: str) -> str:
    ranges = re.findall(r".-.|.", inside, re.DOTALL)
    if not ranges or any(len(item) == 3 and item[0] > item[2] for item in ranges):
        raise SpecError(
            "LW311",
            f"{pattern!r} has a character set that is empty, unclosed or the wrong way round",
            hint="[ab] is a or b, [a-d] is a to d, [_] is an underscore",
        )
    return (
        "["
        + "".join("-".join(map(re.escape, item.split("-"))) if len(item) == 3 else re.escape(item) for item in ranges)
        + "]"
    )
