"""Two states of one table, row by row: what was added, removed and changed, and in which columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakewright.engines import Engine
from lakewright.engines import Session as EngineSession
from lakewright.errors import SpecError
from lakewright.query.lake import Lake, Pin, Relation

EXAMPLES = 20


@dataclass(frozen=True)
class Example:
    """One row that differs: `kind` is added, removed or changed; `columns` maps a column to its two values."""

    kind: str
    key: Mapping[str, Any]
    columns: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Difference:
    """What differs between two versions of a table; `by_column` counts changed rows per column."""

    name: str
    before: int | None
    after: int | None
    key: tuple[str, ...]
    columns_added: Mapping[str, str]
    columns_dropped: Mapping[str, str]
    columns_retyped: Mapping[str, tuple[str, str]]
    added: int
    removed: int
    changed: int
    same: int
    by_column: Mapping[str, int]
    examples: tuple[Example, ...]

    @property
    def equal(self) -> bool:
        columns = self.columns_added or self.columns_dropped or self.columns_retyped
        return not (self.added or self.removed or self.changed or columns)


def diff(
    lake: Lake, open_engine: Callable[[], Engine], name: str, before: Pin, after: Pin, key: Sequence[str]
) -> Difference:
    """Compares two states of a table by `key`. Without a key whole rows are compared: they are added or removed."""
    engine = open_engine()
    try:
        session = engine.session()
        old = lake.relation(name, before, engine, lambda sql: session.rows(sql)[0][0])
        new = lake.relation(name, after, engine, lambda sql: session.rows(sql)[0][0])
        return _compare(session, name, old, new, tuple(key))
    finally:
        engine.close()


def _compare(session: EngineSession, name: str, old: Relation, new: Relation, key: tuple[str, ...]) -> Difference:
    was, now = old.info.columns, new.info.columns
    common = [column for column in now if column in was]
    if unknown := [column for column in key if column not in common]:
        raise SpecError(
            "LW916", f"{name} has no column {unknown[0]} in both versions", hint="choose --key from its columns"
        )
    retyped = {column: (was[column], now[column]) for column in common if was[column] != now[column]}
    values = [column for column in common if column not in key]
    join = _joined(old.sql, new.sql, key or tuple(common), values if key else [], counted=not key)
    session.run(f"CREATE TEMP TABLE difference AS {join}")
    counts = {kind: int(count) for kind, count in session.rows('SELECT "#kind", sum("#n") FROM difference GROUP BY 1')}
    return Difference(
        name=name,
        before=old.info.version,
        after=new.info.version,
        key=key,
        columns_added={column: kind for column, kind in now.items() if column not in was},
        columns_dropped={column: kind for column, kind in was.items() if column not in now},
        columns_retyped=retyped,
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        changed=counts.get("changed", 0),
        same=counts.get("same", 0),
        by_column=_by_column(session, values if key else []),
        examples=_examples(session, key or tuple(common), values if key else []),
    )


def _joined(old: str, new: str, key: Sequence[str], values: Sequence[str], *, counted: bool) -> str:
    """Rows of both sides side by side. `counted`: equal rows are one with a number, so that doubles do not multiply."""
    names = ", ".join(_quoted(column) for column in key)
    rows = (
        'SELECT {names}, count(*) AS "#c" FROM ({sql}) GROUP BY ALL' if counted else 'SELECT *, 1 AS "#c" FROM ({sql})'
    )
    on = " AND ".join(f"o.{_quoted(column)} IS NOT DISTINCT FROM n.{_quoted(column)}" for column in key) or "true"
    keys = ", ".join(
        f'CASE WHEN n."#c" IS NULL THEN o.{_quoted(c)} ELSE n.{_quoted(c)} END AS {_quoted(f"k.{c}")}' for c in key
    )
    pairs = "".join(f", o.{_quoted(c)} AS {_quoted(f'o.{c}')}, n.{_quoted(c)} AS {_quoted(f'n.{c}')}" for c in values)
    differs = " OR ".join(f"o.{_quoted(c)} IS DISTINCT FROM n.{_quoted(c)}" for c in values) or "false"
    before, after = 'coalesce(o."#c", 0)', 'coalesce(n."#c", 0)'
    sides = (
        f'SELECT {keys}{pairs}, {before} AS "#b", {after} AS "#a", ({differs}) AS "#d" '
        f"FROM ({rows.format(names=names, sql=old)}) AS o FULL JOIN ({rows.format(names=names, sql=new)}) AS n ON {on}"
    )
    return (
        f"WITH s AS ({sides}) "
        'SELECT *, CASE WHEN "#b" < "#a" THEN \'added\' ELSE \'removed\' END AS "#kind", abs("#a" - "#b") AS "#n" '
        'FROM s WHERE "#a" <> "#b" UNION ALL '
        'SELECT *, CASE WHEN "#d" THEN \'changed\' ELSE \'same\' END, least("#a", "#b") '
        'FROM s WHERE least("#a", "#b") > 0'
    )


def _by_column(session: EngineSession, values: Sequence[str]) -> dict[str, int]:
    if not values:
        return {}
    counts = ", ".join(f"count(*) FILTER ({_quoted(f'o.{c}')} IS DISTINCT FROM {_quoted(f'n.{c}')})" for c in values)
    row = session.rows(f"SELECT {counts} FROM difference WHERE \"#kind\" = 'changed'")[0]
    return {column: int(count) for column, count in zip(values, row, strict=True) if count}


def _examples(session: EngineSession, key: Sequence[str], values: Sequence[str]) -> tuple[Example, ...]:
    keys = ", ".join(_quoted(f"k.{c}") for c in key)
    pairs = "".join(f", {_quoted(f'o.{c}')}, {_quoted(f'n.{c}')}" for c in values)
    rows = session.rows(
        f'SELECT "#kind", {keys}{pairs} FROM difference WHERE "#kind" <> \'same\' ORDER BY ALL LIMIT {EXAMPLES}'
    )
    return tuple(_example(row, key, values) for row in rows)


def _example(row: Sequence[Any], key: Sequence[str], values: Sequence[str]) -> Example:
    kind, at = row[0], 1 + len(key)
    both = {column: (row[at + 2 * i], row[at + 2 * i + 1]) for i, column in enumerate(values)}
    if kind == "changed":
        both = {column: pair for column, pair in both.items() if pair[0] != pair[1]}
    return Example(kind, dict(zip(key, row[1:at], strict=True)), both)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
