"""Multipart uploads of an object store: parts wait beside the objects until they become one, or are given up."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lakewright.storage.object_types import ALWAYS, Condition, Facts, ObjectError, Stored
from lakewright.storage.objects import CHUNK, Blob, ObjectStore

SMALLEST_PART = 5 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was begun by `owner` and not completed yet."""

    id: str
    bucket: str
    key: str
    owner: str
    started: datetime
    facts: Facts


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has arrived; `checksums` are base64, as for objects."""

    number: int
    size: int
    etag: str
    modified: datetime
    checksums: Mapping[str, str]
    path: Path


class Uploads:
    """The uploads of one store. Thread-safe."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def begin(self, bucket: str, key: str, *, owner: str, facts: Facts) -> Upload:
        """Raises ObjectError NoSuchBucket."""
        self._store.bucket(bucket)
        upload, started = secrets.token_hex(32), time.time()
        with self._store.index.writing() as connection:
            row = (upload, bucket, key, owner, started, facts.as_text())
            connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)", row)
        return Upload(upload, bucket, key, owner, datetime.fromtimestamp(started, UTC), facts)

    def find(self, upload: str, bucket: str, key: str) -> Upload:
        """Raises ObjectError NoSuchUpload."""
        with self._store.index.reading() as connection:
            sql = "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?"
            row = connection.execute(sql, (upload, bucket, key)).fetchone()
        if row is None:
            raise _no_such_upload()
        return Upload(row[0], row[1], row[2], row[3], datetime.fromtimestamp(row[4], UTC), Facts.from_text(row[5]))

    def all(self, bucket: str, prefix: str = "", owner: str | None = None) -> list[Upload]:
        """Uploads under way, by key; only `owner`'s when given."""
        with self._store.index.reading() as connection:
            sql = "SELECT * FROM uploads WHERE bucket = ? AND (? IS NULL OR owner = ?) ORDER BY key, started"
            rows = connection.execute(sql, (bucket, owner, owner)).fetchall()
        return [
            Upload(row[0], row[1], row[2], row[3], datetime.fromtimestamp(row[4], UTC), Facts.from_text(row[5]))
            for row in rows
            if row[2].startswith(prefix)
        ]

    def add(self, upload: Upload, number: int, blob: Blob, checksums: Mapping[str, str]) -> Part:
        """Keeps a part, instead of an earlier one with its number. Raises ObjectError NoSuchUpload."""
        blob.finish()
        row = (upload.id, number, blob.name, blob.size, blob.md5.hexdigest(), time.time(), json.dumps(dict(checksums)))
        try:
            with self._store.index.writing() as connection:
                _check(connection, upload)
                sql = "SELECT blob FROM parts WHERE upload = ? AND number = ?"
                old = connection.execute(sql, (upload.id, number)).fetchone()
                connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        except BaseException:
            blob.discard()
            raise
        if old is not None:
            self._store.blob_path(old[0]).unlink(missing_ok=True)
        return Part(number, blob.size, row[4], datetime.fromtimestamp(row[5], UTC), checksums, blob.path)

    def parts(self, upload: Upload) -> list[Part]:
        """The parts that have arrived, by number."""
        with self._store.index.reading() as connection:
            sql = "SELECT number, size, etag, modified, checksums, blob FROM parts WHERE upload = ? ORDER BY number"
            rows = connection.execute(sql, (upload.id,)).fetchall()
        return [
            Part(row[0], row[1], row[2], datetime.fromtimestamp(row[3], UTC), json.loads(row[4]), path)
            for row in rows
            if (path := self._store.blob_path(row[5]))
        ]

    def complete(
        self, upload: Upload, named: Sequence[tuple[int, str]], facts: Facts, condition: Condition = ALWAYS
    ) -> Stored:
        """Makes the named parts (number, ETag) the object. `facts` become the object's, with the parts' sizes.

        Raises ObjectError InvalidPart, InvalidPartOrder, EntityTooSmall, and what `commit` raises.
        """
        chosen = self.chosen(upload, named)
        blob = self._store.blob(upload.key)
        try:
            for part in chosen:
                with part.path.open("rb") as file:
                    while chunk := file.read(CHUNK):
                        blob.write(chunk)
        except BaseException:
            blob.discard()
            raise
        digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in chosen), usedforsecurity=False).hexdigest()
        etag = f"{digest}-{len(chosen)}"
        whole = facts.with_parts(tuple(part.size for part in chosen))
        stored = self._store.commit(
            blob, upload.bucket, upload.key, owner=upload.owner, facts=whole, condition=condition, etag=etag
        )
        self.abort(upload)
        return stored

    def chosen(self, upload: Upload, named: Sequence[tuple[int, str]]) -> list[Part]:
        """The parts that a completion names. Raises ObjectError InvalidPart, InvalidPartOrder or EntityTooSmall."""
        numbers = [number for number, _ in named]
        if not numbers or numbers != sorted(set(numbers)):
            text = "The list of parts was not in ascending order. Parts must be ordered by part number."
            raise ObjectError("InvalidPartOrder", text)
        have = {part.number: part for part in self.parts(upload)}
        if any(number not in have or have[number].etag != etag.strip('"') for number, etag in named):
            text = "One or more of the specified parts could not be found."
            raise ObjectError("InvalidPart", text)
        chosen = [have[number] for number in numbers]
        if any(part.size < SMALLEST_PART for part in chosen[:-1]):
            text = "Your proposed upload is smaller than the minimum allowed size"
            raise ObjectError("EntityTooSmall", text)
        return chosen

    def abort(self, upload: Upload) -> None:
        """Forgets the upload and its parts; no error when it is gone already."""
        parts = self.parts(upload)
        with self._store.index.writing() as connection:
            connection.execute("DELETE FROM uploads WHERE id = ?", (upload.id,))
        for part in parts:
            part.path.unlink(missing_ok=True)


def _check(connection: sqlite3.Connection, upload: Upload) -> None:
    if connection.execute("SELECT 1 FROM uploads WHERE id = ?", (upload.id,)).fetchone() is None:
        raise _no_such_upload()


def _no_such_upload() -> ObjectError:
    text = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed."
    )
    return ObjectError("NoSuchUpload", text)
