"""From changed input rows to the scopes of a model that they touch, worked out from the model's SQL. Pure.

A route may name more scopes than really change, never fewer; where that cannot be had, there is no route. The idea:
follow each scope column inwards. Through GROUP BY it must be a group key, through windows a partition column; through
a join that the changed side does not decide, the changed rows are joined to what does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from lakewright.models import Model

CHANGED = "changed.rows"
Schemas = Mapping[str, Mapping[str, str]]
Withs = Mapping[str, tuple[exp.Query, "Withs"]]


@dataclass(frozen=True, slots=True)
class Route:
    """How the changed rows of one input tell which scopes change.

    `sql` is a canonical SELECT of the scope columns, in their order, from `changed.rows` (the input's changed rows, old
    and new) and other tables under their names. `direct` is set when the scope columns are these expressions over the
    input alone, so that rows of the input outside a scope cannot matter to it. `columns` are the input's columns in
    `sql`, `reads` those in the whole model.
    """

    sql: str
    direct: tuple[str, ...] | None = None
    columns: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()


class _Unknown(Exception):  # noqa: N818 - no error: the model is then computed as a whole
    """The scopes that a change touches cannot be told."""


@dataclass(frozen=True)
class _Branch:
    """One way from an occurrence of the input to the traced columns: a SELECT of them, named `_0`, `_1`, …

    `direct`: the same as expressions over unqualified columns of the input, when nothing else is needed.
    """

    select: exp.Select
    direct: tuple[exp.Expr, ...] | None


def derive_routes(model: Model, schemas: Schemas, scope: Sequence[str], *, windows: bool = True) -> Mapping[str, Route]:
    """Routes by input; an input without one makes the whole model be computed again when it changes.

    `windows` False: window functions reach no further than the model says (`lookback_days`), so they tie no rows.
    """
    layers: dict[str, dict[str, dict[str, str]]] = {}
    for name, columns in schemas.items():
        layer, _, table = name.partition(".")
        layers.setdefault(layer, {})[table] = dict(columns)
    nested: dict[str, object] = dict(layers)
    try:
        tree = qualify(
            parse_one(model.sql, read="spark"), schema=nested, dialect="spark", validate_qualify_columns=False
        )
    except SqlglotError:
        return {}
    named = {column.name for column in tree.find_all(exp.Column)}
    routes: dict[str, Route] = {}
    for table in model.inputs:
        try:
            branches = _Tracer(table, windows).trace(tree, tuple(scope), {})
        except _Unknown:
            continue
        if branches:
            routes[table] = _route(branches, frozenset(named & set(schemas[table])))
    return routes


def _route(branches: Sequence[_Branch], reads: frozenset[str]) -> Route:
    sql = " UNION ALL ".join(branch.select.sql("spark") for branch in branches)
    spelled = {_spell(branch.direct) for branch in branches}
    used = {
        column.name
        for branch in branches
        for table in branch.select.find_all(exp.Table)
        if _name(table) == CHANGED
        for column in (table.parent_select or branch.select).find_all(exp.Column)
    }
    return Route(sql, spelled.pop() if len(spelled) == 1 else None, frozenset(used), reads)


def _spell(direct: tuple[exp.Expr, ...] | None) -> tuple[str, ...] | None:
    return None if direct is None else tuple(expression.sql("spark") for expression in direct)


class _Tracer:
    """Follows columns inwards to every occurrence of one table."""

    def __init__(self, table: str, windows: bool) -> None:
        self.table = table
        self._windows = windows

    def trace(self, query: exp.Expr, names: Sequence[str], withs: Withs) -> list[_Branch]:
        """Branches for the output columns `names` of a query; none when it does not read the table."""
        if isinstance(query, exp.Subquery):
            return self.trace(query.this, names, _defined(query, withs))
        withs = _defined(query, withs)
        if not self._reads(query, withs):
            return []
        if query.args.get("limit") or query.args.get("offset"):
            raise _Unknown
        if isinstance(query, exp.SetOperation):
            return self._both(query, names, withs)
        if not isinstance(query, exp.Select):
            raise _Unknown
        outputs = {projection.alias_or_name: projection.unalias() for projection in query.expressions}
        wanted = tuple(outputs[name].copy() for name in names if name in outputs)
        if len(wanted) != len(names):
            raise _Unknown
        _check_groups(query, wanted, self._windows)
        self._check_subqueries(query, withs)
        level = _Level(query)
        found: list[_Branch] = []
        for alias, source in level.sources.items():
            if self._reads(source, withs):
                found += self._from(level, alias, wanted, withs)
        return found

    def _both(self, query: exp.SetOperation, names: Sequence[str], withs: Withs) -> list[_Branch]:
        left, right = query.left, query.right
        positions = [left.named_selects.index(name) for name in names]
        return [
            *self.trace(left, names, withs),
            *self.trace(right, [right.named_selects[position] for position in positions], withs),
        ]

    def _from(self, level: _Level, alias: str, wanted: Sequence[exp.Expr], withs: Withs) -> list[_Branch]:
        """From one source of a SELECT that reads the table, to the wanted expressions."""
        own = tuple(level.over(alias, expression) for expression in wanted)
        alone = all(_aliases(expression) <= {alias} for expression in own)
        expressions = own if alone else tuple(wanted)
        path = [] if alone else level.path(alias, expressions)
        needed = sorted(
            {
                column.name
                for expression in (*expressions, *(condition for _, condition in path))
                for column in expression.find_all(exp.Column)
                if column.table == alias
            }
        )
        found: list[_Branch] = []
        for inner in self._inside(level.sources[alias], needed, withs):
            select = exp.select(*(exp.alias_(e.copy(), f"_{at}") for at, e in enumerate(expressions)))
            select = select.from_(_as_source(inner.select, alias))
            for other, condition in path:
                source = _inlined(level.sources[other], withs)
                select = select.join(source, on=condition.copy(), join_type="left")
            direct = None
            if alone and inner.direct is not None:
                values = dict(zip(needed, inner.direct, strict=True))
                direct = tuple(_replaced(expression, alias, values) for expression in expressions)
            found.append(_Branch(select, direct))
        return found

    def _inside(self, source: exp.Expr, needed: Sequence[str], withs: Withs) -> list[_Branch]:
        """Branches of a source whose SELECTs give the columns `needed` under their own names."""
        if isinstance(source, exp.Table) and _name(source) == self.table:
            columns: list[exp.Expr] = [exp.column(name, quoted=True) for name in needed]
            select = exp.select(*(columns or [exp.alias_(exp.Literal.number(1), "one")])).from_(CHANGED)
            return [_Branch(select, tuple(columns))]
        query: exp.Expr = source
        if isinstance(source, exp.Table):
            query, withs = withs[source.name]
        found = []
        for branch in self.trace(query, needed, withs):
            renamed = exp.select(
                *(exp.alias_(exp.column(f"_{at}"), name, quoted=True) for at, name in enumerate(needed))
            ).from_(_as_source(branch.select, "_inner"))
            found.append(_Branch(renamed, branch.direct))
        return found

    def _reads(self, node: exp.Expr, withs: Withs) -> bool:
        for table in node.find_all(exp.Table):
            if _name(table) == self.table:
                return True
            if not table.db and table.name in withs:
                query, outer = withs[table.name]
                if query is not node and self._reads(query, outer):
                    return True
        return False

    def _check_subqueries(self, query: exp.Select, withs: Withs) -> None:
        """A subquery in a condition or an expression that reads the table ties rows together in unknown ways."""
        parts = [*query.expressions, *(query.args.get(key) for key in ("where", "having", "qualify"))]
        parts += [join.args.get("on") for join in query.args.get("joins") or ()]
        for part in parts:
            for inner in part.find_all(exp.Query) if part is not None else ():
                if self._reads(inner, withs):
                    raise _Unknown


class _Level:
    """The sources of one SELECT and the conditions between them."""

    def __init__(self, query: exp.Select) -> None:
        first = query.args["from_"].this
        joins: list[exp.Join] = list(query.args.get("joins") or ())
        self.sources: dict[str, exp.Expr] = {first.alias_or_name: first}
        self._sides: dict[str, str] = {first.alias_or_name: ""}
        self._order = [first.alias_or_name]
        self.conditions: list[exp.Expr] = []
        for join in joins:
            alias = join.this.alias_or_name
            if alias in self.sources or join.args.get("using") or (join.side or "").upper() == "RIGHT":
                raise _Unknown
            self.sources[alias] = join.this
            self._sides[alias] = (join.side or "").upper()
            self._order.append(alias)
            on = join.args.get("on")
            self.conditions += list(on.flatten()) if isinstance(on, exp.And) else [on] if on is not None else []
        where = query.args.get("where")
        if where is not None and any(not join.args.get("on") for join in joins):
            inner = where.this
            self.conditions += list(inner.flatten()) if isinstance(inner, exp.And) else [inner]
        self._laterals = bool(query.args.get("laterals"))

    def over(self, alias: str, expression: exp.Expr) -> exp.Expr:
        """The expression with columns of other sources replaced by equal columns of `alias`, where rows of `alias`
        can only matter to output rows in which they are equal."""

        if isinstance(expression, exp.Column):
            return expression if expression.table == alias else self._equal(alias, expression) or expression
        if isinstance(expression, exp.Coalesce):
            return self._tied(alias, expression) or expression
        return expression

    def _tied(self, alias: str, coalesce: exp.Coalesce) -> exp.Expr | None:
        """The column of `alias` among the parts of a COALESCE, when a join makes it equal to the other parts."""
        parts = (coalesce.this, *coalesce.expressions)
        known = {part.sql() for part in parts}
        for condition in self.conditions:
            if not isinstance(condition, exp.EQ):
                continue
            sides: tuple[exp.Expr, exp.Expr] = (condition.this, condition.expression)
            for this, other in (sides, sides[::-1]):
                mine = isinstance(this, exp.Column) and this.table == alias and this.sql() in known
                if mine and {column.sql() for column in other.find_all(exp.Column)} <= known:
                    return this.copy()
        return None

    def _equal(self, alias: str, column: exp.Column) -> exp.Expr | None:
        for condition in self.conditions:
            if not isinstance(condition, exp.EQ):
                continue
            sides: tuple[exp.Expr, exp.Expr] = (condition.this, condition.expression)
            for this, other in (sides, sides[::-1]):
                mine = isinstance(this, exp.Column) and this.table == alias
                theirs = isinstance(other, exp.Column) and (other.table, other.name) == (column.table, column.name)
                if mine and theirs and self._follows(alias, column):
                    return this.copy()
        return None

    def _follows(self, alias: str, column: exp.Column) -> bool:
        """Whether no output row can hold a row of `alias` and a NULL-extended row of the column's source."""
        if self._order.index(alias) > self._order.index(column.table):
            return self._sides[alias] in ("", "LEFT")
        return self._sides[column.table] == ""

    def path(self, start: str, wanted: Sequence[exp.Expr]) -> list[tuple[str, exp.Expr]]:
        """Other sources to join, in order, each with its condition, until all `wanted` can be computed."""
        goal = set().union(*(_aliases(expression) for expression in wanted))
        if self._laterals or not goal <= set(self.sources) or not goal:
            raise _Unknown
        here = {start}
        steps: list[tuple[str, exp.Expr]] = []
        while not goal <= here:
            reach = [alias for alias in self._order if alias not in here and self._between(here, alias)]
            if not reach:
                raise _Unknown
            best = next((alias for alias in reach if alias in goal), reach[0])
            steps.append((best, exp.and_(*(condition.copy() for condition in self._between(here, best)))))
            here.add(best)
        return steps

    def _between(self, here: Iterable[str], alias: str) -> list[exp.Expr]:
        allowed = {*here, alias}
        return [c for c in self.conditions if alias in _aliases(c) and len(_aliases(c)) > 1 and _aliases(c) <= allowed]


