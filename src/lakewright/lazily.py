"""Arrow, numpy and DuckDB, imported when something of them is first used.

Together they take 0.2 s to import. A full load has PostgreSQL and DuckDB at work before it needs either, so modules on
its way take them from here: `pc` as it is, the others beside the real import, which is for the type checker:

    if TYPE_CHECKING:
        import pyarrow as pa
    else:
        from lakewright.lazily import pa
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Lazily:
    """Stands for a module: its attributes are the module's."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self._module), name)
        setattr(self, name, value)  # found at once from now on
        return value


duckdb: Any = Lazily("duckdb")
np: Any = Lazily("numpy")
pa: Any = Lazily("pyarrow")
pc: Any = Lazily("pyarrow.compute")
pq: Any = Lazily("pyarrow.parquet")
