"""INSERT, UPDATE, DELETE, MERGE and TRUNCATE: who may change a table's rows, and the one commit that does it.

Privileges (MODIFY, and SELECT for what reads the table):
https://docs.databricks.com/aws/en/data-governance/unity-catalog/access-control/privileges-reference; rules of MERGE:
https://docs.databricks.com/aws/en/sql/language-manual/delta-merge-into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from sqlglot import exp

from lakewright.rehearse.databricks.sql.constants import constant_rows
from lakewright.rehearse.databricks.sql.fitting import arity, fitted
from lakewright.rehearse.databricks.sql.problems import SqlProblem, syntax, unsupported
from lakewright.rehearse.databricks.sql.reading import need_relation
from lakewright.rehearse.databricks.sql.rewriting import (
    ACT,
    DELETE,
    INSERT,
    ROW,
    UPDATE,
    Plan,
    check_read,
    delete_plan,
    merge_plan,
    number_of,
    target_of,
    update_plan,
)
from lakewright.rehearse.databricks.sql.selects import parsed
from lakewright.rehearse.databricks.sql.statement import Columns, Statement
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import TABLE
from lakewright.rehearse.databricks.unity.metastore import metastore_of
from lakewright.rehearse.databricks.unity.rights import Rights, rights_of

Counts = dict[str, int]


@dataclass(frozen=True)
class Target:
    """A table whose rows are changed. `columns`: as they lie there, with what is declared of them."""

    body: Body
    columns: Sequence[Body]

    @property
    def names(self) -> list[str]:
        return [str(one["name"]) for one in self.columns]


def modify(on: Statement, statement: str) -> Columns:
    """Raises SqlProblem, DatabricksFault."""
    tree = parsed(statement)
    if isinstance(tree, exp.DML | exp.TruncateTable):
        check_read(tree)
    match tree:
        case exp.Insert():
            return _insert(on, tree)
        case exp.Update() | exp.Delete() | exp.Merge():
            return _change(on, tree, target_of(tree))
        case exp.TruncateTable():
            return _truncate(on, tree)
    raise syntax(f"A change of a table's rows was expected, not {type(tree).__name__.upper()}.")


def _target(on: Statement, parts: Sequence[str]) -> Target:
    """The table, when the caller may change it from here. Raises SqlProblem, PERMISSION_DENIED."""
    name = ".".join(on.whole(parts, 3))
    with on.call.objects.transaction():
        metastore = metastore_of(on.call)
        rights = rights_of(on.call, metastore)
        body = need_relation(metastore, rights, name)
        if body["table_type"] == "VIEW":
            text = f"'{name}' is a view, and a table was expected."
            raise SqlProblem("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", text, "42809")
        _need_modify(rights, name)
        if body.get("data_source_format") != "DELTA":
            raise unsupported("changes of tables that are not Delta")
    declared = {str(one["name"]).lower(): one for one in body["columns"]}
    lying = on.files.opened(body).columns()
    return Target(
        body, [declared.get(one.name.lower(), {}) | {"name": one.name, "type_text": one.type} for one in lying]
    )


def _still(on: Statement, target: Target) -> None:
    """Whether the table is still the one that was read, and the caller still may. Inside the transaction that
    commits."""
    on.alive()
    metastore = metastore_of(on.call)
    body = metastore.find(TABLE, target.body["full_name"])
    if body is None or body["table_id"] != target.body["table_id"] or _limits(body) != _limits(target.body):
        text = f"The metadata of {target.body['full_name']} has been changed by a concurrent update."
        raise SqlProblem("DELTA_METADATA_CHANGED", text, "2D521")
    _need_modify(rights_of(on.call, metastore), target.body["full_name"])


def _need_modify(rights: Rights, name: str) -> None:
    rights.need_write(TABLE, name)
    rights.need(("MODIFY",), TABLE, name)


def _limits(body: Body) -> tuple[object, ...]:
    return body.get("row_filter"), *(one.get("mask") for one in body["columns"])


# ── INSERT ──


def _insert(on: Statement, tree: exp.Insert) -> Columns:
    parts = target_of(tree)
    with on.tables(".".join(on.whole(parts, 3))):
        target = _target(on, parts)
        if tree.args.get("overwrite") and any(_limits(target.body)):
            raise unsupported("INSERT OVERWRITE on a table with a row filter or masks")
        names = _names(tree)
        values = tree.args.get("expression")
        given = constant_rows(values) if isinstance(values, exp.Values) else None
        rows = _ordered(names, target, on.run(_source(tree, names, target)) if given is None else given)
        with on.call.objects.transaction():
            _still(on, target)
            if tree.args.get("overwrite"):
                on.files.create(target.body | {"columns": _with_keys(target)}, rows)
            else:
                on.files.append(target.body, target.columns, rows)
    return {"num_affected_rows": [rows.num_rows], "num_inserted_rows": [rows.num_rows]}


def _with_keys(target: Target) -> list[Body]:
    return [dict(one) for one in target.columns]


def _names(tree: exp.Insert) -> list[str] | None:
    """The columns that are given values, in order; None for all."""
    if isinstance(tree.this, exp.Schema):
        return [one.name for one in tree.this.expressions]
    query: exp.Query = tree.args["expression"]
    return [one.alias_or_name for one in query.selects] if tree.args.get("by_name") else None


def _typed(query: exp.Query, names: list[str] | None, target: Target) -> None:
    """NULL alone has no type: in a query's columns it gets that of the column that it is for."""
    kinds = {name.lower(): str(one["type_text"]) for name, one in zip(target.names, target.columns, strict=True)}
    given = [kinds.get(name.lower()) for name in (names if names is not None else target.names)]
    if isinstance(query, exp.SetOperation):
        _typed(query.left, names, target)
        _typed(query.right, names, target)
        return
    values = query.find(exp.Values) if isinstance(query, exp.Select) and query.is_star else None
    rows = [one.expressions for one in values.expressions] if values is not None else [query.selects]
    for row in rows:
        for one, kind in zip(row, given, strict=False):
            if isinstance(null := one.unalias(), exp.Null) and kind is not None:
                null.replace(exp.cast(exp.Null(), kind, dialect="databricks"))


