"""AWS's documented example of each masking action, and what must hold for all values."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from lakewright.ingest.mappings import masking

TEXTS = st.lists(st.none() | st.text("0123456789aé٣-", max_size=8), max_size=8)


def test_digits_mask_as_documented() -> None:
    assert masking.digits_mask(pa.array(["C6BGJ566669K", None]), "#").to_pylist() == ["C#BGJ######K", None]
    assert masking.digits_mask(pa.array(["a1"]), "\\").to_pylist() == ["a\\"]


def test_hash_mask_as_documented() -> None:
    wanted = "7CB06784764C9030CCC41E25C15339FEB293FFE9B329A72B5FED564E99900C75"
    assert masking.hash_mask(pa.array(["C6BGJ566669K", None, "C6BGJ566669K"])).to_pylist() == [wanted, None, wanted]


@given(TEXTS)
def test_randomized_digits_leave_everything_else(texts: list[str | None]) -> None:
    found = masking.digits_randomize(pa.array(texts, pa.string())).to_pylist()
    assert [t and re.sub("[0-9]", "#", t) for t in found] == [t and re.sub("[0-9]", "#", t) for t in texts]


def test_every_digit_is_equally_likely() -> None:
    every_byte = masking.digits_randomize(pa.array(["0" * 250]), lambda count: bytes(range(256)))
    assert every_byte.to_pylist() == ["0123456789" * 25]


@given(TEXTS)
def test_masks_keep_length_and_nulls(texts: list[str | None]) -> None:
    found = masking.digits_mask(pa.array(texts, pa.string()), "*").to_pylist()
    assert [t and len(t) for t in found] == [t and len(t) for t in texts]
    assert not any(re.search("[0-9]", t) for t in found if t)
