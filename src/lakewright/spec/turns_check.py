"""What comes after what: kinds of workspaces and environments in which changes are proven before others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.errors import SpecError
from lakewright.spec.document import Value
from lakewright.spec.language import Platform
from lakewright.spec.layers import did_you_mean


def turn_mistakes(platform: Platform, tree: Value) -> Iterator[SpecError]:
    """Environments that are not there (LW114); circles, and units that lack the kind to prove things in (LW126)."""
    kinds = {name: kind.after for name, kind in platform.landscape.workspaces.items()}
    yield from _circles(kinds, ("landscape", "workspaces"), tree)
    yield from _environments(platform, tree)
    for name, unit in platform.units.items():
        for number, kind in enumerate(unit.workspaces):
            before = kinds.get(kind)
            if before in kinds and before not in unit.workspaces:
                place = str(tree.nearest(("units", name, "workspaces", number)))
                fact = f"{name} has {kind} and no {before}, where changes are proven before they come to {kind}"
                yield SpecError("LW126", fact, place=place, hint=f"workspaces: [{before}, {kind}]")


def _environments(platform: Platform, tree: Value) -> Iterator[SpecError]:
    declared = platform.environments
    after = {name: one.after for name, one in declared.items()}
    for name, before in after.items():
        if before is None:
            continue
        place = str(tree.nearest(("environments", name, "after")))
        if before not in declared:
            hint = did_you_mean(before, declared, f"declared: {', '.join(declared)}")
            yield SpecError("LW114", f'{name} comes after "{before}", which is no environment', place=place, hint=hint)
        elif before == name:
            yield SpecError("LW126", f"{name} comes after itself", place=place, hint="name another environment")
        elif declared[before].account is None:
            fact = f"{name} comes after {before}, which names no AWS account: nothing is applied there"
            yield SpecError("LW126", fact, place=place, hint=f'{before}: {{account: "111111111111"}}')
    yield from _circles(after, ("environments",), tree)


def _circles(after: Mapping[str, str | None], above: tuple[str, ...], tree: Value) -> Iterator[SpecError]:
    """Each circle of several once, where its first member is."""
    for name in after:
        ring = [name]
        while (before := after.get(ring[-1])) is not None and before not in ring:
            ring.append(before)
        if before == name == min(ring) and len(ring) > 1:
            place = str(tree.nearest((*above, name, "after")))
            fact = " comes after ".join([*ring, name])
            yield SpecError("LW126", fact, place=place, hint="one of them comes first: leave its `after` out")
