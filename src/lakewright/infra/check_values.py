"""What AWS would refuse, or take for something else, found in the values of one environment before Terraform runs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from lakewright.components.component import File, Place, Value
from lakewright.components.schedules import schedule
from lakewright.errors import SpecError
from lakewright.infra.root_module import COMMON_VARIABLES, Decided
from lakewright.spec.document import Text
from lakewright.spec.layers import did_you_mean

_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-[0-9])[a-z]")
_ARN = re.compile(r"arn:aws[a-z-]*:(kms|logs|sns|sqs|glue|lambda|secretsmanager|athena|dms|ecs):([a-z0-9-]+):[0-9]*:.+")
_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
LONGEST = {"role_name": 64, "log_group": 512, "alias": 250, "policy_name": 128, "function_name": 64}
"""Key of an input → most characters that AWS takes (IAM quotas; CloudWatch Logs, KMS and Lambda API references)."""


def leaves(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Value]]:
    """Every value that is no list or mapping, with the way to it."""
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, item in value.items():
                yield from leaves(item, (*path, key))
        case Sequence():
            for index, item in enumerate(value):
                yield from leaves(item, (*path, index))
        case _:
            yield path, value


def value_mistakes(place: Place, calls: Mapping[str, Decided]) -> Iterator[SpecError]:
    """All that is wrong with the decided values, each at the place that they come from."""
    for call in calls.values():
        for path, value in leaves(call.made.inputs):
            if isinstance(value, str):
                yield from _text_mistakes(place, call, path, value)
    yield from _buckets(calls)
    yield from _clashes(calls)
    yield from _role_cycles(calls)


def _text_mistakes(place: Place, call: Decided, path: tuple[str | int, ...], value: str) -> Iterator[SpecError]:
    zone = _ZONE.fullmatch(value)
    if zone and zone[1] != place.region:
        yield _wrong("LW1312", call, path, value, f"the zone {value} is not in {place.region}", f"{place.region}a")
    arn = _ARN.fullmatch(value)
    if arn and arn[2] not in ("", place.region):
        fact = f"{value} is in {arn[2]}, the environment in {place.region}"
        yield _wrong("LW1312", call, path, value, fact, f"use one in {place.region}")
    if value.startswith("cron("):
        yield from _schedule(call, path, value)
    most = LONGEST.get(str(path[-1]))
    if most is not None and len(value) > most:
        fact = f"{value} has {len(value)} characters, AWS takes {most}"
        yield _wrong("LW1313", call, path, value, fact, "a shorter name of the platform or the call")


def _schedule(call: Decided, path: tuple[str | int, ...], value: str) -> Iterator[SpecError]:
    try:
        schedule(value)
    except PydanticCustomError as error:
        context: dict[str, Any] = dict(error.context or {})
        yield _wrong(context["code"], call, path, value, context["fact"], context["hint"])


def _buckets(calls: Mapping[str, Decided]) -> Iterator[SpecError]:
    """Names of the buckets that are made: S3's rules, and none twice."""
    seen: dict[str, Decided] = {}
    for call in calls.values():
        for path, name in bucket_names(call):
            if not _BUCKET.fullmatch(name):
                hint = "3 to 63 lower-case letters, digits, hyphens and dots"
                yield _wrong("LW1313", call, path, name, f'"{name}" is no name of a bucket', hint)
            elif name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS):
                hint = "another name of the platform, or of the bucket"
                yield _wrong("LW1313", call, path, name, f'"{name}" begins or ends as only AWS\'s own buckets do', hint)
            elif name in seen:
                fact = f"the bucket {name} is made by {seen[name].name} ({seen[name].declared.place}) too"
                yield _wrong("LW1314", call, path, name, fact, "rename one of them")
            else:
                seen[name] = call


