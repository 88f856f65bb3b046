"""Reads Spark SQL with sqlglot, keeping every function under the name that was written."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ParseError, TokenError

from lakewright.errors import SpecError

_SparkParser: Any = Spark.Parser
logging.getLogger("sqlglot").addHandler(logging.NullHandler())  # else its warnings go to stderr


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


Place = tuple[Path | str, int]


def parse_query(sql: str, place: Place) -> exp.Query:
    """The one SELECT in `sql`, which begins on line `place[1]` of `place[0]`; SpecError LW504 when it is none."""
    statements = [tree for tree in _parse(sql, place) if tree is not None]
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        fact = "a model is exactly one SELECT" if statements else "the model has no SQL"
        raise SpecError("LW504", fact, place=f"{place[0]}:{place[1]}", hint="write one SELECT")
    return statements[0]


def parse_expression(sql: str, place: Place) -> exp.Expr:
    """One expression, for example a check's; SpecError LW504 when it is none."""
    select = parse_query(f"SELECT {sql}", place)
    if len(select.expressions) != 1 or (set(select.args) - {"expressions"} and select.args.get("from_")):
        raise SpecError("LW504", f"{sql!r} is not one expression", place=f"{place[0]}:{place[1]}")
    found: exp.Expr = select.expressions[0]
    return found


def _parse(sql: str, place: Place) -> list[exp.Expr | None]:
    path, line = place
    try:
        return list(sqlglot.parse(sql, read=PlainSpark))
    except (ParseError, TokenError) as problem:
        first = problem.errors[0] if isinstance(problem, ParseError) and problem.errors else {}
        at = line + (first.get("line") or 1) - 1
        fact = str(first.get("description") or str(problem).splitlines()[0]).rstrip(".")
        near = f" near {first['highlight']!r}" if first.get("highlight") else ""
        raise SpecError(
            "LW504", f"the SQL cannot be read: {fact}{near}", place=f"{path}:{at}", hint="the dialect is Spark SQL"
        ) from problem


def line_of(node: exp.Expr) -> int:
    """The line (from 1) on which something named in `node`, or around it, stands."""
    around: exp.Expr | None = node
    while around is not None:
        for part in around.walk():
            if "line" in part.meta:
                return int(part.meta["line"])
        around = around.parent
    return 1
