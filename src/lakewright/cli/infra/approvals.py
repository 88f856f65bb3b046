"""Whose approval a change needs: the owners of the stacks that it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lakewright.cli.output import Screen

if TYPE_CHECKING:
    from lakewright.infra.compile import Compiled

Approvals = Mapping[str, list[str]]
"""Owner → the stacks that are theirs."""


def approvals(compiled: Compiled, stacks: Collection[str]) -> Approvals:
    """The owners of these stacks, each with them in the order of their apply."""
    found: dict[str, list[str]] = {}
    for stack in compiled.stacks:
        if stack.name in stacks:
            found.setdefault(stack.owner, []).append(stack.name)
    return dict(sorted(found.items()))


def touched(compiled: Compiled, files: Iterable[str]) -> set[str]:
    """The stacks that files below `infra/` are of, and those that call a module which they are of."""
    parts = [PurePosixPath(name).parts for name in files]
    stacks = {part[1] for part in parts if part[0] == compiled.environment and len(part) > 2}
    modules = {part[1] for part in parts if part[0] == "modules" and len(part) > 2}
    return stacks | {one.name for one in compiled.stacks if not modules.isdisjoint(one.calls.values())}


def show_approvals(screen: Screen, compiled: Compiled, found: Approvals) -> None:
    """One line for each owner; nothing where all is one owner's."""
    if len({stack.owner for stack in compiled.stacks}) == 1:
        return
    for owner, stacks in found.items():
        shown = ", ".join(stacks[:_MOST]) + (f" and {len(stacks) - _MOST} more" if len(stacks) > _MOST else "")
        screen.line(f"needs the approval of {owner}: {shown}", style="bold")


_MOST = 8
