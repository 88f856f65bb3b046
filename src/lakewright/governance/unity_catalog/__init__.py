"""The policy for Unity Catalog, and read back from it."""

from lakewright.governance.unity_catalog.compile import compile_unity_catalog
from lakewright.governance.unity_catalog.data import UnityCatalog
from lakewright.governance.unity_catalog.load import load_unity_catalog

__all__ = ["UnityCatalog", "compile_unity_catalog", "load_unity_catalog"]
