"""The object store: listings against plain Python, atomic replacement, restarts."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakewright.storage.objects import PER_FOLDER, Condition, ObjectError, ObjectStore
from lakewright.storage.uploads import Uploads

KEYS = st.text(alphabet="ab/.-\ud7ff\ue000\U0010ffffü", min_size=1, max_size=6)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    found = ObjectStore(tmp_path / "objects")
    found.create_bucket("data")
    return found


def expected(keys: set[str], prefix: str, delimiter: str) -> list[str]:
    """What a listing names, as S3's documentation defines it, in the order of UTF-8 bytes."""
    names = set()
    for key in keys:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            cut = delimiter and delimiter in rest
            names.add(prefix + rest[: rest.index(delimiter) + len(delimiter)] if cut else key)
    return sorted(names, key=lambda name: name.encode("utf-8"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.sets(KEYS, max_size=15),
    prefix=st.text(alphabet="ab/.", max_size=3),
    delimiter=st.sampled_from(["", "/", "a", "./"]),
    limit=st.integers(1, 4),
)
def test_listings(store: ObjectStore, keys: set[str], prefix: str, delimiter: str, limit: int) -> None:
    for key in keys:
        store.put("data", key, key.encode(), owner="ana")
    store.put("data", "a/others", b"", owner="bob")
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = store.list("data", prefix, delimiter=delimiter, after=after, limit=limit, owner="ana")
        named = [*(one.key for one in page.objects), *page.prefixes]
        assert len(named) <= limit
        found += sorted(named, key=lambda name: name.encode("utf-8"))
        after = page.after
    mine = keys - {"a/others"}
    assert found == expected(mine, prefix, delimiter)
    for key in keys:
        assert b"".join(store.get("data", key)) == (key.encode() if key in mine else b"")
        store.delete("data", key)
    store.delete("data", "a/others")


def test_nothing_lies_outside_the_root(store: ObjectStore, tmp_path: Path) -> None:
    for key in ("../../../x", "/etc/passwd", "a\0b", "x" * 1024, "..", "C:\\x", "a.tar.gz"):
        stored = store.put("data", key, b"x", owner="ana")
        assert stored.path.is_relative_to(tmp_path / "objects" / "blobs")
        assert stored.path.read_bytes() == b"x"
    assert store.path("data", "a.tar.gz").name.endswith(".tar.gz")


def test_what_is_stored_one_after_the_other_lies_together(store: ObjectStore, tmp_path: Path) -> None:
    for number in range(2 * PER_FOLDER):
        store.put("data", f"{number}.csv", b"x", owner="ana")
    folders = [one for one in (tmp_path / "objects" / "blobs").iterdir() if any(one.iterdir())]
    assert len(folders) <= 3
    assert max(len(list(one.iterdir())) for one in folders) >= PER_FOLDER


def test_replacing_is_atomic_for_readers(store: ObjectStore) -> None:
    bodies = [bytes([number]) * 300_000 for number in range(4)]
    store.put("data", "k", bodies[0], owner="ana")
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            body = b"".join(store.get("data", "k"))
            assert len(body) == 300_000
            seen.add(body[:1])
            assert set(body) == {body[0]}

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(200):
        store.put("data", "k", bodies[number % 4], owner="ana")
    stop.set()
    for thread in threads:
        thread.join()
    assert seen


def test_only_one_of_many_creates(store: ObjectStore) -> None:
    won: list[int] = []
    lost: list[str] = []

    def create(number: int) -> None:
        try:
            store.put("data", "k", str(number).encode(), owner="ana", condition=Condition(absent=True))
        except ObjectError as error:
            lost.append(error.code)
        else:
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), lost) == (1, ["PreconditionFailed"] * 19)
    assert b"".join(store.get("data", "k")) == str(won[0]).encode()


def test_a_restart_and_a_crash(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "o")
    store.create_bucket("data")
    store.put("data", "k", b"kept", owner="ana")
    upload = Uploads(store).begin("data", "big", owner="ana", facts=store.head("data", "k").facts)
    half = store.blob("half")
    half.write(b"never finished")
    half.finish()
    os.utime(half.path, (0, 0))  # a crash here; and long ago
    again = ObjectStore(tmp_path / "o")
    assert b"".join(again.get("data", "k")) == b"kept"
    assert not half.path.exists()
    assert Uploads(again).find(upload.id, "data", "big").owner == "ana"
    again.close()
    ObjectStore(tmp_path / "o").close()


def test_what_fails_leaves_nothing(store: ObjectStore, tmp_path: Path) -> None:
    def broken() -> object:
        yield b"some"
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        store.put("data", "k", broken(), owner="ana")  # type: ignore[arg-type]
    with pytest.raises(ObjectError, match="bucket"):
        store.put("nowhere", "k", b"x", owner="ana")
    store.put("data", "k", b"x", owner="ana")
    for condition, code in ((Condition(etag="no"), "PreconditionFailed"), (Condition(only_of="bob"), "AccessDenied")):
        with pytest.raises(ObjectError) as refused:
            store.put("data", "k", b"y", owner="bob", condition=condition)
        assert refused.value.code == code
        with pytest.raises(ObjectError):
            store.delete("data", "k", condition)
    files = [path for path in (tmp_path / "objects" / "blobs").glob("*/*") if path.is_file()]
    assert files == [store.path("data", "k")]
