"""Arrow arrays and compute functions as this room types them.

The stubs of `pyarrow.compute` refuse plain Python values where the functions take them, so both are untyped here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lakewright.lazily import pc

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

Array: TypeAlias = Any

__all__ = ["Array", "nulls", "pc", "whole"]


def nulls(length: int, kind: pa.DataType) -> Array:
    """An array of `length` NULLs."""
    return pa.array([None] * length, kind)


def whole(column: Any) -> Array:
    """A table's column as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
