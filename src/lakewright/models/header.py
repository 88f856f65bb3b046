"""The header of a model file: a leading `/* lakewright … */` comment that holds YAML.

Everything wrong in a header is found in one pass, each mistake with its line.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lakewright.errors import LakewrightError, SpecError
from lakewright.models.model import Kind, OnFailure
from lakewright.models.types import parse_type

_OPENING = re.compile(r"\s*/\*\s*lakewright\b[^\n]*\n?")
_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Place = tuple[str | int, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HeaderColumn(_Part):
    """One column of the output."""

    type: str
    description: str = ""
    pii: str | None = None

    @field_validator("type")
    @classmethod
    def _canonical(cls, text: str) -> str:
        try:
            return str(parse_type(text))
        except SpecError as wrong:
            raise ValueError(f"{wrong.fact}; {wrong.hint}") from wrong


class HeaderCheck(_Part):
    """One rule over the output's columns."""

    name: str
    expect: str
    on_failure: OnFailure = "quarantine"
    message: str = ""


class Header(_Part):
    """The header's keys as a person writes them."""

    model: str | None = None
    kind: Kind = "full"
    key: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    time_column: str | None = None
    lookback_days: int = Field(default=0, ge=0)
    partition_by: tuple[str, ...] | None = None
    schedule: str | None = None
    owner: str = ""
    description: str = ""
    columns: dict[str, HeaderColumn] = Field(default_factory=dict)
    checks: tuple[HeaderCheck, ...] = ()
    tags: tuple[str, ...] = ()

    @field_validator("key", "scope", "partition_by", "tags", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("columns", mode="before")
    @classmethod
    def _short_columns(cls, value: Any) -> Any:
        """`amount: decimal(12,2)` is short for `amount: {type: decimal(12,2)}`."""
        if not isinstance(value, dict):
            return value
        return {name: {"type": column} if isinstance(column, str) else column for name, column in value.items()}

    @field_validator("model")
    @classmethod
    def _two_parts(cls, name: str | None) -> str | None:
        if name is not None and not _NAME.match(name):
            raise ValueError(f"{name!r} is not layer.table in lower case, for example silver.order")
        return name

    @model_validator(mode="after")
    def _complete(self) -> Header:
        if self.kind == "incremental_by_key" and not self.key:
            raise ValueError("kind incremental_by_key needs `key`: the columns that identify an output row")
        if self.kind == "incremental_by_time" and not self.time_column:
            raise ValueError("kind incremental_by_time needs `time_column`")
        named = {
            "key": self.key,
            "scope": self.scope,
            "partition_by": self.partition_by or (),
            "time_column": (self.time_column,) if self.time_column else (),
        }
        for use, names in named.items():
            for name in names:
                if self.columns and name not in self.columns:
                    raise ValueError(f"`{use}` names {name!r}, which is not in `columns`{_meant(name, self.columns)}")
        doubles = {check.name for check in self.checks if sum(c.name == check.name for c in self.checks) > 1}
        if doubles:
            raise ValueError(f"two checks have the name {min(doubles)!r}")
        return self


@dataclass(frozen=True, slots=True)
class ModelText:
    """A model file taken apart; `line` is where the SQL begins, `header` is None when it has mistakes."""

    header: Header | None
    sql: str
    line: int
    mistakes: tuple[LakewrightError, ...]
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, *place: str | int) -> int:
        """The line of a header entry, or the nearest one around it."""
        return _nearest(self.lines, place)


def read_header(text: str, path: Path) -> ModelText:
    """Takes `text` apart and validates its header; mistakes are in the result, never raised."""
    opening = _OPENING.match(text)
    if not opening:
        return _wrong(path, 1, "the file has no header", "begin it with a comment: /* lakewright, YAML, */")
    closing = text.find("*/", opening.end())
    if closing < 0:
        return _wrong(path, 1, "the header's comment is not closed", "end it with */")
    first = text.count("\n", 0, opening.end()) + 1
    body = text[opening.end() : closing]
    rest = text[closing + 2 :]
    sql = rest.strip().rstrip(";").rstrip()
    line = text.count("\n", 0, closing + 2) + rest[: len(rest) - len(rest.lstrip())].count("\n") + 1
    try:
        node = yaml.compose(body, Loader=_Loader)
        values = yaml.load(body, Loader=_Loader) or {}  # noqa: S506 (the loader is a safe one)
    except yaml.MarkedYAMLError as problem:
        at = first + (problem.problem_mark.line if problem.problem_mark else 0)
        return _wrong(path, at, f"the header is not YAML: {problem.problem}", "see docs/models.md for an example")
    lines = {(): first} | (_lines(node, first) if node else {})
    if not isinstance(values, dict):
        return _wrong(path, first, "the header is not a mapping of keys to values", "write `kind: full` and so on")
    mistakes = [_twice(path, at, key) for key, at in (_doubles(node, first) if node else ())]
    try:
        header = Header.model_validate(values)
    except ValidationError as problem:
        mistakes += [_explain(dict(error), path, lines) for error in problem.errors()]
        return ModelText(None, sql, line, tuple(mistakes), lines)
    return ModelText(header, sql, line, tuple(mistakes), lines)


def _wrong(path: Path, line: int, fact: str, hint: str) -> ModelText:
    return ModelText(None, "", line, (SpecError("LW502", fact, place=f"{path}:{line}", hint=hint),))


def _twice(path: Path, line: int, key: str) -> SpecError:
    return SpecError("LW502", f"key {key!r} is given twice", place=f"{path}:{line}", hint="remove one of them")


def _lines(node: yaml.Node, first: int, place: Place = ()) -> dict[Place, int]:
    """Place of every entry below `node` → its line in the file."""
    found: dict[Place, int] = {}
    if isinstance(node, yaml.MappingNode):
        children = [(key.value, key.start_mark.line, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        children = [(index, value.start_mark.line, value) for index, value in enumerate(node.value)]
    else:
        return found
    for name, line, value in children:
        found[(*place, name)] = first + line
        found |= _lines(value, first, (*place, name))
    return found


def _doubles(node: yaml.Node, first: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((key.value, first + key.start_mark.line))
            seen.add(key.value)
            found += _doubles(value, first)
    return found


def _nearest(lines: dict[Place, int], place: Place) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


_FIELDS: dict[Literal["top", "columns", "checks"], tuple[str, ...]] = {
    "top": tuple(Header.model_fields),
    "columns": tuple(HeaderColumn.model_fields),
    "checks": tuple(HeaderCheck.model_fields),
}


def _explain(error: dict[str, Any], path: Path, lines: dict[Place, int]) -> SpecError:
    place: Place = error["loc"]
    where = ".".join(str(part) for part in place)
    at = f"{path}:{_nearest(lines, place)}"
    if error["type"] == "extra_forbidden":
        group: Literal["top", "columns", "checks"] = "top"
        if len(place) > 1:
            group = "columns" if place[0] == "columns" else "checks"
        known = _FIELDS[group]
        meant = _meant(str(place[-1]), known).removeprefix("; ")
        return SpecError("LW503", f"unknown key {where!r}", place=at, hint=meant or f"known keys: {', '.join(known)}")
    message = str(error["msg"]).removeprefix("Value error, ")
    fact, _, hint = message.partition("; ")
    return SpecError("LW502", f"{where}: {fact}" if where else fact, place=at, hint=hint.removeprefix("hint: "))


def _meant(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""
