"""Partitions: their folders' names as Hive writes them, and who may know of one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from lakewright.governance.decisions import Allowed

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{}[]^") | {chr(code) for code in range(1, 32)}


def escaped(text: str) -> str:
    """One part of a partition's folder as Hive spells it: `a/b` → `a%2Fb`."""
    return "".join(f"%{ord(char):02X}" if char in _ESCAPED else char for char in text)


def unescaped(text: str) -> str:
    """What `escaped` was made from; a `%` that no two hexadecimal digits follow stands for itself."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)


def folder(keys: Sequence[str], values: Sequence[str]) -> str:
    """`day=2026-01-01/tenant=1`."""
    return "/".join(f"{escaped(key)}={escaped(value)}" for key, value in zip(keys, values, strict=True))


def values_of(path: str, keys: Sequence[str]) -> tuple[str, ...] | None:
    """The values in a folder `k=v/…` (names in any case, in the order of `keys`); None for another folder."""
    found = [part.partition("=") for part in path.strip("/").split("/")[: len(keys)]]
    names = [unescaped(name).lower() for name, mark, _ in found if mark]
    return tuple(unescaped(value) for _, _, value in found) if names == list(keys) else None


def typed(text: str, kind: str) -> str | int | bool | Decimal | date | None:
    """A partition's value in its column's type, as conditions compare it. Raises ValueError, InvalidOperation."""
    if text == NO_VALUE:
        return None
    match kind.partition("(")[0]:
        case "tinyint" | "smallint" | "int" | "integer" | "bigint":
            return int(text)
        case "decimal":
            return Decimal(text)
        case "date":
            return date.fromisoformat(text)
        case "boolean":
            return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else None
        case "string" | "varchar" | "char":
            return text
        case _:
            raise ValueError(kind)


def sees_partition(read: Allowed | None, keys: Mapping[str, str], values: Sequence[str]) -> bool:
    """Whether a partition's existence tells nothing that is hidden from who may `read` the table so (None: not at all):
    its keys are visible, and so are all of its rows.

    A filter on other columns hides every partition: which of them have visible rows is in the data.
    """
    if read is None or not keys.keys() <= set(read.columns) or keys.keys() & (read.masks.keys() | read.cells.keys()):
        return False
    if read.rows is None:
        return True
    if not read.rows.columns() <= keys.keys() or len(values) != len(keys):
        return False
    try:
        row = {name: typed(text, kind) for (name, kind), text in zip(keys.items(), values, strict=True)}
    except (ValueError, InvalidOperation):
        return False
    return read.rows.holds(row)
