"""A folder as a bucket that can be read: a file's key is its path below the folder."""

from __future__ import annotations

import errno
import hashlib
import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from lakewright.storage.object_index import after_all
from lakewright.storage.object_listing import listed
from lakewright.storage.object_types import NO_FACTS, Bucket, Listing, Stored, no_such_key

CHUNK = 1 << 18
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)


@dataclass(frozen=True)
class FolderBucket:
    """Reads as an `ObjectStore` of one bucket does. `hidden`: folders (`a/b/`) that are left out.

    Links that lead out of the folder and names that are no UTF-8 are not there. ETags change with a file's size and
    time; they are no hashes of its bytes.
    """

    name: str
    root: Path
    hidden: tuple[str, ...] = ()

    @cached_property
    def bucket(self) -> Bucket:
        return Bucket(self.name, "", shared=False, created=datetime.fromtimestamp(0, UTC), closed=True)

    def head(self, bucket: str, key: str) -> Stored:
        """Raises ObjectError NoSuchKey."""
        stored, file = self.open(bucket, key)
        file.close()
        return stored

    def open(self, bucket: str, key: str) -> tuple[Stored, BinaryIO]:  # noqa: ARG002 - there is one
        """Raises ObjectError NoSuchKey."""
        path = self._path(key)
        try:
            if not path.is_file() or not path.resolve().is_relative_to(self.root.resolve()):
                raise no_such_key()
            file = path.open("rb")
        except OSError as error:
            if error.errno in _ABSENT:
                raise no_such_key() from None
            raise
        return self._stored(key, path, os.fstat(file.fileno())), file

    def get(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The file's bytes, or `length` of them from `start`. Raises ObjectError NoSuchKey."""
        stored, file = self.open(bucket, key)
        with file:
            file.seek(start)
            left = stored.size - start if length is None else length
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk

    def list(
        self,
        bucket: str,  # noqa: ARG002 - there is one
        prefix: str = "",
        *,
        delimiter: str = "",
        after: str = "",
        limit: int = 1000,
        owner: str | None = None,  # noqa: ARG002 - files have none
    ) -> Listing:
        """As `ObjectStore.list`."""
        walk = _Walk(self.root, prefix, self.hidden)

        def following(position: str, exclusive: bool) -> Stored | None:
            for key in walk.keys(position, exclusive):
                try:
                    return self._stored(key, self.root / key, (self.root / key).stat())
                except OSError:  # gone since, or a link to nothing
                    continue
            return None

        return listed(following, prefix, delimiter, after, limit)

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in ("", ".", "..") for part in parts) or "\0" in key or key.startswith(self.hidden or "\0"):
            raise no_such_key()
        return self.root.joinpath(*parts)

    def _stored(self, key: str, path: Path, found: os.stat_result) -> Stored:
        tag = hashlib.md5(f"{key}|{found.st_size}|{found.st_mtime_ns}".encode(), usedforsecurity=False).hexdigest()
        moment = datetime.fromtimestamp(found.st_mtime, UTC)
        return Stored(self.name, key, found.st_size, f"{tag}-1", moment, "", NO_FACTS, path)


class _Walk:
    """The keys below a folder in order, from any position; each folder is read once."""

    def __init__(self, root: Path, prefix: str, hidden: tuple[str, ...]) -> None:
        self._root, self._prefix, self._hidden = root, prefix, hidden
        self._known: dict[str, list[str]] = {}

    def keys(self, position: str, exclusive: bool, folder: str = "") -> Iterator[str]:
        names = self._names(folder)
        for name in names[_first(names, position, folder) :]:
            key = folder + name
            if name.endswith("/"):
                ends = after_all(key)
                inside = key.startswith(self._prefix) or self._prefix.startswith(key)
                if inside and (ends is None or ends > position):
                    yield from self.keys(position, exclusive, key)
            elif key.startswith(self._prefix) and (key > position or (key == position and not exclusive)):
                yield key

    def _names(self, folder: str) -> list[str]:
        """Sorted; folders end with a slash."""
        if folder not in self._known:
            self._known[folder] = sorted(self._read(folder))
        return self._known[folder]

    def _read(self, folder: str) -> Iterator[str]:
        try:
            entries = list(os.scandir(self._root / folder))
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            name = entry.name + "/" if entry.is_dir(follow_symlinks=False) else entry.name
            if folder + name not in self._hidden and name.isprintable() and not entry.is_symlink():
                yield name


def _first(names: list[str], position: str, folder: str) -> int:
    """Where keys of the folder that are not before `position` begin; a folder that holds it counts."""
    if not position.startswith(folder):
        return 0
    rest = position[len(folder) :]
    found = bisect_left(names, rest)
    return found - 1 if found and names[found - 1].endswith("/") and rest.startswith(names[found - 1]) else found


__all__ = ["FolderBucket"]
