"""Statements by which a model's table is brought up to date in Unity Catalog: Spark SQL, run where the data is.

Every table is computed whole and replaced in one statement, so a run that ends early leaves each table as it was or as
it should be. `silver.order` is `catalog.schema.order` there; rows that a check puts aside are in `order_rejected`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from lakewright.errors import SpecError
from lakewright.models import Check, Model
from lakewright.models.dialect import parse_query

REJECTED = "_rejected"
REASONS = "_reasons"


@dataclass(frozen=True)
class Home:
    """Where a product's tables are: a catalog, and the schemas of layers that are called otherwise there."""

    catalog: str
    schemas: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> str:
        """`` `main`.`silver`.`order` `` of `silver.order`; a name with a catalog stays what it is."""
        *catalog, layer, table = name.split(".")
        if catalog:
            return quoted(*catalog, layer, table)
        return quoted(self.catalog, self.schemas.get(layer, layer), table)


def quoted(*names: str) -> str:
    return ".".join(f"`{name.replace('`', '``')}`" for name in names)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def in_place(model: Model, home: Home) -> str:
    """The model's SQL, as written but for the tables that it reads, and columns that are called by their table."""
    tree = parse_query(model.sql, (model.path, model.line))
    spans: dict[int, tuple[int, str]] = {}
    for node in tree.find_all(exp.Table, exp.Column):
        path = [node.args[key] for key in _PARTS[type(node)] if node.args.get(key)]
        name = ".".join(part.name.lower() for part in path)
        if len(path) > 1 and name in model.inputs:
            spans[_start(path[0], model)] = _end(path[-1], model), home.table(name)
    sql = model.sql
    for start in sorted(spans, reverse=True):
        end, name = spans[start]
        sql = sql[:start] + name + sql[end:]
    return sql


_PARTS: Mapping[type[exp.Expr], tuple[str, ...]] = {
    exp.Table: ("catalog", "db", "this"),
    exp.Column: ("catalog", "db", "table"),
}


def _start(part: exp.Expr, model: Model) -> int:
    return _position(part, "start", model)


def _end(part: exp.Expr, model: Model) -> int:
    return _position(part, "end", model) + 1


def _position(part: exp.Expr, which: str, model: Model) -> int:
    found = part.meta.get(which)
    if not isinstance(found, int):
        raise SpecError("LW730", f"{model.name}: where {part.name} stands is not known", place=model.place)
    return found


def created(model: Model, home: Home) -> str:
    """Makes the table where there is none."""
    columns = ",\n".join(
        f"  {quoted(one.name)} {one.type}" + (f" COMMENT {_text(one.description)}" if one.description else "")
        for one in model.columns
    )
    comment = f"\nCOMMENT {_text(model.description)}" if model.description else ""
    return f"CREATE TABLE IF NOT EXISTS {home.table(model.name)} (\n{columns}\n){comment}"


def created_rejected(model: Model, home: Home) -> str:
    """The same for what its checks put aside, with the names of the checks."""
    columns = "".join(f"  {quoted(one.name)} {one.type},\n" for one in model.columns)
    return f"CREATE TABLE IF NOT EXISTS {home.table(model.name + REJECTED)} (\n{columns}  {quoted(REASONS)} string\n)"


def view(model: Model, home: Home) -> str:
    return f"CREATE OR REPLACE VIEW {home.table(model.name)} AS\n{in_place(model, home)}"


def described(table: str) -> str:
    return f"DESCRIBE TABLE {table}"


def counted(model: Model, home: Home) -> str:
    """One row: the model's rows, then for each check how many fail it."""
    failing = [f"coalesce(sum(CASE WHEN {_passes(check)} THEN 0 ELSE 1 END), 0)" for check in model.checks]
    return f"SELECT {', '.join(['count(*)', *failing])}\nFROM (\n{in_place(model, home)}\n) AS _output"


def doubled(model: Model, home: Home) -> str:
    """One row: how many keys have several of the model's rows."""
    key = ", ".join(quoted(name) for name in model.key)
    inner = f"SELECT {key} FROM (\n{in_place(model, home)}\n) AS _output GROUP BY {key} HAVING count(*) > 1"
    return f"SELECT count(*) FROM ({inner}) AS _doubles"


def filled(model: Model, home: Home) -> str:
    """Replaces the table's rows by those that pass its checks."""
    names, where = _names(model), _where(_aside(model))
    return _overwritten(model, home, f"{home.table(model.name)} ({names})", names, where)


def rejected(model: Model, home: Home) -> str:
    """Replaces what was put aside."""
    reasons = ", ".join(f"CASE WHEN {_passes(one)} THEN NULL ELSE {_text(one.name)} END" for one in _aside(model))
    into = f"{home.table(model.name + REJECTED)} ({_names(model)}, {quoted(REASONS)})"
    columns = f"{_names(model)}, concat_ws(', ', {reasons}) AS {quoted(REASONS)}"
    where = _where(_aside(model), negated=True)
    return _overwritten(model, home, into, columns, where)


def puts_aside(model: Model) -> bool:
    return bool(_aside(model))


def _overwritten(model: Model, home: Home, into: str, columns: str, where: str) -> str:
    """`into` names the table's columns: theirs may stand in another order than the model's."""
    return f"INSERT OVERWRITE {into}\nSELECT {columns}\nFROM (\n{in_place(model, home)}\n) AS _output{where}"


def _names(model: Model) -> str:
    return ", ".join(quoted(column.name) for column in model.columns)


def _aside(model: Model) -> Sequence[Check]:
    return [check for check in model.checks if check.on_failure == "quarantine"]


def _passes(check: Check) -> str:
    """NULL counts as failed."""
    return f"coalesce(({check.expect}), false)"


def _where(checks: Collection[Check], *, negated: bool = False) -> str:
    if not checks:
        return ""
    condition = " AND ".join(_passes(check) for check in checks)
    return f"\nWHERE NOT ({condition})" if negated else f"\nWHERE {condition}"
