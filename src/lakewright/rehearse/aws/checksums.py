"""The checksums that S3 clients send, computed while bytes pass by.

CRC-32C and CRC-64/NVME are not in the standard library: numpy computes many lanes at once and joins them.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

LANE = 256
LANES = 4096


class Checksum(Protocol):
    """Fed with bytes; `digest` is big-endian, as S3 shows it in base64."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc32:
    """CRC-32 as zlib computes it."""

    def __init__(self) -> None:
        self._state = 0

    def update(self, data: bytes) -> None:
        self._state = zlib.crc32(data, self._state)

    def digest(self) -> bytes:
        return self._state.to_bytes(4, "big")


class _Reflected:
    """A reflected CRC of `bits` bits with all ones before and after."""

    def __init__(self, bits: int, polynomial: int) -> None:
        self._bits, self._polynomial = bits, polynomial
        self._ones = (1 << bits) - 1
        self._state = self._ones

    def update(self, data: bytes) -> None:
        table = _table(self._polynomial)
        whole = len(data) - len(data) % (LANE * 16)
        for start in range(0, whole, LANE * LANES):
            self._state = _joined(self._polynomial, self._state, data[start : min(start + LANE * LANES, whole)])
        state = self._state
        for byte in data[whole:]:
            state = table[(state ^ byte) & 0xFF] ^ (state >> 8)
        self._state = state

    def digest(self) -> bytes:
        return (self._state ^ self._ones).to_bytes(self._bits // 8, "big")


def _joined(polynomial: int, state: int, data: bytes) -> int:
    """The state after `data`: lanes run side by side from zero, then each is moved to its place and all are added."""
    import numpy as np

    lanes = np.frombuffer(data, dtype=np.uint8).reshape(-1, LANE).T.astype(np.uint64)
    table = _array(polynomial)
    states = np.zeros(lanes.shape[1], dtype=np.uint64)
    states[0] = state
    low, eight = np.uint64(0xFF), np.uint64(8)
    for bytes_ in lanes:
        states = table[(states ^ bytes_) & low] ^ (states >> eight)
    level = LANE
    while len(states) > 1:
        if len(states) % 2:
            states = np.concatenate([np.zeros(1, dtype=np.uint64), states])
        states = _moved(polynomial, level, states[0::2]) ^ states[1::2]
        level *= 2
    return int(states[0])


def _moved(polynomial: int, length: int, states: Words) -> Words:
    """States after `length` zero bytes."""
    import numpy as np

    tables = _zeros(polynomial, length)
    result = np.zeros(len(states), dtype=np.uint64)
    for index in range(8):
        result ^= tables[index][(states >> np.uint64(8 * index)) & np.uint64(0xFF)]
    return result


@cache
def _zeros(polynomial: int, length: int) -> Words:
    """Eight tables, one for each byte of a state: its share in the state after `length` zero bytes."""
    import numpy as np

    if length == 1:
        table = _array(polynomial)
        first = np.arange(256, dtype=np.uint64)
        return np.stack([table, *(first << np.uint64(8 * (index - 1)) for index in range(1, 8))])
    half = _zeros(polynomial, length // 2)
    return np.stack([_moved(polynomial, length // 2, half[index]) for index in range(8)])


@cache
def _table(polynomial: int) -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)
    return table


@cache
def _array(polynomial: int) -> Words:
    import numpy as np

    return np.array(_table(polynomial), dtype=np.uint64)


ALGORITHMS: Mapping[str, Callable[[], Checksum]] = {
    "crc32": Crc32,
    "crc32c": lambda: _Reflected(32, 0x82F63B78),
    "crc64nvme": lambda: _Reflected(64, 0x9A6C9329AC4BC9B5),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
"""Names as in `x-amz-checksum-…`."""


def as_text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
