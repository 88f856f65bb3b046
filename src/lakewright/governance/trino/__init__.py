"""The policy for a real Trino over the same tables."""

from lakewright.governance.trino.compile import compile_trino
from lakewright.governance.trino.data import TrinoRules

__all__ = ["TrinoRules", "compile_trino"]
