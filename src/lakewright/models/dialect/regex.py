"""Java's regular expressions, as far as RE2 (DuckDB's) can say exactly the same."""

from __future__ import annotations

import re

_LINE_ENDS = r"\n\r\x{85}\x{2028}\x{2029}"
_END_OF_TEXT = rf"(?:\r\n|[{_LINE_ENDS}])?\z"
_SPACE = r"\t\n\x0B\f\r "
_PLAIN_ESCAPES = frozenset("dDwWtnrfAz\\.[]{}()*+?^$|/-_'\"#@:;,!%&=<>~` ")


class NotPortableError(Exception):
    """A pattern that Java and RE2 read differently; `hint` says what to write instead."""

    def __init__(self, fact: str, hint: str = "") -> None:
        super().__init__(fact)
        self.hint = hint


def to_re2(pattern: str, *, only_test: bool = False) -> str:
    """The RE2 pattern that matches what `pattern` matches in Java. `only_test`: only whether it matches is asked."""
    out: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            out.append(_escape(pattern, at, in_class))
            at += 2
            continue
        if in_class:
            _check_class(pattern, at)
            in_class = char != "]"
            out.append(char)
        elif char == "[":
            in_class = True
            start = re.match(r"\[\^?\]?", pattern[at:])
            taken = start.group(0) if start else "["
            if taken.endswith("]"):
                raise NotPortableError("a class that begins with ]", "write \\]")
            out.append(taken)
            at += len(taken)
            continue
        elif char == "(" and pattern[at + 1 : at + 2] == "?" and pattern[at + 2 : at + 3] != ":":
            raise NotPortableError("(?…) groups other than (?:…)", "lower(x) instead of (?i)")
        elif char in "*+?}" and pattern[at + 1 : at + 2] == "+":
            raise NotPortableError("possessive repetition")
        elif char == ".":
            out.append(f"[^{_LINE_ENDS}]")
        elif char == "$":
            out.append(_dollar(pattern, at, only_test))
        else:
            out.append(char)
        at += 1
    if in_class:
        raise NotPortableError("a class that is not closed")
    return "".join(out)


def _dollar(pattern: str, at: int, only_test: bool) -> str:
    """Java's $ also matches before a final line end, RE2's only at the very end."""
    if not only_test:
        raise NotPortableError("$ also matches before a final line end", "write \\z for the end of the text")
    if at + 1 < len(pattern) and pattern[at + 1] not in "|)":
        raise NotPortableError("$ in the middle of a pattern")
    return _END_OF_TEXT


def _escape(pattern: str, at: int, in_class: bool) -> str:
    following = pattern[at + 1 : at + 2]
    if following == "s":
        return _SPACE if in_class else f"[{_SPACE}]"
    if following == "S" and not in_class:
        return f"[^{_SPACE}]"
    if following in ("A", "z") and in_class:
        raise NotPortableError(f"\\{following} in a class")
    if following and following in _PLAIN_ESCAPES:
        return f"\\{following}" if not following.isspace() else following
    raise NotPortableError(f"\\{following} means different things, or is not known to one side")


def _check_class(pattern: str, at: int) -> None:
    if pattern[at] == "[":
        raise NotPortableError("a class inside a class", "write \\[")
    if pattern.startswith("&&", at):
        raise NotPortableError("&& in a class")


def replacement(text: str) -> str:
    """Java's `$1` and `\\x` in a replacement as RE2's `\\1` and plain characters."""
    out: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        if char == "$":
            if not following.isdecimal() or text[at + 2 : at + 3].isdecimal():
                raise NotPortableError(f"${following} in the replacement", "$0 to $9 only")
            out.append(f"\\{following}")
            at += 2
        elif char == "\\":
            if not following or following.isalnum():
                raise NotPortableError(
                    f"\\{following} in the replacement", "a backslash only before $ or another backslash"
                )
            out.append("\\\\" if following == "\\" else following)
            at += 2
        else:
            out.append(char)
            at += 1
    return "".join(out)


def matches_nothing(pattern: str) -> bool:
    """Whether a pattern can match between two characters; the engines then count the places differently."""
    if pattern.startswith("^") and "|" not in pattern:
        return False
    try:
        return re.search(pattern.replace("\\z", "$"), "") is not None
    except re.error:
        return True
