"""Aggregate functions."""

from __future__ import annotations

from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.syntax import Call
from lakewright.query.athena.sql.values import Scope, Sql

AGGREGATES: dict[str, object] = {}


def aggregate(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    raise NotImplementedError
