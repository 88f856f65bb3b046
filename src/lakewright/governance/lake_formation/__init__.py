"""The policy for AWS Lake Formation, and read back from it."""

from lakewright.governance.lake_formation.compile import compile_lake_formation
from lakewright.governance.lake_formation.data import LakeFormation
from lakewright.governance.lake_formation.load import load_lake_formation

__all__ = ["LakeFormation", "compile_lake_formation", "load_lake_formation"]
