"""One statement that is no query, with what it needs to be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.sql.selects import Asker, whole_name
from lakewright.rehearse.databricks.sql.writing import DeltaFiles
from lakewright.rehearse.databricks.unity.kinds import CATALOG, FUNCTION, METASTORE, SCHEMA, TABLE, VOLUME
from lakewright.rehearse.databricks.world import Call

Runs = Callable[[str], pa.Table]
"""Runs a query as the caller."""
Columns = Mapping[str, list[Any]]
"""What a statement answers: name → values."""
NOTHING: Columns = {}
SECURABLES = {
    "CATALOG": CATALOG, "SCHEMA": SCHEMA, "DATABASE": SCHEMA, "TABLE": TABLE, "VIEW": TABLE, "VOLUME": VOLUME,
    "FUNCTION": FUNCTION, "METASTORE": METASTORE,
}  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """`run` runs a query of it; `files` is where tables lie."""

    call: Call
    asker: Asker
    run: Runs
    files: DeltaFiles

    def whole(self, path: Sequence[str], parts: int) -> tuple[str, ...]:
        """A name of so many parts; what is missing at the front is the caller's catalog and schema."""
        if len(path) > parts:
            raise SqlProblem("IDENTIFIER_TOO_MANY_NAME_PARTS", f"{'.'.join(path)} has too many parts.", "42601")
        if parts == 3:
            return tuple(whole_name(".".join(path), self.asker).split("."))
        front = [self.asker.catalog] if parts == 2 and len(path) == 1 else []
        return (*front, *(one.lower() for one in path))
