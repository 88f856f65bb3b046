"""Decides which secrets there are, what is random in each, and who may read it at most."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, FilePath, Place, Value
from lakewright.components.lake import kms_statement, policy_text
from lakewright.components.packed import packed
from lakewright.components.statements import INLINE, Statement, document
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.values import Days, Name, Text

PROGRAM = Path(__file__).parent / "function" / "rotate.py"
HELD_ELSEWHERE = frozenset({"dbname", "engine", "host"})
"""Plain parts that say that a server checks the password."""
_LIKE_AN_END = re.compile("-([A-Za-z0-9]{6})$")


class Rotation(Block):
    """How a secret is replaced regularly."""

    function: Text | None = Field(
        default=None,
        description="ARN of the Lambda function that makes the new value; by default one is made here, which changes "
        "the value only: what holds it elsewhere, such as a database, needs a function of its own.",
    )
    every: Annotated[Days, Field(ge=1, le=1000)] = Field(default=30, description="How often.")
    parts: tuple[Name, ...] = Field(
        default=(), strict=False, description="Only these random parts; none: all. For the function that is made here."
    )


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


def _role(place: Place) -> str:
    """Name of the rotation's function, and of its role."""
    return place.name("secret-rotation")


def _rotated(by_key: Mapping[str, Kept]) -> list[str]:
    """Keys of the secrets that the function made here rotates. Raises SpecError LW1318."""
    found = [key for key, kept in by_key.items() if kept.rotation and kept.rotation.function is None]
    for key in found:
        kept, rotation = by_key[key], by_key[key].rotation
        if rotation and (unknown := sorted(set(rotation.parts) - set(kept.random))):
            fact, hint = f"{', '.join(unknown)} is no random part of it", f"random: {', '.join(kept.random) or 'none'}"
        elif not kept.random:
            fact, hint = "nothing in it is random, so there is nothing to rotate", "random: [password], or no rotation"
        elif kept.values.keys() & HELD_ELSEWHERE:
            fact = "it is a server's password: rotated here alone, nobody could log in any more"
            hint = "rotation: {function: ARN} of one that changes it there too, such as AWS's rotation templates"
        else:
            continue
        raise SpecError("LW1318", f"{key} cannot be rotated: {fact}", place=f"secrets.{key}.rotation", hint=hint)
    return found


def _rotation_policy(context: Context, keys: Sequence[str]) -> str:
    """Read and write these secrets, make random values, write its log."""
    place = context.place
    actions = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
    log = place.arn("logs", f"log-group:/aws/lambda/{_role(place)}")
    return document(
        Statement(
            "Rotate",
            tuple(f"secretsmanager:{action}" for action in actions),
            tuple(secret_pattern(place, key) for key in keys),
        ),
        Statement("Random", ("secretsmanager:GetRandomPassword",), ("*",)),
        Statement("Log", ("logs:CreateLogStream", "logs:PutLogEvents"), (f"{log}:*",)),
        *kms_statement(context, "Key", "secretsmanager", write=True),
        most=INLINE,
    )


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
        rotates = kept.rotation is not None and kept.rotation.function is None
        rotator = (place.arn("iam", f"role/{_role(place)}", regional=False),) if rotates else ()
        statements.append(
            Statement(
                "ReadersOnly",
                ("secretsmanager:GetSecretValue",),
                ("*",),
                effect="Deny",
                principals="*",
                conditions={
                    "ArnNotEquals": {"aws:PrincipalArn": (*kept.readers, *rotator)},
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
        own: dict[str, Value] = {"function_arn": kept.rotation.function} if kept.rotation.function else {}
        parts: dict[str, Value] = {"parts": sorted(kept.rotation.parts)} if kept.rotation.parts else {}
        said["rotation"] = {**own, **parts, "days": kept.rotation.every}
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
    files: dict[str, str | bytes] = {f"{key}-policy.json": _policy(place, kept) for key, kept in by_key.items()}
    if rotated := _rotated(by_key):
        files |= {"rotation.zip": packed(PROGRAM), "rotation-policy.json": _rotation_policy(context, rotated)}
        inputs["rotator"] = {
            "function_name": _role(place),
            "role_name": _role(place),
            "package": FilePath("rotation.zip"),
            "policy": policy_text(context, "rotation-policy.json"),
            "account": place.account,
        }
    return Call(inputs=inputs, files=files)


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
