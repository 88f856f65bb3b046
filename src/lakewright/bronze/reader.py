"""SQL for DuckDB that reads Bronze through the manifest: all rows of a span of positions, or the latest row per key.

Order is (`_lsn`, `_seq`). "Before P" holds the rows with `_lsn` < P and the snapshot rows (`_seq` = -1) of `_lsn` = P;
"since P" holds all others. So the rows since P1 and before P2 are exactly what is new between the two positions.
"""

from __future__ import annotations

from collections.abc import Sequence

from lakewright.bronze.scan import SYSTEM, identifier, scan, select_list
from lakewright.bronze.state import BronzeColumn, BronzeFile, BronzeTable
from lakewright.models.types import TOASTABLE
from lakewright.storage import Storage

MAY_BE_SPECIAL = ("date", "timestamp", "decimal")
ORDER = '("_lsn"::HUGEINT * 68719476736 + "_seq" + 1)'


def rows_sql(
    storage: Storage,
    table: BronzeTable,
    *,
    since: int | None,
    before: int | None,
    columns: Sequence[str] | None = None,
) -> str:
    """A SELECT of all Bronze rows of the table's generation with `since` <= position < `before`, in no order.

    Gives the system columns, `load_date`, and the columns of the newest schema (missing ones are NULL or the source's
    default of that time); `columns` narrows to some of these names, in that order.
    """
    files = [file for file in table.current if _overlaps(file, since, before)]
    conditions = [_span(since, before)] if table.key else [_span(since, before), f'"_lsn" >= {table.snapshot_lsn}']
    return scan(storage, table, files, columns or all_columns(table), where=" AND ".join(filter(None, conditions)))


def latest_sql(
    storage: Storage,
    table: BronzeTable,
    *,
    before: int | None,
    keys_relation: str | None = None,
    columns: Sequence[str] | None = None,
    copy: str | None = None,
) -> str:
    """A SELECT of the current row of each key: deletes, truncates, key changes and unchanged TOAST values resolved.

    Gives the same columns as `rows_sql`. `keys_relation` names a DuckDB relation with the key columns, and limits the
    result to keys in it; NULL there stands for every special value of the column. A table without a key gives all rows
    that were not deleted, duplicates included.

    `copy` names a relation with all rows of `rows_sql` before that position, and perhaps later ones: it is read instead
    of the files.
    """
    files = [file for file in table.current if _overlaps(file, None, before)]
    wanted = tuple(columns or all_columns(table))
    if not table.key:
        return _keyless(storage, table, files, before, wanted)
    return _Latest(storage, table, files, before, keys_relation, wanted, copy).sql()


def all_columns(table: BronzeTable) -> tuple[str, ...]:
    """The names that the SELECTs give: system columns, `load_date`, then the newest schema's."""
    return (*SYSTEM, "load_date", *(column.name for column in table.schema.columns))


def special_keys(table: BronzeTable, files: Sequence[BronzeFile]) -> tuple[str, ...]:
    """The key columns that may hold a value which their type cannot: it is NULL there, and a text in `_special`.

    Only both together tell such rows apart.
    """
    if table.dms is not None or all(file.lean for file in files):
        return ()
    types = {column.name: column.type for column in table.schema.columns}
    return tuple(name for name in table.key if types[name].startswith(MAY_BE_SPECIAL))


def special_sql(name: str, alias: str = "") -> str:
    """The text of a column's special value; NULL when it has none."""
    return f'{alias and alias + "."}"_special"[{_text(name)}]'


def _overlaps(file: BronzeFile, since: int | None, before: int | None) -> bool:
    return (since is None or file.max_lsn >= since) and (before is None or file.min_lsn <= before)


def before_sql(before: int) -> str:
    """The condition that a row comes before a position."""
    return _span(None, before)


def _span(since: int | None, before: int | None) -> str:
    conditions = []
    if since is not None:
        conditions.append(f'("_lsn" > {since} OR ("_lsn" = {since} AND "_seq" >= 0))')
    if before is not None:
        conditions.append(f'("_lsn" < {before} OR ("_lsn" = {before} AND "_seq" = -1))')
    return " AND ".join(conditions)


