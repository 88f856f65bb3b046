"""How many IAM decisions a minute: an organization, roles, buckets' policies; new requests each time, and the first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice, product

from benchmarks.measure import Row, wait_for_quiet
from lakewright.components import controls
from lakewright.components.statements import Statement, control, document
from lakewright.policy.context import Context
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import Answer, Level, Policies, ResourcePolicy, decide
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request

ACCOUNT = "111111111111"
ROLES = 40
EXEMPT = ("arn:aws:iam::*:role/ci-*",)
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteBucket", "glue:GetTable", "ec2:TerminateInstances", "iam:PassRole")
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def levels() -> tuple[Level, ...]:
    """Root, unit, account: FullAWSAccess and the ready statements."""
    full = _policy(control(Statement("All", ("*",), ("*",))), Layer.SERVICE_CONTROL)
    root = control(controls.stay_in_organization(), controls.keep_audit(EXEMPT), controls.imdsv2(EXEMPT))
    unit = control(controls.regions(("eu-central-1",)), controls.no_root_user(), controls.deletions_with_mfa(EXEMPT))
    return (
        Level("the root", (full, _policy(root, Layer.SERVICE_CONTROL))),
        Level("unit Production", (full, _policy(unit, Layer.SERVICE_CONTROL))),
        Level("account data", (full,)),
    )


def roles() -> list[Policies]:
    """Each with a policy of its own of eight statements, and the bucket's."""
    shared = levels()
    return [
        Policies(
            identity=(_policy(document(*_statements(number)), Layer.IDENTITY),),
            resource=ResourcePolicy(ACCOUNT, _bucket_policy(number)),
            service_controls=shared,
        )
        for number in range(ROLES)
    ]


def _statements(number: int) -> tuple[Statement, ...]:
    bucket = f"arn:aws:s3:::lake-{number}"
    own = "${aws:PrincipalTag/team}"
    return (
        Statement("List", ("s3:ListBucket", "s3:GetBucketLocation"), (bucket,)),
        Statement("Read", ("s3:GetObject*",), (f"{bucket}/gold/*", f"{bucket}/silver/*")),
        Statement("Own", ("s3:GetObject", "s3:PutObject"), (f"{bucket}/home/{own}/*",)),
        Statement("Catalog", ("glue:Get*",), (f"arn:aws:glue:*:{ACCOUNT}:*",)),
        Statement("Machines", ("ec2:*",), ("*",), conditions={"StringEquals": {"aws:ResourceTag/team": own}}),
        Statement("Pass", ("iam:PassRole",), (f"arn:aws:iam::{ACCOUNT}:role/job-*",)),
        Statement("NoKeys", ("iam:CreateAccessKey",), ("*",), effect="Deny"),
        Statement("NoState", ("s3:*",), ("arn:aws:s3:::state", "arn:aws:s3:::state/*"), effect="Deny"),
    )


def _bucket_policy(number: int) -> Policy:
    statement = Statement("Tls", ("s3:*",), (f"arn:aws:s3:::lake-{number}/*",), "Deny", principals="*", conditions=TLS)
    return _policy(document(statement), Layer.RESOURCE)


def _policy(text: str, layer: Layer) -> Policy:
    return read_policy(text, layer, layer.value)


def requests(count: int) -> list[tuple[Request, int]]:
    """Different resources and contexts, in turn over roles and actions."""
    found = []
    for place, (role, action) in zip(range(count), cycle(product(range(ROLES), ACTIONS)), strict=False):
        context = Context.of(
            {
                "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/r{role}",
                "aws:RequestedRegion": "eu-central-1" if place % 7 else "us-west-2",
                "aws:SecureTransport": "true",
                "aws:PrincipalTag/team": f"t{place % 5}",
                "aws:ResourceTag/team": f"t{place % 3}",
                "aws:MultiFactorAuthPresent": "false" if place % 2 else "true",
            },
            complete=True,
        )
        resource = f"arn:aws:s3:::lake-{role}/{('gold', 'home/t1', 'raw')[place % 3]}/part-{place}"
        caller = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/r{role}", "today")
        found.append((Request(caller, action, resource, context), role))
    return found


def per_minute(asked: Sequence[tuple[Request, int]], held: Sequence[Policies]) -> tuple[float, int]:
    """Decisions a minute on one core, and how many were allowed."""
    began = time.perf_counter()
    allowed = sum(decide(request, held[role]).answer is Answer.ALLOW for request, role in asked)
    return len(asked) / (time.perf_counter() - began) * 60, allowed


def run(quick: bool = False) -> Iterator[Row]:
    wait_for_quiet()
    count = 20_000 if quick else 120_000
    asked, held = requests(count), roles()
    first, _ = per_minute(list(islice(asked, ROLES * len(ACTIONS))), held)
    rate, allowed = per_minute(asked, held)
    what = f"IAM decisions a minute, {ROLES} roles under 3 levels of an organization"
    yield Row(f"{what}; {allowed / count:.0%} allowed", f"{rate:,.0f}", "", "", "≥ 100,000", rate >= 100_000)
    yield Row(f"{what}, each role's and action's first", f"{first:,.0f}", "", "", "≥ 100,000", first >= 100_000)