def bucket_names(call: Decided) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The buckets that a call makes: `bucket` of an input, if its module has a bucket."""
    if any(address.startswith("aws_s3_bucket.") for address in call.interface.resources):
        for path, value in leaves(call.made.inputs):
            if path[-1] == "bucket" and isinstance(value, str):
                yield path, value


def _clashes(calls: Mapping[str, Decided]) -> Iterator[SpecError]:
    """Names in a root module that two calls would give the same: `a_b` + `c` and `a` + `b_c`."""
    for stack in dict.fromkeys(call.declared.stack for call in calls.values()):
        here = [call for call in calls.values() if call.declared.stack == stack]
        variables = [*COMMON_VARIABLES, *(v for call in here for n, _ in call.inputs() if (v := call.variable(n)))]
        outputs = [f"{call.name}_{name}" for call in here for name in call.interface.outputs]
        for kind, names in (("variable", variables), ("output", outputs)):
            for name in (name for name, count in Counter(names).items() if count > 1):
                call = next(call for call in here if name.startswith(f"{call.name}_"))
                fact = f"two of stack {stack} would have the {kind} `{name}`"
                yield SpecError("LW1305", fact, place=call.declared.place, hint=f"rename the call {call.name}")


def _role_cycles(calls: Mapping[str, Decided]) -> Iterator[SpecError]:
    """Roles that trust each other: neither can be made first, since IAM knows no principal that is not there."""
    trusts: dict[str, set[str]] = {}
    owner: dict[str, Decided] = {}
    for call in calls.values():
        for role, document in _trusts(call, call.made.inputs):
            owner[role] = call
            trusts[role] = {arn.rpartition("/")[2] for arn in _roles_in(json.loads(document))}
    told: set[str] = set()
    for role in trusts:
        ring = _ring(role, trusts)
        if ring and not told & set(ring):
            told |= set(ring)
            hint = "let one of them be assumed by the account, with a condition on aws:PrincipalArn"
            fact = "roles that trust each other: " + " → ".join([*ring, ring[0]])
            yield SpecError("LW1316", fact, place=owner[role].declared.place, hint=hint)


def _trusts(call: Decided, value: Value) -> Iterator[tuple[str, str]]:
    """Role name and trust policy, wherever an input has both side by side."""
    if isinstance(value, Mapping):
        name = value.get("role_name", value.get("name"))
        trust = value.get("trust_policy", value.get("trust"))
        if isinstance(name, str) and isinstance(trust, File):
            yield name, str(call.made.files[trust.name])
        for item in value.values():
            yield from _trusts(call, item)


def _roles_in(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in document["Statement"]:
        principals = statement.get("Principal", {})
        found = principals.get("AWS", ()) if isinstance(principals, dict) else ()
        for arn in [found] if isinstance(found, str) else found:
            if ":role/" in arn:
                yield arn


def _ring(role: str, trusts: Mapping[str, set[str]]) -> list[str]:
    """The roles on a way from one back to itself; a role that trusts itself is none, IAM takes it by an update."""
    ways = [[role]]
    while ways:
        way = ways.pop()
        for other in sorted(trusts.get(way[-1], ())):
            if other == role and len(way) > 1:
                return way
            if other not in way:
                ways.append([*way, other])
    return []


def import_mistakes(calls: Mapping[str, Decided], imports: Mapping[str, Mapping[str, str]]) -> Iterator[SpecError]:
    """Addresses that are in no module: Terraform would make the resource instead of taking it over."""
    for call in calls.values():
        for address in imports.get(f"{call.declared.stack}/{call.name}", {}):
            resource = address.partition("[")[0]
            if resource not in call.interface.resources:
                known = sorted(call.interface.resources)
                hint = did_you_mean(resource, known, f"resources: {', '.join(known)}")
                place = str(address.place) if isinstance(address, Text) else call.declared.place
                yield SpecError("LW1315", f"{call.name}: its module has no {resource}", place=place, hint=hint)


def _wrong(code: str, call: Decided, path: tuple[str | int, ...], value: str, fact: str, hint: str) -> SpecError:
    where = ".".join(str(step) for step in path)
    return SpecError(code, f"{call.name}.{where}: {fact}", place=call.declared.written(value, str(path[0])), hint=hint)
