"""Requests held against botocore's service models: what is required, types, lengths, ranges, patterns, enumerations.

The models are the ones that AWS's own tools are made from. Patterns are Java's; what Python cannot say is said wider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

_CLASSES: Mapping[str, str] = {
    "L": r"\w",
    "Alpha": r"\w",
    "Alnum": r"\w",
    "N": r"\d",
    "Nd": r"\d",
    "Z": r"\s",
    "Zs": r"\s",
    "P": r"!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u205e\u3001-\u3003",
    "S": r"$+<=>^`|~\u00a2-\u00b4\u2000-\u2bff",
    "M": r"\u0300-\u036f",
    "Print": r"[ -~]",
    "Graph": r"[!-~]",
    "ASCII": r"[\x00-\x7f]",
}
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong: `path` is the member as AWS writes it (`subnetIds.1.member`), `fact` what it fails to be."""

    path: str
    value: Any
    fact: str
    missing: bool = False

    @property
    def text(self) -> str:
        shown = "null" if self.missing else str(self.value)[:_MOST_SHOWN]
        quoted = shown if self.missing else f"'{shown}'"
        return f"Value {quoted} at '{self.path}' failed to satisfy constraint: {self.fact}"


def violations(shape: Shape | None, value: Any) -> tuple[Violation, ...]:
    """Everything about a request's parameters that its input shape forbids."""
    return tuple(_check(shape, value, "")) if shape is not None else ()


def _check(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    match shape.type_name:
        case "structure":
            yield from _structure(shape, value, path)  # type: ignore[arg-type]
        case "list":
            yield from _list(shape, value, path)  # type: ignore[arg-type]
        case "map":
            yield from _map(shape, value, path)  # type: ignore[arg-type]
        case "string":
            yield from _string(shape, value, path)
        case "integer" | "long" | "float" | "double":
            yield from _number(shape, value, path)
        case "boolean" if not isinstance(value, bool):
            yield Violation(path, value, "Member must be a boolean")
        case "blob" if isinstance(value, bytes):
            yield from _length(shape, value, len(value), path)
        case _:
            pass


def _structure(shape: StructureShape, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield Violation(path, value, "Member must be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None and not shape.members[name].metadata.get("idempotencyToken"):
            yield Violation(_joined(path, name), None, "Member must not be null", missing=True)
    if shape.metadata.get("union") and len([one for one in value.values() if one is not None]) != 1:
        yield Violation(path, value, "Member must have exactly one of its members")
    for name, one in value.items():
        if one is not None and name in shape.members:
            yield from _check(shape.members[name], one, _joined(path, name))


def _list(shape: ListShape, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, list | tuple):
        yield Violation(path, value, "Member must be a list")
        return
    yield from _length(shape, value, len(value), path)
    for place, one in enumerate(value, 1):
        yield from _check(shape.member, one, f"{path}.{place}.member")


def _map(shape: MapShape, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield Violation(path, value, "Member must be a map")
        return
    yield from _length(shape, value, len(value), path)
    for key, one in value.items():
        yield from _check(shape.key, key, path)
        yield from _check(shape.value, one, f"{path}.{key}.member")


def _string(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    if isinstance(value, datetime | bytes):
        return
    if not isinstance(value, str):
        yield Violation(path, value, "Member must be a string")
        return
    yield from _length(shape, value, len(value), path)
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed and not _is_dms_constant(shape.name, value, allowed):
        yield Violation(path, value, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not allowed and not _fits(pattern, value):
        yield Violation(path, value, f"Member must satisfy regular expression pattern: {pattern}")


CASELESS = frozenset({"CompressionTypeValue", "EncryptionModeValue", "DataFormatValue", "ParquetVersionValue"})
"""DMS's own documentation writes these as `GZIP`, `SSE_S3`, the model as `gzip`, `sse-s3`; DMS takes both."""


def _is_dms_constant(name: str, value: str, allowed: list[str]) -> bool:
    return name in CASELESS and value.lower().replace("_", "-") in allowed


def _number(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Violation(path, value, "Member must be a number")
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield Violation(path, value, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield Violation(path, value, f"Member must have value less than or equal to {most}")


def _length(shape: Shape, value: Any, length: int, path: str) -> Iterator[Violation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and length < least:
        yield Violation(path, value, f"Member must have length greater than or equal to {least}")
    if most is not None and length > most:
        yield Violation(path, value, f"Member must have length less than or equal to {most}")


def _joined(path: str, name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return f"{path}.{lower}" if path else lower


def _fits(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Java's pattern as Python's; None when Python cannot read it."""
    text = pattern.replace(_SURROGATES, r"\U00010000-\U0010ffff").replace("(?i)", "")
    text = re.sub(r"(\\[wds])-(?=[^\]])", r"\1\\-", text)
    has_classes = r"\p{" in text
    text = re.sub(r"\\p\{(?:Is)?(\w+)\}", lambda found: _CLASSES.get(found[1], r"\w"), text)
    flags = (0 if has_classes else re.ASCII) | re.DOTALL | (re.IGNORECASE if "(?i)" in pattern else 0)
    try:
        return re.compile(text, flags)
    except re.error:
        return None
