"""The catalog's file: one state after another, whoever writes."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from lakewright.catalog import LocalCatalog, Snapshot, Table


def nothing() -> Snapshot:
    return Snapshot()


def table(name: str) -> Table:
    return Table("d", {"Name": name}, ({"Values": ["1"]},))


def test_what_is_put_is_there_after_a_restart(tmp_path: Path) -> None:
    catalog = LocalCatalog(tmp_path / "catalog.json", nothing)
    catalog.put_database({"Name": "d"})
    catalog.put_table(table("t"))
    again = LocalCatalog(tmp_path / "catalog.json", nothing)
    assert again.snapshot() == Snapshot({"d": {"Name": "d"}}, {"d.t": table("t")})
    again.drop_database("d")
    assert LocalCatalog(tmp_path / "catalog.json", nothing).snapshot() == Snapshot()


def test_two_writers_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """Two catalogs on one file stand for two processes."""
    writers = [LocalCatalog(tmp_path / "catalog.json", nothing) for _ in range(2)]

    def write(number: int) -> None:
        for index in range(25):
            writers[number].put_table(table(f"t{number}_{index}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"d.t{number}_{index}" for number in range(2) for index in range(25)}
    assert all(set(writer.snapshot().tables) == expected for writer in writers)
    assert len(json.loads((tmp_path / "catalog.json").read_text())["tables"]) == 50


def test_the_lakes_tables_come_first_and_snapshots_stay_the_same_object(tmp_path: Path) -> None:
    lake = Snapshot({"d": {"Name": "d", "Description": "lake"}}, {"d.t": Table("d", {"Name": "t"}, managed=True)})
    time = [0.0]
    catalog = LocalCatalog(tmp_path / "catalog.json", lambda: lake, lambda: time[0])
    catalog.put_table(table("t"))
    catalog.put_table(table("own"))
    assert catalog.snapshot().tables["d.t"].managed
    assert set(catalog.made().tables) == {"d.own"}
    first, made = catalog.snapshot(), catalog.made()
    time[0] = 5.0
    assert catalog.snapshot() is first
    assert catalog.made() is made