def _joined(*conditions: str) -> str:
    return " AND ".join(filter(None, conditions))


def _keyless(
    storage: Storage, table: BronzeTable, files: Sequence[BronzeFile], before: int | None, wanted: Sequence[str]
) -> str:
    """Without a key a delete names a whole row (replica identity full), so equal rows are counted off.

    An update comes as a delete and a U with `_old_key`; one that changed nothing as a U alone, which counts nothing.
    """
    names = [column.name for column in table.schema.columns]
    values = ", ".join(identifier(name) for name in names)
    conditions = [part for part in (_span(None, before), f'"_lsn" >= {table.snapshot_lsn}') if part]
    system = [name for name in (*SYSTEM, "load_date") if name in wanted and name != "Op"]
    newest = "".join(f", arg_max({identifier(n)}, {ORDER}) FILTER (\"Op\" <> 'D') AS {identifier(n)}" for n in system)
    rows = scan(storage, table, files, all_columns(table), where=" AND ".join(conditions))
    return (
        f"WITH r AS MATERIALIZED ({rows}), "
        f"""t AS (SELECT coalesce(max({ORDER}), -1) AS o FROM r WHERE "Op" = 'T'), """
        f"""g AS (SELECT {values or "1 AS one"}{newest}, 'I' AS "Op", """
        f"""sum(CASE WHEN "Op" = 'D' THEN -1 WHEN "Op" = 'I' OR "_old_key" IS NOT NULL THEN 1 ELSE 0 END)::BIGINT """
        f"""AS "#n" FROM r, t """
        f"""WHERE {ORDER} > t.o AND "Op" <> 'T' GROUP BY {values or "ALL"}) """
        f'SELECT {", ".join(identifier(name) for name in wanted)} FROM g, range(greatest(g."#n", 0))'
    )


