"""The rules that concern one table → its TableTransform. Here a mapping meets the table's real columns."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Protocol

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.ingest.mappings import expressions, wildcards
from lakewright.ingest.mappings.filters import BoundFilter, bind
from lakewright.ingest.mappings.rules import MASKS, RENAMES, Filter, Selection, Transformation, new_name
from lakewright.ingest.mappings.transform import SYSTEM_COLUMNS, Change, TableTransform, TargetColumn
from lakewright.ingest.mappings.values import canonical_of
from lakewright.ingest.sources.postgres.types import canonical_type

INTEGERS = ("smallint", "int", "bigint")
RESERVED = frozenset(name.lower() for name in (*SYSTEM_COLUMNS, "load_date"))


class Column(Protocol):
    """A source column: SourceColumn from the catalog, or RelationColumn from the stream."""

    @property
    def name(self) -> str: ...
    @property
    def oid(self) -> int: ...
    @property
    def typmod(self) -> int: ...


def applies(rule: Transformation, schema: str, table: str) -> bool:
    return wildcards.matches(rule.schema, schema) and (rule.table is None or wildcards.matches(rule.table, table))


def renamed(rules: Sequence[Transformation], target: str, schema: str, table: str) -> str:
    """What the schema or table (`target`) is called after the mapping. LW318 when two rules act on it."""
    found = [rule for rule in rules if rule.target == target and applies(rule, schema, table)]
    if len(found) > 1:
        raise _two_rules(f'the {target} "{schema if target == "schema" else table}"', found, f"{schema}.{table}")
    name = schema if target == "schema" else table
    return new_name(found[0], name) if found else name


def plan_table(
    selections: Sequence[Selection],
    rules: Sequence[Transformation],
    schema: str,
    table: str,
    columns: Sequence[Column],
    key: Sequence[str],
) -> TableTransform:
    """The transform of `schema.table`, which the selections select. Raises LW317 to LW320, all mistakes at once."""
    planner = _Planner(f"{schema}.{table}", columns, key)
    planner.add_filters(selections)
    own = [rule for rule in rules if rule.target == "column" and applies(rule, schema, table)]
    planner.keep_columns(own)
    planner.add_columns(own)
    planner.check_names()
    target_schema = renamed(rules, "schema", schema, table)
    target_table = renamed(rules, "table", schema, table)
    if planner.mistakes:
        raise Mistakes(planner.mistakes)
    constants = {"AR_M_SOURCE_SCHEMA": schema, "AR_M_SOURCE_TABLE_NAME": table, **planner.constants}
    return TableTransform(
        source=planner.table,
        schema=target_schema,
        name=target_table,
        load_order=max((one.load_order for one in selections), default=0),
        inputs=tuple(column.name for column in columns),
        columns=tuple(planner.targets),
        filters=tuple(planner.filters),
        changes=planner.changes,
        constants=constants,
    )


def _two_rules(what: str, rules: Sequence[Transformation], place: str) -> SpecError:
    names = " and ".join(f"{rule.id} ({rule.action})" for rule in rules)
    fact = f"the rules {names} act on {what}; DMS allows one for each object"
    return SpecError("LW318", fact, place=place, hint="narrow the patterns, or rename to the final name in one rule")


class _Planner:
    def __init__(self, table: str, columns: Sequence[Column], key: Sequence[str]) -> None:
        self.table = table
        self.columns = {column.name: column for column in columns}
        self.key = frozenset(key)
        self.mistakes: list[LakewrightError] = []
        self.filters: list[BoundFilter] = []
        self.targets: list[TargetColumn] = []
        self.changes: dict[str, Change] = {}
        self.constants: dict[str, str] = {}

    def wrong(self, code: str, fact: str, hint: str = "") -> None:
        self.mistakes.append(SpecError(code, fact, place=self.table, hint=hint))

    def unknown(self, column: str, what: str) -> None:
        close = difflib.get_close_matches(column, self.columns, 1)
        hint = f'did you mean "{close[0]}"?' if close else f"it has {', '.join(self.columns)}"
        self.wrong("LW319", f'{what}: there is no column "{column}"', hint)

    def type_of(self, column: str) -> str:
        return canonical_type(self.columns[column].oid, self.columns[column].typmod)

    def add_filters(self, selections: Sequence[Selection]) -> None:
        different = {one.filters for one in selections if one.action in ("include", "explicit")}
        if len(different) > 1:
            ids = " and ".join(one.id for one in selections)
            self.wrong("LW318", f"the rules {ids} select it with different filters", "put all filters in one rule")
            return
        for one in different.pop() if different else ():
            self._bind(one)

    def _bind(self, one: Filter) -> None:
        if one.column not in self.columns:
            self.unknown(one.column, "filter")
            return
        try:
            self.filters.append(bind(one, self.type_of(one.column), self.columns[one.column].oid, self.table))
        except SpecError as error:
            self.mistakes.append(error)

    def keep_columns(self, rules: Sequence[Transformation]) -> None:
        excepted = [rule for rule in rules if rule.action == "include-column"]
        if excepted and not any(rule.action == "remove-column" for rule in rules):
            hint = "include-column makes exceptions to a remove-column rule of the same table"
            self.wrong("LW318", f"rule {excepted[0].id}: nothing removes columns here", hint)
        for name in self.columns:
            found = [rule for rule in rules if rule.action != "add-column" and _fits(rule, name)]
            if any(rule.action == "remove-column" for rule in found) and not any(rule in excepted for rule in found):
                if name in self.key:
                    self.wrong("LW320", f'"{name}" is part of the key and cannot be removed', "keep it, or mask others")
                continue
            self._keep(name, [rule for rule in found if rule.action not in ("remove-column", "include-column")])

    def _keep(self, name: str, rules: Sequence[Transformation]) -> None:
        masks = tuple(rule for rule in rules if rule.action in MASKS)
        others = [rule for rule in rules if rule.action not in MASKS]
        if len(others) > 1:
            self.mistakes.append(_two_rules(f'the column "{name}"', others, self.table))
            return
        source_type = target_type = self.type_of(name)
        target_name = name
        for rule in others:
            if rule.action in RENAMES:
                target_name = new_name(rule, name)
            elif rule.data_type:
                target_type = canonical_of(rule.data_type)
        self._check_masks(name, source_type, masks)
        self._check_retyping(name, source_type, target_type)
        self.targets.append(TargetColumn(target_name, target_type, name, name in self.key))
        if masks or target_type != source_type:
            self.changes[target_name] = Change(masks, target_type != source_type)

    def _check_masks(self, name: str, source_type: str, masks: Sequence[Transformation]) -> None:
        if masks and name in self.key:
            self.wrong("LW320", f'"{name}" is part of the key and cannot be masked', "a masked key names no row")
        elif masks and source_type != "string":
            self.wrong("LW320", f'"{name}" is {source_type}; only text can be masked', "remove-column hides it whole")
        elif len(masks) > 1:
            self.mistakes.append(_two_rules(f'the masking of "{name}"', masks, self.table))

    def _check_retyping(self, name: str, source_type: str, target_type: str) -> None:
        widened = source_type in INTEGERS and target_type in (*INTEGERS[INTEGERS.index(source_type) :], "string")
        if source_type != target_type and name in self.key and not widened:
            hint = "an integer key can become a wider integer or a string"
            self.wrong("LW320", f'"{name}" is part of the key and cannot become {target_type}', hint)
        if source_type != target_type and source_type == "binary" and target_type != "string":
            self.wrong("LW320", f'"{name}" is binary and cannot become {target_type}', "as string it is hexadecimal")

    def add_columns(self, rules: Sequence[Transformation]) -> None:
        for rule in rules:
            if rule.action == "add-column":
                self._add(rule)

    def _add(self, rule: Transformation) -> None:
        name = rule.value or ""
        expression = expressions.parse(rule.expression) if rule.expression else None
        for column in expression.columns if expression else ():
            if column not in self.columns:
                self.unknown(column, f"rule {rule.id}")
        if expression and {"AR_M_SOURCE_COLUMN_NAME", "AR_M_SOURCE_COLUMN_DATATYPE"} & set(expression.headers):
            self._describe_column(rule)
        target = canonical_of(rule.data_type) if rule.data_type else "string"
        self.targets.append(TargetColumn(name, target, None))
        self.changes[name] = Change(expression=expression)

    def _describe_column(self, rule: Transformation) -> None:
        column = wildcards.plain_name(rule.column or "%")
        if column is None or column not in self.columns:
            self.wrong("LW319", f"rule {rule.id}: $AR_M_SOURCE_COLUMN_… needs a column-name", "name one in the locator")
            return
        self.constants |= {
            "AR_M_SOURCE_COLUMN_NAME": column,
            "AR_M_SOURCE_COLUMN_DATATYPE": self.type_of(column),
        }

    def check_names(self) -> None:
        """No two columns alike, not even in another case (SQL engines ignore case), and none of Bronze's own."""
        seen: dict[str, str] = {}
        for column in self.targets:
            lowered = column.name.lower()
            if lowered in seen:
                fact = f'two columns would be called "{seen[lowered]}" and "{column.name}"'
                self.wrong("LW320", fact, "rename or remove one; an added column needs a name of its own")
            if lowered in RESERVED:
                fact = f'"{column.name}" is one of Bronze\'s own columns'
                self.wrong("LW320", fact, f'add a transformation: rename "{column.name}" to "source_{lowered}"')
            seen[lowered] = column.name


def _fits(rule: Transformation, column: str) -> bool:
    return wildcards.matches(rule.column or "%", column)
