"""UPDATE, DELETE and MERGE as one query each: what the rows are, which of them change, and what they become.

The query runs as its caller, like any other; `modifying` puts the table together from its rows. Columns of the query:
`k0`, `k1`, … the table's own; `__lw_act` the number of the clause that a row fits (0: none); `vA_N` what clause A makes
of column N (without it: NULL); for MERGE also `__lw_row`, the row's number in the table (NULL for what comes new).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from lakewright.rehearse.databricks.sql.problems import SqlProblem, syntax, unsupported
from lakewright.rehearse.databricks.unity.contents import OWN

HIT, ROW, THERE, ACT = (f"{OWN}{name}" for name in ("hit", "row", "there", "act"))
UPDATE, DELETE, INSERT = "update", "delete", "insert"


@dataclass(frozen=True)
class Clause:
    """What is done to rows: `sets` has a column's number → its new value. `when`: which rows, beside `condition`."""

    action: str
    when: exp.Expr
    condition: exp.Expr | None
    sets: Mapping[int, exp.Expr]


@dataclass(frozen=True)
class Plan:
    """The query over a table; what each clause does, and the columns that it sets, by the clause's number less 1."""

    query: exp.Select
    actions: tuple[str, ...]
    sets: tuple[tuple[int, ...], ...]


def target_of(tree: exp.Expr) -> list[str]:
    """The name of the table that a statement changes, in its parts."""
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(table, exp.Table) or not table.name:
        raise syntax("A table's name was expected.")
    return [part.name for part in table.parts]


_READ: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.Insert: frozenset({"this", "expression", "source", "overwrite", "by_name", "with_"}),
    exp.Update: frozenset({"this", "expressions", "where", "with_"}),
    exp.Delete: frozenset({"this", "where", "with_"}),
    exp.Merge: frozenset({"this", "using", "on", "whens", "with_"}),
    exp.TruncateTable: frozenset({"expressions"}),
    exp.Table: frozenset({"this", "db", "catalog", "alias"}),
    exp.TableAlias: frozenset({"this"}),
}
"""What is read of a statement, and of the name of the table that it changes."""
_READ_OF_WHEN: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.When: frozenset({"matched", "source", "condition", "then"}),
    exp.Update: frozenset({"this", "expressions"}),
    exp.Insert: frozenset({"this", "expression"}),
}


def check_read(tree: exp.Expr) -> None:
    """Nothing is dropped of what a change says. Raises SqlProblem for what nothing here does."""
    named = tree.expressions[0] if isinstance(tree, exp.TruncateTable) else tree.this
    table = named.this if isinstance(named, exp.Schema) else named
    whens = tree.args["whens"].expressions if isinstance(tree, exp.Merge) else ()
    parts = [(one, _READ) for one in (tree, table, table.args.get("alias")) if one is not None]
    parts += [(one, _READ_OF_WHEN) for when in whens for one in (when, when.args["then"])]
    for part, read in parts:
        if (known := read.get(type(part))) is None:
            continue
        if over := next((name for name, value in part.args.items() if value and name not in known), None):
            raise unsupported(f"{tree.key.upper()} … {over.strip('_').upper()}")
    if any(one.name.lower().startswith(OWN) for one in tree.find_all(exp.Identifier)):
        raise unsupported(f"names that begin with {OWN} in a change of rows")


def update_plan(tree: exp.Update, columns: Sequence[str]) -> Plan:
    alias = _alias(tree.this)
    where = tree.args.get("where")
    hit = exp.column(HIT, alias)
    sets = dict(_assigned(tree.expressions, columns))
    return _plan(tree, _marked(tree.this, where), alias, columns, [Clause(UPDATE, hit, None, sets)])


def delete_plan(tree: exp.Delete, columns: Sequence[str]) -> Plan:
    alias = _alias(tree.this)
    marked = _marked(tree.this, tree.args.get("where"))
    return _plan(tree, marked, alias, columns, [Clause(DELETE, exp.column(HIT, alias), None, {})])


def merge_plan(tree: exp.Merge, columns: Sequence[str]) -> Plan:
    """The target's rows and the source's, side by side."""
    alias, source = _alias(tree.this), _alias(tree.args["using"])
    if alias.lower() == source.lower():
        raise SqlProblem("AMBIGUOUS_REFERENCE", f"Reference `{alias}` is ambiguous: give the source an alias.", "42704")
    order = exp.Order(expressions=[exp.Ordered(this=exp.column(columns[0], alias), nulls_first=True)])
    number = exp.alias_(exp.Window(this=exp.RowNumber(), order=order), ROW)
    target = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(alias)), number).from_(_aliased(tree.this))
    beside = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(source)), exp.alias_(exp.true(), THERE))
    clauses = [_clause(when, columns, alias, source) for when in tree.args["whens"].expressions]
    plan = _plan(tree, target.subquery(alias), alias, columns, clauses)
    joined = beside.from_(_aliased(tree.args["using"])).subquery(source)
    query = plan.query.join(joined, on=tree.args["on"].copy(), join_type="full outer")
    query.select(exp.column(ROW, alias), copy=False)
    return Plan(query, plan.actions, plan.sets)


