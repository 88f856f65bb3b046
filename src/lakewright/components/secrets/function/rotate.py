"""The Lambda function that Secrets Manager has rotate a secret: new random parts, all others as they are.

It changes the value and nothing that holds it elsewhere: for what applications sign with, keys that they check
themselves, passwords that they set at their start. `PARTS` (JSON) says by the secret's name which parts to make anew,
how long they are and what they are made of. Each step may come twice. It needs nothing but the Lambda runtime.
"""

from __future__ import annotations

import json
import os
from typing import Any

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


def handler(event: dict[str, str], _context: object) -> None:
    """One step of a rotation: createSecret, setSecret, testSecret, finishSecret. Raises ValueError to stop it."""
    import boto3

    client = boto3.client("secretsmanager")
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    known = client.describe_secret(SecretId=secret)
    stages = known["VersionIdsToStages"].get(token, [])
    if CURRENT in stages:
        return
    if PENDING not in stages:
        raise ValueError(f"version {token} of {known['Name']} is not to be rotated to")
    parts = json.loads(os.environ["PARTS"])[known["Name"]]
    STEPS[step](client, secret, token, parts)
    print(json.dumps({"secret": known["Name"], "step": step, "version": token}))


def create(client: Any, secret: str, token: str, parts: dict[str, Any]) -> None:
    """Makes the new value, unless an earlier try made it."""
    try:
        client.get_secret_value(SecretId=secret, VersionId=token, VersionStage=PENDING)
    except client.exceptions.ResourceNotFoundException:
        value = valued(client, secret, VersionStage=CURRENT)
        for name in parts["random"]:
            value[name] = client.get_random_password(
                PasswordLength=parts["length"],
                ExcludePunctuation=not parts["punctuation"],
                ExcludeCharacters=parts["without"],
                RequireEachIncludedType=True,
            )["RandomPassword"]
        text = json.dumps(value, sort_keys=True)
        client.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=text, VersionStages=[PENDING])


def put_in_place(_client: Any, _secret: str, _token: str, _parts: dict[str, Any]) -> None:
    """Nothing: those who use it read it from Secrets Manager."""


def check(client: Any, secret: str, token: str, parts: dict[str, Any]) -> None:
    """The new value has every part, and those that do not rotate are the old ones."""
    old, new = (
        valued(client, secret, VersionStage=CURRENT),
        valued(client, secret, VersionId=token, VersionStage=PENDING),
    )
    random = set(parts["random"])
    plain = [{name: text for name, text in value.items() if name not in random} for value in (old, new)]
    if plain[0] != plain[1] or not all(len(new.get(name, "")) == parts["length"] for name in random):
        raise ValueError("the new value lacks a part, or changes one that does not rotate")


def finish(client: Any, secret: str, token: str, _parts: dict[str, Any]) -> None:
    """Makes the new version the current one."""
    stages = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(version for version, labels in stages.items() if CURRENT in labels)
    client.update_secret_version_stage(
        SecretId=secret, VersionStage=CURRENT, MoveToVersionId=token, RemoveFromVersionId=current
    )


def valued(client: Any, secret: str, **version: str) -> dict[str, str]:
    """The value of a version."""
    value: dict[str, str] = json.loads(client.get_secret_value(SecretId=secret, **version)["SecretString"])
    return value


STEPS = {"createSecret": create, "setSecret": put_in_place, "testSecret": check, "finishSecret": finish}
