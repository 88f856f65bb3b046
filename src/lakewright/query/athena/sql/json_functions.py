"""JSON to and from other types."""

from __future__ import annotations

from lakewright.query.athena.sql.compiler import refused
from lakewright.query.athena.sql.syntax import Node
from lakewright.query.athena.sql.types import Type


def from_json(node: Node, text: str, to: Type) -> str:
    raise refused(node.place, f"cast(json as {to}) is not supported")


def to_json(node: Node, text: str, given: Type) -> str:
    raise refused(node.place, f"cast({given} as json) is not supported")
