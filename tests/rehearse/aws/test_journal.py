"""What changed moto's state, on disk: for its owner only, whole lines only."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from lakewright.rehearse.aws.moto.journal import Journal, Record

ONE = Record("POST", "/?a=1", {"x-moto-account-id": "111111111111"}, b"\x00body", 7)
TWO = Record("PUT", "/bucket", {}, b"", 8)


def written(path: Path, *records: Record) -> None:
    with closing(Journal(path)) as journal:
        for one in records:
            journal.add(one)


def read(path: Path) -> list[Record]:
    with closing(Journal(path)) as journal:
        return list(journal.records())


def test_records_come_back_in_order_and_a_torn_line_does_not(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    written(path, ONE, TWO)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read(path) == [ONE, TWO]
    path.write_bytes(path.read_bytes()[:-20])
    assert read(path) == [ONE]


def test_after_a_torn_line_new_records_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    written(path, ONE)
    path.write_bytes(path.read_bytes()[:-20])
    written(path, TWO)
    assert read(path) == [TWO]
