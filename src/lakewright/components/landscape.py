"""Networks and workspaces of all units with their addresses, and the book in which these are kept.

The book (`units.lock.json` beside platform.yaml) belongs into version control: what stands in it never moves. A unit or
workspace that is in it and no longer declared may still have data, and is refused until `units remove` has seen that it
has none and destroyed it; then it is `leaving`, and its subnets stay reserved until they are destroyed too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from lakewright.components.addresses import zones
from lakewright.components.subnet_book import Wanted, allocated
from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.spec.language import Platform
from lakewright.spec.units import WorkspaceKind

BOOK = "units.lock.json"
FORMAT = 1
LEAVING = "leaving"
"""Key of a workspace in the book whose stacks are destroyed, with the date."""
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
    """What is kept: network → key → CIDR, and workspace → what it is bound to for ever. `file` and `read`, its text
    as it was read, for messages."""

    subnets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    workspaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    file: str = BOOK
    read: str = field(default="", compare=False, repr=False)

    @property
    def leaving(self) -> frozenset[str]:
        """Workspaces whose stacks are destroyed, and whose subnets are still reserved."""
        return frozenset(name for name, binding in self.workspaces.items() if LEAVING in binding)

    def of_unit(self, unit: str) -> dict[str, Mapping[str, str]]:
        """Its workspaces."""
        return {name: binding for name, binding in self.workspaces.items() if binding["unit"] == unit}

    def places_of(self, workspace: str) -> dict[str, str]:
        """Key → CIDR of a workspace's subnets."""
        unit = self.workspaces[workspace]["unit"]
        start = f"{unit}/{workspace.removeprefix(f'{unit}-')}/"
        every = (entry for places in self.subnets.values() for entry in places.items())
        return {key: cidr for key, cidr in every if key.startswith(start)}

    def marked(self, workspaces: Collection[str], date: str) -> Book:
        """The same with workspaces that are leaving; date "": that stay."""
        told = {
            name: {key: value for key, value in binding.items() if key != LEAVING or name not in workspaces}
            | ({LEAVING: date} if date and name in workspaces else {})
            for name, binding in self.workspaces.items()
        }
        return replace(self, workspaces=told)

    def released(self, workspaces: Collection[str]) -> Book:
        """The same without these workspaces and their subnets."""
        gone = {key for workspace in workspaces for key in self.places_of(workspace)}
        subnets = {
            network: {key: cidr for key, cidr in places.items() if key not in gone}
            for network, places in self.subnets.items()
        }
        kept = {name: binding for name, binding in self.workspaces.items() if name not in workspaces}
        return replace(self, subnets=subnets, workspaces=kept)

    def at(self, network: str) -> Callable[[str], str]:
        """Key → `file:line` of a subnet of the network; the first line where it cannot be told."""

        def place(key: str) -> str:
            found = self.read.find('"subnets"')
            for word in (network, key):
                found = self.read.find(f"{json.dumps(word)}:", found) if found >= 0 else found
            return f"{self.file}:{self.read.count(chr(10), 0, max(found, 0)) + 1}"

        return place

    def text(self) -> str:
        """The file."""
        subnets = {name: _by_address(self.subnets[name]) for name in sorted(self.subnets)}
        whole = {"format": FORMAT, "subnets": subnets, "workspaces": dict(sorted(self.workspaces.items()))}
        return json.dumps(whole, indent=1) + "\n"


def read_book(text: str, file: str) -> Book:
    """Raises SpecError LW1337 for what is no book."""
    try:
        found = json.loads(text)
        book = {FORMAT: Book(found["subnets"], found["workspaces"], file, text)}[found["format"]]
        for one in (*book.subnets.values(), *book.workspaces.values()):
            one.items()
    except (ValueError, KeyError, TypeError, AttributeError):
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
        subnets = {name: {**before.subnets.get(name, {}), **places} for name, places in networks.items()}
        return Book(subnets, {**before.workspaces, **self.bound}).text()


def landscape_of(platform: Platform, region: str, book: Book, place: Callable[..., str] = lambda *_: "") -> Landscape:
    """Raises Mistakes: no room (LW1334), a book that does not fit (LW1337), units that are gone or leaving (LW1338),
    workspaces that were moved (LW1339). `place` gives `file:line` of a path of the spec."""
    if not platform.landscape.networks:
        return Landscape()
    workspaces = tuple(_workspaces(platform))
    bound = {one.name: _binding(platform, one) for one in workspaces}
    mistakes: list[LakewrightError] = [*_gone(bound, book), *_left(workspaces, book, place), *_moved(bound, book)]
    in_zones = zones(region, platform.landscape.zones)
    subnets: dict[str, tuple[PlacedSubnet, ...]] = {}
    placed: dict[str, Mapping[str, str]] = {}
    for name, network in platform.landscape.networks.items():
        here = [one for one in workspaces if one.network == name]
        own = {**_OWN, **(_PUBLIC if network.internet else {}), **(_APPS if network.account else {})}
        wanted = [*_shared(in_zones, own), *_wanted(platform, here, in_zones)]
        try:
            sizes = [Wanted(one.key, prefix) for one, prefix in wanted]
            placed[name] = allocated(network.cidr, sizes, book.subnets.get(name, {}), f"network {name}", book.at(name))
        except Mistakes as several:
            at = place("landscape", "networks", name, "cidr")
            mistakes += [_at(one, at) if one.code == "LW1334" else one for one in several.mistakes]
            continue
        subnets[name] = tuple(
            PlacedSubnet(one.key, placed[name][one.key], one.zone, one.tier, one.workspace) for one, _ in wanted
        )
    if mistakes:
        raise Mistakes(mistakes)
    return Landscape(workspaces, subnets, placed, bound)


def _at(mistake: LakewrightError, place: str) -> SpecError:
    return SpecError(mistake.code, mistake.fact, place=place, hint=mistake.hint)


def _workspaces(platform: Platform) -> Iterator[Workspace]:
    for name, unit in platform.units.items():
        for kind in unit.workspaces:
            network = platform.landscape.workspaces[kind].network
            yield Workspace(name, kind, network, platform.landscape.networks[network].account or "")


def _binding(platform: Platform, workspace: Workspace) -> dict[str, str]:
    return {"metastore": platform.landscape.metastore, "network": workspace.network, "unit": workspace.unit}


def _gone(bound: Mapping[str, Mapping[str, str]], book: Book) -> Iterator[SpecError]:
    for name, binding in book.workspaces.items():
        if name not in bound and LEAVING not in binding:
            fact = f"workspace {name} of unit {binding.get('unit')} is no longer declared, and may still have data"
            hint = f"declare it again, then `lakewright units remove {binding.get('unit')}`"
            yield SpecError("LW1338", fact, place=f"{book.file}:1", hint=hint)


def _left(workspaces: Sequence[Workspace], book: Book, place: Callable[..., str]) -> Iterator[SpecError]:
    """Declared workspaces that were destroyed to be removed: applied again they would be there again."""
    for one in workspaces:
        if one.name in book.leaving:
            fact = f"workspace {one.name} is being removed since {book.workspaces[one.name][LEAVING]}"
            hint = f"take it out here; or `lakewright units keep {one.unit}`"
            yield SpecError("LW1338", fact, place=place("units", one.unit, "workspaces"), hint=hint)


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
