"""Lake Formation's settings, the locations it governs, and the LF-Tags that there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, File, Template, Value
from lakewright.components.databases import LAYERS
from lakewright.components.lake import WRITE, bucket_name, kms_statement, object_statements
from lakewright.components.lake_formation.tags import tag_values
from lakewright.components.personas import persona_roles
from lakewright.components.statements import INLINE, document
from lakewright.errors import SpecError
from lakewright.spec.block import Block

RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/.+$")]


class Settings(Block):
    """Who administers the data lake. Nothing is granted to IAMAllowedPrincipals."""

    deployers: tuple[RoleArn, ...] = Field(
        default=(),
        strict=False,
        description="ARNs of the roles that apply Terraform; they have to be administrators. Default: who applies it.",
    )
    external_filtering: bool = Field(default=False, description="Engines outside of AWS may ask for filtered data.")


def call(context: Context, _name: str, settings: Settings) -> Call:
    """The inputs of Lake Formation's settings. Raises SpecError LW1326 without an administrator."""
    project, place = context.project, context.place
    personas = project.platform.access.personas
    admins = [role for role in persona_roles(project, place) if role.kind == "persona"]
    admins = [role for role in admins if personas[role.subject].administrator]
    if not admins:
        where = project.place("access", "personas")
        raise SpecError("LW1326", "no persona administers the lake", place=where, hint="administrator: true")
    encrypted = context.has("kms_key")
    policy: Value = File("data-access-policy.json")
    if encrypted:
        policy = Template("data-access-policy.json", {"kms_key_arn": context.output("kms_key", "arn")})
    inputs: dict[str, Value] = {
        "name": place.name(most=48),
        "administrators": [context.output("iam_roles", "arns", role.subject) for role in admins],
        "deployers": list(settings.deployers),
        "locations": {layer: context.output("lake_buckets", "arns", layer) for layer in LAYERS},
        "data_access_policy": policy,
        "tags": tag_values(context),
        "external_data_filtering": settings.external_filtering,
    }
    return Call(inputs, {"data-access-policy.json": _data_access(context)})


def _data_access(context: Context) -> str:
    return document(
        *object_statements("Data", [f"s3://{bucket_name(context, layer)}" for layer in LAYERS], WRITE),
        *kms_statement(context, "UseKey", "s3", write=True),
        most=INLINE,
    )


COMPONENT = Component(
    name="lake_formation",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=("administrators", "locations", "role_arn", "tags"),
)
