"""The people and groups of `access`, as services take them that keep a directory: Identity Center, Databricks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lakewright.errors import Mistakes, SpecError
from lakewright.spec import Project
from lakewright.spec.document import Value
from lakewright.spec.layers import did_you_mean

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True)
class Person:
    """One user of the spec; `groups` are those that are declared for it, sorted."""

    name: str
    email: str
    display_name: str
    groups: tuple[str, ...]

    @property
    def given_name(self) -> str:
        return self.display_name.split()[0]

    @property
    def family_name(self) -> str:
        return self.display_name.split()[-1]


def is_address(text: str) -> bool:
    """Whether an invitation can go there."""
    return _ADDRESS.fullmatch(text) is not None


def people(project: Project) -> tuple[Person, ...]:
    """All users. Raises Mistakes LW1392: no address; an address twice; names that differ by case only, which
    directories take for one; a group that nobody else names."""
    users = project.platform.access.users
    mistakes = [
        *_without_address(project),
        *_alike(project, users),
        *_same_address(project),
        *_alike_groups(project),
        *_unknown_groups(project),
    ]
    if mistakes:
        raise Mistakes(mistakes)
    return tuple(
        Person(name, user.email or name, user.name or _spoken(name), tuple(sorted(user.groups)))
        for name, user in users.items()
    )


def group_names(project: Project) -> tuple[str, ...]:
    """Every group that a user is in, a persona (of the platform or of a unit) has, or a rule names; sorted.

    Raises Mistakes LW1392 for a persona that no group has: a directory's permissions go to groups.
    """
    mistakes = [
        SpecError(
            "LW1392",
            f"no group has the persona {name}",
            place=project.place("access", "personas", name),
            hint=f"groups: [{name}s]",
        )
        for name, persona in project.platform.access.personas.items()
        if not persona.groups
    ]
    if mistakes:
        raise Mistakes(mistakes)
    return named_groups(project)


def named_groups(project: Project) -> tuple[str, ...]:
    """The same, whatever lacks."""
    return tuple(sorted(set(_groups(project))))


def _groups(project: Project) -> Iterator[str]:
    access = project.platform.access
    for user in access.users.values():
        yield from user.groups
    yield from _ruled_groups(project)


def _ruled_groups(project: Project) -> Iterator[str]:
    """Those of personas and rules."""
    access = project.platform.access
    for persona in access.personas.values():
        yield from persona.groups
    subjects = [
        *(one for grant in access.grants for one in grant.to),
        *(one for deny in access.denies for one in deny.to),
    ]
    yield from (subject.removeprefix("group:") for subject in subjects if subject.startswith("group:"))
    for unit in project.platform.units:
        for one in project.platform.landscape.personas.values():
            yield one.group_in(unit)


def _without_address(project: Project) -> Iterator[SpecError]:
    for name, user in project.platform.access.users.items():
        if not is_address(user.email or name):
            fact = f"{name} has no e-mail address, and the invitation goes there"
            hint = f"email: {name}@example.com"
            yield SpecError("LW1392", fact, place=project.place("access", "users", name), hint=hint)


def _alike_groups(project: Project) -> Iterator[SpecError]:
    seen: dict[str, str] = {}
    ruled = set(_ruled_groups(project))
    for group in sorted(set(_groups(project))):
        other = seen.setdefault(group.lower(), group)
        if other != group:
            right, wrong = (group, other) if group in ruled and other not in ruled else (other, group)
            fact = f"the groups {other} and {group} differ by case only: a directory takes them for one"
            yield SpecError("LW1392", fact, place=place_of_group(project, wrong), hint=f"write {right} everywhere")


def place_of_group(project: Project, group: str) -> str:
    """Where it stands: with the first user who is in it."""
    users = project.platform.access.users
    return project.place("access", *next((("users", name) for name, user in users.items() if group in user.groups), ()))


def _unknown_groups(project: Project) -> Iterator[SpecError]:
    """Groups that one user is in and that nothing else of the spec names: misspelt ones."""
    members = Counter(group for user in project.platform.access.users.values() for group in set(user.groups))
    known = set(_ruled_groups(project)) | {group for group, count in members.items() if count > 1}
    folded = {group.lower() for group in known}
    single = [group for group in members if group.lower() not in folded]
    named = set(_texts(project.tree, ("access", "users"))) if single else set()
    for name, user in project.platform.access.users.items():
        for group in user.groups:
            if group in single and group not in named:
                hint = did_you_mean(group, known, f"groups: {', '.join(sorted(known)) or 'none'}")
                place = project.place("access", "users", name)
                yield SpecError("LW1392", f"{name}: no group {group} in `access`", place=place, hint=hint)


def _texts(tree: Value, but: tuple[str, ...]) -> Iterator[str]:
    """All keys and texts of the spec, but for those below a path."""
    match tree.content:
        case str() as text:
            yield text
        case dict() as entries:
            for key, entry in entries.items():
                yield key
                if but != (key,):
                    yield from _texts(entry.value, but[1:] if but[:1] == (key,) else ())
        case list() as items:
            for item in items:
                yield from _texts(item, ())


def _alike(project: Project, names: Iterable[str]) -> Iterator[SpecError]:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            fact = f"the users {other} and {name} differ by case only: a directory takes them for one"
            place = project.place("access", "users", name)
            yield SpecError("LW1392", fact, place=place, hint="one entry for one person")


def _same_address(project: Project) -> Iterator[SpecError]:
    """Two entries whose invitations go to one address, though their names are not alike."""
    seen: dict[str, str] = {}
    for name, user in project.platform.access.users.items():
        other = seen.setdefault((user.email or name).lower(), name)
        if other != name and other.lower() != name.lower():
            fact = f"the users {other} and {name} have one e-mail address: a directory takes them for one"
            place = project.place("access", "users", name)
            yield SpecError("LW1392", fact, place=place, hint="one entry for one person")


def _spoken(name: str) -> str:
    """`Ana Lopes` of `ana.lopes@example.com`."""
    parts = [part.capitalize() for part in re.split(r"[._+-]+", name.partition("@")[0]) if part]
    return " ".join(parts if len(parts) > 1 else [*parts, *parts])
