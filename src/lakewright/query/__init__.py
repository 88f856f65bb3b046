"""SQL over the lake: statements in the canonical dialect, reading Bronze, Silver and Gold, now or as of then."""

from lakewright.query.lake import Lake, TableInfo
from lakewright.query.session import Result, Session

__all__ = ["Lake", "Result", "Session", "TableInfo"]
