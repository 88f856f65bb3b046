"""From changed input rows to the scopes of a model that they touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakewright.models import Model

Schemas = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Route:
    """How the changed rows of one input tell which scopes change.

    `sql` is a canonical SELECT of the scope columns, in their order; the input's name stands for its changed rows, and
    every other name for all rows. `direct` is set when the scope columns are these expressions over the input alone,
    so that rows of the input outside a scope cannot matter to it. `columns` are those of the input that are used.
    """

    sql: str
    direct: tuple[str, ...] | None = None
    columns: frozenset[str] = frozenset()


Routes = Callable[[Model, Schemas], Mapping[str, Route]]
"""Routes by input; an input without one makes the whole model be computed again when it changes."""
