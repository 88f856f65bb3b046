"""A local AWS that asks IAM, and roles to try in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.local import LocalAws, local_aws

OURS, THEIRS = "111111111111", "222222222222"


@dataclass(frozen=True)
class Account:
    """The local AWS, and the means to make principals in it."""

    aws: LocalAws

    def admin(self, service: str, account: str = OURS) -> Any:
        return self.aws.client(service, account=account)

    def role(
        self, name: str, *statements: dict[str, Any], trust: Any = None, account: str = OURS, **settings: Any
    ) -> str:
        """A role with these statements as its inline policy; its ARN. Made anew when it was there."""
        iam = self.admin("iam", account)
        document = trust or [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        ]
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(*document), **settings)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return arn

    def client(self, service: str, role: str, **session: Any) -> Any:
        """A client that became the role through STS, as its account's administrator."""
        sts = self.admin("sts", role.split(":")[4])
        key = sts.assume_role(RoleArn=role, RoleSessionName="today", **session)["Credentials"]
        return self.with_key(service, key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])

    def with_key(self, service: str, key: str, secret: str, token: str | None = None) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str | list[str] = "*", **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **rest}


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with local_aws([OURS, THEIRS], tmp_path_factory.mktemp("aws"), gates=[authorised]) as aws:
        yield Account(aws)
