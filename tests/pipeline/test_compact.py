"""Compaction changes files and no row, and versions that are to be kept stay readable."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from lakewright.engines import open_engine
from lakewright.errors import ProblemError
from lakewright.pipeline.compact import compact
from lakewright.pipeline.locks import TableLocks
from lakewright.storage import open_storage
from lakewright.tables import open_table


def small_writes(root: Path, partition_by: list[str] | None = None) -> list[dict[str, object]]:
    for n in range(6):
        rows = pa.table({"id": pa.array([n, n + 10], pa.int64()), "t": ["a", "b"], "x": [None, "é"]})
        write_deltalake(str(root / "silver" / "t"), rows, mode="append", partition_by=partition_by)
    return read(root)


def read(root: Path, version: int | None = None) -> list[dict[str, object]]:
    return sorted(DeltaTable(str(root / "silver" / "t"), version).to_pyarrow_table().to_pylist(), key=lambda r: r["id"])


@pytest.mark.parametrize(("partition_by", "files"), [(None, 1), (["t"], 2)])
def test_few_files_and_the_same_rows(tmp_path: Path, partition_by: list[str] | None, files: int) -> None:
    rows = small_writes(tmp_path, partition_by)
    table = open_table(open_storage(str(tmp_path)), "silver.t")
    done = compact(open_engine(), table, TableLocks(tmp_path / "locks"), timedelta(days=7))
    assert (done.files_after, done.rows, done.vacuumed) == (files, 12, 0)
    assert read(tmp_path) == rows
    assert len(read(tmp_path, 2)) == 6
    again = compact(open_engine(), table, TableLocks(tmp_path / "locks"), timedelta(days=7))
    assert (again.files_before, again.files_after, again.version) == (files, files, done.version)


def test_what_is_not_kept_goes(tmp_path: Path) -> None:
    rows = small_writes(tmp_path)
    table = open_table(open_storage(str(tmp_path)), "silver.t")
    done = compact(open_engine(), table, TableLocks(tmp_path / "locks"), timedelta(0))
    assert done.vacuumed == 6
    assert len(list((tmp_path / "silver" / "t").glob("*.parquet"))) == 1
    assert read(tmp_path) == rows


def test_not_while_a_run_writes(tmp_path: Path) -> None:
    small_writes(tmp_path)
    table = open_table(open_storage(str(tmp_path)), "silver.t")
    locks = TableLocks(tmp_path / "locks")
    with locks.hold("silver.t", "a run"), pytest.raises(ProblemError, match="LW701"):
        compact(open_engine(), table, locks, timedelta(0))