def _source(tree: exp.Insert, names: list[str] | None, target: Target) -> exp.Expr:
    """The rows that are inserted, as a query."""
    source = tree.expression or tree.args.get("source")
    if source is None:
        raise syntax("INSERT takes a query or VALUES.")
    if any(one.name.upper() == "DEFAULT" for one in source.find_all(exp.Var)):
        raise unsupported("DEFAULT as a value")
    if isinstance(source, exp.Values):
        source = exp.select(exp.Star()).from_(source.copy())
    if isinstance(source, exp.Table):
        source = exp.select(exp.Star()).from_(source.copy())
    if not isinstance(source, exp.Query):
        raise syntax("INSERT takes a query or VALUES.")
    found = source.copy()
    _typed(found, names, target)
    if with_ := tree.args.get("with_"):
        found.set("with_", with_.copy())
    return found


def _ordered(named: list[str] | None, target: Target, rows: pa.Table) -> pa.Table:
    """Rows with the table's columns: those that are not named hold NULL."""
    if named is None:
        return rows
    if len(named) != rows.num_columns:
        raise arity(str(target.body["full_name"]), rows.num_columns, len(named))
    numbers = [number_of(name, target.names) for name in named]
    if len(set(numbers)) < len(numbers):
        raise SqlProblem("COLUMN_ALREADY_EXISTS", "A column is named twice.", "42711")
    given = dict(zip(numbers, rows.columns, strict=True))
    nothing = pa.chunked_array([pa.nulls(rows.num_rows)])
    return pa.table([given.get(number, nothing) for number in range(len(target.names))], names=target.names)


# ── UPDATE, DELETE, MERGE ──


def _change(on: Statement, tree: exp.Expr, parts: Sequence[str]) -> Columns:
    with on.tables(".".join(on.whole(parts, 3))):
        target = _target(on, parts)
        if any(_limits(target.body)):
            raise unsupported("UPDATE, DELETE and MERGE on a table with a row filter or masks")
        plan = _PLANS[type(tree)](tree, target.names)
        table = on.files.opened(target.body)
        version, known = table.version(), sum(file.rows for file in table.files())
        found = on.run(plan.query)
        rows, counts = _applied(plan, found, target)
        before = len(np.unique(found[ROW].drop_null())) if ROW in found.column_names else found.num_rows
        if min((file.rows for file in table.files()), default=0) >= 0 and before != known:
            raise SqlProblem("DELTA_CONCURRENT_WRITE", f"{before} of {known} rows were read: try again.", "2D521")
        if any(counts.values()):
            with on.call.objects.transaction():
                _still(on, target)
                on.files.change(target.body, target.columns, rows, version)
    affected = {"num_affected_rows": [sum(counts.values())]}
    if isinstance(tree, exp.Merge):
        affected |= {f"num_{verb}_rows": [counts[action]] for action, verb in _VERBS.items()}
    return affected