def _check_groups(query: exp.Select, wanted: Sequence[exp.Expr], check_windows: bool) -> None:
    """Each wanted expression must be the same for all rows that a changed row is computed together with."""
    group = query.args.get("group")
    distinct = query.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise _Unknown
    windows = [window for window in query.find_all(exp.Window) if window.parent_select is query]
    for window in windows if check_windows else ():
        parts = {part.sql() for part in window.args.get("partition_by") or ()}
        if any(expression.sql() not in parts for expression in wanted):
            raise _Unknown
    inside = {id(window.this) for window in windows}
    aggregates = [f for f in query.find_all(exp.AggFunc) if f.parent_select is query and id(f) not in inside]
    aggregates = [f for f in aggregates if not isinstance(f.find_ancestor(exp.Window, exp.Select), exp.Window)]
    if group is None:
        if aggregates:
            raise _Unknown
        return
    if any(group.args.get(kind) for kind in ("grouping_sets", "cube", "rollup")):
        raise _Unknown
    keys = {key.sql() for key in group.expressions}
    if any(expression.sql() not in keys and expression.find(exp.Column) for expression in wanted):
        raise _Unknown


def _defined(query: exp.Expr, withs: Withs) -> Withs:
    """The common table expressions in force inside a query."""
    with_ = query.args.get("with_")
    if not isinstance(with_, exp.With):
        return withs
    if with_.args.get("recursive"):
        raise _Unknown
    known = dict(withs)
    for cte in with_.expressions:
        known[cte.alias] = (cte.this, dict(known))
    return known


