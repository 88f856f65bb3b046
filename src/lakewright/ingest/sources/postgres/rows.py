"""The row changes of one table: pgoutput's Insert, Update and Delete messages → one Arrow table.

A message holds one or two tuples: new (`N`), old key (`K`) or whole old row (`O`, with REPLICA IDENTITY FULL).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres.buffer import Array, Bools, Buffer, Bytes, Ints, Values, constant_width, fixed
from lakewright.ingest.sources.postgres.columns import Decoded, decode_column
from lakewright.ingest.sources.postgres.messages import MessageBatch
from lakewright.ingest.sources.postgres.relation import NeedsTextMode, Relation, RelationColumn

NULL, UNCHANGED, TEXT, BINARY = (ord(kind) for kind in "nutb")
NEW, WHOLE_OLD, UPDATE, DELETE = (ord(kind) for kind in "NOUD")
PRESENT = np.zeros(256, dtype=np.bool_)
PRESENT[[TEXT, BINARY]] = True
SYSTEM_COLUMNS: Mapping[str, Any] = {
    "Op": pa.string(),
    "_commit_ts": pa.timestamp("us", "UTC"),
    "_lsn": pa.int64(),
    "_seq": pa.int64(),
    "_unchanged": pa.list_(pa.string()),
    "_special": pa.map_(pa.string(), pa.string()),
    "_old_key": pa.string(),
}
"""What the decoder puts before a table's own columns (`_schema_version` is added by who numbers the versions)."""


def _nulls(count: int, kind: Any) -> Array:
    nulls: Array = pa.nulls(count, kind)
    return nulls


@dataclass(frozen=True, slots=True)
class Place:
    """Every message's place in the stream: `transaction[i]` indexes the arrays of transactions, the first of which
    is the one that was open before the batch. `counts` is the running number of changes, `base` where a transaction's
    count starts.
    """

    transaction: Ints
    counts: Ints
    lsn: Ints
    commit_ts: Ints
    base: Ints

    def system_columns(self, messages: Ints, ops: Bytes, later: Bools) -> list[Array]:
        """Op, _commit_ts, _lsn, _seq. A message has two numbers, the second for its second row (`later`)."""
        transaction = self.transaction[messages]
        sequence = (self.counts[messages] - self.base[transaction] - 1) * 2 + later
        return [
            constant_width(ops.reshape(-1, 1), None),
            fixed(pa.timestamp("us", "UTC"), self.commit_ts[transaction], None),
            fixed(pa.int64(), self.lsn[transaction], None),
            fixed(pa.int64(), sequence, None),
        ]


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of many tuples: kind of each value (n, u, t, b), where it starts, how long it is."""

    kinds: Bytes
    starts: Ints
    lengths: Ints

    uniform: bool
    """All values are there and in the same format."""

    def at(self, rows: Ints) -> Cells:
        return Cells(self.kinds[rows], self.starts[rows], self.lengths[rows], self.uniform)

    @property
    def unchanged(self) -> Bools:
        unchanged: Bools = self.kinds == UNCHANGED
        return unchanged

    def values(self, buffer: Buffer) -> Values:
        if self.uniform:
            return Values(buffer, self.starts, self.lengths, None, bool(self.kinds[0] == TEXT))
        text, present = self.kinds == TEXT, PRESENT[self.kinds]
        null = None if present.all() else ~present
        mixed = text.any() and (self.kinds == BINARY).any()
        return Values(buffer, self.starts, self.lengths, null, text if mixed else bool(text.any()))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which tuples become rows: per row its message, its Op, its tuple, whether it is the message's second row, and
    for the second row of a key change the tuple with the old key (else -1).
    """

    messages: Ints
    ops: Bytes
    tuples: Ints | None
    later: Bools
    old: Ints | None


def locate(buffer: Buffer, at: Ints, columns: int) -> Iterator[Cells]:
    """The columns of the tuples whose first value is at `at`; `at` is moved to the tuples' ends."""
    for _ in range(columns):
        kinds = buffer.u8(at)
        uniform = bool(PRESENT[kinds[:1]].all() and (kinds == kinds[:1]).all())
        there = None if uniform else PRESENT[kinds]
        if there is None or there.all():
            lengths = buffer.u32(at + 1)
            starts = at + 5
            at += lengths + 5
        else:
            lengths = np.where(there, buffer.u32(at + 1), 0)
            starts = np.where(there, at + 5, 0)
            at += np.where(there, lengths + 5, 1)
        yield Cells(kinds, starts, lengths, uniform)


