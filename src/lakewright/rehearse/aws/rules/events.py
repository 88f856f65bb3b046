"""EventBridge rules and schedules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import available_timezones

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, structure, text
from lakewright.rehearse.aws.rules.schedules import fault


def _rule_schedule(asked: Asked, _: Moto) -> Iterator[str]:
    written, pattern = text(asked, "ScheduleExpression"), text(asked, "EventPattern")
    if not written and not pattern:
        yield "Parameter(s) EventPattern or ScheduleExpression must be specified."
    if written and fault(written):
        yield f"Parameter ScheduleExpression is not valid: {fault(written)}."
    if written and text(asked, "EventBusName") not in {"", "default"}:
        yield "ScheduleExpression is supported only on the default event bus."


def _pattern(asked: Asked, _: Moto) -> Iterator[str]:
    pattern = text(asked, "EventPattern")
    if not pattern:
        return
    try:
        found = json.loads(pattern)
    except ValueError:
        yield "Event pattern is not valid. Reason: it is not JSON"
        return
    if not structure(found):
        yield "Event pattern is not valid. Reason: it is empty"
    yield from _values(found, "")


def _values(found: object, path: str) -> Iterator[str]:
    match found:
        case dict():
            for name, value in found.items():
                yield from _values(value, f"{path}.{name}".lstrip("."))
        case list() if found:
            pass
        case _:
            yield f'Event pattern is not valid. Reason: "{path}" must be an object or an array'


def _rule_targets(asked: Asked, _: Moto) -> Iterator[str]:
    targets = [structure(one) for one in items(asked.parameters.get("Targets"))]
    ids = [one.get("Id") for one in targets]
    if len(targets) > 5:
        yield "A rule has 5 targets at most."
    if len(set(map(str, ids))) < len(ids):
        yield "Ids of targets must be unique"
    for one in targets:
        if not str(one.get("Arn", "")).startswith("arn:"):
            yield f"Provided Arn is not in correct format. {one.get('Arn')}"
        if len([name for name in ("Input", "InputPath", "InputTransformer") if one.get(name)]) > 1:
            yield f"Only one of Input, InputPath, or InputTransformer must be provided for target {one.get('Id')}."
        if ":ecs:" in str(one.get("Arn")) and not (one.get("EcsParameters") and one.get("RoleArn")):
            yield f"EcsParameters and RoleArn are required for target {one.get('Id')}."


def _when(asked: Asked, _: Moto) -> Iterator[str]:
    written = text(asked, "ScheduleExpression")
    problem = fault(written, at=True, now=datetime.now(UTC).replace(tzinfo=None))
    if problem:
        yield f"Invalid Schedule Expression {written}: {problem}."
    zone = text(asked, "ScheduleExpressionTimezone")
    if zone and zone not in available_timezones():
        yield f"Invalid ScheduleExpressionTimezone {zone}."


def _window(asked: Asked, _: Moto) -> Iterator[str]:
    window = structure(asked.parameters.get("FlexibleTimeWindow"))
    mode, minutes = window.get("Mode"), window.get("MaximumWindowInMinutes")
    if mode == "FLEXIBLE" and minutes is None:
        yield "MaximumWindowInMinutes is required for a FLEXIBLE time window."
    if mode == "OFF" and minutes is not None:
        yield "MaximumWindowInMinutes must not be set for an OFF time window."


def _span(asked: Asked, _: Moto) -> Iterator[str]:
    start, end = asked.parameters.get("StartDate"), asked.parameters.get("EndDate")
    if start is not None and end is not None and not start < end:
        yield "The EndDate must come after the StartDate."


def _target(asked: Asked, _: Moto) -> Iterator[str]:
    target = structure(asked.parameters.get("Target"))
    arn = str(target.get("Arn", ""))
    if not arn.startswith("arn:"):
        yield f"Provided Arn is not in correct format: {arn}"
    if ":ecs:" in arn and "aws-sdk" not in arn and not target.get("EcsParameters"):
        yield "EcsParameters are required for an ECS target."
    if "aws-sdk" in arn and target.get("Input"):
        try:
            json.loads(str(target["Input"]))
        except ValueError:
            yield "Invalid RequestJson provided. Reason: it is not JSON."


_RULE = "PutRule (Amazon EventBridge API Reference)"
_BAD = "ValidationException"
_SCHEDULES = ("CreateSchedule", "UpdateSchedule")
_SCHEDULE = "CreateSchedule (Amazon EventBridge Scheduler API Reference)"

EVENTS = (
    Rule("a schedule or a pattern", _RULE, ("PutRule",), _rule_schedule, _BAD),
    Rule(
        "patterns of events",
        "Amazon EventBridge event patterns",
        ("PutRule",),
        _pattern,
        "InvalidEventPatternException",
    ),
    Rule("targets of a rule", "PutTargets (Amazon EventBridge API Reference)", ("PutTargets",), _rule_targets, _BAD),
)
SCHEDULER = (
    Rule("when a schedule fires", "Schedule types in EventBridge Scheduler", _SCHEDULES, _when, _BAD),
    Rule("a time window", _SCHEDULE, _SCHEDULES, _window, _BAD),
    Rule("a start before its end", _SCHEDULE, _SCHEDULES, _span, _BAD),
    Rule("a schedule's target", _SCHEDULE, _SCHEDULES, _target, _BAD),
)
