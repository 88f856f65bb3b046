"""Rows as the snapshot and the stream give them → rows as DMS writes them.

What DMS does not tell stays untold: truncates, the old key of a row whose key changed, deletes of tables that are
filtered by another column than the key's, updates that take a row out of a filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from lakewright.ingest.dms.settings import S3Settings, SourceSettings
from lakewright.ingest.dms.types import INTERVAL, Column, DmsType, dms_type, type_of_canonical
from lakewright.ingest.dms.values import converted
from lakewright.ingest.mappings import TableTransform
from lakewright.ingest.mappings.arrow import Array, pc, whole

STREAM_WIDTH, LOAD_WIDTH = 7, 8
"""How many system columns the rows of the stream and of the snapshot begin with."""

INSTANT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class OutColumn:
    name: str
    kind: DmsType
    interval: bool = False


@dataclass(frozen=True)
class Shape:
    """One table in one version of its schema: what the mapping makes of it, and the types that DMS gives it."""

    transform: TableTransform
    columns: tuple[OutColumn, ...]

    @property
    def place(self) -> tuple[str, str]:
        """(schema, table) at the target."""
        return self.transform.schema, self.transform.name


@dataclass(frozen=True, slots=True)
class Written:
    """Rows ready for a file. `cut` and `lost` count values by column; `committed` has each row's commit time."""

    rows: pa.Table
    committed: Array
    cut: Mapping[str, int]
    lost: Mapping[str, int]


def shape_of(transform: TableTransform, columns: Mapping[str, Column], source: SourceSettings) -> Shape:
    """`columns` are the source's, by name."""
    found = []
    for target in transform.columns:
        change = transform.changes.get(target.name)
        made = target.source is None or (change is not None and (change.converted or change.expression is not None))
        if made:
            found.append(OutColumn(target.name, type_of_canonical(target.type)))
            continue
        column = columns[target.source or ""]
        found.append(OutColumn(target.name, dms_type(column, source), column.oid == INTERVAL))
    return Shape(transform, tuple(found))


def told(rows: pa.Table, shape: Shape) -> pa.Table:
    """The stream's rows without those that DMS does not tell of."""
    operations = whole(rows.column("Op"))
    keep = pc.and_(pc.not_equal(operations, "T"), pc.invert(_moved(rows, operations)))
    for one in shape.transform.filters:
        index = STREAM_WIDTH + rows.column_names[STREAM_WIDTH:].index(one.column)
        special = pc.map_lookup(whole(rows.column("_special")), pa.scalar(one.column), "first")
        keep = pc.and_(keep, pc.fill_null(one.mask(whole(rows.column(index)), special), False))
    return rows if pc.all(keep).as_py() else rows.filter(keep)


def _moved(rows: pa.Table, operations: Array) -> Array:
    """Deletes of an old key: the update that follows each has the old key beside it."""
    old = whole(rows.column("_old_key"))
    if old.null_count == len(old):
        return pa.repeat(pa.scalar(False), len(old))
    following = pa.concat_arrays([pc.is_valid(old)[1:], pa.array([False])])
    return pc.and_(pc.equal(operations, "D"), following)


def loaded(rows: pa.Table, shape: Shape, target: S3Settings, lob_bytes: int | None, at: datetime) -> Written:
    """Rows of a full load, read at `at`."""
    time = pa.repeat(pa.scalar(f"{at:{INSTANT}}.{at.microsecond:06}"), rows.num_rows)
    return _written(rows, LOAD_WIDTH, shape, target, lob_bytes, time, with_op=target.op_in_full_load)


def changed(rows: pa.Table, shape: Shape, target: S3Settings, lob_bytes: int | None) -> Written:
    """Rows of the stream, after `told`. Kinds that the settings leave out are gone."""
    if target.operations != frozenset("IUD"):
        rows = rows.filter(pc.is_in(rows.column("Op"), pa.array(sorted(target.operations))))
    rows = shape.transform.apply(rows)
    time = pc.strftime(whole(rows.column("_commit_ts")).cast(pa.timestamp("us", "UTC")), format=INSTANT)
    return _written(rows, STREAM_WIDTH, shape, target, lob_bytes, time, with_op=target.op_in_changes)


def _written(
    rows: pa.Table,
    width: int,
    shape: Shape,
    target: S3Settings,
    lob_bytes: int | None,
    time: Array,
    *,
    with_op: bool,
) -> Written:
    names: list[str] = ["Op"] if with_op else []
    arrays: list[Array] = [whole(rows.column("Op"))] if with_op else []
    if target.timestamp_column:
        names.append(target.timestamp_column)
        arrays.append(time)
    special = whole(rows.column("_special"))
    cut: dict[str, int] = {}
    lost: dict[str, int] = {}
    for index, column in enumerate(shape.columns):
        found = None if special.null_count == len(special) else pc.map_lookup(special, pa.scalar(column.name), "first")
        made = converted(whole(rows.column(width + index)), found, column.kind, column.interval, target, lob_bytes)
        cut |= {column.name: made.cut} if made.cut else {}
        lost |= {column.name: made.lost} if made.lost else {}
        names.append(column.name)
        arrays.append(made.array)
    return Written(pa.Table.from_arrays(arrays, names=names), whole(rows.column("_commit_ts")), cut, lost)
