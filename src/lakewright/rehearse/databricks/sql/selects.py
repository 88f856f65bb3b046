"""Queries: whose tables they name, and what they ask of their caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from lakewright.models.facts import table_names
from lakewright.rehearse.databricks.sql.parameters import Parameters, value_of
from lakewright.rehearse.databricks.sql.problems import SqlProblem, syntax, unsupported
from lakewright.rehearse.databricks.sql.words import read

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


def first_word(statement: str) -> str:
    """In capitals, without comments and opening brackets before it."""
    return next((word.text.upper() for word in read(statement) if word.text != "("), "")


def parsed(statement: str) -> exp.Expr:
    """The tree of one statement. Raises SqlProblem."""
    if first_word(statement) == "VALUES" and not statement.lstrip().startswith("("):
        statement = f"SELECT * FROM {statement}"
    try:
        trees = [one for one in sqlglot.parse(statement, read="databricks") if one is not None]
    except (ParseError, TokenError) as error:
        raise syntax(str(error).partition("\n")[0]) from None
    if len(trees) != 1:
        raise syntax(f"One statement was expected, and these are {len(trees)}.")
    return trees[0]


def prepared(query: str | exp.Expr, asker: Asker, parameters: Parameters) -> Select:
    """Raises SqlProblem."""
    tree: Any = parsed(query) if isinstance(query, str) else query.copy()
    if not isinstance(tree, exp.Query):
        raise syntax(f"A query was expected, not {type(tree).__name__.upper()}.")
    for node in list(tree.find_all(exp.Placeholder, exp.Parameter)):
        node.replace(value_of(node, parameters))
    for call in list(tree.find_all(exp.Func)):
        if (known := _of_caller(call, asker)) is not None:
            call.replace(known)
    tables = _renamed(tree, asker)
    return Select(tree.sql("spark"), tables)


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
