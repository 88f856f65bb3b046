"""Which models run in one Glue job, and which jobs must be done before: decided by the models' own graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lakewright.models import Model, Models

CONFORMED = "conformed"


@dataclass(frozen=True, slots=True)
class Group:
    """A job's models, in an order in which they can run; `after` are the names of the jobs they wait for."""

    name: str
    layer: str
    models: tuple[str, ...]
    after: tuple[str, ...]


def groups(models: Models) -> tuple[Group, ...]:
    """Every model in exactly one group; no group waits for itself through others.

    Silver models belong together when one reads the other or both read the same table of the source. Gold models that
    several others read (facts and dimensions) are one group, with whatever those need; the rest belong together when
    one reads the other, or when they wait for the same groups.
    """
    silver = [model for model in models.values() if model.layer == "silver"]
    gold = [model for model in models.values() if model.layer == "gold"]
    parts = [("bronze_to_silver", part, "") for part in _joined(silver, _silver_links(silver))]
    shared = _shared(models, gold)
    if shared:
        parts.append(("silver_to_gold", sorted(shared), CONFORMED))
    rest = [model for model in gold if model.name not in shared]
    own = {model.name for model in rest}
    among = {model.name: [name for name in model.inputs if name in own] for model in rest}
    parts += [("silver_to_gold", part, "") for part in _joined(rest, among)]
    return _named(models, _merged(models, parts))


def _silver_links(silver: Sequence[Model]) -> Mapping[str, Sequence[str]]:
    """What joins models: each other's names, and source tables (`bronze.x` and `changes.x` are one)."""
    return {
        model.name: [name if name.startswith("silver.") else name.partition(".")[2] for name in model.inputs]
        for model in silver
    }


def _joined(chosen: Sequence[Model], links: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Connected parts, where two models that have a link in common are connected."""
    parts: list[set[str]] = []
    for model in chosen:
        own = {model.name, *links[model.name]}
        parts, touched = [part for part in parts if not part & own], [part for part in parts if part & own]
        parts.append(own.union(*touched))
    names = {model.name for model in chosen}
    return sorted(sorted(part & names) for part in parts)


def _shared(models: Models, gold: Sequence[Model]) -> frozenset[str]:
    """Gold models that two or more Gold models read, and the Gold models below them."""
    read_often = [
        model.name for model in gold if sum(models[reader].layer == "gold" for reader in models.readers(model.name)) > 1
    ]
    below = models.upstream(*read_often)
    return frozenset(read_often) | {name for name in below if models[name].layer == "gold"}


Part = tuple[str, list[str], str]


def _merged(models: Models, parts: Iterable[Part]) -> list[Part]:
    """Gold parts that wait for the same parts become one; those that wait for nothing join the conformed ones."""
    found = list(parts)
    home = {name: number for number, (_, members, _) in enumerate(found) for name in members}
    merged: dict[object, Part] = {}
    for number, (kind, members, given) in enumerate(found):
        waits = frozenset(home[one] for name in members for one in models[name].inputs if one in home) - {number}
        key: object = (kind, waits) if kind == "silver_to_gold" and not given else number
        if key == ("silver_to_gold", frozenset()):
            key = next((n for n, part in enumerate(found) if part[2] == CONFORMED), key)
        kept = merged.get(key)
        merged[key] = (kind, [*kept[1], *members], kept[2] or given) if kept else (kind, list(members), given)
    return list(merged.values())


def _named(models: Models, parts: Sequence[Part]) -> tuple[Group, ...]:
    names = {
        number: f"{kind}_{given or _title(models, members)}" for number, (kind, members, given) in enumerate(parts)
    }
    home = {name: names[number] for number, (_, members, _) in enumerate(parts) for name in members}
    found = []
    for number, (kind, members, _) in enumerate(parts):
        waits = {home[one] for name in members for one in models[name].inputs if one in home} - {names[number]}
        ordered = tuple(model.name for model in models.order(members))
        found.append(Group(names[number], kind.rpartition("_")[2], ordered, tuple(sorted(waits))))
    return tuple(sorted(found, key=lambda group: (group.layer != "silver", group.name)))


def _title(models: Models, members: Sequence[str]) -> str:
    """The model that the others read, for Silver; the one that no other reads, for Gold."""
    silver = models[members[0]].layer == "silver"
    ends = [
        name
        for name in sorted(members)
        if not any(other in members for other in (models[name].inputs if silver else models.readers(name)))
    ]
    return ends[0].partition(".")[2]
