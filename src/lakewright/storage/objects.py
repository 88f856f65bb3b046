"""A file-backed object store with S3's semantics: flat keys, atomic replacement, ETags, multipart uploads.

Blobs are immutable files with names of our own; an index says which key is which blob. A key is never part of a path,
so `..`, `//`, an object `a` beside `a/b` and 1,024-byte keys are keys like any other. Who may do what is decided by
callers; the store only remembers each object's owner.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from lakewright.storage.object_index import Index, Row, after_all
from lakewright.storage.object_listing import listed
from lakewright.storage.object_types import (
    ALWAYS,
    NO_FACTS,
    Bucket,
    Condition,
    Facts,
    Listing,
    ObjectError,
    Stored,
    no_such_bucket,
    no_such_key,
    not_theirs,
)

CHUNK = 1 << 18
ORPHAN_SECONDS = 24 * 3600
PER_FOLDER = 256
"""Blobs that go into one folder before the next: files made one after the other lie together."""
_SUFFIX = re.compile(r"(?:\.[A-Za-z0-9]{1,12}){1,2}$")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

Source = bytes | Path | Iterable[bytes]


class Blob:
    """Bytes on their way in. Nobody sees them until the store commits them; `discard` forgets them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.md5 = hashlib.md5(usedforsecurity=False)
        try:
            self._file = path.open("xb")
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb")

    @property
    def name(self) -> str:
        return self.path.name

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self.md5.update(data)
        self.size += len(data)

    def finish(self) -> None:
        self._file.close()

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


