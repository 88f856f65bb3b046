"""An object store whose objects are files that one finds: bucket `lake`, key `a/b.parquet` is `…/lake/a/b.parquet`.

Programs may write such files themselves: they are objects from then on. Keys that are no good file names (`..`, `a//b`,
`a` beside `a/b`) are kept aside, as objects like any other.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lakewright.storage.local import STAGING
from lakewright.storage.object_types import ALWAYS, NO_FACTS, Condition, Facts, Listing, Stored
from lakewright.storage.objects import Blob, ObjectStore

LONGEST_NAME = 255
Found = tuple[int, float]
"""Size and time of change of a file."""


class FolderStore(ObjectStore):
    """Keeps its buckets as folders. Facts beside the bytes (headers, tags, ETags of uploads) are in the index, and end
    when a file is changed by others."""

    def __init__(self, root: Path) -> None:
        self._buckets = root / "buckets"
        self._buckets.mkdir(parents=True, exist_ok=True)
        super().__init__(root)

    def folder(self, bucket: str) -> Path:
        """Where the bucket's objects lie as files. Raises ObjectError NoSuchBucket."""
        return self._buckets / self.bucket(bucket).name

    def create_bucket(self, name: str, *, owner: str = "", shared: bool = False) -> bool:
        made = super().create_bucket(name, owner=owner, shared=shared)
        (self._buckets / name).mkdir(exist_ok=True)
        return made

    def delete_bucket(self, name: str) -> None:
        self._adopt(name, "")
        super().delete_bucket(name)
        shutil.rmtree(self._buckets / name, ignore_errors=True)

    def commit(
        self,
        blob: Blob,
        bucket: str,
        key: str,
        *,
        owner: str,
        facts: Facts = NO_FACTS,
        condition: Condition = ALWAYS,
        etag: str = "",
    ) -> Stored:
        blob.finish()
        etag = etag or blob.md5.hexdigest()
        try:
            with self.index.writing() as connection:
                self._settle(connection, bucket, key)
                old = self._replaceable(connection, bucket, key, condition)
                name, modified = self._placed(blob, bucket, key)
                row = (bucket, key, name, blob.size, etag, modified, owner, facts.as_text())
                connection.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except BaseException:
            blob.discard()
            raise
        if old not in (None, name):
            self.blob_path(str(old)).unlink(missing_ok=True)
        return self._stored(row)

    def head(self, bucket: str, key: str) -> Stored:
        self._look(bucket, key)
        return super().head(bucket, key)

    def open(self, bucket: str, key: str) -> tuple[Stored, BinaryIO]:
        self._look(bucket, key)
        return super().open(bucket, key)

    def delete(self, bucket: str, key: str, condition: Condition = ALWAYS) -> bool:
        self._look(bucket, key)
        return super().delete(bucket, key, condition)

    def list(
        self,
        bucket: str,
        prefix: str = "",
        *,
        delimiter: str = "",
        after: str = "",
        limit: int = 1000,
        owner: str | None = None,
    ) -> Listing:
        self.bucket(bucket)
        self._adopt(bucket, prefix)
        return super().list(bucket, prefix, delimiter=delimiter, after=after, limit=limit, owner=owner)

    def blob_path(self, blob: str) -> Path:
        """Of an object in its folder, the name is `/bucket/key`."""
        return self._buckets / blob[1:] if blob.startswith("/") else super().blob_path(blob)

    def _placed(self, blob: Blob, bucket: str, key: str) -> tuple[str, float]:
        """The name under which the index finds the bytes, once they are where they belong; and when that was."""
        target = self._place(bucket, key)
        if target is None:
            return blob.name, time.time()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            blob.path.replace(target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):  # `a` beside `a/b`
            return blob.name, time.time()
        return f"/{bucket}/{key}", target.stat().st_mtime

    def _place(self, bucket: str, key: str) -> Path | None:
        """The file of a key; None when no file can be called so."""
        parts = key.split("/")
        if key.startswith(f"{STAGING}/") or "\0" in key or any(part in ("", ".", "..") for part in parts):
            return None
        if any(len(part.encode()) > LONGEST_NAME for part in parts):
            return None
        return self._buckets.joinpath(bucket, *parts)

    # files that others wrote

    def _look(self, bucket: str, key: str) -> None:
        """Makes the index right about one key; the common case reads only."""
        with self.index.reading() as connection:
            if self._differs(connection, bucket, key) is None:
                return
        with self.index.writing() as connection:
            self._settle(connection, bucket, key)

    def _settle(self, connection: sqlite3.Connection, bucket: str, key: str) -> None:
        if (change := self._differs(connection, bucket, key)) is not None:
            _note(connection, bucket, key, change[0])

    def _differs(self, connection: sqlite3.Connection, bucket: str, key: str) -> tuple[Found | None] | None:
        """What the file is, when the index does not know it."""
        target = self._place(bucket, key)
        if target is None:
            return None
        sql = "SELECT blob, size, modified FROM objects WHERE bucket = ? AND key = ?"
        return _change(connection.execute(sql, (bucket, key)).fetchone(), _found(target))

    def _adopt(self, bucket: str, prefix: str) -> None:
        """Makes the index right about all keys of a prefix."""
        files = dict(self._walk(self._buckets / bucket, prefix))
        with self.index.reading() as connection:
            sql = "SELECT key, blob, size, modified FROM objects WHERE bucket = ?"
            rows = {row[0]: row[1:] for row in connection.execute(sql, (bucket,)) if row[0].startswith(prefix)}
        changed = [key for key in files.keys() | rows.keys() if _change(rows.get(key), files.get(key)) is not None]
        if not changed:
            return
        with self.index.writing() as connection:
            for key in changed:
                self._settle(connection, bucket, key)

    def _walk(self, folder: Path, prefix: str) -> Iterator[tuple[str, Found]]:
        start = prefix.rpartition("/")[0]
        if start and self._place("", f"{start}/x") is None:
            return
        whole, staging = len(str(folder)) + 1, str(folder / STAGING)
        for path, folders, names in os.walk(folder / start):
            folders[:] = [one for one in folders if f"{path}/{one}" != staging]
            here = f"{path[whole:]}/" if len(path) > whole else ""
            for name in names:
                key = here + name
                if not key.startswith(prefix) or not _is_text(key):
                    continue
                if (found := _found(f"{path}/{name}")) is not None:
                    yield key, found


def _is_text(name: str) -> bool:
    """Names of files need not be UTF-8; keys are."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _found(file: Path | str) -> Found | None:
    try:
        status = os.lstat(file)
    except OSError:
        return None
    return (status.st_size, status.st_mtime) if stat.S_ISREG(status.st_mode) else None


def _change(row: Any, found: Found | None) -> tuple[Found | None] | None:
    """None when index and file agree; keys that are kept aside always do."""
    if row is not None and not row[0].startswith("/"):
        return None
    known = None if row is None else (row[1], row[2])
    return None if known == found else (found,)


def _note(connection: sqlite3.Connection, bucket: str, key: str, found: Found | None) -> None:
    if found is None:
        connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
        return
    size, modified = found
    etag = hashlib.md5(f"{key}|{size}|{modified}".encode(), usedforsecurity=False).hexdigest() + "-1"
    row = (bucket, key, f"/{bucket}/{key}", size, etag, modified, "", NO_FACTS.as_text())
    connection.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


__all__ = ["FolderStore"]