def _inlined(source: exp.Expr, withs: Withs) -> exp.Expr:
    """A source that stands by itself: names of common table expressions are replaced by their queries."""
    copied = source.copy()
    if isinstance(copied, exp.Table) and not copied.db and copied.name in withs:
        return _as_source(_inlined_query(*withs[copied.name]), copied.alias_or_name)
    return _inlined_query(copied, withs)


def _inlined_query(query: exp.Expr, withs: Withs) -> exp.Expr:
    copied = query.copy()
    for table in list(copied.find_all(exp.Table)):
        if not table.db and table.name in withs:
            table.replace(_as_source(_inlined_query(*withs[table.name]), table.alias_or_name))
    return copied


def _as_source(query: exp.Expr, alias: str) -> exp.Subquery:
    return exp.Subquery(this=query.copy(), alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))


def _replaced(expression: exp.Expr, alias: str, values: Mapping[str, exp.Expr]) -> exp.Expr:
    def change(node: exp.Expr) -> exp.Expr:
        return values[node.name].copy() if isinstance(node, exp.Column) and node.table == alias else node

    return expression.copy().transform(change)


def _aliases(expression: exp.Expr) -> set[str]:
    return {column.table for column in expression.find_all(exp.Column)}


def _name(table: exp.Table) -> str:
    return ".".join(part.name.lower() for part in table.parts)
