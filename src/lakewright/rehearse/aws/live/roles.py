"""What a service's role may touch of the buckets: what runs here uses files, and asks nobody.

A program sees only buckets that its role's policies name. Within those a file is not asked for by itself; that is
weaker than S3, and said so in docs/live-services.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from lakewright.rehearse.aws.gate import Moto


def documents(role: str, moto: Moto) -> list[str]:
    """All identity policies of a role, by its ARN, as text."""
    name = role.rpartition("/")[2]
    found: list[Any] = []
    for policy in moto.call("iam", "ListRolePolicies", RoleName=name)["PolicyNames"]:
        found.append(moto.call("iam", "GetRolePolicy", RoleName=name, PolicyName=policy)["PolicyDocument"])
    for attached in moto.call("iam", "ListAttachedRolePolicies", RoleName=name)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = moto.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = moto.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)
        found.append(answer["PolicyVersion"]["Document"])
    return [unquote(one) if isinstance(one, str) else json.dumps(one) for one in found]


def buckets_of(role: str, moto: Moto, buckets: Sequence[str]) -> list[str]:
    """Those in which the role's policies allow something of S3."""
    patterns = {pattern for text in documents(role, moto) for pattern in _bucket_patterns(json.loads(text))}
    return [name for name in buckets if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _bucket_patterns(document: Mapping[str, Any]) -> Iterator[str]:
    """The buckets' part of the resources that statements allow S3's actions on."""
    for statement in _several(document.get("Statement")):
        actions = [str(one).lower() for one in _several(statement.get("Action"))]
        if statement.get("Effect") != "Allow" or not any(one == "*" or one.startswith("s3:") for one in actions):
            continue
        for resource in _several(statement.get("Resource")):
            if resource == "*":
                yield "*"
            elif str(resource).startswith("arn:aws:s3:::"):
                yield str(resource).removeprefix("arn:aws:s3:::").partition("/")[0]


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
