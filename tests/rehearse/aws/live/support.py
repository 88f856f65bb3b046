"""A local AWS with live services over a test database, and what Terraform would have deployed there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.live.services import Services, living_aws
from lakewright.rehearse.aws.local import LocalAws

ACCOUNT = "111111111111"
HOST = "shop-db.example.internal"


@dataclass
class Cloud:
    """`deploy_…` makes what the components' Terraform makes, through the same API."""

    aws: LocalAws
    live: Services
    dsn: str

    def client(self, service: str) -> Any:
        return self.aws.client(service)

    def sql(self, *statements: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query).fetchall()

    def role(self, name: str, service: str = "dms.amazonaws.com", allow: Sequence[str] = ("*",)) -> str:
        """A role that may do this everywhere; with nothing allowed it may do nothing."""
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
        if allow:
            statement = {"Effect": "Allow", "Action": list(allow), "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.client("iam").put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    def bucket(self, name: str) -> Path:
        self.client("s3").create_bucket(Bucket=name)
        return self.aws.store.folder(name)

    def secret(self, name: str, **values: str) -> str:
        made = self.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(values))
        return str(made["ARN"])

    def until(self, condition: Callable[[], Any], seconds: float = 20.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, "not reached"
            time.sleep(0.05)
        return found


@contextmanager
def cloud(dsn: str, folder: Path, *, keep: bool = False) -> Iterator[Cloud]:
    with living_aws([ACCOUNT], folder, {HOST: dsn}, gates=EVERY_GATE, keep=keep) as (aws, live):
        yield Cloud(aws, live, dsn)
