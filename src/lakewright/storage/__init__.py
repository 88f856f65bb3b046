"""One port for files: a local folder or S3. Paths are relative to the lake's root and use `/`.

What is written is atomic and durable when the call returns. Staging lies outside the visible tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from lakewright.errors import SpecError


class Exists(FileExistsError):  # noqa: N818 - named as callers read it: `except Exists`
    """`put(if_absent=True)` found the path taken."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored file; `modified` is the storage's own clock, in UTC."""

    path: str
    size: int
    modified: datetime


class Storage(Protocol):
    """Files of one lake. A missing file is `FileNotFoundError`; other failures are `LakewrightError` LW40x."""

    @property
    def uri(self) -> str: ...

    def read(self, path: str) -> bytes: ...

    def put(self, path: str, data: bytes, *, if_absent: bool = False) -> None:
        """Writes the whole file or nothing; readers see the old or the new content. Raises `Exists`."""

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> list[Entry]:
        """All files whose path starts with the folder `prefix`, at any depth, sorted by path."""

    def delete(self, path: str) -> None:
        """No error when the file is gone already."""

    def publish(self, local: Path, path: str) -> None:
        """Moves a finished file from `staging()` to `path`. The local file is gone afterwards."""

    def staging(self) -> Path:
        """A local folder for files in the making. Nobody reads it; what a crash leaves there is rubbish."""

    def location(self, path: str) -> str:
        """The name under which DuckDB, pyarrow and delta-rs open `path`: an absolute path or s3://…"""

    def table_options(self) -> dict[str, str]:
        """`storage_options` of delta-rs; empty for local folders."""


def _local(uri: str, staging: Path | None) -> Storage:
    from lakewright.storage.local import LocalStorage

    parts = urlsplit(uri)
    return LocalStorage(Path(parts.path if parts.scheme == "file" else uri), staging)


def _s3(uri: str, staging: Path | None) -> Storage:
    from lakewright.storage.s3 import S3Storage

    return S3Storage(uri, staging)


STORAGES: Mapping[str, Callable[[str, Path | None], Storage]] = {"": _local, "file": _local, "s3": _s3}


def open_storage(uri: str, staging: Path | None = None) -> Storage:
    """The storage behind a lake URI. `staging` overrides where files are made before they are published."""
    scheme = urlsplit(uri).scheme
    if scheme not in STORAGES:
        known = ", ".join(name for name in STORAGES if name)
        raise SpecError("LW401", f"no storage for {scheme}://", place=uri, hint=f"use a folder, or one of {known}")
    return STORAGES[scheme](uri, staging)


__all__ = ["STORAGES", "Entry", "Exists", "Storage", "open_storage"]
