"""The three masking actions of DMS, on Arrow string arrays. NULL stays NULL."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lakewright.ingest.mappings.arrow import Array, pc

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

RandomBytes = Callable[[int], bytes]


def digits_mask(values: Array, character: str) -> Array:
    """Every digit becomes `character`."""
    replacement = character.replace("\\", r"\\")
    return pc.replace_substring_regex(values, pattern="[0-9]", replacement=replacement)


def hash_mask(values: Array) -> Array:
    """Every value becomes its SHA-256, as 64 upper-case hexadecimal digits."""
    distinct = pc.unique(values)
    hashed = [v if v is None else hashlib.sha256(v.encode()).hexdigest().upper() for v in distinct.to_pylist()]
    return pc.take(pa.array(hashed, pa.string()), pc.index_in(values, distinct, skip_nulls=False))


def digits_randomize(values: Array, random_bytes: RandomBytes = os.urandom) -> Array:
    """Every digit becomes a random one, equally likely and unrelated to it, anew at each read."""
    texts = values.to_pylist()
    source = _digits(random_bytes)
    result = [v if v is None else "".join(next(source) if "0" <= c <= "9" else c for c in v) for v in texts]
    return pa.array(result, pa.string())


def _digits(random_bytes: RandomBytes) -> Iterator[str]:
    """Endless random digits; bytes of 250 and more are thrown away, as they would favour 0 to 5."""
    while True:
        yield from (str(byte % 10) for byte in random_bytes(4096) if byte < 250)
