"""S3: lifecycle configurations.

Documentation: Amazon S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle", "Lifecycle configuration
elements"; Amazon S3 API Reference, PutBucketLifecycleConfiguration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, structure

_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
_ORDER = ("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
_ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)
_XML = "The XML you provided was not well-formed or did not validate against our published schema"


def _rules(asked: Asked) -> list[Mapping[str, Any]]:
    found = structure(asked.parameters.get("LifecycleConfiguration"))
    return [structure(one) for one in items(found.get("Rules"))]


def _shape(asked: Asked, _: Moto) -> Iterator[str]:
    rules = _rules(asked)
    if not 1 <= len(rules) <= 1000:
        yield _XML
    for rule in rules:
        if "Prefix" in rule and "Filter" in rule:
            yield _XML
        end = structure(rule.get("Expiration"))
        if len([name for name in ("Days", "Date", "ExpiredObjectDeleteMarker") if name in end]) > 1:
            yield _XML
        for step in items(rule.get("Transitions")):
            if ("Days" in structure(step)) == ("Date" in structure(step)):
                yield _XML


def _named(asked: Asked, _: Moto) -> Iterator[str]:
    seen: set[str] = set()
    for rule in _rules(asked):
        name = str(rule.get("ID") or "")
        if len(name) > 255:
            yield "ID length should not exceed allowed limit of 255"
        if name and name in seen:
            yield f"Rule ID must be unique. Found same ID for more than one rule: {name}"
        seen.add(name)


def _acts(asked: Asked, _: Moto) -> Iterator[str]:
    for rule in _rules(asked):
        if not any(rule.get(name) for name in _ACTIONS):
            yield "At least one action needs to be specified in a rule"


def _counts(asked: Asked, _: Moto) -> Iterator[str]:
    for rule in _rules(asked):
        if (days := structure(rule.get("Expiration")).get("Days")) is not None and days <= 0:
            yield "'Days' for Expiration action must be a positive integer"
        old = structure(rule.get("NoncurrentVersionExpiration")).get("NoncurrentDays")
        if old is not None and old <= 0:
            yield "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"
        cut = structure(rule.get("AbortIncompleteMultipartUpload")).get("DaysAfterInitiation")
        if cut is not None and cut <= 0:
            yield "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"
        for step in items(rule.get("Transitions")):
            if (structure(step).get("Days") or 0) < 0:
                yield "'Days' in Transition action must be nonnegative"


def _early(asked: Asked, _: Moto) -> Iterator[str]:
    """Thirty days at least before infrequent access."""
    for rule in _rules(asked):
        for kind, name in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
            for step in items(rule.get(kind)):
                days, storage = structure(step).get(name), structure(step).get("StorageClass")
                if storage in _INFREQUENT and days is not None and days < 30:
                    action = "Transition" if kind == "Transitions" else "NoncurrentVersionTransition"
                    yield f"'{name}' in {action} action must be greater than or equal to 30 for '{storage}'"


def _order(asked: Asked, _: Moto) -> Iterator[str]:
    for rule in _rules(asked):
        for kind, name in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
            steps = sorted(
                ((structure(one).get(name), str(structure(one).get("StorageClass"))) for one in items(rule.get(kind))),
                key=lambda step: _ORDER.index(step[1]) if step[1] in _ORDER else 0,
            )
            yield from _pairs(steps, name)


def _pairs(steps: list[tuple[Any, str]], name: str) -> Iterator[str]:
    for (before, warm), (after, cold) in pairwise(steps):
        if before is None or after is None:
            continue
        if warm == cold:
            yield f"'StorageClass' must be different for 'Transition' actions in same 'Rule': {cold}"
        least = before + 30 if warm in _INFREQUENT else before + 1
        if warm != cold and after < least:
            yield (
                f"'{name}' in the 'Transition' action for StorageClass '{cold}' must be"
                f" {least - before} days more than in the 'Transition' action for StorageClass '{warm}'"
            )


def _ends_last(asked: Asked, _: Moto) -> Iterator[str]:
    for rule in _rules(asked):
        end = structure(rule.get("Expiration")).get("Days")
        for step in items(rule.get("Transitions")):
            days = structure(step).get("Days")
            if end is not None and days is not None and end <= days:
                yield "'Days' in the Expiration action must be greater than 'Days' in the Transition action"
        old = structure(rule.get("NoncurrentVersionExpiration")).get("NoncurrentDays")
        for step in items(rule.get("NoncurrentVersionTransitions")):
            days = structure(step).get("NoncurrentDays")
            if old is not None and days is not None and old <= days:
                yield (
                    "'NoncurrentDays' in the NoncurrentVersionExpiration action must be greater than 'NoncurrentDays'"
                    " in the NoncurrentVersionTransition action"
                )


def _midnight(asked: Asked, _: Moto) -> Iterator[str]:
    for rule in _rules(asked):
        dates = [structure(rule.get("Expiration")).get("Date")]
        dates += [structure(one).get("Date") for one in items(rule.get("Transitions"))]
        for date in dates:
            match date:
                case datetime() if (date.hour, date.minute, date.second) != (0, 0, 0):
                    yield "'Date' must be at midnight GMT"
                case _:
                    pass


def _by_tag(asked: Asked, _: Moto) -> Iterator[str]:
    for rule in _rules(asked):
        chosen = structure(rule.get("Filter"))
        tagged = "Tag" in chosen or "Tags" in structure(chosen.get("And"))
        if tagged and rule.get("AbortIncompleteMultipartUpload"):
            yield "AbortIncompleteMultipartUpload cannot be specified with Tags."
        if tagged and structure(rule.get("Expiration")).get("ExpiredObjectDeleteMarker"):
            yield "ExpiredObjectDeleteMarker cannot be specified with Tags."


_PUT = ("PutBucketLifecycleConfiguration",)
_STEPS = "Transitioning objects using Amazon S3 Lifecycle"
_ELEMENTS = "Lifecycle configuration elements"

LIFECYCLE = (
    Rule("the form of rules", _ELEMENTS, _PUT, _shape, "MalformedXML"),
    Rule("names of rules", _ELEMENTS, _PUT, _named, "InvalidArgument"),
    Rule("a rule does something", _ELEMENTS, _PUT, _acts, "InvalidRequest"),
    Rule("days are counted from one", _ELEMENTS, _PUT, _counts, "InvalidArgument"),
    Rule("thirty days before infrequent access", _STEPS, _PUT, _early, "InvalidArgument"),
    Rule("from warm to cold, later each time", _STEPS, _PUT, _order, "InvalidArgument"),
    Rule("the end comes last", _STEPS, _PUT, _ends_last, "InvalidArgument"),
    Rule("dates are midnights", _ELEMENTS, _PUT, _midnight, "InvalidArgument"),
    Rule("what tags cannot choose", _ELEMENTS, _PUT, _by_tag, "InvalidRequest"),
)
