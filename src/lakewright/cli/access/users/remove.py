"""`lakewright access users remove`: somebody goes."""

from __future__ import annotations

import click

from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import SpecError


@verb(
    "remove",
    example="lakewright access users remove ana.lopes@example.com\n"
    "lakewright access users remove ana.lopes@example.com --dry-run --json",
)
@click.argument("name", metavar="NAME")
@click.option("--dry-run", is_flag=True, help="Show what it means, and write nothing.")
def command(invocation: Invocation, name: str, dry_run: bool) -> Report:
    """Take somebody out of the spec, and show what they lose. `plan` and `apply` make it so.

    Refused while a rule, a persona or a permission set names them.
    """
    from lakewright.cli.access.users.editing import standing
    from lakewright.cli.access.users.told import edited
    from lakewright.spec.layers import did_you_mean
    from lakewright.spec.rewrite import CannotRewriteError, without_entry

    project = invocation.project()
    access = project.platform.access
    if name not in access.users:
        alike = next((one for one in access.users if one.lower() == name.lower()), "")
        hint = f'did you mean "{alike}"?' if alike else did_you_mean(name, access.users, "`access users` lists them")
        raise SpecError("LW1392", f"no user {name}", place=project.place("access", "users"), hint=hint)
    for persona, one in access.personas.items():
        if name in one.users:
            place = project.place("access", "personas", persona, "users")
            raise SpecError("LW1392", f"the persona {persona} names {name}", place=place, hint="take it out there")
    where = standing(project, name)
    try:
        text = without_entry(where.text, where.path, name)
    except (CannotRewriteError, KeyError) as why:
        place = project.place("access", "users", name)
        fact = f"{name} is left to you: {why}" if isinstance(why, CannotRewriteError) else f"{name} is not of this file"
        raise SpecError("LW1009", fact, place=place, hint="delete the entry there") from None
    return edited(invocation, project, where, text, name, comes=False, dry_run=dry_run)
