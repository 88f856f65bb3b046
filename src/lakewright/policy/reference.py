"""What AWS's services know: actions, resource types and condition keys, as of a day.

Documentation: Service Authorization Reference. The data is made by tools/iam_actions.py, which describes its form.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("iam_actions.gz")
_FIELD = re.compile(r"\$\{[^}]*\}|<[^>]*>")


@dataclass(frozen=True, slots=True)
class Taken:
    """A resource type that an action is about; `needed`: the action cannot be asked without one."""

    type: str
    needed: bool
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Action:
    """`keys` are condition keys (as written in the reference) whatever the resource."""

    name: str
    level: str
    keys: frozenset[str]
    resources: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """`actions` by name in lower case, `resources`: type → ARN with `${Field}`, `resource_keys`: type → keys."""

    prefix: str
    name: str
    page: str
    actions: Mapping[str, Action]
    resources: Mapping[str, str]
    resource_keys: Mapping[str, frozenset[str]]
    types: Mapping[str, str]
    """Condition key → type (`String`, `ArrayOfString`, `Bool`, …)."""

    def keys_of(self, action: Action) -> frozenset[str]:
        """All condition keys that a request for the action may have, besides the global ones."""
        return action.keys.union(*(self.keys_on(taken) for taken in action.resources))

    def keys_on(self, taken: Taken) -> frozenset[str]:
        """Keys of a resource that an action takes. Tags of the request are the action's alone."""
        own = self.resource_keys.get(taken.type, frozenset())
        return taken.keys | {key for key in own if not key.startswith(("aws:RequestTag/", "aws:TagKeys"))}


class Reference:
    """The services by IAM prefix; each is read when it is asked for."""

    def __init__(self, header: Mapping[str, Any], lines: Mapping[str, str]) -> None:
        self.header = header
        self._lines = lines
        self._read: dict[str, Service] = {}

    @property
    def taken(self) -> str:
        """The day of the data."""
        return str(self.header["taken"])

    @cached_property
    def prefixes(self) -> frozenset[str]:
        return frozenset(self._lines)

    def service(self, prefix: str) -> Service | None:
        """None for what is no prefix of a service."""
        prefix = prefix.lower()
        if prefix not in self._lines:
            return None
        if prefix not in self._read:
            self._read[prefix] = _service(prefix, json.loads(self._lines[prefix]))
        return self._read[prefix]

    def action(self, name: str) -> Action | None:
        """`s3:GetObject`, in any case."""
        prefix, _, action = name.partition(":")
        service = self.service(prefix)
        return service.actions.get(action.lower()) if service is not None else None


@cache
def reference() -> Reference:
    """The package's data."""
    header, *lines = gzip.decompress(DATA.read_bytes()).decode().splitlines()
    return Reference(json.loads(header), dict(_line(line) for line in lines))


def _line(line: str) -> tuple[str, str]:
    prefix, _, text = line.partition("\t")
    return prefix, text


def _service(prefix: str, found: Mapping[str, Any]) -> Service:
    names = [name for name, _ in found["keys"]]

    def keys(numbers: list[int]) -> frozenset[str]:
        return frozenset(names[number] for number in numbers)

    return Service(
        prefix=prefix,
        name=found["name"],
        page=found["page"],
        actions={
            name.lower(): Action(
                name, level, keys(own), tuple(Taken(kind, bool(needed), keys(some)) for kind, needed, some in resources)
            )
            for name, (level, own, resources) in found["actions"].items()
        },
        resources={kind: arn for kind, (arn, _) in found["resources"].items()},
        resource_keys={kind: keys(numbers) for kind, (_, numbers) in found["resources"].items()},
        types=dict(found["keys"]),
    )


@lru_cache(maxsize=4096)
def key_form(written: str) -> re.Pattern[str]:
    """What a key of the reference means: `aws:RequestTag/${TagKey}` is any tag's. Names of keys have no case."""
    return re.compile(_FIELD.sub(".+", re.escape(written).replace(r"\$\{", "${").replace(r"\}", "}")), re.IGNORECASE)
