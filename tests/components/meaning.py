"""What policies mean, asked of the evaluator that follows AWS's documentation."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.policy.context import Context as Keys
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import Answer, Policies, ResourcePolicy, decide
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Request

from .roots import ACCOUNT

EVERYTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
ENGINEER = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/engineer", "test")
STRANGER = Caller.session("arn:aws:iam::999999999999:role/engineer", "test")
OWN = {"aws:PrincipalAccount": ACCOUNT, "aws:PrincipalIsAWSService": "false", "aws:SecureTransport": "true"}
"""Keys of a request from this account."""


def of_identity(text: str, caller: Caller, action: str, resource: str, keys: Mapping[str, str]) -> Answer:
    """What somebody with this policy alone is told."""
    request = Request(caller, action, resource, Keys.of(keys, complete=True))
    return decide(request, Policies(identity=(read_policy(text, Layer.IDENTITY, "identity"),))).answer


def of_resource(
    text: str, caller: Caller, action: str, arn: str, keys: Mapping[str, str], *, exclusive: bool = False
) -> Answer:
    """What a resource's policy leaves of a caller who may do everything; services have nothing of their own."""
    own = read_policy(text, Layer.RESOURCE, "resource")
    identity = () if caller.name.endswith("amazonaws.com") else (read_policy(EVERYTHING, Layer.IDENTITY, "all"),)
    policies = Policies(identity=identity, resource=ResourcePolicy(ACCOUNT, own, exclusive=exclusive))
    return decide(Request(caller, action, arn, Keys.of(keys, complete=True)), policies).answer
