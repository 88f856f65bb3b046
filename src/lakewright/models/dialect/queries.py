"""SELECT, WITH, joins, set operations and LATERAL VIEW."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from lakewright.models.dialect.aggregates import ordered, window_body
from lakewright.models.dialect.compiler import Compiled, Compiler, Ctes
from lakewright.models.dialect.grouping import aggregates, check_grouped, check_rows_only
from lakewright.models.dialect.operators import compared, truth
from lakewright.models.dialect.values import INT, UNKNOWN, VOID, Relation, Scope, Sql, coerced, quote, wider
from lakewright.models.types import SparkType, parse_type

_SELECT_PARTS = frozenset(
    [
        "with_",
        "expressions",
        "distinct",
        "from_",
        "joins",
        "laterals",
        "where",
        "group",
        "having",
        "windows",
        "order",
        "limit",
        "kind",
        "hint",
    ]
)
_JOINS = {
    ("", ""): "INNER JOIN",
    ("", "INNER"): "INNER JOIN",
    ("LEFT", ""): "LEFT JOIN",
    ("LEFT", "OUTER"): "LEFT JOIN",
    ("RIGHT", ""): "RIGHT JOIN",
    ("RIGHT", "OUTER"): "RIGHT JOIN",
    ("FULL", ""): "FULL JOIN",
    ("FULL", "OUTER"): "FULL JOIN",
    ("", "CROSS"): "CROSS JOIN",
    ("LEFT", "SEMI"): "SEMI JOIN",
    ("LEFT", "ANTI"): "ANTI JOIN",
}
_FILTERS = ("SEMI JOIN", "ANTI JOIN")


def query(compiler: Compiler, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Compiled:
    """Any query: SELECT, a set operation, VALUES, or one of them in parentheses."""
    saved = compiler.ctes
    compiler.ctes = dict(ctes)
    try:
        head = _with(compiler, node, outer)
        if isinstance(node, exp.SetOperation):
            body = _set_operation(compiler, node, outer)
        elif isinstance(node, exp.Select):
            body = _select(compiler, node, outer)
        elif isinstance(node, exp.Subquery):
            body = query(compiler, node.this, outer, compiler.ctes)
            body = replace(body, text=f"({body.text}){_tail(compiler, node, Scope(), [])}")
        elif isinstance(node, exp.Values):
            body = _values(compiler, node)
        else:
            compiler.refuse(node, f"{type(node).__name__.upper()} as a query")
            body = Compiled("SELECT NULL", None)
        return replace(body, text=head + body.text)
    finally:
        compiler.ctes = saved


def _with(compiler: Compiler, node: exp.Expr, outer: Scope | None) -> str:
    with_ = node.args.get("with_")
    if with_ is None:
        return ""
    if with_.args.get("recursive"):
        compiler.refuse(with_, "WITH RECURSIVE is not in the allowed dialect")
    parts: list[str] = []
    for cte in with_.expressions:
        inner = query(compiler, cte.this, outer, compiler.ctes)
        inner = _renamed(compiler, cte, inner)
        compiler.ctes[cte.alias.lower()] = inner
        parts.append(f"{quote(cte.alias.lower())} AS ({inner.text})")
    return f"WITH {', '.join(parts)} "


def _renamed(compiler: Compiler, node: exp.Expr, inner: Compiled) -> Compiled:
    """A query whose alias lists column names: `t (a, b)`."""
    alias = node.args.get("alias")
    names = [column.name for column in (alias.args.get("columns") or ())] if alias is not None else []
    if not names or inner.columns is None:
        return replace(inner, columns=None) if names else inner
    if len(names) != len(inner.columns):
        compiler.refuse(node, f"{len(names)} names for {len(inner.columns)} columns")
        return inner
    pairs = ", ".join(f"{quote(old)} AS {quote(new)}" for old, new in zip(inner.columns, names, strict=True))
    return Compiled(
        f"SELECT {pairs} FROM ({inner.text})",
        dict(zip(names, inner.columns.values(), strict=True)),
        {new: inner.origins.get(old, frozenset()) for old, new in zip(inner.columns, names, strict=True)},
    )


def _set_operation(compiler: Compiler, node: exp.SetOperation, outer: Scope | None) -> Compiled:
    word = type(node).__name__.upper()
    if not isinstance(node, exp.Union) and not node.args.get("distinct"):
        compiler.refuse(node, f"{word} ALL is not in the allowed dialect")
    if node.args.get("by_name"):
        compiler.refuse(node, "UNION BY NAME is not in the allowed dialect")
    branches = [query(compiler, side, outer, compiler.ctes) for side in (node.left, node.right)]
    every = "" if node.args.get("distinct") else " ALL"
    left, right = branches
    if left.columns is None or right.columns is None:
        return Compiled(f"({left.text}) {word}{every} ({right.text})", left.columns)
    if len(left.columns) != len(right.columns):
        fact = f"{word} of {len(left.columns)} and {len(right.columns)} columns"
        compiler.refuse(node, fact, "both sides give the same columns in the same order")
        return left
    kinds: dict[str, SparkType] = {}
    for (name, one), other in zip(left.columns.items(), right.columns.values(), strict=True):
        kinds[name] = compiler.common(node, [Sql("", one), Sql("", other)])
    texts = [f"({_cast_columns(branch, list(kinds.values()))})" for branch in branches]
    body = f"{texts[0]} {word}{every} {texts[1]}"
    origins = {
        name: left.origins.get(name, frozenset()) | right.origins.get(other, frozenset())
        for name, other in zip(left.columns, right.columns, strict=True)
    }
    scope = Scope([Relation("", {name.lower(): Sql(quote(name), kind) for name, kind in kinds.items()})])
    return Compiled(body + _tail(compiler, node, scope, []), kinds, origins)


def _cast_columns(branch: Compiled, kinds: list[SparkType]) -> str:
    columns = branch.columns or {}
    if list(columns.values()) == kinds:
        return branch.text
    texts = (
        f"{coerced(Sql(quote(name), kind), to)} AS {quote(name)}"
        for (name, kind), to in zip(columns.items(), kinds, strict=True)
    )
    return f"SELECT {', '.join(texts)} FROM ({branch.text})"


def _values(compiler: Compiler, node: exp.Values) -> Compiled:
    rows = [
        [compiler.expression(item, Scope()) for item in (row.expressions if isinstance(row, exp.Tuple) else [row])]
        for row in node.expressions
    ]
    kinds = [compiler.common(node, [row[at] for row in rows]) for at in range(len(rows[0]))]
    alias = node.args.get("alias")
    named = [column.name for column in (alias.args.get("columns") or ())] if alias is not None else []
    names = named or [f"col{at + 1}" for at in range(len(kinds))]
    if len(names) != len(kinds) or any(len(row) != len(kinds) for row in rows):
        compiler.refuse(node, "VALUES with rows or names of different numbers")
        return Compiled("SELECT NULL", None)
    texts = (f"({', '.join(coerced(value, kind) for value, kind in zip(row, kinds, strict=True))})" for row in rows)
    listed = ", ".join(quote(name) for name in names)
    return Compiled(f"SELECT * FROM (VALUES {', '.join(texts)}) AS v({listed})", dict(zip(names, kinds, strict=True)))


def _select(compiler: Compiler, node: exp.Select, outer: Scope | None) -> Compiled:
    for part, value in node.args.items():
        if value and part not in _SELECT_PARTS:
            word = part.strip("_").upper().replace("SORT", "SORT BY").replace("DISTRIBUTE", "DISTRIBUTE BY")
            hint = "number the rows in a subquery and filter around it" if part == "qualify" else ""
            compiler.refuse(node, f"{word} is not in the allowed dialect", hint)
    scope = Scope(outer=outer)
    from_ = _from(compiler, node, scope)
    where = node.args.get("where")
    if where is not None:
        check_rows_only(compiler, where.this, "WHERE")
    filters = f" WHERE {truth(compiler, where.this, scope)}" if where else ""
    saved, compiler.windows = compiler.windows, {}
    for one in node.args.get("windows") or ():
        compiler.windows[one.name.lower()] = window_body(compiler, one, scope)
    projections = _projections(compiler, node, scope)
    keys = _group(compiler, node, scope, projections)
    having = node.args.get("having")
    _check_groups(compiler, node, scope, keys)
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    after = f" HAVING {truth(compiler, having.this, scope)}" if having else ""
    once = "DISTINCT " if node.args.get("distinct") else ""
    tail = _tail(compiler, node, scope, projections)
    compiler.windows = saved
    listed = ", ".join(f"{value.text} AS {quote(name)}" if name else value.text for name, value in projections)
    hidden = any(not name for name, _ in projections)
    columns = None if hidden else {name: value.type for name, value in projections}
    origins = {name: value.origins for name, value in projections if name}
    return Compiled(f"SELECT {once}{listed}{from_}{filters}{group}{after}{tail}", columns, origins)


def _projections(compiler: Compiler, node: exp.Select, scope: Scope) -> list[tuple[str, Sql]]:
    """Output columns in order; the name is empty for a star over a table that is not known."""
    found: list[tuple[str, Sql]] = []
    for at, projection in enumerate(node.expressions):
        if projection.is_star:
            found += _star(compiler, projection, scope)
            continue
        with compiler.touching() as touched:
            value = compiler.expression(projection.unalias(), scope)
        value = replace(value, origins=frozenset(touched))
        name = projection.alias_or_name or f"col{at + 1}"
        found.append((name, value))
        if projection.alias:
            scope.aliases.setdefault(name.lower(), replace(value, text=f"({value.text})", literal=None))
    names = [name.lower() for name, _ in found if name]
    for name in sorted({name for name in names if names.count(name) > 1}):
        compiler.refuse(node, f"the query gives column {name!r} twice", "rename one with AS")
    return found


def _star(compiler: Compiler, node: exp.Expr, scope: Scope) -> list[tuple[str, Sql]]:
    star = node.this if isinstance(node, exp.Column) else node
    if star.args.get("except_") or star.args.get("replace") or star.args.get("rename"):
        compiler.refuse(node, "* EXCEPT is not in the allowed dialect", "name the columns")
    of = node.table.lower() if isinstance(node, exp.Column) else ""
    relations = [relation for relation in scope.relations if of in ("", relation.alias)]
    if not relations:
        compiler.refuse(node, f"there is no table {of!r} here")
    if any(relation.columns is None for relation in relations):
        return [("", Sql("*", UNKNOWN))]
    found = [] if of else [(name, value) for name, value in scope.merged.items()]
    for relation in relations:
        for name, value in (relation.columns or {}).items():
            if of or name not in scope.merged:
                found.append((name, value))
    return found


def _group(compiler: Compiler, node: exp.Select, scope: Scope, projections: list[tuple[str, Sql]]) -> list[str]:
    """DuckDB texts of the group keys: expressions, output names, or places in the output."""
    group = node.args.get("group")
    if group is None:
        return []
    if group.args.get("all") or group.args.get("totals"):
        compiler.refuse(group, "GROUP BY ALL is not in the allowed dialect", "name the columns")
    texts: list[str] = []
    for term in group.expressions:
        if isinstance(term, exp.Rollup | exp.Cube | exp.GroupingSets):
            compiler.refuse(
                term, f"{type(term).__name__.upper()} is not in the allowed dialect", "UNION ALL the levels"
            )
        elif isinstance(term, exp.Literal) and not term.is_string:
            at = int(term.name) - 1
            if 0 <= at < len(projections):
                texts.append(projections[at][1].text)
            else:
                compiler.refuse(term, f"GROUP BY {term.name}: there is no such output column")
        else:
            check_rows_only(compiler, term, "GROUP BY")
            texts.append(compiler.expression(term, scope).text)
    return texts


def _check_groups(compiler: Compiler, node: exp.Select, scope: Scope, keys: list[str]) -> None:
    having = node.args.get("having")
    outputs = [*node.expressions, *([having.this] if having is not None else [])]
    if node.args.get("group") is None and not any(True for output in outputs for _ in aggregates(output)):
        return
    # an alias in GROUP BY is compiled in parentheses
    known = frozenset(keys) | {key[1:-1] for key in keys if key.startswith("(")}
    check_grouped(compiler, [output.unalias() for output in outputs], known, scope)


def _tail(compiler: Compiler, node: exp.Expr, scope: Scope, projections: list[tuple[str, Sql]]) -> str:
    """ORDER BY and LIMIT; output names win over input names, as in Spark."""
    order, limit = node.args.get("order"), node.args.get("limit")
    text = ""
    if order is not None:
        outputs = {name.lower(): value for name, value in projections if name}
        inner = Scope([Relation("", outputs)], outer=scope)
        text += f" {ordered(compiler, order, inner)}"
    if limit is not None:
        count = limit.expression
        if not isinstance(count, exp.Literal) or count.is_string:
            compiler.refuse(limit, "LIMIT takes a written number")
        text += f" LIMIT {count.name}"
    return text


def _from(compiler: Compiler, node: exp.Select, scope: Scope) -> str:
    from_ = node.args.get("from_")
    if from_ is None:
        return ""
    text = f" FROM {_source(compiler, from_.this, scope)}"
    for join in node.args.get("joins") or ():
        text += _join(compiler, join, scope)
    last_join = max((_start(join) for join in node.args.get("joins") or ()), default=-1)
    for lateral in node.args.get("laterals") or ():
        if _start(lateral) < last_join:
            compiler.refuse(
                lateral, "a join behind LATERAL VIEW", "put the LATERAL VIEW into a subquery, and join that"
            )
        text += _lateral_view(compiler, lateral, scope)
    return text


def _start(node: exp.Expr) -> int:
    """The first place in the text that is named below `node`."""
    return min((int(part.meta["start"]) for part in node.walk() if "start" in part.meta), default=-1)


def _source(compiler: Compiler, node: exp.Expr, scope: Scope) -> str:
    """Text of one relation in FROM; it joins `scope`."""
    for extra in ("sample", "pivots", "when", "version"):
        if node.args.get(extra):
            compiler.refuse(node, f"{extra.upper()} behind a table is not in the allowed dialect")
    alias = (node.alias_or_name or "").lower()
    if isinstance(node, exp.Table):
        found, text = _table(compiler, node)
    elif isinstance(node, exp.Subquery | exp.Values):
        inner = query(compiler, node.this if isinstance(node, exp.Subquery) else node, scope.outer, compiler.ctes)
        inner = _renamed(compiler, node, inner) if isinstance(node, exp.Subquery) else inner
        found, text = inner, f"({inner.text})"
        alias = alias or f"_{len(scope.relations)}"
    else:
        compiler.refuse(node, f"{type(node).__name__.upper()} in FROM is not in the allowed dialect")
        found, text = Compiled("", None), "(SELECT NULL)"
    for inner_join in node.args.get("joins") or ():
        compiler.refuse(inner_join, "a join inside a join's right side", "write the joins one after another")
    scope.relations.append(_relation(alias, found))
    return f"{text} AS {quote(alias)}"


def _relation(alias: str, found: Compiled) -> Relation:
    if found.columns is None:
        return Relation(alias, None)
    prefix = f"{quote(alias)}."
    columns = {
        name.lower(): Sql(prefix + quote(name), kind, origins=found.origins.get(name, frozenset()))
        for name, kind in found.columns.items()
    }
    return Relation(alias, columns)


def _table(compiler: Compiler, node: exp.Table) -> tuple[Compiled, str]:
    parts = [part.name.lower() for part in node.parts]
    name = ".".join(parts)
    if len(parts) == 1 and name in compiler.ctes:
        return compiler.ctes[name], quote(name)
    text = compiler.tables.get(name, ".".join(quote(part) for part in parts))
    if compiler.schemas is None:
        return Compiled("", None), text
    if name not in compiler.schemas:
        compiler.refuse(node, f"table {name} is not known", "give its schema")
        return Compiled("", None), text
    columns = {column: parse_type(kind) for column, kind in compiler.schemas[name].items()}
    return Compiled("", columns, {column: frozenset({(name, column)}) for column in columns}), text


def _join(compiler: Compiler, join: exp.Join, scope: Scope) -> str:
    kind = _JOINS.get((join.side or "", join.kind or ""))
    if kind is None or join.args.get("method"):
        compiler.refuse(join, f"{join.args.get('method') or ''} {join.side} {join.kind} JOIN".strip())
        return ""
    left = list(scope.relations)
    source = _source(compiler, join.this, scope)
    on, using = join.args.get("on"), join.args.get("using")
    if using:
        condition = _using(compiler, join, kind, left, scope)
    elif on is not None:
        check_rows_only(compiler, on, "ON")
        condition = truth(compiler, on, scope)
    else:
        condition = ""
        if kind not in ("CROSS JOIN", "INNER JOIN"):
            compiler.refuse(join, f"{kind} without ON")
        kind = "CROSS JOIN"
    if kind in _FILTERS:
        scope.relations.pop()
    return f" {kind} {source}" + (f" ON {condition}" if condition else "")


def _using(compiler: Compiler, join: exp.Join, kind: str, left: list[Relation], scope: Scope) -> str:
    """USING(a) as an equality; the name alone then means the side that is never NULL."""
    right = scope.relations[-1]
    parts: list[str] = []
    for column in join.args["using"]:
        name = column.name.lower()
        owner = next((one for one in left if one.columns and name in one.columns), None)
        if owner is None or right.columns is None or owner.columns is None or name not in right.columns:
            if right.columns is not None and all(one.columns is not None for one in left):
                compiler.refuse(join, f"USING ({name}): not both sides have it")
            continue
        one, other = scope.merged.get(name, owner.columns[name]), right.columns[name]
        both = compared(compiler, join, one, other)
        parts.append(f"{both[0]} = {both[1]}" if both else "TRUE")
        if kind in _FILTERS:
            continue
        shared = wider(one.type, other.type) or UNKNOWN
        merged = {"RIGHT JOIN": coerced(other, shared), "FULL JOIN": f"coalesce({one.text}, {other.text})"}
        both_origins = one.origins | other.origins
        scope.merged[name] = Sql(merged.get(kind, coerced(one, shared)), shared, origins=both_origins)
    return " AND ".join(parts) or "TRUE"


def _lateral_view(compiler: Compiler, node: exp.Lateral, scope: Scope) -> str:
    """LATERAL VIEW [OUTER] explode(array) t AS c, or posexplode with a position."""
    call = node.this
    name = call.name.lower() if isinstance(call, exp.Anonymous) else ""
    alias = node.args["alias"]
    names = [column.name for column in alias.args.get("columns") or ()]
    wanted = {"explode": 1, "posexplode": 2}.get(name)
    if wanted is None or len(call.expressions) != 1 or len(names) != wanted:
        compiler.refuse(node, "LATERAL VIEW takes explode(array) t AS item, or posexplode(array) t AS position, item")
        return ""
    with compiler.touching() as touched:
        items = compiler.expression(call.expressions[0], scope)
    if items.type.name not in ("array", "unknown"):
        compiler.refuse(node, f"explode() takes an array, and this is a {items.type}")
    kind = items.type.items[0] if items.type.items else UNKNOWN
    view = alias.name.lower() or f"_{len(scope.relations)}"
    item = f"unnest({items.text}) AS {quote(names[-1])}"
    columns = {names[-1]: kind}
    if name == "posexplode":
        item = f"CAST(unnest(range(len({items.text}))) AS INTEGER) AS {quote(names[0])}, {item}"
        columns = {names[0]: INT, names[1]: kind}
    origins = dict.fromkeys(columns, frozenset(touched))
    scope.relations.append(_relation(view, Compiled("", columns, origins)))
    word = "LEFT JOIN LATERAL" if node.args.get("outer") else "CROSS JOIN LATERAL"
    return f" {word} (SELECT {item}) AS {quote(view)}" + (" ON TRUE" if node.args.get("outer") else "")


def output_mistakes(compiler: Compiler, node: exp.Expr, columns: dict[str, SparkType] | None) -> None:
    for name, kind in (columns or {}).items():
        if kind == VOID:
            compiler.refuse(node, f"output column {name!r} is a bare NULL", "cast(NULL AS its type)")
