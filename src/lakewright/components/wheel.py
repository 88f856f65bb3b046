"""This package as a wheel: the same bytes whenever the installed files are the same, so that compiling repeats."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import distribution, version
from pathlib import Path

NAME = "lakewright"
_LEFT_OUT = frozenset({"__pycache__", "examples"})
_NO_JOB_NEEDS = _LEFT_OUT | {"blueprints", "cli", "components", "infra", "ingest", "policy", "query", "rehearse"}
_EPOCH = (1980, 1, 1, 0, 0, 0)


def wheel_name() -> str:
    """`lakewright-0.1.0-py3-none-any.whl`."""
    return f"{NAME}-{version(NAME)}-py3-none-any.whl"


@lru_cache(maxsize=2)
def wheel(*, whole: bool = False) -> bytes:
    """The wheel; not `whole`: what a job does not need (blueprints, rooms beside and above `pipeline`) is left out."""
    package = Path(__file__).resolve().parents[1]
    files = _files(package, _LEFT_OUT if whole else _NO_JOB_NEEDS)
    return packed({f"{NAME}/{path}": (package / path).read_bytes() for path in files}, _metadata())


def packed(files: Mapping[str, bytes], metadata: Mapping[str, bytes]) -> bytes:
    """A wheel of these files and of this metadata (`METADATA`, `WHEEL`), with its RECORD."""
    info = f"{NAME}-{version(NAME)}.dist-info"
    held = dict(sorted(files.items())) | {f"{info}/{name}": text for name, text in sorted(metadata.items())}
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in held.items())
    held[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in held.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_STORED  # the same bytes whatever zlib a machine has
            archive.writestr(entry, data)
    return out.getvalue()


def _files(package: Path, left_out: frozenset[str]) -> Iterator[str]:
    for folder, folders, files in os.walk(package):
        folders[:] = [name for name in folders if name not in left_out]
        inside = os.path.relpath(folder, package)
        yield from (f"{inside}/{name}".removeprefix("./") for name in files if name not in left_out)


def _metadata() -> dict[str, bytes]:
    said = distribution(NAME).read_text("METADATA") or ""
    head = said.partition("\n\n")[0].strip() + "\n"
    tags = "Wheel-Version: 1.0\nGenerator: lakewright\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    scripts = "[console_scripts]\nlakewright = lakewright.cli:main\n"
    scripts += "lakewright-product = lakewright.pipeline.product_job:run\n"
    return {"METADATA": head.encode(), "WHEEL": tags.encode(), "entry_points.txt": scripts.encode()}


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
