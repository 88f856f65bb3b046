"""Networks and workspaces of all units with their addresses, and the book in which these are kept.

The book (`units.lock.json` beside platform.yaml) belongs into version control: what stands in it never moves. A unit or
workspace that is in it and no longer declared may still have data, and is refused until its lines are taken out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from lakewright.components.addresses import zones
from lakewright.components.subnet_book import Wanted, allocated
from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.spec.language import Platform
from lakewright.spec.units import WorkspaceKind

BOOK = "units.lock.json"
FORMAT = 1
SHARED = "shared"
"""In place of unit and kind, in the keys of subnets that are nobody's own."""

_OWN = {"transit": 28, "endpoints": 26}
_PUBLIC = {"public": 28}
_APPS = {"apps": 26, "databases": 27}
"""Kinds of subnets that a network has of its own in each zone: every one; one that leads to the internet; one of an
account, for the account's applications."""


@dataclass(frozen=True)
class Workspace:
    """A workspace of a unit, and where it is."""

    unit: str
    kind: str
    network: str
    account: str

    @property
    def name(self) -> str:
        return f"{self.unit}-{self.kind}"

    @property
    def catalog(self) -> str:
        """Name of its catalog in Unity Catalog: letters, digits and underscores."""
        return self.name.replace("-", "_")

    @property
    def whose(self) -> dict[str, str]:
        return {"unit": self.unit, "workspace": self.kind}


@dataclass(frozen=True)
class PlacedSubnet:
    """A subnet of a network: its addresses, its zone, what it is for, and whose it is (None: the network's own)."""

    key: str
    cidr: str
    zone: str
    tier: str
    workspace: Workspace | None = None

    @property
    def name(self) -> str:
        """`digital-lab-workload-a`: as it is tagged."""
        return self.key.replace("/", "-")


@dataclass(frozen=True)
class Book:
    """What is kept: network → key → CIDR, and workspace → what it is bound to for ever. `file` for messages."""

    subnets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    workspaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    file: str = BOOK


def read_book(text: str, file: str) -> Book:
    """Raises SpecError LW1337 for what is no book."""
    try:
        found = json.loads(text)
        book = {FORMAT: Book(found["subnets"], found["workspaces"], file)}[found["format"]]
    except (ValueError, KeyError, TypeError):
        hint = "`infra compile` writes it; bring back the one of version control"
        raise SpecError("LW1337", "not readable as the book of subnets", place=f"{file}:1", hint=hint) from None
    return book


@dataclass(frozen=True)
class Landscape:
    """All of it: workspaces in the order of their units, subnets by network."""

    workspaces: tuple[Workspace, ...] = ()
    subnets: Mapping[str, tuple[PlacedSubnet, ...]] = field(default_factory=dict)
    placed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bound: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def workspace(self, unit: str, kind: str) -> Workspace:
        """Raises KeyError."""
        return next(one for one in self.workspaces if (one.unit, one.kind) == (unit, kind))

    def of_network(self, network: str) -> tuple[Workspace, ...]:
        return tuple(one for one in self.workspaces if one.network == network)

    def subnets_of(self, workspace: Workspace, tier: str) -> tuple[PlacedSubnet, ...]:
        found = self.subnets.get(workspace.network, ())
        return tuple(one for one in found if one.workspace == workspace and one.tier == tier)

    def book(self, before: Book) -> str:
        """The book's text, with what other environments and earlier declarations left in it."""
        networks = {**before.subnets, **self.placed}
        subnets = {name: _by_address({**before.subnets.get(name, {}), **networks[name]}) for name in sorted(networks)}
        workspaces = dict(sorted({**before.workspaces, **self.bound}.items()))
        whole = {"format": FORMAT, "subnets": subnets, "workspaces": workspaces}
        return json.dumps(whole, indent=1) + "\n"


