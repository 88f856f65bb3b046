"""What is wrong between units and their landscape, each mistake with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations

from lakewright.errors import SpecError
from lakewright.spec.document import Value
from lakewright.spec.layers import did_you_mean
from lakewright.spec.units import GROUP, Landscape, Unit, WorkspaceKind

RESERVED_ADDRESSES = 5
"""Of each subnet, kept by AWS (VPC user guide, "Subnet CIDR blocks")."""
PER_NODE = 2
"""Addresses of a node: one for management, one for Spark (Databricks, "Configure a customer-managed VPC")."""


def capacity(prefix: int, zones: int) -> int:
    """Nodes that run in one subnet of this length in each of the zones."""
    return zones * (usable(prefix) // PER_NODE)


def usable(prefix: int) -> int:
    """Addresses of a subnet that machines can have: 27 of a /27."""
    return (1 << (32 - prefix)) - RESERVED_ADDRESSES


def units_mistakes(units: Mapping[str, Unit], landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    """Everything that the types alone do not say. Codes LW120 to LW127."""
    yield from _networks(landscape, tree)
    yield from _kinds(landscape, tree)
    yield from _personas(landscape, tree)
    yield from _programs(landscape, tree)
    yield from _units(units, landscape, tree)
    yield from _alike(units, tree)


def _networks(landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    for (first, one), (second, other) in combinations(landscape.networks.items(), 2):
        if IPv4Network(one.cidr).overlaps(IPv4Network(other.cidr)):
            place = str(tree.nearest(("landscape", "networks", second, "cidr")))
            fact = f"landscape.networks.{second}: {other.cidr} overlaps {first} ({one.cidr})"
            yield SpecError("LW120", fact, place=place, hint="networks that are joined have addresses of their own")
    ways = [name for name, network in landscape.networks.items() if network.internet]
    for name in ways[1:]:
        place = str(tree.nearest(("landscape", "networks", name, "internet")))
        fact = f"landscape.networks: {ways[0]} and {name} both lead to the internet"
        yield SpecError("LW120", fact, place=place, hint="one way out, through the firewall")


def _kinds(landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    for name, kind in landscape.workspaces.items():
        at = ("landscape", "workspaces", name)
        network = landscape.networks.get(kind.network)
        if network is None:
            yield _unknown("network", kind.network, landscape.networks, tree, (*at, "network"))
        elif network.account is None:
            place = str(tree.nearest((*at, "network")))
            hint = f"landscape.networks.{kind.network}.account: the account of its workspaces"
            fact = f"{name}: the network {kind.network} is for no account, so no workspace runs in it"
            yield SpecError("LW121", fact, place=place, hint=hint)
        if kind.after is not None and kind.after not in landscape.workspaces:
            yield _unknown("kind of workspace", kind.after, landscape.workspaces, tree, (*at, "after"))
        if kind.after == name:
            place = str(tree.nearest((*at, "after")))
            yield SpecError("LW121", f"{name} comes after itself", place=place, hint="name another kind")
        yield from _room(name, kind, landscape, tree)


def _room(name: str, kind: WorkspaceKind, landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    zones = landscape.zones if isinstance(landscape.zones, int) else len(landscape.zones)
    prefix = kind.subnets.workload
    if zones < PER_NODE:
        place = str(tree.nearest(("landscape", "zones")))
        hint = "zones: 2, with compute in one of them if that is what is meant"
        yield SpecError("LW122", "Databricks wants subnets in two zones at least", place=place, hint=hint)
    if kind.nodes > capacity(prefix, zones):
        at = ("landscape", "workspaces", name)
        place = str(tree.nearest((*at, "nodes") if tree.find((*at, "nodes")) else at))
        fact = f"{name}: {zones} /{prefix} subnets ({usable(prefix)} addresses each, {PER_NODE} for a node) hold "
        fact += f"{capacity(prefix, zones)} nodes, not {kind.nodes}"
        fits = next((one for one in range(prefix, 16, -1) if capacity(one, zones) >= kind.nodes), None)
        hint = f"subnets: {{workload: {fits}}}, or fewer nodes" if fits else "fewer nodes"
        yield SpecError("LW122", fact, place=place, hint=hint)


def _personas(landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    groups: dict[str, str] = {}
    for name, persona in landscape.personas.items():
        at = ("landscape", "personas", name)
        for number, schema in enumerate(persona.schemas):
            if schema not in landscape.schemas:
                yield _unknown("schema", schema, landscape.schemas, tree, (*at, "schemas", number))
        for number, kind in enumerate(persona.workspaces):
            if kind not in landscape.workspaces:
                yield _unknown("kind of workspace", kind, landscape.workspaces, tree, (*at, "workspaces", number))
        folded = persona.group.casefold()
        if folded in groups:
            place = str(tree.nearest((*at, "group")))
            fact = f'personas {groups[folded]} and {name} have one group, "{persona.group}"'
            yield SpecError("LW123", fact, place=place, hint=f"a group for each: {GROUP}-{name}")
        groups.setdefault(folded, name)
        if GROUP not in persona.group:
            place = str(tree.nearest((*at, "group")))
            fact = f'{name}: the group "{persona.group}" is the same in every unit'
            yield SpecError("LW123", fact, place=place, hint=f'group: "{GROUP}-{name}"')


def _programs(landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    for name, program in landscape.programs.items():
        for number, persona in enumerate(program.personas):
            if persona not in landscape.personas:
                at = ("landscape", "programs", name, "personas", number)
                yield _unknown("persona", persona, landscape.personas, tree, at)


def _units(units: Mapping[str, Unit], landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    for name, unit in units.items():
        for number, kind in enumerate(unit.workspaces):
            if kind not in landscape.workspaces:
                at = ("units", name, "workspaces", number)
                yield _unknown("kind of workspace", kind, landscape.workspaces, tree, at)
        for number, other in enumerate(unit.reads):
            at = ("units", name, "reads", number)
            place = str(tree.nearest(at))
            if other not in units:
                yield _unknown("unit", other, units, tree, at)
            elif other == name:
                yield SpecError("LW124", f"{name} reads itself", place=place, hint="name other units")
            elif _are_known(unit, landscape) and not set(unit.workspaces) & set(units[other].workspaces):
                fact = f"{name} reads {other}, and they have no kind of workspace in common"
                yield SpecError("LW124", fact, place=place, hint=f"{other} has {', '.join(units[other].workspaces)}")


def _are_known(unit: Unit, landscape: Landscape) -> bool:
    return set(unit.workspaces) <= landscape.workspaces.keys()


def _alike(units: Mapping[str, Unit], tree: Value) -> Iterator[SpecError]:
    """Names that differ only by what AWS or Unity Catalog does not keep apart."""
    seen: dict[str, str] = {}
    for name in units:
        plain = name.replace("-", "_")
        if plain in seen:
            place = str(tree.nearest(("units", name)))
            fact = f"units {seen[plain]} and {name} would have the same names in Unity Catalog"
            yield SpecError("LW125", fact, place=place, hint="names differ by more than case, - and _")
        seen.setdefault(plain, name)


def _unknown(
    what: str, name: str, known: Mapping[str, object] | tuple[str, ...], tree: Value, at: tuple[str | int, ...]
) -> SpecError:
    hint = did_you_mean(name, known, f"there are {', '.join(known)}" if known else "none is declared")
    return SpecError(
        "LW121", f'{".".join(str(one) for one in at)}: no {what} "{name}"', place=str(tree.nearest(at)), hint=hint
    )
