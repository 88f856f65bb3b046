"""DMS table-mapping JSON → rules. One pass reports every mistake with its line; what is not supported is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.ingest.mappings import expressions, wildcards
from lakewright.ingest.mappings.document import Document, read_json
from lakewright.ingest.mappings.rules import (
    ARGUMENTS,
    FILTER_VALUES,
    NEGATIVE,
    RENAMES,
    Condition,
    DataType,
    Filter,
    Selection,
    Transformation,
)
from lakewright.ingest.mappings.values import canonical_of

COMMON_KEYS = ("rule-type", "rule-id", "rule-name", "rule-action", "object-locator")
SELECTION_KEYS = (*COMMON_KEYS, "load-order", "filters")
TRANSFORMATION_KEYS = (*COMMON_KEYS, "rule-target", "value", "old-value", "expression", "data-type")
ALL_ARGUMENTS = ("value", "old-value", "expression", "data-type")
LOCATOR_KEYS = {
    "schema": ("schema-name",),
    "table": ("schema-name", "table-name"),
    "column": ("schema-name", "table-name", "column-name"),
}
UNSUPPORTED_ACTIONS = {
    "define-primary-key": "give the table a key at the source: ALTER TABLE … REPLICA IDENTITY USING INDEX …",
    "add-before-image-columns": "Bronze keeps every version of a row; compare neighbours there",
}
UNSUPPORTED_TYPES = {
    "table-settings": "parallel loading is decided by the ingester itself, and large values are never cut",
    "object-mapping": "that rule type is for stream targets",
    "post-processing": "tag the lake's files in the infrastructure instead",
}


def parse(text: str, name: str) -> tuple[tuple[Selection, ...], tuple[Transformation, ...]]:
    """The rules in the JSON `text`; `name` is the file's, for messages. Raises LW310 to LW316, all of them at once."""
    reader = _Reader(read_json(text, name))
    selections, transformations = reader.rules()
    if reader.mistakes:
        raise Mistakes(reader.mistakes)
    return tuple(selections), tuple(transformations)


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[LakewrightError] = []

    def wrong(self, code: str, pointer: str, fact: str, hint: str = "") -> None:
        self.mistakes.append(SpecError(code, fact, place=self.document.place(pointer), hint=hint))

    def rules(self) -> tuple[list[Selection], list[Transformation]]:
        selections: list[Selection] = []
        transformations: list[Transformation] = []
        top = self.mapping(self.document.value, "", ("rules",))
        seen: dict[tuple[str, str], str] = {}
        for pointer, rule in self.items(top.get("rules"), "/rules"):
            kind = self.text(rule, "rule-type", pointer)
            if kind == "selection":
                selections.append(self.selection(rule, pointer))
            elif kind == "transformation":
                transformations.append(self.transformation(rule, pointer))
            elif kind:
                hint = UNSUPPORTED_TYPES.get(kind, "selection and transformation rules are supported")
                self.wrong("LW312", f"{pointer}/rule-type", f'the rule type "{kind}" is not supported', hint)
            self.unique(rule, pointer, seen)
        if not selections and not self.mistakes:
            self.wrong("LW313", "/rules", "no selection rule says what to replicate", 'add one with "include"')
        return selections, transformations

    def unique(self, rule: dict[str, Any], pointer: str, seen: dict[tuple[str, str], str]) -> None:
        for key in ("rule-id", "rule-name"):
            identity = (key, str(rule.get(key)))
            if key in rule and identity in seen:
                fact = f'"{identity[1]}" is also the {key} of {seen[identity]}'
                self.wrong("LW313", f"{pointer}/{key}", fact, "each rule has its own")
            seen.setdefault(identity, pointer)

    def selection(self, rule: dict[str, Any], pointer: str) -> Selection:
        self.keys(rule, pointer, SELECTION_KEYS)
        action = self.choice(rule, "rule-action", pointer, ("include", "exclude", "explicit"))
        schema, table, _ = self.locator(rule, pointer, ("schema-name", "table-name"), ("table-type",))
        kind = rule.get("object-locator", {}).get("table-type", "table")
        if kind != "table":
            hint = "a view has no changes to follow; select the tables it reads"
            self.wrong("LW312", f"{pointer}/object-locator/table-type", f'"{kind}" is not supported', hint)
        filters = tuple(self.filter(one, at) for at, one in self.items(rule.get("filters", []), f"{pointer}/filters"))
        if filters and action != "include":
            self.wrong("LW313", f"{pointer}/filters", f"an {action} rule has no filters", 'use "include"')
        return Selection(
            id=self.text(rule, "rule-id", pointer),
            name=self.text(rule, "rule-name", pointer),
            schema=schema,
            table=table or "",
            action=action,
            load_order=self.number(rule, "load-order", pointer) or 0,
            filters=filters,
        )

    def filter(self, one: dict[str, Any], pointer: str) -> Filter:
        self.keys(one, pointer, ("filter-type", "column-name", "filter-conditions"))
        self.choice(one, "filter-type", pointer, ("source",))
        at = f"{pointer}/filter-conditions"
        conditions = tuple(self.condition(node, p) for p, node in self.items(one.get("filter-conditions"), at))
        negative = [c.operator for c in conditions if c.operator in NEGATIVE]
        if negative and len(conditions) > 1:
            hint = "one filter for each; filters are joined with AND"
            self.wrong("LW313", at, f'"{negative[0]}" must be the only condition of its filter', hint)
        return Filter(self.text(one, "column-name", pointer), conditions)

    def condition(self, node: dict[str, Any], pointer: str) -> Condition:
        operator = self.choice(node, "filter-operator", pointer, tuple(FILTER_VALUES))
        needed = FILTER_VALUES.get(operator, ())
        self.keys(node, pointer, ("filter-operator", *needed))
        return Condition(operator, tuple(self.text(node, key, pointer) for key in needed))

    def transformation(self, rule: dict[str, Any], pointer: str) -> Transformation:
        self.keys(rule, pointer, TRANSFORMATION_KEYS)
        target = self.choice(rule, "rule-target", pointer, ("schema", "table", "column"))
        action = self.action(rule, pointer, target)
        needs = LOCATOR_KEYS["table" if action == "add-column" else target or "column"]
        schema, table, column = self.locator(rule, pointer, needs, LOCATOR_KEYS["column"])
        result = Transformation(
            id=self.text(rule, "rule-id", pointer),
            name=self.text(rule, "rule-name", pointer),
            action=action,
            target=target,
            schema=schema,
            table=table,
            column=column,
            value=self.optional_text(rule, "value", pointer),
            old_value=self.optional_text(rule, "old-value", pointer),
            expression=self.optional_text(rule, "expression", pointer),
            data_type=self.data_type(rule, pointer),
        )
        self.arguments(result, rule, pointer)
        return result

    def action(self, rule: dict[str, Any], pointer: str, target: str) -> str:
        action = self.text(rule, "rule-action", pointer)
        allowed = frozenset(ARGUMENTS) if target == "column" else RENAMES
        if not action or not target or action in allowed:
            return action
        fact = f'"{action}" is not supported for a {target}'
        hint = UNSUPPORTED_ACTIONS.get(action) or _suggestion(action, allowed)
        self.wrong("LW312", f"{pointer}/rule-action", fact, hint)
        return action

    def arguments(self, rule: Transformation, given: dict[str, Any], pointer: str) -> None:
        """Each action's own arguments: those it needs are there, those it does not know are not."""
        needed, optional = ARGUMENTS.get(rule.action, (frozenset(), frozenset(ALL_ARGUMENTS)))
        for key in ALL_ARGUMENTS:
            present = given.get(key) is not None
            if present and key not in needed | optional:
                self.wrong("LW313", f"{pointer}/{key}", f'"{rule.action}" takes no "{key}"')
            if not present and key in needed:
                self.wrong("LW313", pointer, f'"{rule.action}" needs "{key}"')
        if rule.action == "data-masking-digits-mask" and not _is_mask(rule.value):
            hint = "one printable ASCII character, no blank"
            self.wrong("LW313", f"{pointer}/value", f"{rule.value!r} is no masking character", hint)
        if rule.expression is not None:
            self.expression(rule.expression, pointer)

    def expression(self, text: str, pointer: str) -> None:
        try:
            expressions.parse(text)
        except SpecError as error:
            self.wrong(error.code, f"{pointer}/expression", error.fact, error.hint)

    def data_type(self, rule: dict[str, Any], pointer: str) -> DataType | None:
        if "data-type" not in rule:
            return None
        at = f"{pointer}/data-type"
        node = self.mapping(rule["data-type"], at, ("type", "length", "precision", "scale"))
        numbers = [self.number(node, key, at) for key in ("length", "precision", "scale")]
        result = DataType(self.text(node, "type", at), *numbers)
        try:
            canonical_of(result)
        except SpecError as error:
            self.wrong(error.code, at, error.fact, error.hint)
        return result

    def locator(
        self, rule: dict[str, Any], pointer: str, needs: tuple[str, ...], optional: tuple[str, ...]
    ) -> tuple[str, str | None, str | None]:
        at = f"{pointer}/object-locator"
        node = self.mapping(rule.get("object-locator"), at, (*needs, *optional))
        for key in needs:
            self.text(node, key, at)
        if rule.get("rule-action") != "explicit":
            self.patterns(node, at)
        names = (node.get(key) for key in ("schema-name", "table-name", "column-name"))
        schema, table, column = (name if isinstance(name, str) else None for name in names)
        return schema or "", table, column

    def patterns(self, node: dict[str, Any], at: str) -> None:
        for key in ("schema-name", "table-name", "column-name"):
            try:
                wildcards.compiled(str(node.get(key, "")))
            except SpecError as error:
                self.wrong(error.code, f"{at}/{key}", error.fact, error.hint)

    def mapping(self, node: Any, pointer: str, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(node, dict):
            self.wrong("LW313", pointer, "an object belongs here", f"with the keys {', '.join(known)}")
            return {}
        self.keys(node, pointer, known)
        return node

    def keys(self, node: dict[str, Any], pointer: str, known: tuple[str, ...]) -> None:
        for key in node:
            if key not in known:
                self.wrong("LW314", f"{pointer}/{key}", f'"{key}" is not supported here', _suggestion(key, known))

    def items(self, node: Any, pointer: str) -> list[tuple[str, dict[str, Any]]]:
        if not isinstance(node, list):
            self.wrong("LW313", pointer, "a list of objects belongs here")
            return []
        found = [(f"{pointer}/{index}", item) for index, item in enumerate(node)]
        for at, item in found:
            if not isinstance(item, dict):
                self.wrong("LW313", at, "an object belongs here")
        return [(at, item) for at, item in found if isinstance(item, dict)]

    def text(self, node: dict[str, Any], key: str, pointer: str) -> str:
        """A required string; DMS tools also write numbers here."""
        value = node.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
        if key not in node:
            self.wrong("LW313", pointer, f'"{key}" is missing')
        elif key in ("value", "start-value", "end-value") and value == "":
            return ""
        else:
            self.wrong("LW313", f"{pointer}/{key}", f'"{key}" must be a string')
        return ""

    def optional_text(self, node: dict[str, Any], key: str, pointer: str) -> str | None:
        return self.text(node, key, pointer) if key in node and node[key] is not None else None

    def choice(self, node: dict[str, Any], key: str, pointer: str, allowed: tuple[str, ...]) -> str:
        value = self.text(node, key, pointer)
        if value and value not in allowed:
            self.wrong("LW313", f"{pointer}/{key}", f'"{value}" is no {key}', _suggestion(value, allowed))
            return ""
        return value

    def number(self, node: dict[str, Any], key: str, pointer: str) -> int | None:
        value = node.get(key)
        if value is None:
            return None
        if str(value).isdecimal() and int(value) < 2**31:
            return int(value)
        self.wrong("LW313", f"{pointer}/{key}", f'"{key}" must be a number from 0 to 2147483647')
        return None


def _suggestion(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"


def _is_mask(value: str | None) -> bool:
    return value is not None and len(value) == 1 and value.isascii() and value.isprintable() and value != " "