def landscape_of(platform: Platform, region: str, book: Book) -> Landscape:
    """Raises Mistakes: no room (LW1334), a book that does not fit (LW1337), units that are gone (LW1338), workspaces
    that were moved (LW1339)."""
    if not platform.landscape.networks:
        return Landscape()
    workspaces = tuple(_workspaces(platform))
    bound = {one.name: _binding(platform, one) for one in workspaces}
    mistakes: list[LakewrightError] = [*_gone(bound, book), *_moved(bound, book)]
    in_zones = zones(region, platform.landscape.zones)
    subnets: dict[str, tuple[PlacedSubnet, ...]] = {}
    placed: dict[str, Mapping[str, str]] = {}
    for name, network in platform.landscape.networks.items():
        here = [one for one in workspaces if one.network == name]
        own = {**_OWN, **(_PUBLIC if network.internet else {}), **(_APPS if network.account else {})}
        wanted = [*_shared(in_zones, own), *_wanted(platform, here, in_zones)]
        try:
            sizes = [Wanted(one.key, prefix) for one, prefix in wanted]
            placed[name] = allocated(network.cidr, sizes, book.subnets.get(name, {}), f"network {name}")
        except Mistakes as several:
            mistakes += several.mistakes
            continue
        subnets[name] = tuple(
            PlacedSubnet(one.key, placed[name][one.key], one.zone, one.tier, one.workspace) for one, _ in wanted
        )
    if mistakes:
        raise Mistakes([_in_book(one, book) for one in mistakes])
    return Landscape(workspaces, subnets, placed, bound)


def _in_book(mistake: LakewrightError, book: Book) -> LakewrightError:
    if mistake.place or mistake.code != "LW1337":
        return mistake
    return SpecError(mistake.code, mistake.fact, place=f"{book.file}:1", hint=mistake.hint)


def _workspaces(platform: Platform) -> Iterator[Workspace]:
    for name, unit in platform.units.items():
        for kind in unit.workspaces:
            network = platform.landscape.workspaces[kind].network
            yield Workspace(name, kind, network, platform.landscape.networks[network].account or "")


def _binding(platform: Platform, workspace: Workspace) -> dict[str, str]:
    return {"metastore": platform.landscape.metastore, "network": workspace.network, "unit": workspace.unit}


def _gone(bound: Mapping[str, Mapping[str, str]], book: Book) -> Iterator[SpecError]:
    for name, binding in book.workspaces.items():
        if name not in bound:
            fact = f"workspace {name} of unit {binding.get('unit')} is no longer declared, and may still have data"
            hint = f"declare it again, empty it and destroy its stacks; then take it and its subnets out of {book.file}"
            yield SpecError("LW1338", fact, place=f"{book.file}:1", hint=hint)


def _moved(bound: Mapping[str, Mapping[str, str]], book: Book) -> Iterator[SpecError]:
    why = {
        "metastore": "a workspace stays with its metastore: another one means a new workspace, and its data moved",
        "network": "a workspace stays in its network: another one means a new workspace",
    }
    for name, binding in bound.items():
        before = book.workspaces.get(name, {})
        for key, hint in why.items():
            if before.get(key, binding[key]) != binding[key]:
                fact = f"workspace {name} is bound to the {key} {before[key]}, not {binding[key]}"
                yield SpecError("LW1339", fact, place=f"{book.file}:1", hint=hint)


_Placing = tuple[PlacedSubnet, int]


def _shared(in_zones: Sequence[str], tiers: Mapping[str, int]) -> Iterator[_Placing]:
    for tier, prefix in tiers.items():
        for zone in in_zones:
            yield PlacedSubnet(f"{SHARED}/{tier}-{zone[-1]}", "", zone, tier), prefix


def _wanted(platform: Platform, workspaces: Sequence[Workspace], in_zones: Sequence[str]) -> Iterator[_Placing]:
    for workspace in workspaces:
        for tier, prefix in _sizes(platform.landscape.workspaces[workspace.kind]).items():
            for zone in in_zones:
                key = f"{workspace.unit}/{workspace.kind}/{tier}-{zone[-1]}"
                yield PlacedSubnet(key, "", zone, tier, workspace), prefix


def _sizes(kind: WorkspaceKind) -> dict[str, int]:
    sizes = kind.subnets
    return {"endpoints": sizes.endpoints, "databases": sizes.databases, "workload": sizes.workload}


def _by_address(subnets: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(subnets.items(), key=lambda item: (int(IPv4Network(item[1]).network_address), item[0])))
