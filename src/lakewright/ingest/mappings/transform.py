"""What a mapping does to the rows of one table: Bronze rows of the source's columns in, of the target's columns out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from lakewright.errors import ProblemError
from lakewright.ingest.mappings import masking
from lakewright.ingest.mappings.arrow import Array, nulls, pc, whole
from lakewright.ingest.mappings.expressions import Expression, evaluate
from lakewright.ingest.mappings.filters import BoundFilter
from lakewright.ingest.mappings.rules import Transformation
from lakewright.ingest.mappings.values import convert, from_python
from lakewright.models.types import TOASTABLE, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

SYSTEM_COLUMNS = ("Op", "_commit_ts", "_lsn", "_seq", "_schema_version", "_unchanged", "_special", "_old_key")
"""The columns that Bronze rows begin with; rows under way may lack some of them, in this order."""

Arrays = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column after the mapping. `source` is the source column whose values it holds, None for an added one."""

    name: str
    type: str
    source: str | None
    key: bool = False


@dataclass(frozen=True)
class Change:
    """How one target column comes about, beyond being copied."""

    masks: tuple[Transformation, ...] = ()
    converted: bool = False
    expression: Expression | None = None


@dataclass(frozen=True)
class SnapshotSelect:
    """What a snapshot reader may leave at the source: columns that nothing needs, and rows that fail `where` (SQL).

    `where` is "" when there is nothing to leave out or PostgreSQL might decide otherwise than `apply`; rows must go
    through `apply` in either case.
    """

    columns: tuple[str, ...]
    where: str


@dataclass(frozen=True)
class TableTransform:
    """The mapping's effect on one table of the source, in one version of its schema.

    `inputs` are the columns that rows must have; `key` names a row, in the target's names. `schema`, `name` and
    `load_order` (higher first) say what the target is called and when it loads.
    """

    source: str
    schema: str
    name: str
    load_order: int
    inputs: tuple[str, ...]
    columns: tuple[TargetColumn, ...]
    filters: tuple[BoundFilter, ...]
    changes: Mapping[str, Change]
    constants: Mapping[str, str]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    @property
    def renamed(self) -> dict[str, str]:
        """Source column → target column, for all that are kept."""
        return {column.source: column.name for column in self.columns if column.source}

    @property
    def changes_nothing(self) -> bool:
        same = tuple(column.source for column in self.columns) == self.inputs and not self.changes
        return same and not self.filters and all(source == name for source, name in self.renamed.items())

    def snapshot_select(self) -> SnapshotSelect:
        needed = {one.column for one in self.filters} | set(self.renamed)
        for change in self.changes.values():
            needed |= set(change.expression.columns if change.expression else ())
        conditions = [one.sql() for one in self.filters]
        where = " and ".join(one for one in conditions if one) if all(conditions) else ""
        return SnapshotSelect(tuple(name for name in self.inputs if name in needed), where)

    def apply(self, rows: pa.Table) -> pa.Table:
        """Rows with their system columns first → the same with the target's columns; rows may become fewer.

        Filters look at the new row: an insert that does not fit is left out, an update that no longer fits becomes a
        delete. A delete carries only its key, so it is left out only when the filter looks at key columns alone.
        Raises LW321 when a needed value was not sent (an unchanged, out-of-line one).
        """
        if self.changes_nothing:
            return rows
        batch = _Batch(self, rows)
        for one in self.filters:
            batch.filter(one)
        return batch.target()


