"""A folder on this machine. Atomic by temporary file and link or rename; durable by fsync of file and folder."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lakewright.errors import MissingError, ProblemError
from lakewright.storage import Entry, Exists

STAGING = "_lakewright/staging"


class LocalStorage:
    """Files under `root`. Keep the root on one filesystem: `publish` renames."""

    def __init__(self, root: Path, staging: Path | None = None) -> None:
        self._root = root.absolute()
        self._staging = staging or self._root / STAGING
        self._known: set[Path] = set()

    @property
    def uri(self) -> str:
        return self._root.as_uri()

    def location(self, path: str) -> str:
        return str(self._root / path)

    def table_options(self) -> dict[str, str]:
        return {}

    def staging(self) -> Path:
        self._folder(self._staging)
        return self._staging

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def exists(self, path: str) -> bool:
        return (self._root / path).exists()

    def put(self, path: str, data: bytes, *, if_absent: bool = False) -> None:
        target = self._root / path
        with _explained(target):
            self._folder(target.parent)
            temporary = self.staging() / f".put-{os.getpid()}-{secrets.token_hex(6)}"
            try:
                _write(temporary, data)
                self._place(temporary, target, if_absent)
            finally:
                temporary.unlink(missing_ok=True)
            _sync_folder(target.parent)

    def publish(self, local: Path, path: str) -> None:
        target = self._root / path
        with _explained(target):
            self._folder(target.parent)
            _sync(local)
            local.replace(target)
            _sync_folder(target.parent)

    def delete(self, path: str) -> None:
        with _explained(self._root / path):
            (self._root / path).unlink(missing_ok=True)

    def list(self, prefix: str) -> list[Entry]:
        top = self._root / prefix
        return sorted(_walk(str(top), prefix.rstrip("/")), key=lambda entry: entry.path)

    def _folder(self, folder: Path) -> None:
        """Makes a folder, and syncs its parents once, so that the names in between survive a power cut."""
        if folder in self._known and folder.exists():
            return
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for made in missing:
                _sync_folder(made.parent)
        self._known.add(folder)

    @staticmethod
    def _place(temporary: Path, target: Path, if_absent: bool) -> None:
        if not if_absent:
            temporary.replace(target)
            return
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise Exists(str(target)) from None


def _walk(folder: str, prefix: str) -> Iterator[Entry]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        path = f"{prefix}/{entry.name}" if prefix else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, path)
            continue
        try:
            found = entry.stat()
        except FileNotFoundError:
            continue
        yield Entry(path, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    _sync(folder)


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    """Says what a person can do about a full disk or a folder that may not be written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ProblemError(
                "LW402", "the disk is full", place=str(target), hint="free space; nothing was lost, then start again"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise MissingError(
                "LW403", f"may not write here: {error.strerror}", place=str(target), hint="give this user the folder"
            ) from error
        raise
