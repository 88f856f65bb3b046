"""The Files API: what lies in Unity Catalog's volumes, for who may read or write them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing, taken
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import VOLUME
from lakewright.rehearse.databricks.unity.metastore import metastore_of
from lakewright.rehearse.databricks.unity.rights import rights_of
from lakewright.rehearse.databricks.unity.urls import bucket_and_key
from lakewright.rehearse.databricks.world import Call, as_bool

ROOT_PARTS = 4
"""Volumes, catalog, schema, volume."""


def _place(call: Call, *, writes: bool) -> tuple[Path, Path]:
    """(the volume's folder, the place in it) that a path means, when the caller may do that there."""
    parts = call["path"].strip("/").split("/")
    if len(parts) < ROOT_PARTS or parts[0] != "Volumes":
        raise invalid(f"Path '/{'/'.join(parts)}' is not in a volume: /Volumes/<catalog>/<schema>/<volume>/…")
    if any(part in ("", ".", "..") for part in parts):
        raise invalid(f"Path '/{'/'.join(parts)}' has a part that is no name")
    metastore, name = metastore_of(call), ".".join(parts[1:ROOT_PARTS]).lower()
    body = metastore.get(VOLUME, name)
    rights = rights_of(call, metastore)
    if writes:
        rights.need_write(VOLUME, name)
    rights.need(("WRITE_VOLUME" if writes else "READ_VOLUME",), VOLUME, name)
    bucket, key = bucket_and_key(body["storage_location"])
    root = call.world.cloud.folder_of(bucket) / key
    return root, root.joinpath(*parts[ROOT_PARTS:])


def _shown(call: Call) -> str:
    return "/" + call["path"].strip("/")


def _file(call: Call, *, writes: bool = False) -> Path:
    _, found = _place(call, writes=writes)
    if not found.is_file():
        raise missing(f"The file {_shown(call)} does not exist.", "NOT_FOUND")
    return found


def _upload(call: Call) -> Raw:
    root, place = _place(call, writes=True)
    if place == root or place.is_dir():
        raise invalid(f"{_shown(call)} is a directory")
    if place.exists() and not as_bool(call.query.get("overwrite", False)):
        raise taken(f"The file {_shown(call)} already exists.", "ALREADY_EXISTS")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(call.raw)
    return Raw(b"", status=204)


def _headers(path: Path) -> dict[str, str]:
    status = path.stat()
    changed = format_datetime(datetime.fromtimestamp(status.st_mtime, UTC), usegmt=True)
    return {
        "content-type": "application/octet-stream",
        "content-length": str(status.st_size),
        "last-modified": changed,
    }


def _download(call: Call) -> Raw:
    found = _file(call)
    return Raw(found.read_bytes(), _headers(found))


def _metadata(call: Call) -> Raw:
    return Raw(b"", _headers(_file(call)))


def _remove(call: Call) -> Raw:
    _file(call, writes=True).unlink()
    return Raw(b"", status=204)


# ── directories ──


def _make(call: Call) -> Raw:
    _, place = _place(call, writes=True)
    if place.is_file():
        raise taken(f"{_shown(call)} is a file", "ALREADY_EXISTS")
    place.mkdir(parents=True, exist_ok=True)
    return Raw(b"", status=204)


def _directory(call: Call, *, writes: bool = False) -> Path:
    root, place = _place(call, writes=writes)
    if place == root:
        place.mkdir(parents=True, exist_ok=True)
    if not place.is_dir():
        raise missing(f"The directory {_shown(call)} does not exist.", "NOT_FOUND")
    return place


def _contents(call: Call) -> Answered:
    found = _directory(call)
    return {"contents": [_entry(call, one) for one in sorted(found.iterdir())]}


def _entry(call: Call, path: Path) -> Body:
    status = path.stat()
    found: Body = {
        "path": f"{_shown(call)}/{path.name}",
        "name": path.name,
        "is_directory": path.is_dir(),
        "last_modified": int(status.st_mtime * 1000),
    }
    return found if path.is_dir() else found | {"file_size": status.st_size}


def _look(call: Call) -> Raw:
    _directory(call)
    return Raw(b"", {"content-length": "0"})


def _unmake(call: Call) -> Raw:
    found = _directory(call, writes=True)
    if any(found.iterdir()):
        raise DatabricksFault("DIRECTORY_NOT_EMPTY", f"The directory {_shown(call)} is not empty.", 400)
    found.rmdir()
    return Raw(b"", status=204)


FILES, DIRECTORIES = "/api/2.0/fs/files/{path...}", "/api/2.0/fs/directories/{path...}"
ROUTES: tuple[Route, ...] = (
    workspace("PUT", FILES, _upload, runs=True),
    workspace("GET", FILES, _download, runs=True),
    workspace("HEAD", FILES, _metadata, runs=True),
    workspace("DELETE", FILES, _remove, runs=True),
    workspace("PUT", DIRECTORIES, _make, runs=True),
    workspace("GET", DIRECTORIES, _contents, runs=True),
    workspace("HEAD", DIRECTORIES, _look, runs=True),
    workspace("DELETE", DIRECTORIES, _unmake, runs=True),
)
