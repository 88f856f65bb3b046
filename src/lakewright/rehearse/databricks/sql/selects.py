"""Queries: whose tables they name, and what they ask of their caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from lakewright.models.facts import table_names
from lakewright.rehearse.databricks.sql.problems import SqlProblem, syntax, unsupported

SCHEMA = "uc"


@dataclass(frozen=True)
class Asker:
    """Who asks, and where names are looked for that are not whole."""

    name: str
    groups: frozenset[str]
    catalog: str
    schema: str

    @property
    def is_in(self) -> frozenset[str]:
        return frozenset(one.lower() for one in self.groups)


@dataclass(frozen=True)
class Select:
    """`text`: in canonical SQL, its tables called `uc.t0`, `uc.t1`, …; `tables`: what those are, as
    `catalog.schema.table`."""

    text: str
    tables: Mapping[str, str] = field(default_factory=dict)


def is_query(statement: str) -> bool:
    """Whether it begins as one."""
    words = statement.strip().lstrip("(").lstrip().upper()
    return words.startswith(("SELECT", "WITH", "VALUES", "FROM", "TABLE "))


def prepared(statement: str, asker: Asker, parameters: Mapping[str, tuple[str, str | None]]) -> Select:
    """Raises SqlProblem. `parameters`: name → (type, value)."""
    if statement.strip().upper().startswith("VALUES"):
        statement = f"SELECT * FROM {statement}"
    try:
        trees = [one for one in sqlglot.parse(statement, read="databricks") if one is not None]
    except (ParseError, TokenError) as error:
        raise syntax(str(error).partition("\n")[0]) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise syntax("One query was expected.")
    tree: Any = trees[0]
    for node in list(tree.find_all(exp.Placeholder, exp.Parameter)):
        node.replace(_value(node, parameters))
    for node in list(tree.find_all(exp.Func)):
        if (known := _of_caller(node, asker)) is not None:
            node.replace(known)
    tables = _renamed(tree, asker)
    return Select(tree.sql("spark"), tables)


def _value(node: exp.Expr, parameters: Mapping[str, tuple[str, str | None]]) -> exp.Expr:
    name = node.name or str(node.this or "")
    if name not in parameters:
        raise SqlProblem("UNBOUND_SQL_PARAMETER", f"Found the unbound parameter: {name}.", "42P02")
    type_, value = parameters[name]
    if value is None:
        return exp.cast(exp.Null(), type_, dialect="databricks")
    return exp.cast(exp.Literal.string(value), type_, dialect="databricks")


def _of_caller(node: exp.Func, asker: Asker) -> exp.Expr | None:
    """Functions about who asks, as constants."""
    name = node.name.lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
    if name in ("current_user", "session_user", "user"):
        return exp.Literal.string(asker.name)
    if name in ("is_account_group_member", "is_member"):
        group = node.expressions[0] if node.expressions else node.this
        if not isinstance(group, exp.Literal):
            raise unsupported(f"{name}() of anything but a text")
        return exp.true() if group.name.lower() in asker.is_in else exp.false()
    if name in ("current_catalog", "current_schema", "current_database"):
        return exp.Literal.string(asker.catalog if name == "current_catalog" else asker.schema)
    return None


def _renamed(tree: exp.Query, asker: Asker) -> dict[str, str]:
    """Gives each table a name of two parts, and an alias by which its columns were called."""
    known = table_names(tree)
    numbers: dict[str, str] = {}
    for table in list(tree.find_all(exp.Table)):
        written = ".".join(part.name for part in table.parts)
        if not table.name or written.lower() not in known:
            continue
        full = whole_name(written, asker)
        name = numbers.setdefault(full, f"t{len(numbers)}")
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(name))
        table.set("db", exp.to_identifier(SCHEMA))
        table.set("catalog", None)
    for column in tree.find_all(exp.Column):
        if column.args.get("db"):
            column.set("db", None)
            column.set("catalog", None)
    return {f"{SCHEMA}.{name}": full for full, name in numbers.items()}


def whole_name(name: str, asker: Asker) -> str:
    """`catalog.schema.table`, in lower case."""
    parts = name.lower().split(".")
    if len(parts) > 3:
        raise SqlProblem("IDENTIFIER_TOO_MANY_NAME_PARTS", f"{name} has too many parts.", "42601")
    return ".".join([asker.catalog, asker.schema][: 3 - len(parts)] + parts)
