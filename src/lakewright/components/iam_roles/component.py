"""Decides the roles that people take: one for each persona, one for each group that a rule names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, File, Template, Value
from lakewright.components.iam_roles.policies import boundary, role_policy
from lakewright.components.personas import PersonaRole, kebab, persona_roles
from lakewright.components.statements import trust
from lakewright.spec.block import Block
from lakewright.spec.values import Text


class Settings(Block):
    """The roles of the personas."""

    database_prefix: Text = Field(default="", description="Beginning of the databases' names, in a shared account.")
    trusted: tuple[Text, ...] = Field(
        default=(),
        strict=False,
        description="ARNs of who may take the roles; by default whom IAM permits.",
    )
    require_mfa: bool = Field(default=False, description="Whether taking a role needs a second factor.")
    session_hours: Annotated[int, Field(ge=1, le=12)] = Field(default=1, description="How long a session lasts.")
    boundary: Text = Field(
        default="", description="`own`: a permissions boundary is made; or the ARN of an existing one. By default none."
    )


OWN = "own"


def _trust(context: Context, settings: Settings) -> str:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if settings.require_mfa else None
    if settings.trusted:
        return trust(roles=settings.trusted, conditions=mfa)
    return trust(accounts=(context.place.account,), conditions=mfa)


def _description(context: Context, role: PersonaRole) -> str:
    if role.kind == "group":
        return f"Members of {role.subject}"
    return context.project.platform.access.personas[role.subject].description or role.subject


def _call(context: Context, _name: str, settings: Settings) -> Call:
    """Raises SpecError (LW1325) when two subjects would have one role, LW1336 when a policy is too long."""
    files = {"trust.json": _trust(context, settings)}
    key = {"kms_key_arn": context.output("kms_key", "arn")} if context.has("kms_key") else {}
    roles: dict[str, Value] = {}
    for role in persona_roles(context.project, context.place):
        file = f"{kebab(role.subject)}-policy.json"
        files[file] = role_policy(context, role, settings.database_prefix)
        policy: Value = Template(file, key) if "${kms_key_arn}" in files[file] else File(file)
        roles[role.subject] = {
            "name": role.role,
            "description": _description(context, role),
            "trust": File("trust.json"),
            "policy": policy,
            "session_hours": settings.session_hours,
        }
    inputs: dict[str, Value] = {"roles": roles}
    if settings.boundary == OWN:
        files["boundary.json"] = boundary(context.place)
        inputs |= {"boundary_policy": File("boundary.json"), "boundary_name": context.place.name("people-boundary")}
    elif settings.boundary:
        inputs["boundary_arn"] = settings.boundary
    return Call(inputs=inputs, files=files)


COMPONENT = Component(
    name="iam_roles",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("arns", "names", "boundary_arn"),
)
