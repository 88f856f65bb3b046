"""`lakewright access users add`: somebody comes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import Mistakes, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakewright.spec import Project


@verb(
    "add",
    example="lakewright access users add ana.lopes@example.com --group DataAnalysts\n"
    "lakewright access users add ana --email ana.lopes@example.com --group DataAnalysts --dry-run --json",
)
@click.argument("name", metavar="NAME")
@click.option("--group", "groups", metavar="GROUP", multiple=True, help="A group that they are in; may be repeated.")
@click.option("--email", help="Where the invitation goes. [default: NAME, if it is an address]")
@click.option("--name", "called", metavar="TEXT", help="First and last name, as others see it.")
@click.option("--dry-run", is_flag=True, help="Show what it means, and write nothing.")
def command(
    invocation: Invocation, name: str, groups: tuple[str, ...], email: str | None, called: str | None, dry_run: bool
) -> Report:
    """Write somebody into the spec, and show what they will see. `plan` and `apply` make it so.

    Comments and order of the file stay. Refused are people without an e-mail address, doubles, names that differ by
    case only, groups that nobody declares.
    """
    from lakewright.cli.access.users.editing import standing
    from lakewright.cli.access.users.told import edited
    from lakewright.spec.rewrite import CannotRewriteError, with_entry

    project = invocation.project()
    if mistakes := [*_mistakes(project, name, email or name), *_unknown_groups(project, groups)]:
        raise Mistakes(mistakes)
    where, value = standing(project), _value(groups, email, called)
    try:
        text = with_entry(where.text, where.path, name, value)
    except CannotRewriteError as why:
        path = ".".join(where.path) or "the file"
        hint = f"write it below {path} yourself: `{name}: {value}`"
        raise SpecError("LW1009", f"{path} is left to you: {why}", place=where.file, hint=hint) from None
    return edited(invocation, project, where, text, name, comes=True, dry_run=dry_run)


def _value(groups: tuple[str, ...], email: str | None, called: str | None) -> str:
    said = {
        "email": email,
        "name": json.dumps(called, ensure_ascii=False) if called else None,
        "groups": f"[{', '.join(dict.fromkeys(groups))}]" if groups else None,
    }
    return "{" + ", ".join(f"{key}: {text}" for key, text in said.items() if text) + "}"


def _mistakes(project: Project, name: str, email: str) -> Iterator[SpecError]:
    """What is wrong about somebody new beside those who are there."""
    from lakewright.components.people import is_address

    if not is_address(email):
        fact = f"{name} has no e-mail address, and the invitation goes there"
        yield SpecError("LW1392", fact, hint=f"--email {name.partition('@')[0]}@example.com")
    for other, user in project.platform.access.users.items():
        place = project.place("access", "users", other)
        if other == name:
            hint = f"change its line, or `lakewright access users remove {other}` first"
            yield SpecError("LW1392", f"{name} is there already", place=place, hint=hint)
        elif other.lower() == name.lower():
            fact = f"the users {other} and {name} differ by case only: a directory takes them for one"
            yield SpecError("LW1392", fact, place=place, hint="one entry for one person")
        elif (user.email or other).lower() == email.lower():
            yield SpecError("LW1392", f"{other} has the address {email}", place=place, hint="one entry for one person")


def _unknown_groups(project: Project, groups: tuple[str, ...]) -> Iterator[SpecError]:
    from lakewright.components.people import named_groups
    from lakewright.spec.layers import did_you_mean

    known = named_groups(project)
    for group in groups:
        if group not in known:
            alike = next((one for one in known if one.lower() == group.lower()), "")
            hint = f"--group {alike}" if alike else did_you_mean(group, known, f"groups: {', '.join(known) or 'none'}")
            yield SpecError("LW1392", f"no group {group} in `access`", place=project.place("access"), hint=hint)
