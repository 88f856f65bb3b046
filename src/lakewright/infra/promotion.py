"""Which stacks prove a change before it comes to others: those of an earlier kind of workspace, or its network's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.infra.each import Standing
from lakewright.spec import Project

Whose = Mapping[str, str]


def followed(project: Project, standings: Mapping[str, Standing]) -> dict[str, dict[str, str]]:
    """Stack → the stacks of the same environment that are applied and proven first, each with the reason.

    The stack of a unit's `field` follows the same of its `lab`, the network of `field` that of `lab`.
    """
    names = {(one.declared, frozenset(one.part.whose.items())): name for name, one in standings.items()}
    found: dict[str, dict[str, str]] = {}
    for name, standing in standings.items():
        for whose, reason in _earlier(project, standing.part.whose):
            first = names.get((standing.declared, frozenset(whose.items())))
            if first is not None:
                found.setdefault(name, {})[first] = reason
    return found


def _earlier(project: Project, whose: Whose) -> Iterator[tuple[Whose, str]]:
    landscape = project.platform.landscape
    match whose:
        case {"workspace": kind} if before := landscape.workspaces[kind].after:
            yield {**whose, "workspace": before}, f"{kind} comes after {before}"
        case {"network": network}:
            ways = _networks(project)
            for before, reason in ways.get(network, {}).items():
                if network not in ways.get(before, {}):  # each holds something that comes after the other's
                    yield {**whose, "network": before}, reason
        case _:
            return


def _networks(project: Project) -> dict[str, dict[str, str]]:
    """Network → those whose kinds of workspaces come before its own."""
    kinds = project.platform.landscape.workspaces
    found: dict[str, dict[str, str]] = {}
    for name, kind in kinds.items():
        if kind.after is not None and (before := kinds[kind.after].network) != kind.network:
            reason = f"{name} comes after {kind.after}, which is in {before}"
            found.setdefault(kind.network, {}).setdefault(before, reason)
    return found
