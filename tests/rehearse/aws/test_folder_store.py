"""A bucket that is a folder behaves as any other bucket, and its files are its objects."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakewright.rehearse.aws.s3.folders import FolderStore
from lakewright.storage.local import STAGING, LocalStorage
from lakewright.storage.objects import Condition, Facts, ObjectError, ObjectStore

KEYS = ["a", "a/b", "a/b/c", "a/", "a//b", "b", "../b", "./c", "a b", "é", STAGING + "/x", "n" * 300, "d/" + "n" * 256]
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "new", "delete", "facts"]), st.sampled_from(KEYS), st.binary(max_size=3)),
    max_size=14,
)


def outcome(store: ObjectStore, step: tuple[str, str, bytes]) -> str:
    kind, key, data = step
    try:
        match kind:
            case "put":
                return store.put("lake", key, data, owner="").etag
            case "new":
                return store.put("lake", key, data, owner="", condition=Condition(absent=True)).etag
            case "delete":
                return str(store.delete("lake", key))
            case _:
                store.set_facts("lake", key, Facts(tags={"n": data.hex()}))
                return "set"
    except ObjectError as error:
        return error.code


def all_of(store: ObjectStore) -> dict[str, tuple[bytes, str, dict[str, str]]]:
    found = {}
    for key in sorted(KEYS):
        try:
            stored = store.head("lake", key)
        except ObjectError:
            continue
        found[key] = (b"".join(store.get("lake", key)), stored.etag, dict(stored.facts.tags))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_it_does_what_the_other_store_does(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, bytes]]
) -> None:
    one = FolderStore(tmp_path_factory.mktemp("folders"))
    other = ObjectStore(tmp_path_factory.mktemp("blobs"))
    for store in (one, other):
        store.create_bucket("lake")
    for step in steps:
        assert outcome(one, step) == outcome(other, step), step
    assert all_of(one) == all_of(other)
    keys = [[found.key for found in store.list("lake").objects] for store in (one, other)]
    assert keys[0] == keys[1]
    one.close()
    other.close()


def test_files_of_others_are_objects(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.create_bucket("lake")
    folder = store.folder("lake")
    lake = LocalStorage(folder)
    lake.put("bronze/a.parquet", b"one")
    (lake.staging() / "half").write_bytes(b"in the making")
    (folder / "link").symlink_to("/etc/passwd")
    Path(os.fsdecode(os.fsencode(folder) + b"/no-\xff-text")).write_bytes(b"")
    assert [one.key for one in store.list("lake").objects] == ["bronze/a.parquet"]
    assert store.list("lake", delimiter="/").prefixes == ("bronze/",)
    first = store.head("lake", "bronze/a.parquet")
    lake.put("bronze/a.parquet", b"two!")
    assert store.head("lake", "bronze/a.parquet").etag != first.etag
    store.put("lake", "bronze/a.parquet", b"three", owner="", facts=Facts(tags={"k": "v"}))
    assert lake.read("bronze/a.parquet") == b"three"
    os.utime(folder / "bronze" / "a.parquet", (1, 1))
    assert store.head("lake", "bronze/a.parquet").facts.tags == {}
    lake.delete("bronze/a.parquet")
    with pytest.raises(ObjectError, match="does not exist"):
        store.head("lake", "bronze/a.parquet")
    with pytest.raises(ObjectError, match="does not exist"):
        store.head("lake", "link")
    store.delete_bucket("lake")
    assert not folder.exists()
    store.close()


def test_a_file_of_others_keeps_its_bucket_and_its_key(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.create_bucket("lake")
    (store.folder("lake") / "k").write_bytes(b"x")
    with pytest.raises(ObjectError, match="not empty"):
        store.delete_bucket("lake")
    with pytest.raises(ObjectError) as refused:
        store.put("lake", "k", b"y", owner="", condition=Condition(absent=True))
    assert refused.value.code == "PreconditionFailed"
    store.close()


def test_only_one_of_many_takes_a_lock(tmp_path: Path) -> None:
    """What Terraform's lock file rests upon."""
    store = FolderStore(tmp_path)
    store.create_bucket("state")
    won: list[int] = []
    lost: list[str] = []

    def take(number: int) -> None:
        try:
            store.put("state", "s.tflock", str(number).encode(), owner="", condition=Condition(absent=True))
            won.append(number)
        except ObjectError as error:
            lost.append(error.code)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert lost == ["PreconditionFailed"] * 15
    assert [str(number).encode() for number in won] == [b"".join(store.get("state", "s.tflock"))]
    store.close()


def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.create_bucket("lake")
    store.put("lake", "a/b", b"1", owner="", facts=Facts(tags={"k": "v"}))
    store.close()
    again = FolderStore(tmp_path)
    assert dict(again.head("lake", "a/b").facts.tags) == {"k": "v"}
    assert (again.folder("lake") / "a" / "b").read_bytes() == b"1"
    again.close()
