"""Subnets of units that come and go: aligned, apart from each other, and where they once were."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.components.subnet_book import Wanted, allocated
from lakewright.errors import Mistakes

NETWORK = "10.32.0.0/22"
names = st.sampled_from([f"unit{number}" for number in range(8)])
sizes = st.integers(25, 28)
histories = st.lists(st.lists(st.tuples(names, sizes), max_size=8, unique_by=lambda one: one[0]), max_size=6)
"""What is declared, one time after another: units come, go, come back with another size, and change places."""


def codes_of_refusal(asked: list[Wanted], book: Mapping[str, str]) -> set[str]:
    with pytest.raises(Mistakes) as caught:
        allocated(NETWORK, asked, book)
    return {one.code for one in caught.value.mistakes}


def wanted(declared: list[tuple[str, int]], seen: dict[str, int]) -> list[Wanted]:
    """A subnet keeps the size that it was made with."""
    return [Wanted(name, seen.setdefault(name, size)) for name, size in declared]


def is_free(prefix: int, taken: Mapping[str, str]) -> bool:
    """An oracle: tries every aligned block."""
    used = [IPv4Network(cidr) for cidr in taken.values()]
    return any(
        not any(block.overlaps(one) for one in used) for block in IPv4Network(NETWORK).subnets(new_prefix=prefix)
    )


@given(histories)
@settings(max_examples=300, deadline=None)
def test_no_history_moves_or_overlaps_a_subnet(history: list[list[tuple[str, int]]]) -> None:
    book: dict[str, str] = {}
    seen: dict[str, int] = {}
    for declared in history:
        asked = wanted(declared, seen)
        try:
            after = allocated(NETWORK, asked, book)
        except Mistakes:
            assert codes_of_refusal(asked, book) == {"LW1334"}
            assert {one.key for one in asked} - book.keys(), "what is in the book always has its place"
            return
        assert {key: after[key] for key in book} == book, "what was there is where it was"
        placed = {key: IPv4Network(cidr) for key, cidr in after.items()}  # raises for what is misaligned
        assert all(one.subnet_of(IPv4Network(NETWORK)) for one in placed.values())
        assert not [pair for pair in combinations(placed.values(), 2) if pair[0].overlaps(pair[1])]
        assert {one.key: placed[one.key].prefixlen for one in asked} == {one.key: one.prefix for one in asked}
        book = after


@given(st.lists(sizes, max_size=40), sizes)
@settings(max_examples=200, deadline=None)
def test_full_only_when_nothing_fits(taken: list[int], prefix: int) -> None:
    book: dict[str, str] = {}
    for number, size in enumerate(taken):
        try:
            book = allocated(NETWORK, [Wanted(f"old{number}", size)], book)
        except Mistakes:
            assert not is_free(size, book)
    if is_free(prefix, book):
        assert "new" in allocated(NETWORK, [Wanted("new", prefix)], book)
    else:
        with pytest.raises(Mistakes, match="no room"):
            allocated(NETWORK, [Wanted("new", prefix)], book)


@given(st.permutations([Wanted(f"unit{number}", 27) for number in range(6)]))
def test_another_order_moves_nothing(declared: list[Wanted]) -> None:
    book = allocated(NETWORK, [Wanted(f"unit{number}", 27) for number in range(6)], {})
    assert allocated(NETWORK, declared, book) == book


def test_small_ones_fill_what_is_left_beside_each_other() -> None:
    many = [Wanted(f"{unit}-{tier}", size) for unit in "abcd" for tier, size in (("x", 27), ("y", 27), ("z", 24))]
    placed = allocated("10.0.0.0/21", many, {})
    assert sorted(placed.values()) == sorted(
        [f"10.0.0.{32 * number}/27" for number in range(8)] + [f"10.0.{number}.0/24" for number in range(1, 5)]
    )


@pytest.mark.parametrize(
    ("held", "fact"),
    [
        ({"a": "10.32.0.0/27", "b": "10.32.0.16/28"}, "overlaps a"),
        ({"a": "10.32.0.8/27"}, "no aligned IPv4 network"),
        ({"a": "10.99.0.0/27"}, "outside 10.32.0.0/22"),
        ({"a": 3}, "a: 3 is no address range, such as 10.32.0.0/28"),
        ({"a": "10.32.0.0"}, "a: '10.32.0.0' is no address range"),
        ({"new": "10.32.0.0/26"}, "a /27 is wanted, and 10.32.0.0/26 is in use"),
    ],
)
def test_a_book_that_was_edited_is_refused(held: dict[str, str], fact: str) -> None:
    with pytest.raises(Mistakes) as caught:
        allocated(NETWORK, [Wanted("new", 27)], held)
    assert [one.code for one in caught.value.mistakes] == ["LW1337"]
    assert fact in caught.value.mistakes[0].fact


def test_a_full_network_says_what_is_kept_for_nobody() -> None:
    book = allocated("10.0.0.0/26", [Wanted("gone", 27), Wanted("here", 27)], {})
    with pytest.raises(Mistakes) as caught:
        allocated("10.0.0.0/26", [Wanted("here", 27), Wanted("new", 27), Wanted("next", 27)], book, "network prod")
    (full,) = caught.value.mistakes
    assert full.code == "LW1334"
    lacking, taken = full.fact.split("; ")
    assert lacking == "network prod: no room in 10.0.0.0/26 for new (/27), nor for 1 more"
    assert taken == "it is taken by 1 gone (/27, 50%), 1 here (/27, 50%)"
    assert "1 places are kept for what is no longer declared (gone" in full.hint
