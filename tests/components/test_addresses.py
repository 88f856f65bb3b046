"""Subnets' addresses: never overlapping, never moving, refused where AWS refuses."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakewright.components.addresses import ROOM, Subnet, Tier, allocate, network, zones
from lakewright.errors import LakewrightError, Mistakes, SpecError

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1d")

prefixes = st.integers(16, 24)
tier_lists = st.lists(st.integers(20, 28), min_size=1, max_size=6).map(
    lambda sizes: [Tier(f"tier{number}", size) for number, size in enumerate(sizes)]
)


def allocated(cidr: str, tiers: list[Tier], count: int) -> tuple[Subnet, ...]:
    """What is allocated, or nothing where there is no room: that it says so is tested on its own."""
    try:
        return allocate(cidr, tiers, ZONES[:count])
    except Mistakes as several:
        if {wrong.code for wrong in several.mistakes} - {"LW1331", "LW1334"}:
            raise
        return ()


@given(prefixes, tier_lists, st.integers(1, ROOM))
def test_subnets_lie_inside_and_never_overlap(prefix: int, tiers: list[Tier], count: int) -> None:
    whole = IPv4Network(f"10.0.0.0/{prefix}")
    found = [subnet.network for subnet in allocated(str(whole), tiers, count)]
    assert all(one.subnet_of(whole) for one in found)
    assert not any(one.overlaps(other) for at, one in enumerate(found) for other in found[:at])


@given(prefixes, tier_lists, st.integers(1, ROOM), st.integers(20, 28))
def test_a_tier_at_the_end_moves_nothing(prefix: int, tiers: list[Tier], count: int, size: int) -> None:
    before = allocated(f"10.0.0.0/{prefix}", tiers, count)
    after = allocated(f"10.0.0.0/{prefix}", [*tiers, Tier("new", size)], count)
    assert not after or set(before) <= set(after)


@given(prefixes, tier_lists, st.integers(1, ROOM - 1))
def test_a_zone_at_the_end_moves_nothing_and_always_fits(prefix: int, tiers: list[Tier], count: int) -> None:
    before = allocated(f"10.0.0.0/{prefix}", tiers, count)
    after = allocated(f"10.0.0.0/{prefix}", tiers, count + 1)
    assert set(before) <= set(after)
    assert bool(before) == bool(after)


@given(st.lists(st.integers(0, 255), min_size=2, max_size=2, unique=True), tier_lists)
def test_what_is_chosen_goes_around_what_is_given(third: list[int], tiers: list[Tier]) -> None:
    given = Tier("given", cidrs=tuple(f"10.0.{octet}.0/24" for octet in third))
    found = allocate("10.0.0.0/16", [given, *[Tier(tier.name, max(tier.prefix, 21)) for tier in tiers]], ZONES[:2])
    networks = [subnet.network for subnet in found]
    assert [str(one) for one in networks[:2]] == list(given.cidrs)
    assert not any(one.overlaps(other) for at, one in enumerate(networks) for other in networks[:at])


def test_the_reference_plan_of_data_services() -> None:
    """S4: two public and two private /24 at given places."""
    public = Tier("public", cidrs=("10.0.1.0/24", "10.0.2.0/24"))
    private = Tier("private", cidrs=("10.0.10.0/24", "10.0.20.0/24"))
    found = allocate("10.0.0.0/16", [public, private], ("us-east-2a", "us-east-2b"))
    assert [(subnet.name, str(subnet.network)) for subnet in found] == [
        ("public-a", "10.0.1.0/24"),
        ("public-b", "10.0.2.0/24"),
        ("private-a", "10.0.10.0/24"),
        ("private-b", "10.0.20.0/24"),
    ]


def test_usable_addresses_are_those_that_aws_leaves() -> None:
    """VPC user guide: the first four and the last address of a subnet are AWS's; a /27 has 27."""
    assert Subnet("lab", "eu-west-1a", IPv4Network("10.0.0.0/27")).usable == 27


@pytest.mark.parametrize(
    ("cidr", "hint"),
    [
        ("10.0.30.0/20", "10.0.16.0/20"),  # Corrections, S0
        ("10.0.0.0/8", "/16"),
        ("10.0.0.0/29", "/28"),
        ("10.0.0.0", "10.0.0.0/32"),
        ("ten", "10.0.0.0/16"),
    ],
)
def test_networks_that_are_refused(cidr: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(cidr)
    assert caught.value.code == "LW1331"
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("tiers", "codes"),
    [
        ([Tier("one", cidrs=("10.0.0.0/24",)), Tier("two", cidrs=("10.0.0.128/25",))], ["LW1333"]),
        ([Tier("one", cidrs=("10.1.0.0/24",))], ["LW1333"]),
        ([Tier("one", cidrs=("10.0.30.0/20",))], ["LW1331"]),
        ([Tier("one", 16)], ["LW1334"]),
        ([Tier("one", 18), Tier("two", 28)], ["LW1334"]),
        ([Tier("one", cidrs=("10.1.0.0/24",)), Tier("two", 12)], ["LW1331", "LW1333"]),
    ],
)
def test_all_that_is_wrong_is_said_at_once(tiers: list[Tier], codes: list[str]) -> None:
    with pytest.raises(Mistakes) as caught:
        allocate("10.0.0.0/16", tiers, ("eu-west-1a",))
    assert sorted(wrong.code for wrong in caught.value.mistakes) == codes


def test_a_given_place_for_every_zone() -> None:
    with pytest.raises(LakewrightError, match="1 CIDRs for 2 zones"):
        allocate("10.0.0.0/16", [Tier("one", cidrs=("10.0.0.0/24",))], ZONES[:2])


def test_zones_by_number_and_by_name() -> None:
    assert zones("us-east-2", 2) == ("us-east-2a", "us-east-2b")
    assert zones("us-east-1", ["c", "us-east-1a"]) == ("us-east-1c", "us-east-1a")
    assert zones("ca-central-1", 3) == ("ca-central-1a", "ca-central-1b", "ca-central-1d")


@pytest.mark.parametrize("wanted", [["us-east-1a"], ["a", "a"], [], 0, 4, ["us-east-2"], ["us-east-2-bos-1a"]])
def test_zones_that_are_refused(wanted: int | list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        zones("us-east-2", wanted)
    assert caught.value.code == "LW1332"
