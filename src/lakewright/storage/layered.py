"""A lake whose layers lie in buckets of their own, seen as one: the first folder of a path says which bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lakewright.storage import Entry, Storage, open_storage

BUCKETS = "LAKEWRIGHT_BUCKETS"
"""Environment variable: JSON, bucket → folder of this machine that stands for it. Only a local AWS sets it."""


class LayeredStorage:
    """`roots`: first folder (`silver`) → storage whose root it is. At least one; other first folders are no files."""

    def __init__(self, roots: Mapping[str, Storage], staging: Path) -> None:
        self._roots = dict(roots)
        self._staging = staging
        self._some = next(iter(roots.values()))

    @property
    def uri(self) -> str:
        return self._some.uri

    def read(self, path: str) -> bytes:
        root, inside = self._within(path)
        return root.read(inside)

    def put(self, path: str, data: bytes, *, if_absent: bool = False) -> None:
        root, inside = self._within(path)
        root.put(inside, data, if_absent=if_absent)

    def exists(self, path: str) -> bool:
        root, inside = self._within(path)
        return root.exists(inside)

    def list(self, prefix: str) -> list[Entry]:
        first = prefix.strip("/").partition("/")[0]
        if not first:
            return [entry for name in sorted(self._roots) for entry in self.list(name)]
        if first not in self._roots:
            return []
        root, inside = self._within(prefix)
        return [Entry(f"{first}/{entry.path}", entry.size, entry.modified) for entry in root.list(inside)]

    def delete(self, path: str) -> None:
        root, inside = self._within(path)
        root.delete(inside)

    def publish(self, local: Path, path: str) -> None:
        root, inside = self._within(path)
        root.publish(local, inside)

    def staging(self) -> Path:
        self._staging.mkdir(parents=True, exist_ok=True)
        return self._staging

    def location(self, path: str) -> str:
        if not path:
            return self._some.location("")
        root, inside = self._within(path)
        return root.location(inside)

    def table_options(self) -> dict[str, str]:
        return self._some.table_options()

    def _within(self, path: str) -> tuple[Storage, str]:
        first, _, inside = path.strip("/").partition("/")
        if first not in self._roots:
            raise FileNotFoundError(path)
        return self._roots[first], inside


def local_uri(uri: str, environ: Mapping[str, str]) -> str:
    """The folder that stands for `s3://bucket/prefix` on this machine where BUCKETS names one; else the URI itself."""
    parts = urlsplit(uri)
    folders: Mapping[str, str] = json.loads(environ.get(BUCKETS, "{}"))
    if parts.scheme != "s3" or parts.netloc not in folders:
        return uri
    return str(Path(folders[parts.netloc]) / parts.path.strip("/"))


def open_layers(roots: Mapping[str, str], staging: Path, environ: Mapping[str, str]) -> LayeredStorage:
    """The lake whose layers have these URIs."""
    opened = {name: open_storage(local_uri(uri, environ), staging) for name, uri in roots.items()}
    return LayeredStorage(opened, staging)
