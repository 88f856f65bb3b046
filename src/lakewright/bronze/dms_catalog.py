"""What is known of the tables that the real DMS writes, kept in a file: DMS's own files tell no key and few types."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from lakewright.bronze.dms import DmsTable


def keep_tables(path: Path, tables: Iterable[DmsTable]) -> None:
    """Replaces what was kept, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps([asdict(table) for table in tables], indent=1), encoding="utf-8")
    draft.replace(path)


def kept_tables(path: Path) -> tuple[DmsTable, ...] | None:
    """None when nothing was kept yet."""
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return tuple(DmsTable(**table | {"key": tuple(table["key"])}) for table in found)
