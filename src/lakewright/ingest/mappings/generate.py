"""A table mapping made from what a schema declares: its tables, their references, and the marks on personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lakewright.ingest.mappings import wildcards
from lakewright.ingest.mappings.mapping import TableMapping
from lakewright.ingest.mappings.rules import DataType, Selection, Transformation

PII_MARK = re.compile(r"\bPII\b\s*(?:\(([^)]*)\))?", re.IGNORECASE)
TENANT_COLUMN_LENGTH = 64


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """`comment` is what people wrote about it; `kind` is "text", "large" (DMS's LOBs: can only be removed) or ""."""

    name: str
    comment: str = ""
    kind: str = ""
    key: bool = False


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table and the labels (`schema.name`) of those it references."""

    schema: str
    name: str
    columns: tuple[ColumnShape, ...]
    references: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that somebody should decide on; it is not part of the mapping."""

    table: str
    column: str
    reason: str
    rule: Transformation | None

    def to_json(self) -> dict[str, Any]:
        rule = self.rule.to_json() if self.rule else None
        return {"table": self.table, "column": self.column, "reason": self.reason, "rule": rule}


@dataclass(frozen=True)
class Generated:
    """`mapping` is complete as it is; `suggestions` have rule ids that are still free in it."""

    mapping: TableMapping
    suggestions: tuple[Suggestion, ...]

    def suggestions_json(self) -> str:
        listed = [suggestion.to_json() for suggestion in self.suggestions]
        return json.dumps({"suggestions": listed}, indent=2, ensure_ascii=False) + "\n"


def generate(tables: Sequence[TableShape], tenant: str | None = None, base: TableMapping | None = None) -> Generated:
    """One rule for each table, referenced tables first, and for each PII mark the masking it suggests.

    `base` is the mapping in use: of `tables` those are taken that it selects, with its filters and transformations.

    With `tenant`, tables that have this column get one more, `partition_<tenant>`: its value as text, under a name of
    its own, since DMS refuses an added column that is called like a source column.
    """
    chosen = [table for table in tables if base is None or base.selects(table.schema, table.name)]
    orders = load_orders(chosen)
    ordered = sorted(chosen, key=lambda table: (-orders[table.label], table.label))
    selections = [_selection(table, n, orders[table.label], base) for n, table in enumerate(ordered, start=1)]
    given = base.transformations if base else ()
    transformations = [replace(rule, id=str(n)) for n, rule in enumerate(given, start=len(selections) + 1)]
    number = len(selections) + len(transformations)
    made_before = any(rule.action == "add-column" and rule.value == _partition_column(tenant) for rule in given)
    for table in [] if made_before else ordered:
        if tenant and any(column.name == tenant for column in table.columns):
            number += 1
            transformations.append(_tenant_rule(table, tenant, number))
    marked = [(table, column) for table in ordered for column in table.columns if PII_MARK.search(column.comment)]
    suggestions = [_suggestion(table, column, number + n) for n, (table, column) in enumerate(marked, start=1)]
    return Generated(TableMapping(tuple(selections), tuple(transformations)), tuple(suggestions))


def _selection(table: TableShape, number: int, load_order: int, base: TableMapping | None) -> Selection:
    """Explicit, or with the base's filters; those are only allowed on include."""
    filters = base.filters(table.schema, table.name) if base else ()
    schema, name, label = table.schema, table.name, f"select-{number}"
    if not filters:
        return Selection(str(number), label, schema, name, "explicit", load_order)
    patterns = wildcards.literally(schema), wildcards.literally(name)
    return Selection(str(number), label, *patterns, "include", load_order, filters)


def load_orders(tables: Sequence[TableShape]) -> Mapping[str, int]:
    """Label → load-order: a table's is higher than that of every table that references it (cycles count as one)."""
    known = {table.label for table in tables}
    waiting = {table.label: {r for r in table.references if r in known and r != table.label} for table in tables}
    levels: list[list[str]] = []
    while waiting:
        free = [label for label, references in waiting.items() if not references & waiting.keys()]
        level = free or sorted(waiting)[:1]  # only cycles are left: break one
        levels.append(level)
        for label in level:
            del waiting[label]
    return {label: len(levels) - depth for depth, level in enumerate(levels) for label in level}


def _partition_column(tenant: str | None) -> str:
    return f"partition_{tenant}"


def _tenant_rule(table: TableShape, tenant: str, number: int) -> Transformation:
    return Transformation(
        id=str(number),
        name=f"partition-{number}",
        action="add-column",
        target="column",
        schema=wildcards.literally(table.schema),
        table=wildcards.literally(table.name),
        value=_partition_column(tenant),
        expression=f"${tenant}",
        data_type=DataType("string", length=TENANT_COLUMN_LENGTH),
    )


def _suggestion(table: TableShape, column: ColumnShape, number: int) -> Suggestion:
    mark = PII_MARK.search(column.comment)
    about = (mark.group(1) or "").strip().lower() if mark else ""
    reason = f"marked as personal data{f' ({about})' if about else ''}"
    if column.key:
        reason += "; part of the key, so it can be neither removed nor masked"
        return Suggestion(table.label, column.name, reason, None)
    action, value = _masking(column, about)
    rule = Transformation(
        id=str(number),
        name=f"mask-{number}",
        action=action,
        target="column",
        schema=wildcards.literally(table.schema),
        table=wildcards.literally(table.name),
        column=wildcards.literally(column.name),
        value=value,
    )
    return Suggestion(table.label, column.name, reason, rule)


def _masking(column: ColumnShape, about: str) -> tuple[str, str | None]:
    """Digits of phone and account numbers are masked, other short texts hashed; what cannot be masked is left out."""
    if column.kind != "text":
        return "remove-column", None
    if re.search(r"phone|card|account|number|iban|ssn", about):
        return "data-masking-digits-mask", "*"
    return "data-masking-hash-mask", None