_PLANS: Mapping[type[exp.Expr], Callable[[exp.Expr, Sequence[str]], Plan]] = {
    exp.Update: update_plan,  # type: ignore[dict-item] # each takes its own kind of tree
    exp.Delete: delete_plan,  # type: ignore[dict-item]
    exp.Merge: merge_plan,  # type: ignore[dict-item]
}
_VERBS = {UPDATE: "updated", DELETE: "deleted", INSERT: "inserted"}


def _applied(plan: Plan, found: pa.Table, target: Target) -> tuple[pa.Table, Counts]:
    """All rows as they will be, and how many of them each action is about."""
    act = found[ACT].to_numpy()
    parts = [_kept(found, act)]
    counts = dict.fromkeys(_VERBS, 0)
    _check_single(plan, found, act)
    for number, action in enumerate(plan.actions, 1):
        some = np.flatnonzero(act == number)
        if action == DELETE and ROW in found.column_names:
            some = np.unique(found[ROW].take(some))
        counts[action] += len(some)
        if action != DELETE:
            parts.append((number, some))
    name = str(target.body["full_name"])
    made = [_made(found.take(some), number, plan, target, name) for number, some in parts if len(some)]
    names = target.names
    if not made:
        return pa.table([pa.nulls(0) for _ in names], names=names), counts
    return pa.concat_tables(made), counts


def _kept(found: pa.Table, act: np.ndarray) -> tuple[int, np.ndarray]:
    """Places of the rows that stay as they are. A row of the table that several of the source match is there once."""
    idle = np.flatnonzero(act == 0)
    if ROW not in found.column_names:
        return 0, idle
    rows = _numbers(found)
    acting = np.unique(rows[(act > 0) & (rows >= 0)])
    idle = idle[(rows[idle] >= 0) & ~np.isin(rows[idle], acting)]
    _, first = np.unique(rows[idle], return_index=True)
    return 0, idle[np.sort(first)]


def _numbers(found: pa.Table) -> np.ndarray:
    """Each row's number in the table; -1 for what comes new."""
    numbers: Any = found[ROW]
    return np.asarray(numbers.fill_null(-1).to_numpy())


def _check_single(plan: Plan, found: pa.Table, act: np.ndarray) -> None:
    """No row of the table is changed in two ways; to be deleted twice is the same."""
    if ROW not in found.column_names:
        return
    rows = _numbers(found)
    places = np.flatnonzero((act > 0) & (rows >= 0))
    _, counted = np.unique(rows[places], return_counts=True)
    if counted.max(initial=0) > 1 and {plan.actions[number - 1] for number in act[places]} != {DELETE}:
        text = (
            "Cannot perform Merge as multiple source rows matched and attempted to modify the same target row in the "
            "Delta table in possibly conflicting ways."
        )
        raise SqlProblem("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", text, "21506")


def _made(some: pa.Table, number: int, plan: Plan, target: Target, name: str) -> pa.Table:
    """Rows of one clause (0: untouched) as they will be, in the table's types."""
    sets = plan.sets[number - 1] if number else ()
    is_new = bool(number) and plan.actions[number - 1] == INSERT
    columns = []
    for at, column in enumerate(target.columns):
        name_of = f"v{number}_{at}" if at in sets or is_new else f"k{at}"
        is_there = name_of in some.column_names
        values = some[name_of] if is_there else pa.chunked_array([pa.nulls(some.num_rows)])
        columns.append(fitted(values, column, name))
    return pa.table(columns, names=target.names)


def _truncate(on: Statement, tree: exp.TruncateTable) -> Columns:
    if len(tree.expressions) != 1:
        raise unsupported("TRUNCATE of several tables")
    table = tree.expressions[0]
    return _change(on, exp.Delete(this=table.copy()), [part.name for part in table.parts]) and {}
