"""The condition context of a request to the local AWS: what is known, and what is known to be absent.

Documentation: IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lakewright.policy.context import Context
from lakewright.policy.organization import Organization
from lakewright.policy.principals import Caller, Kind
from lakewright.rehearse.aws.authorisation.needs import Need
from lakewright.rehearse.aws.authorisation.state import Held
from lakewright.rehearse.aws.gate import Asked

_DIRECT = (
    "aws:CalledVia*",
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrg*",
    "aws:SourceVpc*",
    "aws:VpcSourceIp",
    "aws:PrincipalServiceName*",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:SourceIdentity",
    "aws:PrincipalTag/*",
    "aws:Ec2InstanceSource*",
    "ec2:SourceInstanceARN",
    "kms:ViaService",
    "kms:EncryptionContext*",
    "kms:GrantConstraintType",
)
"""Keys that a request made directly by a principal, from outside a VPC and without MFA, does not have."""


def caller_of(asked: Asked, held: Held) -> Caller:
    if asked.is_root:
        return Caller.root(asked.account)
    if asked.session is not None:
        return Caller.session(asked.principal, asked.session.name, held.unique_id)
    return Caller.user(asked.principal, held.unique_id)


def context_of(
    asked: Asked,
    need: Need,
    caller: Caller,
    held: Held,
    now: datetime,
    owner: str = "",
    organization: Organization | None = None,
) -> Context:
    """What the principal, the request and its moment give. `owner` is the resource's account, where that is known,
    `organization` the caller's."""
    session = asked.session
    values: dict[str, str | Sequence[str]] = {
        "aws:PrincipalArn": asked.principal,
        "aws:PrincipalAccount": asked.account,
        "aws:PrincipalType": {Kind.ROOT: "Account", Kind.USER: "User"}.get(caller.kind, "AssumedRole"),
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:SourceIp": asked.source,
        "aws:SecureTransport": "true" if asked.secure else "false",
        "aws:RequestedRegion": asked.region,
        "aws:CurrentTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "kms:CallerAccount": asked.account,
        "kms:GrantIsForAWSResource": "false",
    }
    absent = [*(key for key in _DIRECT if key not in need.unknown), *need.absent]
    values |= {f"aws:PrincipalTag/{key}": value for key, value in held.tags.items()}
    if session is not None:
        values |= {"aws:userid": f"{held.unique_id}:{session.name}", "aws:MultiFactorAuthPresent": "false"}
        values |= {f"aws:PrincipalTag/{key}": value for key, value in session.tags.items()}
        absent.append("aws:username")
    elif caller.kind is Kind.USER:
        values |= {"aws:username": asked.principal.rpartition("/")[2], "aws:userid": held.unique_id}
        absent += ["aws:MultiFactorAuthPresent", "aws:TokenIssueTime"]
    else:
        values["aws:userid"] = asked.account
        absent += ["aws:username", "aws:MultiFactorAuthPresent", "aws:TokenIssueTime"]
    owner = owner or (need.resource.split(":")[4] if need.resource.count(":") >= 5 else "")
    if owner:
        values["aws:ResourceAccount"] = owner
    if organization is None:
        absent += ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"]
    else:
        values["aws:PrincipalOrgID"] = organization.id
        values["aws:PrincipalOrgPaths"] = (organization.organization_path(asked.account),)
        if owner in organization.nodes:
            values["aws:ResourceOrgID"] = organization.id
    return Context.of({**values, **need.values}, absent)
