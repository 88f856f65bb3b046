"""A Lambda function's program as the zip that Lambda takes: the same bytes from the same source, on every machine."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say; the file's own would differ between machines."""


def packed(program: Path) -> bytes:
    """A zip with one file."""
    made = io.BytesIO()
    entry = zipfile.ZipInfo(program.name, date_time=_EPOCH)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # Unix, whatever packs it
    with zipfile.ZipFile(made, "w", compression=zipfile.ZIP_STORED) as archive:
        archive.writestr(entry, program.read_bytes())
    return made.getvalue()