class _Batch:
    """One table of rows on its way through a transform."""

    def __init__(self, transform: TableTransform, rows: pa.Table) -> None:
        self.transform = transform
        self.width = _system_width(rows.column_names)
        self.system = {name: whole(rows.column(index)) for index, name in enumerate(rows.column_names[: self.width])}
        names = rows.column_names[self.width :]
        self.columns = {name: whole(rows.column(self.width + index)) for index, name in enumerate(names)}
        self.specials: dict[str, dict[int, str]] = {}
        self.key = {column.source for column in transform.columns if column.key and column.source}

    @property
    def operations(self) -> Array:
        return self.system["Op"]

    def filter(self, one: BoundFilter) -> None:
        """Keeps what fits; turns updates that do not into deletes."""
        self._need((one.column,), f"the filter on {one.column}")
        fits = one.mask(self.columns[one.column], self._special_of(one.column))
        deletes = pc.equal(self.operations, "D")
        always = pc.equal(self.operations, "T")
        if one.column not in self.key:
            always = pc.or_(always, deletes)
        leaves = pc.and_not(pc.equal(self.operations, "U"), fits)
        if "_old_key" in self.system:
            leaves = pc.and_(leaves, pc.is_null(self.system["_old_key"]))  # the delete of the old key stands before it
        self._delete(leaves)
        self._take(pc.or_(pc.or_(fits, always), leaves))

    def _delete(self, chosen: Array) -> None:
        if not pc.any(chosen).as_py():
            return
        self.system["Op"] = pc.if_else(chosen, "D", self.operations)
        for name, column in self.columns.items():
            if name not in self.key:
                self.columns[name] = pc.if_else(chosen, pa.scalar(None, column.type), column)
        if "_unchanged" in self.system:
            self.system["_unchanged"] = _without(self.system["_unchanged"], chosen)
        special = self.system.get("_special")
        if special is not None and special.null_count < len(special):
            pairs = zip(special.to_pylist(), chosen.to_pylist(), strict=True)
            kept = [[one for one in found if one[0] in self.key] if found and gone else found for found, gone in pairs]
            self.system["_special"] = pa.array([found or None for found in kept], special.type)

    def _take(self, mask: Array) -> None:
        if not pc.all(mask).as_py():
            self.system = {name: pc.filter(array, mask) for name, array in self.system.items()}
            self.columns = {name: pc.filter(array, mask) for name, array in self.columns.items()}

    def _special_of(self, column: str) -> Array | None:
        special = self.system.get("_special")
        if special is None or special.null_count == len(special):
            return None
        return pc.map_lookup(special, pa.scalar(column), "first")

    def _need(self, columns: Sequence[str], what: str) -> None:
        """Raises LW321 when some row was sent without one of `columns` because it did not change."""
        unchanged = self.system.get("_unchanged")
        if unchanged is None or unchanged.null_count == len(unchanged):
            return
        missing = set(columns) & set(pc.list_flatten(unchanged).to_pylist())
        if missing:
            raise ProblemError(
                "LW321",
                f"{what} needs {', '.join(sorted(missing))}, which PostgreSQL did not send: it is large and unchanged",
                place=self.transform.source,
                hint=f"ALTER TABLE {self.transform.source} REPLICA IDENTITY FULL, or leave that column out of the rule",
            )

    def _need_unless_kept(self, column: TargetColumn, sources: Sequence[str]) -> None:
        """A target that is made from one unchanged value is unchanged too, if readers look its type up again."""
        if len(sources) > 1 or not column.type.startswith(TOASTABLE):
            self._need(sources, f"the column {column.name}")

    def target(self) -> pa.Table:
        arrays = {column.name: self._column(column) for column in self.transform.columns}
        self._rename_names()
        self._rename_old_keys()
        self._rename_specials()
        fields = [pa.field(name, array.type) for name, array in (*self.system.items(), *arrays.items())]
        return pa.Table.from_arrays([*self.system.values(), *arrays.values()], schema=pa.schema(fields))

    def _column(self, column: TargetColumn) -> Array:
        change = self.transform.changes.get(column.name)
        if change is not None and column.source is None:
            return self._added(column, change.expression)
        values = self.columns[column.source or ""]
        if change is None:
            return values
        values = reduce(_mask, change.masks, values)
        if not change.converted:
            return values
        self._need_unless_kept(column, (column.source or "",))
        result, refused = convert(values, column.type)
        self.specials[column.name] = refused
        return self._special_as_text(column, result) if column.type == "string" else result

    def _special_as_text(self, column: TargetColumn, values: Array) -> Array:
        """A value that only text can hold stands in the column once that is text."""
        special = self._special_of(column.source or "")
        return values if special is None else pc.coalesce(values, special)

    def _added(self, column: TargetColumn, expression: Expression | None) -> Array:
        kind = arrow_type(column.type)
        if expression is None:
            return nulls(len(self.operations), kind)
        self._need_unless_kept(column, expression.columns)
        inputs = {name: self._input(name) for name in expression.reads}
        values = evaluate(expression, inputs, self.operations, as_string=column.type == "string")
        if isinstance(values, list):
            values, self.specials[column.name] = from_python(values, column.type)
        bare = pc.equal(self.operations, "T")
        if not set(expression.columns) <= self.key:
            bare = pc.or_(bare, pc.equal(self.operations, "D"))
        return pc.if_else(bare, pa.scalar(None, kind), values)

    def _input(self, name: str) -> Array:
        if name in HEADER_VALUES:
            return HEADER_VALUES[name](self.system)
        if name.startswith("AR_"):
            return pa.repeat(pa.scalar(self.transform.constants[name]), len(self.operations))
        column = self.columns[name]
        special = self._special_of(name)
        return column if special is None else pc.coalesce(convert(column, "string")[0], special)

    def _rename_names(self) -> None:
        """`_unchanged` in the target's names; a column made from an unchanged one is unchanged too."""
        unchanged = self.system.get("_unchanged")
        if unchanged is None or unchanged.null_count == len(unchanged):
            return
        made: dict[str, list[str]] = {}
        for column in self.transform.columns:
            change = self.transform.changes.get(column.name)
            expression = change.expression if change else None
            for source in expression.columns if expression else [column.source] if column.source else []:
                made.setdefault(source, []).append(column.name)
        lists = [n if n is None else [new for old in n for new in made.get(old, [])] for n in unchanged.to_pylist()]
        self.system["_unchanged"] = pa.array([names or None for names in lists], unchanged.type)

    def _rename_old_keys(self) -> None:
        old = self.system.get("_old_key")
        if old is None or old.null_count == len(old):
            return
        names = self.transform.renamed
        texts = [_renamed_object(text, names) for text in old.to_pylist()]
        self.system["_old_key"] = pa.array(texts, old.type)

    def _rename_specials(self) -> None:
        """`_special` in the target's names, without what text now holds, with what a conversion could not keep."""
        special = self.system.get("_special")
        if special is None or (special.null_count == len(special) and not any(self.specials.values())):
            return
        kept = {c.source: c.name for c in self.transform.columns if c.source and c.type != "string"}
        maps: list[dict[str, str]] = [
            {kept[name]: text for name, text in pairs or () if name in kept} for pairs in special.to_pylist()
        ]
        for name, refused in self.specials.items():
            for row, text in refused.items():
                maps[row][name] = text
        self.system["_special"] = pa.array([list(found.items()) or None for found in maps], special.type)


