"""Schema changes on the source: what a table looked like, what it looks like now, and what follows. Pure.

Nothing a source does stops the collecting of its changes: rows of a new shape go into files of a new schema version.
What may stop is the consuming: `stop` keeps the pipeline off the table until somebody accepts the change. Where the
old rows' values cannot be known from the stream (the table was rewritten), the table is to be loaded anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lakewright.bronze.scan import EXACT
from lakewright.bronze.state import LOADING, STOPPED, BronzeColumn, BronzeSchema, BronzeTable
from lakewright.ingest.settings import OnChange


@dataclass(frozen=True)
class Shape:
    """A table's columns as rows have them. `certain`: the values of rows older than a new column are known."""

    columns: tuple[BronzeColumn, ...]
    certain: bool

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)


@dataclass(frozen=True)
class Verdict:
    """`table` is how it goes on, `version` the schema version of rows of the shape.

    `reload` says why the table has to be loaded anew ("" when it has not), `changes` what changed, for people.
    """

    table: BronzeTable
    version: int
    reload: str = ""
    changes: tuple[str, ...] = field(default=())


def evolve(table: BronzeTable, shape: Shape, *, rewritten: bool, ambiguous: bool, policy: OnChange) -> Verdict:
    """What a table's shape of now, as the catalog has it, means.

    `rewritten`: the source rewrote the table's rows since it was last looked at. `ambiguous`: columns came and went
    unseen in between, so that rows under way may carry other columns under the names of now.
    """
    if not table.schemas:
        schema = BronzeSchema(1, shape.columns)
        return Verdict(replace(table, schemas=(schema,), key=shape.key), 1)
    live = tuple(column for column in table.schema.columns if not column.dropped)
    if not _same(live, shape.columns):
        return _changed(table, live, shape, rewritten or ambiguous, policy)
    if rewritten:
        now = table if table.status == STOPPED else replace(table, status=LOADING)
        return Verdict(now, table.schema.version, "its rows were rewritten", ("rows rewritten",))
    return Verdict(table, table.schema.version)


def of_relation(table: BronzeTable, shape: Shape) -> Verdict:
    """The version of rows whose shape the stream tells; it may be one that the table had before the one of now.

    A shape that was never seen becomes a version before the newest one, so that readers keep to the newest.
    """
    for schema in reversed(table.schemas):
        if _same(tuple(column for column in schema.columns if not column.dropped), shape.columns):
            return Verdict(table, schema.version)
    version = max(schema.version for schema in table.schemas) + 1
    known = {column.id for column in shape.columns if column.id > 0}
    lost = [column.name for column in table.schema.columns if not column.dropped and column.id not in known]
    unknown = any(column.id < 0 for column in shape.columns)
    reload = "a column may have come under another name" if unknown and lost else ""
    schemas = (*table.schemas[:-1], BronzeSchema(version, shape.columns), table.schema)
    now = replace(table, schemas=schemas)
    if reload and now.status != STOPPED:
        now = replace(now, status=LOADING)
    return Verdict(now, version, reload)


def identified(table: BronzeTable, columns: Sequence[BronzeColumn]) -> tuple[BronzeColumn, ...]:
    """Columns of the stream (which has no numbers) with the numbers that their names had, -1 where that is not sure."""
    found: list[BronzeColumn] = []
    for column in columns:
        same = {
            (old.id, old.source_type)
            for schema in table.schemas
            for old in schema.columns
            if old.name == column.name and old.type == column.type and not old.dropped
        }
        numbers = {number for number, _ in same}
        number = numbers.pop() if len(numbers) == 1 else -1
        newest = [kind for id_, kind in same if id_ == number]
        found.append(replace(column, id=number, source_type=newest[0] if len(newest) == 1 else column.source_type))
    return tuple(found)


