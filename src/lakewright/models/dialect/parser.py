"""Reads Spark SQL with sqlglot, keeping every function under the name that was written."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark

_SparkParser: Any = Spark.Parser


class PlainSpark(Spark):
    """Spark's grammar without sqlglot's renaming of functions: a call is `Anonymous(name, arguments)`.

    The allow-list is about Spark's own names, and sqlglot folds several of them into one node with other semantics.
    """

    class Parser(_SparkParser):  # type: ignore[misc]
        STRICT_CAST = True  # Spark's CAST is not TRY_CAST, whatever sqlglot's Hive family says
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in _SparkParser.FUNCTION_PARSERS.items()
            if name in ("CAST", "TRY_CAST", "EXTRACT")
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in _SparkParser.NO_PAREN_FUNCTION_PARSERS.items() if name in ("CASE", "IF")
        }


def parse_statements(sql: str) -> list[exp.Expr]:
    """The statements in `sql`; sqlglot's ParseError and TokenError pass through."""
    return [tree for tree in sqlglot.parse(sql, read=PlainSpark) if tree is not None]


def parse_expression(sql: str) -> exp.Expr:
    """One expression, for example a check's."""
    select = sqlglot.parse_one(f"SELECT {sql}", read=PlainSpark, into=exp.Select)
    found: exp.Expr = select.expressions[0]
    return found


def line_of(node: exp.Expr) -> int:
    """The line (from 1) on which something named in `node`, or around it, stands."""
    around: exp.Expr | None = node
    while around is not None:
        for part in around.walk():
            if "line" in part.meta:
                return int(part.meta["line"])
        around = around.parent
    return 1
