"""What a service control policy of this platform says: the ready statements that were chosen, then a person's own."""

from __future__ import annotations

from collections.abc import Iterator

from lakewright.components import controls
from lakewright.components.component import Context
from lakewright.components.databricks import cross_account_role
from lakewright.components.organization.settings import Controls, Policy
from lakewright.components.statements import Statement
from lakewright.errors import SpecError

IDENTITY_CENTER = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"
"""Sessions of people: the second factor is Identity Center's, and their sessions carry no key that says so."""

_STATE_ENDS = ("s3:DeleteBucket", "s3:DeleteObjectVersion", "s3:PutBucketVersioning", "s3:PutBucketPolicy")


def statements(context: Context, policy: Policy, at: str) -> tuple[Statement, ...]:
    """All of them. Raises SpecError LW1391 for a policy that says nothing."""
    found = (*_ready(context, policy), *(one.statement() for one in policy.statements))
    if not found:
        raise SpecError("LW1391", "a policy without statements", place=at, hint="controls: {keep_audit: true}")
    return found


def _ready(context: Context, policy: Policy) -> Iterator[Statement]:
    home, wanted = context.home, policy.controls
    databricks = _anywhere(cross_account_role(home))
    pipeline = _anywhere(home.name("ci-apply"))
    other = policy.exempt
    if wanted.stay_in_organization:
        yield controls.stay_in_organization()
    if wanted.no_root_user:
        yield controls.no_root_user()
    if wanted.keep_audit:
        yield controls.keep_audit((pipeline, *other))
    if wanted.keep_state:
        yield _keep_state(context, (pipeline, *other))
    if wanted.deletions_with_mfa:
        yield controls.deletions_with_mfa((databricks, pipeline, IDENTITY_CENTER, *other))
    if wanted.encrypted_volumes:
        yield controls.encrypted_volumes(other)
    if wanted.encrypted_databases:
        yield controls.encrypted_databases()
    if wanted.no_public_buckets:
        yield controls.no_public_buckets((pipeline, *other))
    if wanted.regions:
        yield controls.regions(wanted.regions, other)
    yield from _of_instances(wanted, databricks, other)
    if wanted.no_services:
        yield controls.no_services(*wanted.no_services)
    if wanted.only_services:
        yield controls.only_services(wanted.only_services)


def _of_instances(wanted: Controls, databricks: str, other: tuple[str, ...]) -> Iterator[Statement]:
    if wanted.imdsv2:
        yield controls.imdsv2((databricks, *other))
    if wanted.instance_types:
        yield controls.instance_types(wanted.instance_types, other)
    if wanted.no_instance_types:
        yield controls.no_instance_types(wanted.no_instance_types)
    for tag, values in wanted.tags.items():
        yield controls.required_tag(tag, values, (databricks, *other))


def _keep_state(context: Context, exempt: tuple[str, ...]) -> Statement:
    """By action and not by tag: no request that writes a state carries tags."""
    bucket = f"arn:aws:s3:::{context.home.bucket('state')}"
    return Statement(
        "KeepState",
        _STATE_ENDS,
        (bucket, f"{bucket}/*"),
        effect="Deny",
        conditions={"ArnNotLike": {"aws:PrincipalArn": exempt}},
    )


def _anywhere(role: str) -> str:
    return f"arn:aws:iam::*:role/{role}"