def changed_rows(relation: Relation, batch: MessageBatch, ops: Bytes, messages: Ints, places: Place) -> pa.Table:
    """The rows of the given Insert, Update and Delete messages (indices into the batch), in their order."""
    buffer, first = batch.buffer, batch.starts[messages] + 5
    markers = buffer.u8(first)
    _check_width(relation, buffer.u16(first + 1))
    double = np.flatnonzero((markers != NEW) & (ops == UPDATE))
    at = first + 3
    if len(double) == 0:
        rows = _Rows(messages, ops, None, np.zeros(len(messages), dtype=np.bool_), None)
        cells: Iterator[Cells] | Sequence[Cells] = locate(buffer, at, len(relation.columns))
    else:
        whole_old = markers[double] == WHOLE_OLD
        cells, at, changed = _pairs(relation, buffer, at, double, whole_old)
        rows = _arrange(messages, ops, double, changed)
    table = _assemble(relation, buffer, cells, rows, places)
    if (at[: len(messages)] > batch.ends[messages]).any() or (len(double) == 0 and (at != batch.ends[messages]).any()):
        raise ProblemError("LW304", "a change's length and its columns do not agree", place=relation.label)
    return table


def _check_width(relation: Relation, widths: Ints) -> None:
    if (widths != len(relation.columns)).any():
        raise ProblemError(
            "LW304", f"a change has not the {len(relation.columns)} columns described", place=relation.label
        )


def _pairs(
    relation: Relation, buffer: Buffer, first: Ints, double: Ints, whole_old: Bools
) -> tuple[list[Cells], Ints, Bools]:
    """Tuples of messages of which those numbered `double` have a second tuple: the second ones follow the first.

    Gives the cells of all tuples, the tuples' ends, and which of the double messages change the key.
    """
    olds = first[double].copy()
    for _ in locate(buffer, olds, len(relation.columns)):
        pass
    _check_width(relation, buffer.u16(olds + 1))
    at = np.concatenate([first, olds + 3])
    count = len(first)
    new = np.arange(count, len(at))
    changed = np.zeros(len(double), dtype=np.bool_)
    cells = []
    for column, found in zip(relation.columns, locate(buffer, at, len(relation.columns)), strict=True):
        _fill_unchanged(found, new, double, whole_old)
        if column.key:
            changed |= _differ(buffer, found.at(double), found.at(new))
        cells.append(found)
    return cells, at, changed


def _fill_unchanged(cells: Cells, new: Ints, old: Ints, whole_old: Bools) -> None:
    """Takes unchanged values of new tuples from the whole old ones, where the server sent these."""
    fill = cells.unchanged[new] & whole_old
    if fill.any():
        target, source = new[fill], old[fill]
        cells.kinds[target] = cells.kinds[source]
        cells.starts[target] = cells.starts[source]
        cells.lengths[target] = cells.lengths[source]


def _differ(buffer: Buffer, old: Cells, new: Cells) -> Bools:
    """Which values differ. An unchanged one does not; a format (text or binary) is the same for both."""
    differ: Bools = (old.kinds == NULL) != (new.kinds == NULL)
    differ |= old.lengths != new.lengths
    differ &= ~new.unchanged
    same_size = ~differ & ~new.unchanged
    differ |= same_size & (buffer.prefix_words(old.starts, old.lengths) != buffer.prefix_words(new.starts, new.lengths))
    for row in np.flatnonzero(same_size & ~differ & (old.lengths > 8)).tolist():
        a, b, size = int(old.starts[row]), int(new.starts[row]), int(old.lengths[row])
        differ[row] = buffer.raw[a : a + size] != buffer.raw[b : b + size]
    return differ


