"""Decides which secrets there are, what is random in each, and who may read it at most."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Place, Value
from lakewright.components.statements import Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import Days, Name, Text

_LIKE_AN_END = re.compile("-([A-Za-z0-9]{6})$")


class Rotation(Block):
    """How a secret is replaced regularly."""

    function: Text = Field(description="ARN of the Lambda function that makes the new value.")
    every: Annotated[Days, Field(ge=1, le=1000)] = Field(default=30, description="How often.")


class Kept(Block):
    """One secret: a JSON object of some random parts and some plain ones."""

    description: Text = Field(default="", description="What it is for.")
    random: tuple[Name, ...] = Field(
        default=("password",),
        strict=False,
        description="Parts that get a random value each. None (`[]`): somebody puts the value in by hand.",
    )
    values: Mapping[Name, Text] = Field(default_factory=dict, description="Plain parts, such as `username`.")
    length: Annotated[int, Field(ge=16, le=4096)] = Field(default=32, description="Characters of each random part.")
    punctuation: bool = Field(default=False, description="Whether random parts have more than letters and digits.")
    version: Annotated[int, Field(ge=1)] = Field(default=1, description="Raise it to have new random parts.")
    readers: tuple[Text, ...] = Field(
        default=(), strict=False, description="ARNs of the only roles that may read it; none: whoever IAM permits."
    )
    rotation: Rotation | None = Field(default=None, description="Regular replacement.")


class Settings(Block):
    """Secrets of an environment. Without `secrets`: one for each source, which its owner fills in."""

    secrets: Mapping[Name, Kept] = Field(default_factory=dict, description="The secrets, by name.")
    recovery_window: Annotated[Days, Field(ge=7, le=30)] | None = Field(
        default=None,
        description="How long a deleted secret can be restored; by default 30 days where protection is strict.",
    )


def source_secret(source: str) -> str:
    """Key of the secret with the address and the login of a source."""
    return f"source-{source}"


def secret_name(place: Place, key: str) -> str:
    """Name of a secret: `platform/environment/key`. Its ARN ends in a hyphen and six characters that AWS chooses.

    A name must not end so itself, or secrets are mistaken for each other (Secrets Manager guide, CreateSecret): such a
    key's last hyphen becomes `_`.
    """
    own = _LIKE_AN_END.sub(r"_\1", key)
    return f"{place.platform}/{place.environment}/{own}"


def secret_pattern(place: Place, key: str) -> str:
    """The ARN of a secret as policies name it, with `?` for the characters that AWS chooses."""
    return place.arn("secretsmanager", f"secret:{secret_name(place, key)}-??????")


def _policy(place: Place, kept: Kept) -> str:
    """Nobody outside of the account; where readers are named, nobody else reads the value.

    Services that act for the account (rotation) come without an account of their own.
    """
    statements = [
        Statement(
            "OwnAccountOnly",
            ("secretsmanager:*",),
            ("*",),
            effect="Deny",
            principals="*",
            conditions={
                "StringNotEquals": {"aws:PrincipalAccount": place.account},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        )
    ]
    if kept.readers:
        statements.append(
            Statement(
                "ReadersOnly",
                ("secretsmanager:GetSecretValue",),
                ("*",),
                effect="Deny",
                principals="*",
                conditions={
                    "ArnNotEquals": {"aws:PrincipalArn": kept.readers},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            )
        )
    return document(*statements)


def _input(place: Place, key: str, kept: Kept) -> dict[str, Value]:
    said: dict[str, Value] = {
        "name": secret_name(place, key),
        "description": kept.description or f"{key} of {place.platform} in {place.environment}",
        "policy": File(f"{key}-policy.json"),
    }
    if kept.random:
        said |= {"random": sorted(kept.random), "length": kept.length, "punctuation": kept.punctuation}
    if kept.random and kept.version > 1:
        said["version"] = kept.version
    if kept.values:
        said["values"] = dict(kept.values)
    if kept.rotation:
        said["rotation"] = {"function_arn": kept.rotation.function, "days": kept.rotation.every}
    return said


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    by_key = dict(settings.secrets) or {
        source_secret(source): Kept(description=f"Address and login of {source}, for replication", random=())
        for source in context.project.platform.sources
    }
    window = settings.recovery_window or (30 if place.strict else 0)
    inputs: dict[str, Value] = {
        "secrets": {key: _input(place, key, kept) for key, kept in by_key.items()},
        "recovery_window_in_days": window,
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs=inputs, files={f"{key}-policy.json": _policy(place, kept) for key, kept in by_key.items()})


COMPONENT = Component(
    name="secrets",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("arns", "names"),
    costs=lambda context, settings: (
        Cost("secretsmanager.secret", len(settings.secrets) or len(context.project.platform.sources)),
    ),
)
