"""Checksums against published check values, and in any pieces."""

from __future__ import annotations

import os
import random
import zlib

import pytest

from lakewright.rehearse.aws.checksums import ALGORITHMS


@pytest.mark.parametrize(
    ("name", "digest"),
    [("crc32", "cbf43926"), ("crc32c", "e3069283"), ("crc64nvme", "ae8b14860a799888")],
)
def test_the_catalogued_check_values(name: str, digest: str) -> None:
    """Of "123456789": CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME in the catalogue of parametrised CRC algorithms."""
    checksum = ALGORITHMS[name]()
    checksum.update(b"123456789")
    assert checksum.digest().hex() == digest


@pytest.mark.parametrize("name", ["crc32c", "crc64nvme"])
def test_lanes_give_what_single_bytes_give(name: str) -> None:
    random.seed(1)
    for size in (0, 1, 4095, 4096, 4097, 70_000, 1_100_000, 2_500_001):
        data = os.urandom(size)
        whole, pieces = ALGORITHMS[name](), ALGORITHMS[name]()
        whole.update(data)
        start = 0
        while start < size:
            end = start + random.choice((100, 3000))  # below the size from which lanes are used
            pieces.update(data[start:end])
            start = end
        assert whole.digest() == pieces.digest()


def test_the_same_lanes_with_zlibs_polynomial() -> None:
    from lakewright.rehearse.aws.checksums import _Reflected

    data = os.urandom(3_000_001)
    checksum = _Reflected(32, 0xEDB88320)
    checksum.update(data)
    assert int.from_bytes(checksum.digest(), "big") == zlib.crc32(data)
