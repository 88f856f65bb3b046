"""The base of every block of the language."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Block(BaseModel):
    """A mapping of the language: frozen, and a key it does not know is a mistake."""

    # Built when first used: a command uses few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True, defer_build=True)


def keys_of(block: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The block's fields by the keys that a person writes (`from`, `with` and such are other names in Python)."""
    return {field.alias or name: field for name, field in block.model_fields.items()}
