"""Event patterns: "Event patterns" and "Comparison operators", EventBridge user guide."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

NUMERIC: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def fits(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether every field that the pattern names has one of its values."""
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(fits(one, event) for one in wanted):
                return False
        elif isinstance(wanted, Mapping):
            inner = event.get(name)
            inside = inner if isinstance(inner, list) else [inner]
            if not any(isinstance(one, Mapping) and fits(wanted, one) for one in inside):
                return False
        elif not _any(wanted, event.get(name, _ABSENT)):
            return False
    return True


_ABSENT = object()


def _any(wanted: list[Any], value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(_one(test, one) for test in wanted for one in values)


def _one(test: Any, value: Any) -> bool:
    if not isinstance(test, Mapping):
        return value is not _ABSENT and type(value) is type(test) and bool(value == test)
    (name, expected), *_ = test.items()
    if name == "exists":
        return (value is not _ABSENT) == bool(expected)
    if value is _ABSENT:
        return False
    match name:
        case "prefix":
            return isinstance(value, str) and _prefixed(expected, value)
        case "suffix":
            return isinstance(value, str) and value.endswith(str(expected))
        case "equals-ignore-case":
            return isinstance(value, str) and value.lower() == str(expected).lower()
        case "wildcard":
            return isinstance(value, str) and fnmatchcase(value, str(expected))
        case "anything-but":
            others = expected if isinstance(expected, list) else [expected]
            return not any(_one(one, value) for one in others)
        case "numeric":
            return _numeric(expected, value)
    return False


def _prefixed(expected: Any, value: str) -> bool:
    if isinstance(expected, Mapping):
        return value.lower().startswith(str(expected.get("equals-ignore-case", "\0")).lower())
    return value.startswith(str(expected))


def _numeric(expected: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(expected[::2], expected[1::2], strict=True)
    return all(bool(NUMERIC[sign](value, number)) for sign, number in pairs)
