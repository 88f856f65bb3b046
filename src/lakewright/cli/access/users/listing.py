"""`lakewright access users list`: who there is."""

from __future__ import annotations

from dataclasses import asdict

from lakewright.cli.output import Invocation, Report, Screen, verb


@verb("list", example="lakewright access users\nlakewright access users list --env dev --json")
def command(invocation: Invocation) -> Report:
    """List users with their groups, personas and attributes, and the personas that groups give.

    With --env: their permission sets in its accounts, too.
    """
    from lakewright.cli.access.subject import Governed
    from lakewright.cli.access.users.getting import permission_sets

    governed = Governed.of(invocation)
    users = governed.users.values()
    personas = governed.project.platform.access.personas
    in_aws = permission_sets(governed.project, invocation.env) if invocation.env != "local" else {}

    def show(screen: Screen) -> None:
        rows = [
            [
                user.name,
                ", ".join(sorted(user.groups)) or "-",
                ", ".join(sorted(user.personas)) or "-",
                "; ".join(f"{name}: {', '.join(map(str, values))}" for name, values in user.attributes.items()) or "-",
                *([", ".join(map(str, in_aws.get(user.name, ()))) or "-"] if in_aws else []),
            ]
            for user in users
        ]
        if rows:
            screen.table(["user", "groups", "personas", "attributes", *(["in AWS"] if in_aws else [])], rows)
        else:
            screen.line("no users; `access.users` names them, or a file that does")
        if personas:
            screen.line()
            screen.table(
                ["persona", "groups", "users", "administrator", "description"],
                [
                    [
                        name,
                        ", ".join(one.groups) or "-",
                        ", ".join(one.users) or "-",
                        one.administrator,
                        one.description,
                    ]
                    for name, one in personas.items()
                ],
            )

    listed = [
        {
            "name": user.name,
            "groups": sorted(user.groups),
            "personas": sorted(user.personas),
            "attributes": user.attributes,
            **({"permission_sets": [asdict(one) for one in in_aws.get(user.name, ())]} if in_aws else {}),
        }
        for user in users
    ]
    described = {name: persona.model_dump(mode="json") for name, persona in personas.items()}
    return Report({"users": listed, "personas": described}, show)
