"""What an edit of the users means, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lakewright.cli.access.diff import show_changes
from lakewright.cli.access.subject import Governed
from lakewright.cli.access.users.editing import Standing, changed, write
from lakewright.cli.access.users.getting import PermissionSet, changed_stacks, clouds, permission_sets
from lakewright.cli.output import Invocation, Report, Screen
from lakewright.spec import Project

if TYPE_CHECKING:
    from lakewright.governance.questions import Change


@dataclass(frozen=True)
class Meaning:
    """What one person has (after coming) or had (before going)."""

    groups: tuple[str, ...]
    personas: tuple[str, ...]
    rules: tuple[str, ...]
    changes: tuple[Change, ...]
    permission_sets: Mapping[str, tuple[PermissionSet, ...]] = field(default_factory=dict)
    stacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def meaning(before: Project, after: Project, name: str, environment: str, *, comes: bool) -> Meaning:
    """Raises Mistakes of the spec as it would be."""
    from lakewright.governance.questions import Side, differences

    one, other = Governed(before), Governed(after)
    side = other if comes else one
    person = side.users[name]
    tables = dict(one.tables)
    changes = differences(
        Side(one.policy, one.principals, tables), Side(other.policy, other.principals, tables), datetime.now(UTC)
    )
    stacks = changed_stacks(before, after, clouds(after, environment))
    return Meaning(
        tuple(sorted(person.groups)),
        tuple(sorted(person.personas)),
        tuple(_rules(side, name)),
        tuple(change for change in changes if change.principal == name),
        {where: sets for where in stacks if (sets := permission_sets(side.project, where).get(name))},
        {where: names for where, names in stacks.items() if names},
    )


def _rules(governed: Governed, name: str) -> list[str]:
    """The grants that reach a person, as `patterns: privileges`."""
    person, at = governed.users[name], datetime.now(UTC)
    found = []
    for grant in governed.policy.grants:
        if grant.is_in_force(at) and not grant.to.isdisjoint(person.subjects):
            some = ", some columns or rows" if grant.is_partial else ""
            found.append(f"{', '.join(grant.on)}: {', '.join(sorted(grant.can))}{some}")
    return found


def edited(
    invocation: Invocation, project: Project, where: Standing, text: str, name: str, *, comes: bool, dry_run: bool
) -> Report:
    """Looks at the spec as it would be, writes it, tells what it means. Raises Mistakes, ProblemError: nothing is
    written."""
    with changed(project, where.file, text, invocation.env) as after:
        means = meaning(project, after, name, invocation.env, comes=comes)
    now = Standing(where.file, text, where.path)
    line = (now if comes else where).line_of(name)
    if not dry_run:
        write(project.root, where, text)
    data: dict[str, Any] = {
        "user": name,
        "file": where.file,
        "line": line,
        "written": not dry_run,
        **asdict(means),
        "next": _next(means),
    }
    return Report(data, lambda screen: _show(screen, name, f"{where.file}:{line}", means, comes=comes, dry_run=dry_run))


def _next(means: Meaning) -> list[str]:
    found = []
    for environment, stacks in means.stacks.items():
        chosen = "".join(f" --stack {name}" for name in stacks)
        found += [f"lakewright plan {environment}{chosen}", f"lakewright apply {environment}{chosen}"]
    return found


def _show(screen: Screen, name: str, place: str, means: Meaning, *, comes: bool, dry_run: bool) -> None:
    did = ("would be written to" if comes else "would go from") if dry_run else ("is in" if comes else "is gone from")
    screen.line(f"{name} {did} {place}", style="bold")
    screen.line(f"{'groups' if comes else 'was in'}: {', '.join(means.groups) or 'none: sees nothing'}")
    if means.personas:
        screen.line(f"personas: {', '.join(means.personas)}")
    for rule in means.rules:
        screen.line(f"  {'+' if comes else '-'} {rule}")
    for environment, sets in means.permission_sets.items():
        screen.line(f"{environment}, in AWS: {', '.join(map(str, sets))}")
    if means.changes:
        show_changes(screen, means.changes)
    if not comes and means.permission_sets:
        screen.line("what they keep in their folder of the sandbox stays there")
    for line in _next(means):
        screen.line(f"next: {line}", style="dim")
