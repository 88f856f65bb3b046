"""The lines of a text file, decompressed by the ending of its name, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

import pyarrow as pa

from lakewright.query.athena.sql import SqlError

CHUNK = 1 << 20
LONGEST_LINE = 100 << 20
MOST_TEXT = 50 << 30
COMPRESSIONS: Mapping[str, Literal["gzip", "bz2", "zstd"]] = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
REFUSED = (".snappy", ".lz4", ".lzo", ".deflate", ".zlib", ".br", ".xz", ".zip")
_END = re.compile(rb"\r\n|\n|\r")


def lines(path: Path, shown: str) -> Iterator[bytes]:
    """Each line without its end: `\\n`, `\\r\\n` or `\\r`. SqlError for what cannot be decompressed."""
    ending = "." + shown.rpartition(".")[2].lower()
    if ending in REFUSED:
        raise SqlError("HIVE_UNSUPPORTED_FORMAT", f"{shown}: compression {ending[1:]} is not read here")
    try:
        yield from _split(_chunks(path, COMPRESSIONS.get(ending)), shown)
    except FileNotFoundError:
        raise SqlError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split {shown}: it is gone") from None
    except (pa.ArrowException, OSError) as error:
        raise SqlError("HIVE_CURSOR_ERROR", f"Failed to read file at {shown}: {error}") from None


def _chunks(path: Path, compression: Literal["gzip", "bz2", "zstd"] | None) -> Iterator[bytes]:
    read = 0
    with closing(pa.OSFile(str(path), "rb")) as file:
        source = pa.CompressedInputStream(file, compression) if compression else file
        while chunk := source.read(CHUNK):
            read += len(chunk)
            if read > MOST_TEXT:
                raise OSError(f"more than {MOST_TEXT:,} bytes of text")
            yield chunk


def _split(chunks: Iterator[bytes], shown: str) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        keep = len(text) - 1 if text.endswith(b"\r") else len(text)  # a \n may follow in the next chunk
        parts = _END.split(text[:keep])
        rest = parts.pop() + text[keep:]
        yield from parts
        if len(rest) > LONGEST_LINE:
            raise SqlError("HIVE_CURSOR_ERROR", f"Line too long in text file: {shown}")
    parts = _END.split(rest)
    yield from parts[:-1]
    if parts[-1]:
        yield parts[-1]
