"""Window functions."""

from __future__ import annotations

from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.syntax import Call
from lakewright.query.athena.sql.values import Scope, Sql

WINDOW_FUNCTIONS: dict[str, object] = {}


def window_call(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    raise NotImplementedError
