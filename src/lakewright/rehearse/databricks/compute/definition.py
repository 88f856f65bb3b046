"""The language of cluster policies: a definition is read, a cluster's attributes are held to it and filled in."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.databricks.faults import invalid
from lakewright.rehearse.databricks.store import Body

TYPES = ("fixed", "forbidden", "allowlist", "blocklist", "regex", "range", "unlimited")
_NEEDS = {"fixed": "value", "allowlist": "values", "blocklist": "values", "regex": "pattern"}
OPEN_KEYS = ("spark_conf", "spark_env_vars", "custom_tags")
"""Maps whose keys may hold dots themselves."""
VIRTUAL = ("cluster_type", "dbus_per_hour")
ABSENT = object()


@dataclass(frozen=True)
class Rule:
    """What a policy says of one attribute, by its path: `init_scripts.0.s3.destination`."""

    path: str
    type: str
    body: Mapping[str, Any]

    @property
    def steps(self) -> list[str]:
        first, _, rest = self.path.partition(".")
        return [first, rest] if first in OPEN_KEYS and rest else self.path.split(".")

    @property
    def is_optional(self) -> bool:
        return bool(self.body.get("isOptional", False))

    @property
    def in_list(self) -> bool:
        return any(step.isdigit() or step == "*" for step in self.steps)


def read(text: object) -> tuple[Rule, ...]:
    """The rules of a definition. Raises INVALID_PARAMETER_VALUE."""
    try:
        found = json.loads(str(text or "{}"))
    except ValueError:
        raise invalid("Invalid policy definition: not valid JSON") from None
    if not isinstance(found, dict):
        raise invalid("Invalid policy definition: it must be a JSON object")
    return tuple(_rule(path, body) for path, body in found.items())


def _rule(path: str, body: Any) -> Rule:
    type_ = body.get("type") if isinstance(body, dict) else None
    if type_ not in TYPES:
        raise invalid(f"Invalid policy definition: unknown type of rule '{type_}' for {path}")
    if (needed := _NEEDS.get(type_)) and needed not in body:
        raise invalid(f"Invalid policy definition: the rule for {path} has no {needed}")
    if type_ == "regex":
        try:
            re.compile(body["pattern"])
        except re.error as error:
            raise invalid(f"Invalid policy definition: the pattern for {path} is invalid: {error}") from None
    if type_ == "range" and "minValue" not in body and "maxValue" not in body:
        raise invalid(f"Invalid policy definition: the range for {path} has neither minValue nor maxValue")
    return Rule(path, type_, body)


def applied(rules: tuple[Rule, ...], cluster: Body, *, defaults: bool) -> Body:
    """The cluster with what the policy fixes, and with `defaults` also its default values; then held to every rule.

    What is fixed inside a list (init scripts, say) is filled in with `defaults` only: else it must be asked for.
    Raises INVALID_PARAMETER_VALUE with every violation."""
    found: Body = json.loads(json.dumps(cluster))
    for rule in rules:
        if rule.path in VIRTUAL or "*" in rule.steps:
            continue
        value = rule.body.get("value", ABSENT) if rule.type == "fixed" else ABSENT
        if value is ABSENT or (rule.in_list and not defaults):
            value = rule.body.get("defaultValue", ABSENT) if defaults else ABSENT
        if value is not ABSENT and not list(_values(found, rule.steps)) and not (rule.is_optional and not defaults):
            _put(found, rule.steps, value)
    problems = [problem for rule in rules for problem in _problems(rule, found)]
    if problems:
        raise invalid("Cluster validation error: " + "; ".join(problems))
    return found


def _values(where: Any, steps: list[str]) -> Iterator[Any]:
    """The values at a path; a list's `*` is each of its items."""
    if not steps:
        if where is not None:
            yield where
        return
    first, rest = steps[0], steps[1:]
    if isinstance(where, list):
        items = where if first == "*" else where[int(first) : int(first) + 1] if first.isdigit() else []
        for item in items:
            yield from _values(item, rest)
    elif isinstance(where, dict):
        if first == "*":
            for item in where.values():
                yield from _values(item, rest)
        elif first in where:
            yield from _values(where[first], rest)


def _put(where: Any, steps: list[str], value: Any) -> None:
    for step, following in itertools.pairwise(steps):
        empty: Any = [] if following.isdigit() else {}
        if isinstance(where, list):
            while len(where) <= int(step):
                where.append({})
            where[int(step)] = where[int(step)] or empty
            where = where[int(step)]
        else:
            where = where.setdefault(step, empty)
    if isinstance(where, list):
        where.append(value)
    else:
        where[steps[-1]] = value


def _problems(rule: Rule, cluster: Body) -> Iterator[str]:
    if rule.path in VIRTUAL:
        return
    values = list(_values(cluster, rule.steps))
    if rule.type == "forbidden":
        if values:
            yield f"Validation failed for {rule.path}, the value must be absent (is {_said(values[0])})"
        return
    if not values:
        if not rule.is_optional and "*" not in rule.steps and rule.type != "unlimited":
            yield f"Validation failed for {rule.path}, the value must be present"
        return
    for value in values:
        if (wanted := _wrong(rule, value)) is not None:
            yield f"Validation failed for {rule.path}, the value must be {wanted} (is {_said(value)})"


def _wrong(rule: Rule, value: Any) -> str | None:
    """What a value must be, when it is not."""
    body = rule.body
    match rule.type:
        case "fixed":
            return None if _same(value, body["value"]) else str(body["value"])
        case "allowlist":
            fits = any(_same(value, one) for one in body["values"])
            return None if fits else f"one of {', '.join(map(str, body['values']))}"
        case "blocklist":
            fits = not any(_same(value, one) for one in body["values"])
            return None if fits else f"none of {', '.join(map(str, body['values']))}"
        case "regex":
            return None if re.fullmatch(body["pattern"], str(value)) else f"matching {body['pattern']}"
        case "range":
            low, high = body.get("minValue"), body.get("maxValue")
            fits = _number(value) and (low is None or value >= low) and (high is None or value <= high)
            return (
                None
                if fits
                else f"in range from {low if low is not None else '-'} to {high if high is not None else '-'}"
            )
        case _:
            return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    """`true` and "true" are the same: definitions spell values either way."""
    return one == other or str(one).lower() == str(other).lower()


def _said(value: Any) -> str:
    return json.dumps(value)
