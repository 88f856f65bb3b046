"""Addresses for subnets that come and go over the years: what is written in the book never moves.

`allocated` is given what is held already and what is wanted, and answers with the wanted: held ones where they are, new
ones in the smallest free block that fits, the first of those. So the small subnets of many workspaces fill what is left
beside each other, and the large blocks stay whole for large subnets.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import pairwise

from lakewright.errors import Mistakes, SpecError

BITS = 32
SMALLEST = 28
"""Prefix length of the smallest subnet that a VPC takes."""


@dataclass(frozen=True)
class Wanted:
    """A subnet by its key in the book, and its prefix length."""

    key: str
    prefix: int


def allocated(
    cidr: str,
    wanted: Sequence[Wanted],
    held: Mapping[str, str],
    what: str = "",
    at: Callable[[str], str] = lambda _key: "",
) -> dict[str, str]:
    """Key → CIDR of all that is wanted, and of all that is held and not wanted now: its place stays its own.

    Raises Mistakes: LW1337 (what is held overlaps, is misaligned, outside, or of another size than wanted) and LW1334
    (no room). `what` names the network in messages, `at` gives the place of a held key.
    """
    whole = IPv4Network(cidr)
    mistakes: list[SpecError] = []
    kept = {key: place for key, text in held.items() if (place := _kept(key, text, whole, at, mistakes))}
    mistakes += _overlaps(kept, at)
    sizes = {one.key: one.prefix for one in wanted}
    for key, place in kept.items():
        if sizes.get(key, place.prefixlen) != place.prefixlen:
            fact = f"{key}: a /{sizes[key]} is wanted, and {place} is in use"
            hint = "a subnet in use does not change its size: make another kind"
            mistakes.append(SpecError("LW1337", fact, place=at(key), hint=hint))
    if mistakes:
        raise Mistakes(mistakes)
    free = _Free(whole, kept.values())
    lacking = [one for one in wanted if one.key not in kept]
    placed = {key: str(place) for key, place in kept.items()}
    for one in lacking:
        place = free.take(one.prefix)
        if place is None:
            raise Mistakes([_full(one, lacking, placed, whole, kept.keys() - sizes.keys(), what)])
        placed[one.key] = str(place)
    return placed


def _kept(
    key: str, text: object, whole: IPv4Network, at: Callable[[str], str], mistakes: list[SpecError]
) -> IPv4Network | None:
    hint = "the file is written by `infra compile`; bring back what it was"
    if not isinstance(text, str) or "/" not in text:
        fact = f"{key}: {text!r} is no address range, such as {next(whole.subnets(new_prefix=SMALLEST))}"
        mistakes.append(SpecError("LW1337", fact, place=at(key), hint=hint))
        return None
    try:
        place = IPv4Network(text)
    except ValueError:
        mistakes.append(SpecError("LW1337", f"{key}: {text} is no aligned IPv4 network", place=at(key), hint=hint))
        return None
    if not place.subnet_of(whole):
        hint = "a network's addresses do not change once it has subnets"
        mistakes.append(SpecError("LW1337", f"{key}: {place} lies outside {whole}", place=at(key), hint=hint))
        return None
    return place


def _overlaps(kept: Mapping[str, IPv4Network], at: Callable[[str], str]) -> Iterator[SpecError]:
    ordered = sorted(kept.items(), key=lambda item: (item[1].network_address, item[1].prefixlen))
    for (first, one), (second, other) in pairwise(ordered):
        if one.overlaps(other):
            beside = f"; the other is at {at(first)}" if at(first) else ""
            fact = f"{second}: {other} overlaps {first} ({one})"
            yield SpecError("LW1337", fact, place=at(second), hint=f"one of them was edited{beside}")


def _full(
    one: Wanted, lacking: Sequence[Wanted], placed: Mapping[str, str], whole: IPv4Network, unused: set[str], what: str
) -> SpecError:
    count = len([other for other in lacking if other.key not in placed])
    fact = f"{what or whole}: no room in {whole} for {one.key} (/{one.prefix}), nor for {count - 1} more"
    fact += f"; it is taken by {_taken(placed, whole)}"
    if unused:
        named = ", ".join(sorted(unused)[:3])
        hint = f"{len(unused)} places are kept for what is no longer declared ({named}…): `lakewright units remove` "
        return SpecError("LW1334", fact, hint=hint + "gives them back once that is destroyed")
    return SpecError("LW1334", fact, hint="smaller subnets, fewer zones, or another network for new units")


def _taken(placed: Mapping[str, str], whole: IPv4Network) -> str:
    """What takes most of the room, by kind and size: `132 workload (/24, 51%), …`."""
    kinds = Counter((key.rpartition("/")[2].rpartition("-")[0] or key, IPv4Network(place).prefixlen)
                    for key, place in placed.items())  # fmt: skip
    room = {kind: count * 2.0 ** (whole.prefixlen - kind[1]) for kind, count in kinds.items()}
    ordered = sorted(room, key=lambda kind: (-room[kind], kind))[:3]
    return ", ".join(f"{kinds[kind]} {kind[0]} (/{kind[1]}, {room[kind]:.0%})" for kind in ordered) or "nothing"


class _Free:
    """The free addresses of a network as aligned blocks: by prefix length, their first addresses in order."""

    def __init__(self, whole: IPv4Network, taken: Iterable[IPv4Network]) -> None:
        self._blocks: dict[int, list[int]] = {prefix: [] for prefix in range(whole.prefixlen, BITS + 1)}
        ordered = sorted((int(one.network_address), one.prefixlen) for one in taken)
        self._split(int(whole.network_address), whole.prefixlen, ordered)

    def _split(self, first: int, prefix: int, taken: list[tuple[int, int]]) -> None:
        """Enters what is free of one block; `taken` lies within it, in order."""
        if not taken:
            self._blocks[prefix].append(first)
            return
        if taken[0] == (first, prefix):
            return
        middle = first + (1 << (BITS - prefix - 1))
        at = bisect_left(taken, (middle, 0))
        self._split(first, prefix + 1, taken[:at])
        self._split(middle, prefix + 1, taken[at:])

    def take(self, prefix: int) -> IPv4Network | None:
        """The first block of the smallest size that fits, cut down to the prefix; None when none fits."""
        sizes = (size for size in range(prefix, -1, -1) if self._blocks.get(size))
        size = next(sizes, None)
        if size is None:
            return None
        first = self._blocks[size].pop(0)
        while size < prefix:
            size += 1
            insort(self._blocks[size], first + (1 << (BITS - size)))
        return IPv4Network((first, prefix))
