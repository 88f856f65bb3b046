"""Which subnet gets which addresses: decided from the declaration alone, so that adding one never moves another.

Tiers are placed in the order of their declaration, each into the first aligned block that is free. A tier's block has
room for `ROOM` zones, whatever number is in use now, so that a zone can be added later. A subnet's place depends only
on the tiers declared before its own and on its zone's position: what is appended changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from lakewright.errors import Mistakes, SpecError

ROOM = 4
"""Zones that every tier leaves room for."""

LARGEST, SMALLEST = 16, 28
"""Prefix lengths that a VPC and a subnet may have (VPC user guide, VPC CIDR blocks, Subnet sizing)."""

RESERVED = 5
"""Addresses of each subnet that AWS keeps for itself: the first four and the last."""

_ZONES = {
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "us-east-1": "abcdef",
    "us-west-1": "ac",
    "us-west-2": "abcd",
}
"""Regions whose zones, for a new account, are not a, b and c."""


@dataclass(frozen=True)
class Tier:
    """Subnets of one kind, one in each zone: of length `prefix`, or exactly `cidrs` (one for each zone)."""

    name: str
    prefix: int = 24
    cidrs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subnet:
    """One subnet; `usable` addresses can be given to machines."""

    tier: str
    zone: str
    network: IPv4Network

    @property
    def name(self) -> str:
        """`tier-letter`, stable while the tier and the zone are declared."""
        return f"{self.tier}-{self.zone[-1]}"

    @property
    def usable(self) -> int:
        return self.network.num_addresses - RESERVED


def network(cidr: str, what: str = "the network") -> IPv4Network:
    """The network of a CIDR. Raises SpecError (LW1331): no CIDR, misaligned, or a size that AWS does not take."""
    try:
        found = IPv4Network(cidr, strict=False)
    except ValueError:
        raise SpecError("LW1331", f"{what}: {cidr} is no IPv4 network", hint="for example 10.0.0.0/16") from None
    if "/" not in cidr or str(found) != cidr:
        raise SpecError("LW1331", f"{what}: {cidr} is not aligned", hint=f"{found} begins where /{found.prefixlen} can")
    if not LARGEST <= found.prefixlen <= SMALLEST:
        fact = f"{what}: {cidr} has {found.num_addresses:,} addresses"
        raise SpecError("LW1331", fact, hint=f"AWS takes /{LARGEST} (65,536) to /{SMALLEST} (16)")
    return found


def zones(region: str, wanted: int | Sequence[str]) -> tuple[str, ...]:
    """Availability zones of a region: the first `wanted`, or those named (`us-east-1b`, or just `b`).

    Raises SpecError (LW1332): a zone of another region, one named twice, or more than there are.
    """
    letters = _ZONES.get(region, "abc")
    if isinstance(wanted, int):
        if not 1 <= wanted <= min(len(letters), ROOM):
            hint = f"1 to {min(len(letters), ROOM)}, or name them: [a, b]"
            raise SpecError("LW1332", f"{region} gives {len(letters)} zones to a new account, not {wanted}", hint=hint)
        return tuple(region + letter for letter in letters[:wanted])
    named = tuple(region + zone if len(zone) == 1 else zone for zone in wanted)
    for zone in named:
        if zone[:-1] != region or not "a" <= zone[-1] <= "z":
            raise SpecError("LW1332", f"{zone} is no zone of {region}", hint=f"for example {region}{letters[0]}")
    if len(set(named)) < len(named) or not 1 <= len(named) <= ROOM:
        raise SpecError("LW1332", f"zones {', '.join(named)}: 1 to {ROOM} different ones", hint="name each once")
    return named


def allocate(cidr: str, tiers: Sequence[Tier], in_zones: Sequence[str]) -> tuple[Subnet, ...]:
    """A subnet for each tier and zone, none overlapping another, all inside `cidr`.

    Raises Mistakes with every SpecError (LW1331 addresses, LW1333 overlap, LW1334 no room left).
    """
    whole = network(cidr, "the VPC")
    mistakes: list[SpecError] = []
    taken: list[tuple[str, IPv4Network]] = []
    subnets: list[Subnet] = []
    for tier in tiers:
        try:
            found = _pinned(tier, whole, taken, in_zones) if tier.cidrs else _placed(tier, whole, taken, in_zones)
        except Mistakes as several:
            mistakes.extend(wrong for wrong in several.mistakes if isinstance(wrong, SpecError))
            continue
        except SpecError as wrong:
            mistakes.append(wrong)
            continue
        subnets.extend(found)
    if mistakes:
        raise Mistakes(mistakes)
    return tuple(subnets)


def _pinned(
    tier: Tier, whole: IPv4Network, taken: list[tuple[str, IPv4Network]], in_zones: Sequence[str]
) -> list[Subnet]:
    """Subnets exactly where the person wants them."""
    if len(tier.cidrs) < len(in_zones):
        fact = f"{tier.name}: {len(tier.cidrs)} CIDRs for {len(in_zones)} zones"
        raise SpecError("LW1331", fact, hint="one for each zone, or none to have them chosen")
    mistakes: list[SpecError] = []
    subnets: list[Subnet] = []
    for text, zone in zip(tier.cidrs, (*in_zones, *[""] * len(tier.cidrs)), strict=False):
        try:
            place = network(text, tier.name)
        except SpecError as wrong:
            mistakes.append(wrong)
            continue
        if not place.subnet_of(whole):
            mistakes.append(SpecError("LW1333", f"{tier.name}: {place} lies outside {whole}"))
        clash = next((f"{name} ({other})" for name, other in taken if other.overlaps(place)), None)
        if clash:
            hint = "tiers declared earlier keep their place; choose another CIDR here"
            mistakes.append(SpecError("LW1333", f"{tier.name}: {place} overlaps {clash}", hint=hint))
        taken.append((tier.name, place))
        if zone:
            subnets.append(Subnet(tier.name, zone, place))
    if mistakes:
        raise Mistakes(mistakes)
    return subnets


def _placed(
    tier: Tier, whole: IPv4Network, taken: list[tuple[str, IPv4Network]], in_zones: Sequence[str]
) -> list[Subnet]:
    """Subnets in the first free block that holds `ROOM` of them."""
    if not max(whole.prefixlen, LARGEST) <= tier.prefix <= SMALLEST:
        fact = f"{tier.name}: /{tier.prefix} subnets in {whole}"
        raise SpecError("LW1331", fact, hint=f"/{max(whole.prefixlen, LARGEST)} to /{SMALLEST}")
    block = tier.prefix - (ROOM - 1).bit_length()
    home = next(_free(whole, block, [other for _, other in taken]), None) if block >= whole.prefixlen else None
    if home is None:
        fact = f"{tier.name}: no room for {ROOM} subnets of /{tier.prefix} in {whole}"
        raise SpecError("LW1334", fact, hint="smaller subnets (a greater prefix), or a larger VPC")
    taken.append((tier.name, home))
    return [
        Subnet(tier.name, zone, place)
        for zone, place in zip(in_zones, home.subnets(new_prefix=tier.prefix), strict=False)
    ]


def _free(whole: IPv4Network, prefix: int, taken: Sequence[IPv4Network]) -> Iterator[IPv4Network]:
    for block in whole.subnets(new_prefix=prefix):
        if not any(block.overlaps(other) for other in taken):
            yield block
