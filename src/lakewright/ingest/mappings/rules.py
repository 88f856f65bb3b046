"""The rules of a table mapping, as values; each gives back the JSON that the real DMS takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FILTER_VALUES = {
    "eq": ("value",),
    "noteq": ("value",),
    "gte": ("value",),
    "ste": ("value",),
    "lte": ("value",),
    "between": ("start-value", "end-value"),
    "notbetween": ("start-value", "end-value"),
    "null": (),
    "notnull": (),
}
"""Filter operators and the values each needs. `ste` and `lte` are one operator with two names in use."""

NEGATIVE = frozenset({"noteq", "notbetween", "notnull"})
MASKS = frozenset({"data-masking-digits-mask", "data-masking-digits-randomize", "data-masking-hash-mask"})
NOTHING: frozenset[str] = frozenset()
VALUE = frozenset({"value"})
RENAMING: Mapping[str, frozenset[str]] = {
    "rename": VALUE,
    "convert-lowercase": NOTHING,
    "convert-uppercase": NOTHING,
    "add-prefix": VALUE,
    "remove-prefix": VALUE,
    "replace-prefix": VALUE | {"old-value"},
    "add-suffix": VALUE,
    "remove-suffix": VALUE,
    "replace-suffix": VALUE | {"old-value"},
}
RENAMES = frozenset(RENAMING)
ARGUMENTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    **{action: (needed, NOTHING) for action, needed in RENAMING.items()},
    "remove-column": (NOTHING, NOTHING),
    "include-column": (NOTHING, NOTHING),
    "add-column": (VALUE, frozenset({"expression", "data-type"})),
    "change-data-type": (frozenset({"data-type"}), NOTHING),
    "data-masking-digits-mask": (VALUE, NOTHING),
    "data-masking-digits-randomize": (NOTHING, NOTHING),
    "data-masking-hash-mask": (NOTHING, NOTHING),
}
"""Every supported transformation: the arguments it needs, and those it may have. RENAMES fit schemas and tables too."""


@dataclass(frozen=True, slots=True)
class Condition:
    operator: str
    values: tuple[str, ...] = ()

    def to_json(self) -> dict[str, str]:
        named = zip(FILTER_VALUES[self.operator], self.values, strict=True)
        return {"filter-operator": self.operator, **dict(named)}


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows of which at least one condition on `column` holds."""

    column: str
    conditions: tuple[Condition, ...]

    def to_json(self) -> dict[str, Any]:
        conditions = [condition.to_json() for condition in self.conditions]
        return {"filter-type": "source", "column-name": self.column, "filter-conditions": conditions}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tables are meant, and which rows of them (all filters must hold). Higher `load_order` loads earlier."""

    id: str
    name: str
    schema: str
    table: str
    action: str = "include"
    load_order: int = 0
    filters: tuple[Filter, ...] = ()

    def to_json(self) -> dict[str, Any]:
        rule: dict[str, Any] = {
            "rule-type": "selection",
            "rule-id": self.id,
            "rule-name": self.name,
            "object-locator": {"schema-name": self.schema, "table-name": self.table},
            "rule-action": self.action,
        }
        if self.load_order:
            rule["load-order"] = str(self.load_order)
        if self.filters:
            rule["filters"] = [one.to_json() for one in self.filters]
        return rule


@dataclass(frozen=True, slots=True)
class DataType:
    """A DMS data type: `numeric` with precision and scale, `string` with a length, and so on."""

    type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None

    def to_json(self) -> dict[str, Any]:
        parts = {"type": self.type, "length": self.length, "precision": self.precision, "scale": self.scale}
        return {name: part for name, part in parts.items() if part is not None}


@dataclass(frozen=True, slots=True)
class Transformation:
    """One change to schemas, tables or columns (`target`); the patterns say to which."""

    id: str
    name: str
    action: str
    target: str
    schema: str
    table: str | None = None
    column: str | None = None
    value: str | None = None
    old_value: str | None = None
    expression: str | None = None
    data_type: DataType | None = None

    def to_json(self) -> dict[str, Any]:
        locator = {"schema-name": self.schema, "table-name": self.table, "column-name": self.column}
        rule: dict[str, Any] = {
            "rule-type": "transformation",
            "rule-id": self.id,
            "rule-name": self.name,
            "rule-target": self.target,
            "object-locator": {key: value for key, value in locator.items() if value is not None},
            "rule-action": self.action,
        }
        extras = {"value": self.value, "old-value": self.old_value, "expression": self.expression}
        rule |= {key: value for key, value in extras.items() if value is not None}
        if self.data_type:
            rule["data-type"] = self.data_type.to_json()
        return rule


def new_name(rule: Transformation, name: str) -> str:
    """What `name` becomes under a renaming rule; prefixes and suffixes that are not there change nothing."""
    value, old = rule.value or "", rule.old_value or ""
    match rule.action:
        case "rename":
            return value
        case "convert-lowercase":
            return name.lower()
        case "convert-uppercase":
            return name.upper()
        case "add-prefix":
            return value + name
        case "add-suffix":
            return name + value
        case "remove-prefix":
            return name.removeprefix(value)
        case "remove-suffix":
            return name.removesuffix(value)
        case "replace-prefix":
            return value + name.removeprefix(old) if name.startswith(old) else name
        case "replace-suffix":
            return name.removesuffix(old) + value if name.endswith(old) else name
    return name