def _arrange(messages: Ints, ops: Bytes, double: Ints, changed: Bools) -> _Rows:
    """One row per message; two (delete of the old key, update with the new one) where the key changes."""
    count = len(messages)
    is_double = np.zeros(count, dtype=np.bool_)
    is_double[double] = True
    single, moved = np.flatnonzero(~is_double), double[changed]
    new = count + np.arange(len(double))
    place = np.concatenate([single * 2, moved * 2, double * 2 + 1])
    order = np.argsort(place)
    deletes = np.full(len(moved), DELETE, dtype=np.uint8)
    old = np.concatenate([np.full(len(single) + len(moved), -1), np.where(changed, double, -1)])
    return _Rows(
        messages[place[order] // 2],
        np.concatenate([ops[single], deletes, ops[double]])[order],
        np.concatenate([single, moved, new])[order],
        (place[order] % 2).astype(np.bool_),
        old[order] if len(moved) else None,
    )


def _assemble(
    relation: Relation, buffer: Buffer, cells: Iterator[Cells] | Sequence[Cells], rows: _Rows, places: Place
) -> pa.Table:
    decoded: list[Decoded] = []
    old_keys: dict[str, Decoded] = {}
    unchanged = _Unchanged(len(rows.messages))
    moved = None if rows.old is None else np.flatnonzero(rows.old >= 0)
    for column, kind, found in zip(relation.columns, relation.types, cells, strict=True):
        mine = found if rows.tuples is None else found.at(rows.tuples)
        _check_readable(relation, column, mine)
        if not mine.uniform:
            unchanged.note(column.name, mine.unchanged)
        decoded.append(decode_column(kind, mine.values(buffer)))
        if moved is not None and rows.old is not None and column.key:
            old_keys[column.name] = decode_column(kind, found.at(rows.old[moved]).values(buffer))
    names = [column.name for column in relation.columns]
    system = [
        *places.system_columns(rows.messages, rows.ops, rows.later),
        unchanged.array(),
        special_values(names, [column.specials for column in decoded], len(rows.messages)),
        _old_key_texts(old_keys, moved, len(rows.messages)),
    ]
    arrays = system + [column.array for column in decoded]
    return pa.Table.from_arrays(arrays, names=[*SYSTEM_COLUMNS, *names])


def _check_readable(relation: Relation, column: RelationColumn, cells: Cells) -> None:
    if not column.readable_binary and (cells.kinds == BINARY).any():
        raise NeedsTextMode(relation, column.name)


class _Unchanged:
    """Collects which columns of which rows are unchanged TOAST values. Few combinations occur, so rows are numbered
    by combination and each combination's list is made once.
    """

    def __init__(self, rows: int) -> None:
        self._codes = np.zeros(rows, dtype=np.int64)
        self._lists: list[list[str]] = [[]]

    def note(self, name: str, unchanged: Bools) -> None:
        if unchanged.any():
            codes, self._codes = np.unique(self._codes * 2 + unchanged, return_inverse=True)
            self._lists = [self._lists[code // 2] + [name] * (code % 2) for code in codes.tolist()]

    def array(self) -> Array:
        kind = SYSTEM_COLUMNS["_unchanged"]
        if self._lists == [[]]:
            return _nulls(len(self._codes), kind)
        lists: Array = pa.array([found or None for found in self._lists], kind)
        return lists.take(self._codes)


def special_values(names: Sequence[str], specials: Sequence[Array | None], rows: int) -> Array:
    """The `_special` column: per row the special values by column name, NULL when there are none."""
    kind = SYSTEM_COLUMNS["_special"]
    found: dict[int, list[tuple[str, str]]] = {}
    for name, texts in zip(names, specials, strict=True):
        for row, text in enumerate(() if texts is None else texts.to_pylist()):
            if text is not None:
                found.setdefault(row, []).append((name, text))
    return pa.array([found.get(row) for row in range(rows)], kind) if found else _nulls(rows, kind)


def _old_key_texts(keys: dict[str, Decoded], moved: npt.NDArray[np.intp] | None, rows: int) -> Array:
    """The `_old_key` column: a JSON object of texts on the rows numbered `moved`."""
    if moved is None:
        return _nulls(rows, pa.string())
    columns = {name: _texts(key) for name, key in keys.items()}
    found = {
        row: json.dumps({name: texts[index] for name, texts in columns.items()}, ensure_ascii=False)
        for index, row in enumerate(moved.tolist())
    }
    return pa.array([found.get(row) for row in range(rows)], pa.string())


def _texts(key: Decoded) -> list[str | None]:
    array = key.array
    if pa.types.is_binary(array.type):
        return [None if value is None else "\\x" + value.hex() for value in array.to_pylist()]
    texts: list[str | None] = array.cast(pa.string()).to_pylist()
    specials = [None] * len(array) if key.specials is None else key.specials.to_pylist()
    return [special if special is not None else text for text, special in zip(texts, specials, strict=True)]


def truncated_rows(relation: Relation, messages: Ints, places: Place) -> pa.Table:
    """One `T` row for each of the given Truncate messages; all source columns are NULL."""
    count = len(messages)
    ops = np.full(count, ord("T"), dtype=np.uint8)
    system = places.system_columns(messages, ops, np.zeros(count, dtype=np.bool_))
    system += [_nulls(count, SYSTEM_COLUMNS[name]) for name in ("_unchanged", "_special", "_old_key")]
    arrays = system + [_nulls(count, kind.arrow) for kind in relation.types]
    return pa.Table.from_arrays(arrays, names=[*SYSTEM_COLUMNS, *(column.name for column in relation.columns)])
