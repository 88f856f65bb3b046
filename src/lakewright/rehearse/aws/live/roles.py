"""What a service's role may touch of the buckets: what runs here uses files, and asks nobody.

A program sees only buckets that its role's policies name. Within those a file is not asked for by itself; that is
weaker than S3, and said so in docs/live-services.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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
    """Those that the role's policies name, or all where a policy names none in particular (`*`)."""
    text = " ".join(documents(role, moto))
    everything = '"*"' in text or "arn:aws:s3:::*" in text
    return [name for name in buckets if everything or f":::{name}" in text]