class ObjectStore:
    """All buckets below one folder. Thread-safe; `close` it at the end."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._numbers, self._folder = itertools.count(1), secrets.token_hex(1)
        self._blobs.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        self.index = Index(root / "index.sqlite")
        self._unclean = root / "unclean"
        if self._unclean.exists():
            self._sweep()
        self._unclean.touch()

    def close(self) -> None:
        self.index.close()
        self._unclean.unlink(missing_ok=True)

    # buckets

    def create_bucket(self, name: str, *, owner: str = "", shared: bool = False) -> bool:
        """False when it exists already. Raises ObjectError InvalidBucketName."""
        if not _BUCKET.fullmatch(name) or ".." in name:
            raise ObjectError("InvalidBucketName", "The specified bucket is not valid.")
        with self.index.writing() as connection:
            sql = "INSERT INTO buckets VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
            return connection.execute(sql, (name, owner, shared, time.time())).rowcount == 1

    def bucket(self, name: str) -> Bucket:
        """Raises ObjectError NoSuchBucket."""
        with self.index.reading() as connection:
            row = connection.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise no_such_bucket()
        return _bucket(row)

    def buckets(self) -> list[Bucket]:
        with self.index.reading() as connection:
            return [_bucket(row) for row in connection.execute("SELECT * FROM buckets ORDER BY name")]

    def delete_bucket(self, name: str) -> None:
        """Raises ObjectError NoSuchBucket or BucketNotEmpty."""
        with self.index.writing() as connection:
            if connection.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise ObjectError("BucketNotEmpty", "The bucket you tried to delete is not empty")
            uploads = [row[0] for row in connection.execute("SELECT id FROM uploads WHERE bucket = ?", (name,))]
            for upload in uploads:
                connection.execute("DELETE FROM uploads WHERE id = ?", (upload,))
            if connection.execute("DELETE FROM buckets WHERE name = ?", (name,)).rowcount == 0:
                raise no_such_bucket()

    # objects

    def blob(self, key: str) -> Blob:
        """A place for new bytes; the key's ending is kept, since readers go by it (`.csv.gz`)."""
        if next(self._numbers) % PER_FOLDER == 0:
            self._folder = secrets.token_hex(1)
        name = self._folder + secrets.token_hex(15)
        suffix = _SUFFIX.search(key)
        return Blob(self.blob_path(name + (suffix[0] if suffix else "")))

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
        """Makes the blob the object `key`. Raises ObjectError NoSuchBucket, AccessDenied or
        PreconditionFailed; then the blob is gone."""
        blob.finish()
        etag = etag or blob.md5.hexdigest()
        stamp = time.time()
        try:
            with self.index.writing() as connection:
                old = self._replaceable(connection, bucket, key, condition)
                row = (bucket, key, blob.name, blob.size, etag, stamp, owner, facts.as_text())
                connection.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except BaseException:
            blob.discard()
            raise
        if old is not None:
            self.blob_path(old).unlink(missing_ok=True)
        return self._stored(row)

    def commit_all(self, blobs: Sequence[tuple[Blob, str, str]], *, owner: str, facts: Facts = NO_FACTS) -> None:
        """Makes each blob (with its bucket and key) an object: all in one step, or none.

        Raises ObjectError NoSuchBucket, PreconditionFailed when a key is taken; then the blobs are gone.
        """
        stamp, free = time.time(), Condition(absent=True)
        try:
            for blob, _, _ in blobs:
                blob.finish()
            with self.index.writing() as connection:
                for blob, bucket, key in blobs:
                    self._replaceable(connection, bucket, key, free)
                    row = (bucket, key, blob.name, blob.size, blob.md5.hexdigest(), stamp, owner, facts.as_text())
                    connection.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except BaseException:
            for blob, _, _ in blobs:
                blob.discard()
            raise

    def put(
        self,
        bucket: str,
        key: str,
        source: Source,
        *,
        owner: str,
        facts: Facts = NO_FACTS,
        condition: Condition = ALWAYS,
    ) -> Stored:
        """Writes a whole object or nothing. Raises ObjectError NoSuchBucket or PreconditionFailed."""
        blob = self.blob(key)
        try:
            for chunk in _chunks(source):
                blob.write(chunk)
        except BaseException:
            blob.discard()
            raise
        return self.commit(blob, bucket, key, owner=owner, facts=facts, condition=condition)

    def head(self, bucket: str, key: str) -> Stored:
        """Raises ObjectError NoSuchBucket or NoSuchKey."""
        with self.index.reading() as connection:
            sql = "SELECT * FROM objects WHERE bucket = ? AND key = ?"
            row = connection.execute(sql, (bucket, key)).fetchone()
            if row is not None:
                return self._stored(row)
        self.bucket(bucket)
        raise no_such_key()

    def open(self, bucket: str, key: str) -> tuple[Stored, BinaryIO]:
        """An object with its open file, which stays readable when the object is replaced or deleted meanwhile."""
        while True:
            stored = self.head(bucket, key)
            try:
                return stored, stored.path.open("rb")
            except FileNotFoundError:
                if self.head(bucket, key).path == stored.path:
                    raise

    def get(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The object's bytes, or `length` of them from `start`. Raises ObjectError NoSuchBucket or NoSuchKey."""
        stored, file = self.open(bucket, key)
        with file:
            file.seek(start)
            left = stored.size - start if length is None else length
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk

    def path(self, bucket: str, key: str) -> Path:
        """Where the trusted reader finds the object's bytes. Raises ObjectError NoSuchBucket or NoSuchKey."""
        return self.head(bucket, key).path

    def delete(self, bucket: str, key: str, condition: Condition = ALWAYS) -> bool:
        """False when there is no such object. Raises ObjectError NoSuchBucket, AccessDenied or PreconditionFailed."""
        with self.index.writing() as connection:
            old = self._replaceable(connection, bucket, key, condition)
            connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
        if old is None:
            return False
        self.blob_path(old).unlink(missing_ok=True)
        return True

    def copy(
        self, source: Stored, bucket: str, key: str, *, owner: str, facts: Facts, condition: Condition = ALWAYS
    ) -> Stored:
        """A copy of an object that `head` or `open` gave. Raises as `commit` does."""
        with source.path.open("rb") as file:
            return self.put(
                bucket, key, iter(lambda: file.read(CHUNK), b""), owner=owner, facts=facts, condition=condition
            )

    def set_facts(self, bucket: str, key: str, facts: Facts) -> None:
        """Replaces what the object carries beside its bytes. Raises ObjectError NoSuchKey."""
        with self.index.writing() as connection:
            sql = "UPDATE objects SET facts = ? WHERE bucket = ? AND key = ?"
            if connection.execute(sql, (facts.as_text(), bucket, key)).rowcount == 0:
                raise no_such_key()

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
        """Objects whose key starts with `prefix`, from the first name beyond `after`; only `owner`'s when given.

        Keys that have `delimiter` beyond the prefix appear once, as their common prefix. Raises NoSuchBucket.
        """
        self.bucket(bucket)
        with self.index.reading() as connection:

            def following(position: str, exclusive: bool) -> Stored | None:
                row = _next(connection, bucket, prefix, position, exclusive, owner)
                return None if row is None else self._stored(row)

            return listed(following, prefix, delimiter, after, limit)

    def _replaceable(self, connection: sqlite3.Connection, bucket: str, key: str, condition: Condition) -> str | None:
        """The blob that a write replaces. Raises ObjectError when the bucket or the condition does not hold."""
        if connection.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone() is None:
            raise no_such_bucket()
        sql = "SELECT blob, etag, owner FROM objects WHERE bucket = ? AND key = ?"
        row = connection.execute(sql, (bucket, key)).fetchone()
        if row is not None and condition.only_of not in (None, row[2]):
            raise not_theirs()
        if condition.etag is not None and row is None:
            raise no_such_key()
        taken = condition.absent and row is not None
        if taken or (condition.etag is not None and row[1] != condition.etag):
            text = "At least one of the pre-conditions you specified did not hold"
            raise ObjectError("PreconditionFailed", text)
        return None if row is None else str(row[0])

    def _stored(self, row: Row) -> Stored:
        bucket, key, blob, size, etag, modified, owner, facts = row
        at = datetime.fromtimestamp(modified, UTC)
        return Stored(bucket, key, size, etag, at, owner, Facts.from_text(facts), self.blob_path(blob))

    def blob_names(self) -> set[str]:
        """The names of all objects' blobs."""
        with self.index.reading() as connection:
            return {row[0] for row in connection.execute("SELECT blob FROM objects")}

    def blob_path(self, blob: str) -> Path:
        """Where the blob of that name is."""
        return self._blobs / blob[:2] / blob

    def _sweep(self) -> None:
        """Removes blobs that a crash left behind. Young ones may be another process's work."""
        with self.index.reading() as connection:
            sql = "SELECT blob FROM objects UNION ALL SELECT blob FROM parts"
            known = {row[0] for row in connection.execute(sql)}
        oldest = time.time() - ORPHAN_SECONDS
        for path in self._blobs.glob("*/*"):
            if path.name not in known and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _next(
    connection: sqlite3.Connection, bucket: str, prefix: str, position: str, exclusive: bool, owner: str | None
) -> Row | None:
    sql = f"SELECT * FROM objects WHERE bucket = ? AND key {'>' if exclusive else '>='} ?"
    values: list[str] = [bucket, position]
    end = after_all(prefix)
    if end is not None:
        sql += " AND key < ?"
        values.append(end)
    if owner is not None:
        sql += " AND owner = ?"
        values.append(owner)
    row: Row | None = connection.execute(sql + " ORDER BY key LIMIT 1", values).fetchone()
    return row


def _bucket(row: Row) -> Bucket:
    name, owner, shared, created = row
    return Bucket(name, owner, bool(shared), datetime.fromtimestamp(created, UTC))


def _chunks(source: Source) -> Iterator[bytes]:
    match source:
        case bytes():
            yield source
        case Path():
            with source.open("rb") as file:
                yield from iter(lambda: file.read(CHUNK), b"")
        case _:
            yield from source


__all__ = [
    "ALWAYS",
    "NO_FACTS",
    "Blob",
    "Bucket",
    "Condition",
    "Facts",
    "Listing",
    "ObjectError",
    "ObjectStore",
    "Stored",
]
