"""Models: SQL files with typed headers, the graph between them, column lineage, and the SQL dialect. Pure."""

from lakewright.models.graph import Models
from lakewright.models.load import load_models
from lakewright.models.model import Check, Model, ModelColumn

__all__ = ["Check", "Model", "ModelColumn", "Models", "load_models"]
