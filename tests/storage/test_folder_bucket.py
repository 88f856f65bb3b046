"""A folder as a bucket: listings as the object store's, and nothing outside the folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakewright.storage.folder_bucket import FolderBucket
from lakewright.storage.objects import ObjectError, ObjectStore

PARTS = st.lists(st.text(alphabet="ab.-ü", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join)


def _is_a_file(key: str) -> bool:
    return not any(part in (".", "..") for part in key.split("/"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.sets(PARTS.filter(_is_a_file), max_size=12),
    prefix=st.text(alphabet="ab/.", max_size=3),
    delimiter=st.sampled_from(["", "/", "a", "./"]),
    limit=st.integers(1, 4),
)
def test_it_lists_as_the_store_does(
    tmp_path_factory: pytest.TempPathFactory, keys: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    store = ObjectStore(tmp_path_factory.mktemp("objects"))
    store.create_bucket("data")
    for key in keys:
        path = folder / key
        if any(parent.is_file() for parent in path.parents) or path.is_dir():
            continue  # a file and a folder of one name: only keys can be so
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key)
        store.put("data", key, key.encode(), owner="ana")
    bucket = FolderBucket("lake", folder)
    after: str | None = ""
    while after is not None:
        page = bucket.list("lake", prefix, delimiter=delimiter, after=after, limit=limit)
        same = store.list("data", prefix, delimiter=delimiter, after=after, limit=limit)
        assert [one.key for one in page.objects] == [one.key for one in same.objects]
        assert (page.prefixes, page.after) == (same.prefixes, same.after)
        after = page.after
    store.close()


def test_nothing_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("no")
    lake = tmp_path / "lake"
    for name in ("gold/t", "_lakewright/staging"):
        (lake / name).mkdir(parents=True)
    (lake / "gold/t/part").write_text("rows")
    (lake / "_lakewright/staging/half").write_text("no")
    (lake / "gold/out").symlink_to(tmp_path / "secret")
    (lake / "gold/up").symlink_to(tmp_path)
    os.mkfifo(lake / "gold/pipe")
    bucket = FolderBucket("lake", lake, ("_lakewright/staging/",))
    assert b"".join(bucket.get("lake", "gold/t/part")) == b"rows"
    assert bucket.head("lake", "gold/t/part").size == 4
    keys = ("gold/../../secret", "../secret", "/secret", "gold//t/part", "gold/./t/part", "gold/out", "gold/up/secret",
            "gold/t", "gold/t/", "", "gold/pipe", "a\0b", "x" * 400, "gold/t/part/x", "_lakewright/staging/half",
            str(tmp_path / "secret"))  # fmt: skip
    for key in keys:
        with pytest.raises(ObjectError) as refused:
            bucket.head("lake", key)
        assert refused.value.code == "NoSuchKey", key
    assert "gold/t/part" in [one.key for one in bucket.list("lake").objects]
    assert not {"gold/out", "_lakewright/staging/half"} & {one.key for one in bucket.list("lake").objects}