def accepted(table: BronzeTable, version: int, shape: Shape) -> tuple[BronzeSchema, ...]:
    """The schemas with one more: the shape, and after it the columns that the source dropped and Bronze keeps."""
    names = {column.name for column in shape.columns}
    numbers = {column.id for column in shape.columns if column.id}
    fills = {column.id: column.fill for column in table.schema.columns if column.id and column.fill is not None}
    columns = tuple(
        replace(column, fill=fills.get(column.id)) if column.fill is None else column for column in shape.columns
    )
    kept = tuple(
        replace(column, dropped=True, key=False)
        for column in table.schema.columns
        if column.name not in names and not (column.id and column.id in numbers)
    )
    return (*table.schemas, BronzeSchema(version, columns + kept))


def _same(old: Sequence[BronzeColumn], new: Sequence[BronzeColumn]) -> bool:
    def look(column: BronzeColumn) -> tuple[str, str, str, bool]:
        return column.name, column.type, column.source_type, column.key

    if [look(column) for column in old] != [look(column) for column in new]:
        return False
    return all(a.id == b.id or not (a.id and b.id) for a, b in zip(old, new, strict=True))


def _changed(
    table: BronzeTable, live: Sequence[BronzeColumn], shape: Shape, rewritten: bool, policy: OnChange
) -> Verdict:
    pairs, added, dropped = _matched(live, shape.columns)
    renamed = [(a, b) for a, b in pairs if a.name != b.name]
    retyped = [(a, b) for a, b in pairs if (a.type, a.source_type) != (b.type, b.source_type)]
    said = [f"column {column.name} {column.type} added" for column in added]
    said += [f"column {column.name} dropped" for column in dropped]
    said += [f"column {a.name} renamed to {b.name}" for a, b in renamed]
    said += [f"column {b.name} changed from {a.source_type or a.type} to {b.source_type or b.type}" for a, b in retyped]
    old_key, new_key = [c.id or c.name for c in live if c.key], [c.id or c.name for c in shape.columns if c.key]
    rekeyed = old_key != new_key or any(a.key for a, _ in renamed)
    if rekeyed:
        said.append(f"key is now ({', '.join(shape.key)})")
    reload = ""
    if rewritten:
        reload = "the source rewrote its rows"
    elif any(a.type != b.type and (a.type, b.type) not in EXACT for a, b in retyped):
        reload = "values of the old type are to be read as the new one"
    elif rekeyed:
        reload = "its key changed"
    elif {column.name for column in added} & {column.name for column in dropped}:
        reload = "a column was made anew under its old name"
    elif added and not shape.certain:
        reload = "the old rows' values of the new column are not known"
    version = max(schema.version for schema in table.schemas) + 1
    now = replace(table, schemas=accepted(table, version, shape), key=shape.key)
    stops = [
        name
        for name, found, choice in (
            ("added_column", added, policy.added_column),
            ("dropped_column", dropped, policy.dropped_column),
            ("renamed_column", renamed, policy.renamed_column),
            ("retyped_column", [p for p in retyped if rewritten or p[0].type != p[1].type], policy.retyped_column),
        )
        if found and choice == "stop"
    ]
    if stops:
        reason = f"{'; '.join(said)} (on_change: {', '.join(stops)} is stop)"
        now = replace(now, status=STOPPED, stop_reason=reason, identity={**now.identity, "reload": reload})
        return Verdict(now, version, "", tuple(said))
    if reload and now.status != STOPPED:
        now = replace(now, status=LOADING)
    return Verdict(now, version, reload if now.status != STOPPED else "", tuple(said))


def _matched(
    old: Sequence[BronzeColumn], new: Sequence[BronzeColumn]
) -> tuple[list[tuple[BronzeColumn, BronzeColumn]], list[BronzeColumn], list[BronzeColumn]]:
    """(pairs of the same column, added, dropped): by number where both know it, else by name."""
    by_number = {column.id: column for column in old if column.id}
    by_name = {column.name: column for column in old}
    pairs: list[tuple[BronzeColumn, BronzeColumn]] = []
    added: list[BronzeColumn] = []
    for column in new:
        former = by_number.get(column.id) if column.id else by_name.get(column.name)
        if former is None and column.id and (same := by_name.get(column.name)) is not None and not same.id:
            former = same
        if former is None:
            added.append(column)
        else:
            pairs.append((former, column))
    gone = {column.name for column in old} - {former.name for former, _ in pairs}
    return pairs, added, [column for column in old if column.name in gone]