def _clause(when: exp.When, columns: Sequence[str], alias: str, source: str) -> Clause:
    """One WHEN of a MERGE. A row of the target alone has nothing from the source, and the other way round."""
    is_there, is_given = exp.column(ROW, alias).is_(exp.null()).not_(), exp.column(THERE, source)
    if when.args.get("matched"):
        fits: exp.Expr = exp.and_(is_there, is_given)
    elif when.args.get("source"):
        fits = exp.column(THERE, source).is_(exp.null())
    else:
        fits = exp.column(ROW, alias).is_(exp.null())
    then, condition = when.args["then"], when.args.get("condition")
    match then:
        case exp.Update():
            sets = _whole(columns, source) if _is_star(then.expressions) else dict(_assigned(then.expressions, columns))
            return Clause(UPDATE, fits, condition, sets)
        case exp.Insert():
            return Clause(INSERT, fits, condition, _inserted(then, columns, source))
    if str(then.name).upper() == "DELETE":
        return Clause(DELETE, fits, condition, {})
    raise syntax(f"UPDATE, DELETE or INSERT was expected, not {then.sql('databricks')}.")


def _inserted(then: exp.Insert, columns: Sequence[str], source: str) -> Mapping[int, exp.Expr]:
    if isinstance(then.this, exp.Star):
        return _whole(columns, source)
    names = [one.name for one in then.this.expressions] if then.this is not None else list(columns)
    values = then.expression.expressions
    if len(names) != len(values):
        text = f"INSERT names {len(names)} columns and gives {len(values)} values."
        raise SqlProblem("INSERT_COLUMN_ARITY_MISMATCH", text, "21S01")
    return {number_of(name, columns): _value(value) for name, value in zip(names, values, strict=True)}


def _is_star(expressions: Sequence[exp.Expr]) -> bool:
    return len(expressions) == 1 and isinstance(expressions[0], exp.Star)


def _whole(columns: Sequence[str], source: str) -> Mapping[int, exp.Expr]:
    """UPDATE SET *, INSERT *: every column from the source's of that name."""
    return {number: exp.column(exp.to_identifier(name, quoted=True), source) for number, name in enumerate(columns)}


def _assigned(expressions: Sequence[exp.Expr], columns: Sequence[str]) -> Iterator[tuple[int, exp.Expr]]:
    for one in expressions:
        if not isinstance(one, exp.EQ) or not isinstance(one.this, exp.Column):
            raise syntax(f"column = value was expected, not {one.sql('databricks')}.")
        yield number_of(one.this.name, columns), _value(one.expression)


def _value(value: exp.Expr) -> exp.Expr:
    bare = value.this if isinstance(value, exp.Column) and not value.table else value
    if isinstance(bare, exp.Var | exp.Identifier) and not bare.args.get("quoted") and bare.name.upper() == "DEFAULT":
        raise unsupported("DEFAULT as a value")
    return value


def number_of(name: str, columns: Sequence[str]) -> int:
    """A column's place in the table. Raises SqlProblem."""
    lower = [one.lower() for one in columns]
    if name.lower() not in lower:
        known = ", ".join(f"`{one}`" for one in columns)
        text = f"A column, variable, or function parameter with name `{name}` cannot be resolved. Did you mean one of "
        raise SqlProblem("UNRESOLVED_COLUMN.WITH_SUGGESTION", f"{text}the following? [{known}].", "42703")
    return lower.index(name.lower())


def _alias(source: exp.Expr) -> str:
    return str(source.alias_or_name) or "__lw_source"


def _aliased(source: exp.Expr) -> exp.Expr:
    """A table or subquery under the name by which its columns are called."""
    found = source.copy()
    if not found.alias:
        found.set("alias", exp.TableAlias(this=exp.to_identifier(_alias(source))))
    return found


def _marked(table: exp.Expr, where: exp.Expr | None) -> exp.Expr:
    """The table with a mark on the rows that a condition names; without one, on all."""
    alias = _alias(table)
    condition: exp.Expr = (
        exp.true() if where is None else exp.Coalesce(this=where.this.copy(), expressions=[exp.false()])
    )
    whole = exp.Column(this=exp.Star(), table=exp.to_identifier(alias))
    return exp.select(whole, exp.alias_(condition, HIT)).from_(_aliased(table)).subquery(alias)


def _plan(tree: exp.Expr, source: exp.Expr, alias: str, columns: Sequence[str], clauses: Sequence[Clause]) -> Plan:
    kept = [exp.alias_(exp.column(exp.to_identifier(name, quoted=True), alias), f"k{number}")
            for number, name in enumerate(columns)]  # fmt: skip
    act: Any = exp.Case(ifs=[], default=exp.Literal.number(0))
    values = []
    for number, one in enumerate(clauses, 1):
        fits = one.when.copy()
        if one.condition is not None:
            fits = exp.and_(fits, exp.Coalesce(this=one.condition.copy(), expressions=[exp.false()]))
        act = act.when(fits, exp.Literal.number(number))
        for column, value in one.sets.items():
            if isinstance(value, exp.Null):  # has no type of its own, and needs none
                continue
            only = exp.Case().when(exp.column(ACT).eq(number), value.copy())
            values.append(exp.alias_(only, f"v{number}_{column}"))
    query = exp.select(*kept, exp.alias_(act, ACT), *values).from_(source)
    if with_ := tree.args.get("with_"):
        query.set("with_", with_.copy())
    return Plan(query, tuple(one.action for one in clauses), tuple(tuple(one.sets) for one in clauses))
