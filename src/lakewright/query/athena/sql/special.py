"""Functions whose result or text depends on more than their arguments' types."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.syntax import Call
from lakewright.query.athena.sql.values import Scope, Sql

SPECIAL: Mapping[str, Callable[[Compiler, Call, Scope], Sql]] = {}