class _Latest:
    """Builds the SELECT for one keyed table, as a chain of common table expressions."""

    def __init__(
        self,
        storage: Storage,
        table: BronzeTable,
        files: Sequence[BronzeFile],
        before: int | None,
        keys_relation: str | None,
        wanted: Sequence[str],
        copy: str | None,
    ) -> None:
        self.table = table
        self.key = table.key
        self.odd = special_keys(table, files)
        self.identity = (*self.key, *map(_mark, self.odd))
        self.keys_relation = keys_relation
        self.wanted = wanted
        loads = [file for file in files if file.kind == "load"]
        older = [file for file in files if file.kind != "load" and file.min_lsn < table.loaded_lsn]
        changes = [file for file in files if file.kind != "load" and file.max_lsn >= table.loaded_lsn]
        snapshots = {lsn for file in loads for lsn in (file.min_lsn, file.max_lsn)}
        oldest = max(min((file.min_lsn for file in changes), default=0), table.loaded_lsn)
        self.overlapping = bool(loads and changes) and (len(snapshots) > 1 or oldest < max(snapshots))
        needed = tuple(dict.fromkeys((*SYSTEM, *self.key, *wanted)))
        where = _span(None, before)
        news = _joined(where, f'"_lsn" >= {table.loaded_lsn}' if older else "")
        if copy is None:
            self.changes = scan(storage, table, changes, needed, where=news) if changes else None
            self.loads = scan(storage, table, loads, needed, where=where)
        else:
            both = f"SELECT {', '.join(map(identifier, needed))} FROM {copy} WHERE "
            self.changes = both + _joined(news, '"_seq" >= 0') if changes else None
            self.loads = both + _joined(where, '"_seq" = -1')
        self.changes, self.loads = self.changes and self._marked(self.changes), self._marked(self.loads)
        self.toastable = [column for column in table.schema.columns if _toastable(column) and column.name in wanted]

    def sql(self) -> str:
        limit = (
            f" SEMI JOIN {self.keys_relation} AS k ON {self._same('r', 'k', self.key)}" if self.keys_relation else ""
        )
        if self.changes is None:
            return f"SELECT {self._list('r')} FROM ({self.loads}) AS r{limit}"
        keys = self._keys("r")
        sources = f"SELECT {keys}, {ORDER} AS o FROM b_changes AS r{limit} WHERE \"Op\" <> 'T'"
        if self.overlapping:
            sources += f" UNION ALL SELECT {keys}, {ORDER} AS o FROM b_loads AS r{limit}"
        parts = [
            f"b_changes AS NOT MATERIALIZED ({self.changes})",
            f"b_loads AS NOT MATERIALIZED ({self.loads})",
            f"""b_cut AS MATERIALIZED (SELECT coalesce(max({ORDER}), -1) AS o FROM b_changes WHERE "Op" = 'T')""",
            f"b_newest AS MATERIALIZED (SELECT {self._keys('r')}, max(o) AS o FROM ({sources}) AS r GROUP BY ALL)",
        ]
        resolved = self._resolution(parts) if self.toastable else "b_winners"
        parts.insert(4, f"b_winners AS {self._winners()}")
        loaded = f"SELECT {self._list('r')} FROM b_loads AS r{limit} "
        if self.overlapping:
            loaded += f"JOIN b_newest AS n ON {self._same('r', 'n')} AND n.o = {ORDER} "
        else:
            loaded += f"ANTI JOIN b_newest AS n ON {self._same('r', 'n')} "
        loaded += f"WHERE {ORDER} > (SELECT o FROM b_cut)"
        changed = f"SELECT {self._list('w')} FROM {resolved} AS w"
        return f"WITH RECURSIVE {', '.join(parts)} {changed} UNION ALL {loaded}"

    def _winners(self) -> str:
        return (
            f"{'MATERIALIZED' if self.toastable else 'NOT MATERIALIZED'} "
            f'(SELECT r.*, n.o AS "#o" FROM b_changes AS r JOIN b_newest AS n ON {self._same("r", "n")} '
            f"""AND n.o = {ORDER} WHERE "Op" NOT IN ('D', 'T') AND n.o > (SELECT o FROM b_cut))"""
        )

    def _resolution(self, parts: list[str]) -> str:
        """Adds the parts that look up unchanged TOAST values; gives the relation of the finished rows.

        `arrivals` are key changes; a key's history back to its arrival and from there under the old key, and so on, is
        one list of `segments`. The value of a column is that of the newest row in the segments that carries it.
        """
        values = [(name, _old_value(self._column(name), name in self.odd)) for name in self.key]
        values += [(_mark(name), _old_special(self._column(name))) for name in self.odd]
        old = ", ".join(f"{value} AS {identifier('old_' + name)}" for name, value in values)
        key = self._keys("a")
        parts.append(
            f"b_arrivals AS MATERIALIZED (SELECT a.*, lead(o) OVER (PARTITION BY {key} ORDER BY o) AS until FROM "
            f'(SELECT {self._keys("r")}, {ORDER} AS o, {old} FROM b_changes AS r WHERE "_old_key" IS NOT NULL) AS a)'
        )
        arrival = f"a.o < s.hi AND (a.until IS NULL OR a.until >= s.hi) AND {self._same('a', 's')}"
        moved = ", ".join(f"a.{identifier('old_' + name)}" for name in self.identity)
        parts.append(
            f'b_segments AS (SELECT "#o" AS w, {self._keys("w")}, "#o" + 1 AS hi FROM b_winners AS w '
            f'WHERE len("_unchanged") > 0 UNION ALL '
            f"SELECT s.w, {moved}, a.o FROM b_segments AS s JOIN b_arrivals AS a ON {arrival})"
        )
        parts.append(
            f"b_spans AS MATERIALIZED (SELECT s.*, coalesce(a.o, -1) AS lo FROM b_segments AS s "
            f"LEFT JOIN b_arrivals AS a ON {arrival})"
        )
        known = ", ".join(
            f"arg_max({{'v': r.{identifier(c.name)}}}, r.o) FILTER (NOT coalesce(list_contains(r.\"_unchanged\", "
            f"{_text(c.name)}), false)) AS {identifier(c.name)}"
            for c in self.toastable
        )
        every = f"SELECT *, {ORDER} AS o FROM b_changes UNION ALL SELECT *, {ORDER} AS o FROM b_loads"
        parts.append(
            f"b_known AS MATERIALIZED (SELECT s.w, {known} FROM b_spans AS s JOIN ({every}) AS r "
            f"ON {self._same('r', 's')} AND r.o >= s.lo AND r.o < s.hi WHERE r.\"Op\" NOT IN ('D', 'T') GROUP BY s.w)"
        )
        toastable = {column.name for column in self.toastable}
        finished = ", ".join(
            self._resolved(name) if name in toastable else f"w.{identifier(name)}" for name in self.wanted
        )
        parts.append(f'b_finished AS (SELECT {finished} FROM b_winners AS w LEFT JOIN b_known AS v ON v.w = w."#o")')
        return "b_finished"

    def _resolved(self, name: str) -> str:
        quoted = identifier(name)
        lost = f"LW415 {self.table.name}.{name}: no earlier value of an unchanged column; re-snapshot the table, key "
        key = f"w.{identifier(self.key[0])}::VARCHAR"
        key = f"coalesce({key}, w.{identifier(_mark(self.key[0]))})" if self.key[0] in self.odd else key
        error = f"error({_text(lost)} || {key})"
        return (
            f'CASE WHEN w."_unchanged" IS NULL OR NOT list_contains(w."_unchanged", {_text(name)}) THEN w.{quoted} '
            f"WHEN v.{quoted} IS NULL THEN {error} ELSE v.{quoted}.v END AS {quoted}"
        )

    def _column(self, name: str) -> BronzeColumn:
        column = self.table.schema.column(name)
        if column is None:
            raise KeyError(name)
        return column

    def _marked(self, rows: str) -> str:
        """With a column for the text of each special value in the key."""
        if not self.odd:
            return rows
        marks = ", ".join(f"{special_sql(name)} AS {identifier(_mark(name))}" for name in self.odd)
        return f"SELECT *, {marks} FROM ({rows})"

    def _same(self, left: str, right: str, names: Sequence[str] = ()) -> str:
        """Whether two rows have one key, or the same values in these columns of it."""
        never_null = set(self.key) - set(self.odd)
        return " AND ".join(
            f"{left}.{identifier(n)} {'=' if n in never_null else 'IS NOT DISTINCT FROM'} {right}.{identifier(n)}"
            for n in names or self.identity
        )

    def _keys(self, alias: str) -> str:
        return ", ".join(f"{alias}.{identifier(name)}" for name in self.identity)

    def _list(self, alias: str) -> str:
        return select_list(self.wanted, alias)


def _toastable(column: BronzeColumn) -> bool:
    return not column.key and column.type.startswith(TOASTABLE)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _mark(name: str) -> str:
    return f"#special {name}"


def _old_value(column: BronzeColumn, odd: bool) -> str:
    """The old value of a key column, from the JSON text in `_old_key`."""
    from lakewright.bronze.scan import from_text

    value = from_text(_old_text(column), column.type)
    return f"CASE WHEN {_plain(column)} THEN {value} END" if odd else value


def _old_special(column: BronzeColumn) -> str:
    """The text of a key column's old value, if it was a special one."""
    return f"CASE WHEN NOT {_plain(column)} THEN {_old_text(column)} END"


def _plain(column: BronzeColumn) -> str:
    """Whether the column's type holds the old value: DuckDB's own would hold infinities and far years too."""
    pattern = "-?[0-9.]+" if column.type.startswith("decimal") else "[0-9]{4}-[^B]*"
    return f"regexp_full_match({_old_text(column)}, {_text(pattern)})"


def _old_text(column: BronzeColumn) -> str:
    pointer = "/" + column.name.replace("~", "~0").replace("/", "~1")
    return f'json_extract_string("_old_key", {_text(pointer)})'
