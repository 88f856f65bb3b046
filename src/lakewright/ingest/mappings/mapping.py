"""A table mapping: which tables are replicated, what they are called, and what happens to their rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakewright.errors import MissingError, SpecError
from lakewright.ingest.mappings import wildcards
from lakewright.ingest.mappings.parse import parse
from lakewright.ingest.mappings.plan import Column, plan_table, renamed
from lakewright.ingest.mappings.rules import Filter, Selection, Transformation
from lakewright.ingest.mappings.transform import TableTransform
from lakewright.ingest.sources.postgres.catalog import SourceTable


@dataclass(frozen=True)
class TableMapping:
    """Selection and transformation rules. `to_json` is what the real DMS is given."""

    selections: tuple[Selection, ...]
    transformations: tuple[Transformation, ...] = ()

    @classmethod
    def parse(cls, text: str, name: str = "mapping.json") -> TableMapping:
        """From DMS's JSON. Raises `Mistakes` with every error's line; what is not supported is refused by name."""
        return cls(*parse(text, name))

    @classmethod
    def read(cls, path: Path) -> TableMapping:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            hint = "lakewright ingest mappings writes one"
            raise MissingError("LW310", f"there is no table mapping {path}", hint=hint) from error
        return cls.parse(text, path.name)

    @classmethod
    def from_patterns(cls, patterns: Iterable[str]) -> TableMapping:
        """From the spec's short form: `schema.table`, in which `*` and `%` stand for any characters."""
        selections = []
        for number, pattern in enumerate(dict.fromkeys(patterns), start=1):
            schema, _, table = pattern.partition(".")
            plain = not any(mark in pattern for mark in "*%")
            names = (schema, table) if plain else (wildcards.from_spec(schema), wildcards.from_spec(table))
            action = "explicit" if plain else "include"
            selections.append(Selection(str(number), f"{action}-{number}", *names, action=action))
        return cls(tuple(selections))

    def to_json(self) -> str:
        """DMS's JSON, ready to be deployed; parsing it gives an equal mapping."""
        rules = [one.to_json() for one in self.selections] + [one.to_json() for one in self.transformations]
        return json.dumps({"rules": rules}, indent=2, ensure_ascii=False) + "\n"

    def selects(self, schema: str, table: str) -> bool:
        """Whether some rule includes the table and none excludes it."""
        found = [rule for rule in self.selections if _selects(rule, schema, table)]
        return bool(found) and all(rule.action != "exclude" for rule in found)

    def filters(self, schema: str, table: str) -> tuple[Filter, ...]:
        """The filters on the table's rows; all must hold."""
        found = [rule.filters for rule in self.selections if rule.action != "exclude" and _selects(rule, schema, table)]
        return found[0] if found else ()

    def target_name(self, schema: str, table: str) -> str:
        """The table's name in the lake."""
        return renamed(self.transformations, "table", schema, table)

    def transform(self, schema: str, table: str, columns: Sequence[Column], key: Sequence[str]) -> TableTransform:
        """What happens to a selected table with these columns; `key` are those that name a row ([] when none do).

        Raises `Mistakes`: rules that do not fit the columns, or that would lose the key.
        """
        own = [rule for rule in self.selections if _selects(rule, schema, table)]
        return plan_table(own, self.transformations, schema, table, columns, key)

    def transform_table(self, table: SourceTable) -> TableTransform:
        """The same, for a table of the catalog: without generated columns, which are never sent."""
        columns = [column for column in table.columns if not column.generated]
        sent = {column.name for column in columns}
        by_primary_key = table.replica_identity == "full" and table.primary_key and sent.issuperset(table.primary_key)
        return self.transform(table.schema, table.name, columns, table.primary_key if by_primary_key else table.key)

    def resolve(self, tables: Iterable[SourceTable]) -> dict[str, TableTransform]:
        """Label → transform of the selected ones among `tables`, in loading order. LW318 when two get one name."""
        found = [self.transform_table(table) for table in tables if self.selects(table.schema, table.name)]
        self.check_names(found)
        ordered = sorted(found, key=lambda transform: -transform.load_order)
        return {transform.source: transform for transform in ordered}

    def check_names(self, transforms: Iterable[TableTransform]) -> None:
        """LW318 when two tables would have one name in the lake."""
        names: dict[str, str] = {}
        for transform in transforms:
            other = names.setdefault(transform.name.lower(), transform.source)
            if other != transform.source:
                raise collision(transform, other)

    def unmatched(self, tables: Iterable[SourceTable]) -> tuple[Selection, ...]:
        """Selection rules that no table fits: misspelt, most likely."""
        names = [(table.schema, table.name) for table in tables]
        wanted = (rule for rule in self.selections if rule.action != "exclude")
        return tuple(rule for rule in wanted if not any(_selects(rule, *name) for name in names))


def collision(transform: TableTransform, other: str) -> SpecError:
    """The table `other` has the name in the lake that the transform's would have."""
    fact = f'{other} and {transform.source} would both be "{transform.name}" in the lake'
    return SpecError("LW318", fact, hint="rename one with a transformation rule, or exclude it")


def _selects(rule: Selection, schema: str, table: str) -> bool:
    if rule.action == "explicit":
        return (rule.schema, rule.table) == (schema, table)
    return wildcards.matches(rule.schema, schema) and wildcards.matches(rule.table, table)
