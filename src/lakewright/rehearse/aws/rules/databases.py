"""RDS and DMS: what their subnet groups, identifiers and windows have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.ec2_network import found_subnets
from lakewright.rehearse.aws.rules.rule import items, text

_IDENTIFIER = re.compile(r"[A-Za-z](?!.*--)[A-Za-z0-9-]*(?<!-)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"(\w{3}):(\d\d):(\d\d)-(\w{3}):(\d\d):(\d\d)")
_DAILY = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_WEEK = 7 * 24 * 60


def one_vpc_two_zones(asked: Asked, moto: Moto, least: int = 2) -> Iterator[str]:
    """Why a subnet group does not cover enough zones; empty when it does or subnets are missing."""
    ids = [str(one) for one in items(asked.parameters.get("SubnetIds"))]
    subnets = found_subnets(moto, ids) if ids else None
    if subnets is None:
        return
    zones = {one["AvailabilityZone"] for one in subnets}
    if len(zones) < least:
        yield (
            "The subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage:"
            f" {', '.join(sorted(zones))}. Add subnets to cover at least {least} AZs."
        )


def several_vpcs(asked: Asked, moto: Moto) -> Iterator[str]:
    ids = [str(one) for one in items(asked.parameters.get("SubnetIds"))]
    subnets = found_subnets(moto, ids) if ids else None
    if ids and subnets is None:
        yield f"Some input subnets in :[{', '.join(ids)}] are invalid."
    elif subnets and len({one["VpcId"] for one in subnets}) > 1:
        yield "The new Subnets are not in the same Vpc as the existing subnet group"


def identifier(asked: Asked, name: str, most: int) -> Iterator[str]:
    """Letters, digits, hyphens; a letter first; no hyphen last, nor two together."""
    value = text(asked, name)
    if name in asked.parameters and (len(value) > most or not _IDENTIFIER.fullmatch(value)):
        yield (
            f"The parameter {name} is not a valid identifier. Identifiers must begin with a letter; must contain only"
            " ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )


def weekly(asked: Asked, name: str) -> Iterator[str]:
    """`ddd:hh24:mi-ddd:hh24:mi`, half an hour at least."""
    value = text(asked, name)
    if not value:
        return
    length = _minutes(value)
    if length is None:
        yield f"Invalid maintenance window format: {value}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi"
    elif not 30 <= length <= 24 * 60:
        yield f"The maintenance window must be at least 30 minutes and less than 24 hours: {value}"


def _minutes(value: str) -> int | None:
    found = _WEEKLY.fullmatch(value.lower())
    if found is None or found[1] not in _DAYS or found[4] not in _DAYS:
        return None
    ends = []
    for day, hour, minute in ((found[1], found[2], found[3]), (found[4], found[5], found[6])):
        if int(hour) > 23 or int(minute) > 59:
            return None
        ends.append(_DAYS.index(day) * 24 * 60 + int(hour) * 60 + int(minute))
    return (ends[1] - ends[0]) % _WEEK


def daily(asked: Asked, name: str) -> Iterator[str]:
    """`hh24:mi-hh24:mi`, half an hour at least."""
    value = text(asked, name)
    if not value:
        return
    found = _DAILY.fullmatch(value)
    if found is None or int(found[1]) > 23 or int(found[3]) > 23 or int(found[2]) > 59 or int(found[4]) > 59:
        yield f"Invalid backup window format: {value}. Should be specified as a range hh24:mi-hh24:mi"
    elif (int(found[3]) * 60 + int(found[4]) - int(found[1]) * 60 - int(found[2])) % (24 * 60) < 30:
        yield f"The backup window must be at least 30 minutes: {value}"
