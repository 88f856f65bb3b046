"""What every storage has to do, run on a folder and on S3 (moto's server)."""

from __future__ import annotations

import threading

import pytest

from lakewright.storage import Exists, Storage


def test_what_is_put_is_read(storage: Storage) -> None:
    storage.put("a/b.json", b"one")
    storage.put("a/b.json", b"two")
    assert storage.read("a/b.json") == b"two"
    assert storage.exists("a/b.json")


def test_missing_files(storage: Storage) -> None:
    assert not storage.exists("a/none")
    storage.delete("a/none")
    with pytest.raises(FileNotFoundError):
        storage.read("a/none")


def test_only_one_of_many_puts_if_absent(storage: Storage) -> None:
    won: list[int] = []

    def race(number: int) -> None:
        try:
            storage.put("m/1.json", str(number).encode(), if_absent=True)
        except Exists:
            return
        won.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert storage.read("m/1.json") == str(won[0]).encode()


def test_list_is_recursive_sorted_and_by_folder(storage: Storage) -> None:
    for path in ("t/b=2/y", "t/a", "t/b=1/x", "tt/z"):
        storage.put(path, b"123")
    assert [entry.path for entry in storage.list("t")] == ["t/a", "t/b=1/x", "t/b=2/y"]
    assert {entry.size for entry in storage.list("t")} == {3}
    assert storage.list("nothing") == []


def test_publish_moves_a_staged_file(storage: Storage) -> None:
    staged = storage.staging() / "part"
    staged.write_bytes(b"parquet")
    storage.publish(staged, "bronze/t/load_date=2026-03-01/tenant_id=a%2Fb/LOAD00000001.parquet")
    assert not staged.exists()
    assert storage.read("bronze/t/load_date=2026-03-01/tenant_id=a%2Fb/LOAD00000001.parquet") == b"parquet"


def test_location_is_absolute(storage: Storage) -> None:
    storage.put("a/b", b"1")
    location = storage.location("a/b")
    assert location.startswith(("/", "s3://"))
    assert location.endswith("/a/b")


def test_staging_is_not_listed_among_data(storage: Storage) -> None:
    (storage.staging() / "half").write_bytes(b"1")
    assert storage.list("bronze") == []