def _system_width(names: Sequence[str]) -> int:
    """How many leading columns are system columns; a source column may have the name of one that came before."""
    width, start = 0, 0
    while width < len(names) and names[width] in SYSTEM_COLUMNS[start:]:
        start = SYSTEM_COLUMNS.index(names[width]) + 1
        width += 1
    return width


def _without(lists: Array, chosen: Array) -> Array:
    pairs = zip(lists.to_pylist(), chosen.to_pylist(), strict=True)
    return pa.array([None if gone else names for names, gone in pairs], lists.type)


def _renamed_object(text: str | None, names: Mapping[str, str]) -> str | None:
    if text is None:
        return None
    renamed = {names.get(name, name): value for name, value in json.loads(text).items()}
    return json.dumps(renamed, ensure_ascii=False)


def _mask(values: Array, rule: Transformation) -> Array:
    match rule.action:
        case "data-masking-digits-mask":
            return masking.digits_mask(values, rule.value or "")
        case "data-masking-digits-randomize":
            return masking.digits_randomize(values)
    return masking.hash_mask(values)


def _streamed(system: Arrays, values: Array) -> Array:
    """`values` for rows of the stream; a full load has no position (DMS's headers are empty there)."""
    return pc.if_else(pc.less(system["_seq"], 0), pa.scalar(None, values.type), values)


def _stream_position(system: Arrays) -> Array:
    texts = [f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}" for lsn in system["_lsn"].to_pylist()]
    return _streamed(system, pa.array(texts, pa.string()))


def _change_seq(system: Arrays) -> Array:
    """35 digits as DMS has them: 16 of the commit time (to 1/100 s), 19 that grow within it."""
    triples = zip(*(system[name].to_pylist() for name in ("_commit_ts", "_lsn", "_seq")), strict=True)
    texts = [
        f"{at:%Y%m%d%H%M%S}{at.microsecond // 10_000:02}{(lsn % 10**12) * 10**7 + max(seq, 0):019}"
        for at, lsn, seq in triples
    ]
    return _streamed(system, pa.array(texts, pa.string()))


def _commit_time(system: Arrays) -> Array:
    return convert(system["_commit_ts"], "string")[0]


def _operation(system: Arrays) -> Array:
    names = pa.array(["INSERT", "UPDATE", "DELETE"], pa.string())
    return pc.take(names, pc.index_in(system["Op"], pa.array(["I", "U", "D"])))


HEADER_VALUES: Mapping[str, Callable[[Arrays], Array]] = {
    "AR_H_STREAM_POSITION": _stream_position,
    "AR_H_CHANGE_SEQ": _change_seq,
    "AR_H_TIMESTAMP": _commit_time,
    "AR_H_COMMIT_TIMESTAMP": _commit_time,
    "AR_H_OPERATION": _operation,
}
