"""What one model's SQL says by itself, without knowing any table: its inputs, output names and refused parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from lakewright.errors import LakewrightError, SpecError
from lakewright.models import dialect


@dataclass(frozen=True, slots=True)
class SqlFacts:
    """`outputs` is None when a star over a table hides them."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...] | None
    mistakes: tuple[LakewrightError, ...]


def sql_facts(sql: str, path: Path, line: int) -> SqlFacts:
    """Parses `sql` (which begins on `line` of `path`) and reports what is wrong with it."""
    try:
        tree = dialect.parse_query(sql, (path, line))
    except SpecError as problem:
        return SqlFacts((), (), (problem,))
    refused = tuple(dialect.refused_in(tree, path, line))
    return SqlFacts(tuple(sorted(table_names(tree))), output_names(tree, {}), refused)


def table_names(tree: exp.Expr) -> set[str]:
    """Names of the tables a query reads; names that a WITH defines around the place of use are left out."""
    return {_dotted(table) for table in tree.find_all(exp.Table) if table.name and not _is_cte(table)}


def _dotted(table: exp.Table) -> str:
    return ".".join(part.name.lower() for part in table.parts)


def _is_cte(table: exp.Table) -> bool:
    """Whether a WITH that is in force at `table` defines its name."""
    if table.args.get("db"):
        return False
    node: exp.Expr | None = table
    inside: exp.Expr | None = None
    while node is not None:
        with_ = node.args.get("with_")
        if isinstance(with_, exp.With):
            for cte in with_.expressions:
                if inside is cte:
                    break  # a CTE sees only those before it
                if cte.alias.lower() == table.name.lower():
                    return True
        if isinstance(node, exp.CTE):
            inside = node
        node = node.parent
    return False


def output_names(tree: exp.Expr, known: Mapping[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """Output column names of a query, stars over CTEs and subqueries included; None when they cannot be known."""
    if isinstance(tree, exp.Subquery):
        return output_names(tree.this, known)
    with_ = tree.args.get("with_")
    if isinstance(with_, exp.With):
        known = dict(known)
        for cte in with_.expressions:
            known[cte.alias.lower()] = output_names(cte.this, known)
    if isinstance(tree, exp.SetOperation):
        return output_names(tree.left, known)
    if not isinstance(tree, exp.Select):
        return None
    names: list[str] = []
    for projection in tree.expressions:
        if projection.is_star:
            stars = list(_star(projection, tree, known))
            if None in stars:
                return None
            names += [name for name in stars if name]
        else:
            names.append(projection.alias_or_name.lower())
    return tuple(names)


def _star(
    projection: exp.Expr, select: exp.Select, known: Mapping[str, tuple[str, ...] | None]
) -> Iterator[str | None]:
    """Names a star stands for; None among them when a source's columns are unknown."""
    of = projection.table.lower() if isinstance(projection, exp.Column) else ""
    from_ = select.args.get("from_")
    sources = [from_.this] if from_ else []
    sources += [join.this for join in select.args.get("joins") or ()]
    if select.args.get("laterals") or any(join.args.get("using") for join in select.args.get("joins") or ()):
        yield None
    if projection.find(exp.Star) is not None and projection.find(exp.Star).args.get("except_"):  # type: ignore[union-attr]
        yield None
    for source in sources:
        if of and source.alias_or_name.lower() != of:
            continue
        if isinstance(source, exp.Subquery):
            columns = output_names(source.this, known)
        else:
            columns = known.get(source.name.lower()) if not source.args.get("db") else None
        if columns is None:
            yield None
        else:
            yield from columns
