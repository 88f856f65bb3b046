"""What a person gets in AWS, and which stacks an edit of the spec changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakewright.errors import Mistakes, SpecError
from lakewright.spec import Project


@dataclass(frozen=True)
class PermissionSet:
    """A permission set that somebody has in an account."""

    name: str
    account: str

    def __str__(self) -> str:
        return f"{self.name} in {self.account}"


def clouds(project: Project, environment: str) -> tuple[str, ...]:
    """The environments that are meant: the chosen one; all that have an account where `local` is chosen."""
    if environment != "local":
        return (environment,)
    return tuple(name for name, one in project.platform.environments.items() if name != "local" and one.account)


def permission_sets(project: Project, environment: str) -> Mapping[str, tuple[PermissionSet, ...]]:
    """Person → what they have; by the spec. Raises Mistakes, SpecError for an environment without account."""
    from lakewright.infra.compile import decided_calls
    from lakewright.infra.holders import compiled_world

    found: dict[str, list[PermissionSet]] = {}
    for holder in compiled_world(*decided_calls(project, environment)).holders.values():
        for person in holder.people if holder.kind == "permission set" else ():
            found.setdefault(person, []).append(PermissionSet(holder.name, holder.account))
    return {person: tuple(sorted(sets, key=str)) for person, sets in found.items()}


def changed_stacks(before: Project, after: Project, environments: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Environment → its stacks whose Terraform differs. One that did not compile before is left out.

    Raises Mistakes when the edit makes one wrong.
    """
    from lakewright.infra.compile import compile_environment

    found = {}
    for environment in environments:
        try:
            old = {stack.name: stack.files for stack in compile_environment(before, environment).stacks}
        except (Mistakes, SpecError):
            continue
        new = {stack.name: stack.files for stack in compile_environment(after, environment).stacks}
        found[environment] = tuple(name for name, files in new.items() if files != old.get(name))
    return found
