"""The provider's schema as the published bindings tell it: types, their arguments, their blocks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schema.json.gz")


@dataclass(frozen=True)
class Attribute:
    """`type`: Terraform's JSON form of a type, or a nested object (`nested`, its attributes in `a`)."""

    type: Any
    required: bool
    optional: bool
    computed: bool


@dataclass(frozen=True)
class Nested:
    """A block inside a block. `nesting`: single, list or set. `most` 0: any number."""

    nesting: str
    least: int
    most: int
    block: Block


@dataclass(frozen=True)
class Block:
    """Attributes and blocks, by name."""

    attributes: Mapping[str, Attribute]
    blocks: Mapping[str, Nested]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.attributes, *self.blocks)


@dataclass(frozen=True)
class Schema:
    """All types of one version of the provider."""

    version: str
    content: Mapping[str, Any]

    @cached_property
    def config(self) -> Block:
        """The provider's own arguments."""
        return block_of(self.content["config"])

    @property
    def resources(self) -> tuple[str, ...]:
        return tuple(self.content["resources"])

    @property
    def data_sources(self) -> tuple[str, ...]:
        return tuple(self.content["data"])

    def resource(self, name: str) -> Block:
        return block_of(self.content["resources"][name])

    def data_source(self, name: str) -> Block:
        return block_of(self.content["data"][name])


def load(path: Path = FILE) -> Schema:
    """What `tools/databricks_schema.py` wrote."""
    content = json.loads(gzip.decompress(path.read_bytes()))
    return Schema(content["version"], content)


def block_of(content: Mapping[str, Any]) -> Block:
    """A block from its compact form."""
    attributes = {
        name: Attribute(kind, flags == "r", "o" in flags, "c" in flags)
        for name, (kind, flags) in content.get("a", {}).items()
    }
    blocks = {
        name: Nested(nesting, least, most, block_of(inner))
        for name, (nesting, least, most, inner) in content.get("b", {}).items()
    }
    return Block(attributes, blocks)
