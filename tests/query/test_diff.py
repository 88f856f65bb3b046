"""What differs between two versions of a table; expected differences are told by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakewright.engines import open_engine
from lakewright.errors import SpecError
from lakewright.models import Models
from lakewright.query.diff import Difference, Example, diff
from lakewright.query.lake import Lake, Pin
from lakewright.storage import open_storage

FIRST = {"id": [1, 2, 3, 4], "status": ["new", "new", None, "new"], "n": [1, 2, 3, 4]}


def versions(root: Path, *contents: dict[str, list[Any]]) -> Lake:
    for content in contents:
        write_deltalake(str(root / "silver" / "t"), pa.table(content), mode="overwrite", schema_mode="overwrite")
    return Lake(open_storage(str(root)), list, Models([]))


def compare(lake: Lake, key: tuple[str, ...] = ("id",)) -> Difference:
    return diff(lake, open_engine, "silver.t", Pin(version=0), Pin(), key)


def test_added_removed_changed(tmp_path: Path) -> None:
    second = {"id": [1, 2, 3, 5], "status": ["new", "paid", "lost", "new"], "n": [1, 2, 30, 5]}
    found = compare(versions(tmp_path, FIRST, second))
    assert (found.before, found.after) == (0, 1)
    assert (found.added, found.removed, found.changed, found.same) == (1, 1, 2, 1)
    assert found.by_column == {"status": 2, "n": 1}
    assert found.examples == (
        Example("added", {"id": 5}, {"status": (None, "new"), "n": (None, 5)}),
        Example("changed", {"id": 2}, {"status": ("new", "paid")}),
        Example("changed", {"id": 3}, {"status": (None, "lost"), "n": (3, 30)}),
        Example("removed", {"id": 4}, {"status": ("new", None), "n": (4, None)}),
    )
    assert not found.equal


def test_the_same_rows_in_another_order(tmp_path: Path) -> None:
    found = compare(versions(tmp_path, FIRST, {name: values[::-1] for name, values in FIRST.items()}))
    assert found.equal
    assert found.same == 4


def test_columns_that_came_and_went(tmp_path: Path) -> None:
    found = compare(versions(tmp_path, FIRST, {"id": [1, 2, 3, 4], "n": [1.0, 2.0, 3.0, 4.0], "more": [1, 1, 1, 1]}))
    assert found.columns_added == {"more": "bigint"}
    assert found.columns_dropped == {"status": "string"}
    assert found.columns_retyped == {"n": ("bigint", "double")}
    assert (found.changed, found.equal) == (0, False)


def test_without_a_key_rows_are_counted(tmp_path: Path) -> None:
    found = compare(versions(tmp_path, {"a": [1, 1, 1, None]}, {"a": [1, None, None, 2]}), key=())
    assert (found.added, found.removed, found.changed, found.same) == (2, 2, 0, 2)


def test_a_key_that_is_null(tmp_path: Path) -> None:
    found = compare(versions(tmp_path, {"id": [None, 1], "n": [1, 1]}, {"id": [None, 1], "n": [2, 1]}))
    assert (found.changed, found.same) == (1, 1)


def test_a_key_that_is_no_column(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="LW916"):
        compare(versions(tmp_path, FIRST), key=("oid",))
