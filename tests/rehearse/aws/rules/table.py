"""The refused configurations: read from refused/*.yaml, each an accepted request with one change that is not."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "refused"


@dataclass(frozen=True)
class Group:
    """A request that is accepted."""

    topic: str
    service: str
    operation: str
    accepted: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True)
class Row:
    """A change to it that is refused with `code`; `says` is a part of the message."""

    group: Group
    what: str
    change: Mapping[str, Any]
    code: str
    says: str

    @property
    def name(self) -> str:
        return f"{self.group.name}: {self.what}"

    def parameters(self, names: Mapping[str, str]) -> Any:
        changed = copy.deepcopy(dict(self.group.accepted))
        for path, value in self.change.items():
            _set(changed, path.split("."), value)
        return filled(changed, names)


def groups() -> Iterator[Group]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for one in yaml.safe_load(path.read_text(encoding="utf-8")):
            service, operation = one["request"].split(":")
            yield Group(path.stem, service, operation, one["accepted"])


def rows() -> Iterator[Row]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for one in yaml.safe_load(path.read_text(encoding="utf-8")):
            service, operation = one["request"].split(":")
            group = Group(path.stem, service, operation, one["accepted"])
            for row in one["refused"]:
                yield Row(group, row["what"], row["change"], row["code"], row.get("says", ""))


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """`$name` by what the account has, `${256*a}` by so many letters."""
    match value:
        case str() if found := re.fullmatch(r"(.*)\$\{(\d+)\*(.+?)\}(.*)", value, re.DOTALL):
            return found[1] + found[3] * int(found[2]) + found[4]
        case str():
            return re.sub(r"\$([a-z_]+)", lambda found: names.get(found[1], found[0]), value)
        case dict():
            return {filled(key, names): filled(one, names) for key, one in value.items()}
        case list():
            return [filled(one, names) for one in value]
        case _:
            return value


def _set(target: Any, path: list[str], value: Any) -> None:
    name: Any = int(path[0]) if path[0].isdigit() else path[0]
    if len(path) > 1:
        _set(target[name] if not isinstance(target, dict) else target.setdefault(name, {}), path[1:], value)
    elif value is None:
        del target[name]
    else:
        target[name] = value
