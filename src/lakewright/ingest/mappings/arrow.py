"""Arrow arrays and compute functions as this room types them.

The stubs of `pyarrow.compute` refuse plain Python values where the functions take them, so both are untyped here.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute

Array: TypeAlias = Any
pc: Any = pyarrow.compute


def nulls(length: int, kind: pa.DataType) -> Array:
    """An array of `length` NULLs."""
    return pa.array([None] * length, kind)


def whole(column: Any) -> Array:
    """A table's column as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
