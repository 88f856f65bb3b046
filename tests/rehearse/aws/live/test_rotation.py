"""Secrets that rotate: the deployed function makes the new value, as its role, when asked and when it is time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.components.packed import packed
from lakewright.components.secrets.component import PROGRAM
from lakewright.observe import Event
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.live.services import Services, living_aws
from lakewright.rehearse.aws.local import LocalAws

from .test_functions import until

ACCOUNT = "111111111111"
NAME = "shop/dev/app"
PARTS = {NAME: {"random": ["api_key", "jwt_secret"], "length": 24, "punctuation": False, "without": ""}}
FIRST = {"api_key": "a" * 24, "jwt_secret": "b" * 24, "issuer": "shop"}
DAY = 86_400


@dataclass
class World:
    aws: LocalAws
    live: Services
    events: list[Event]
    function: str

    @property
    def secrets(self) -> Any:
        return self.aws.client("secretsmanager")

    def value(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.secrets.get_secret_value(SecretId=NAME)["SecretString"])
        return found

    def told(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    def rotate(self, **more: Any) -> Any:
        return self.secrets.rotate_secret(SecretId=NAME, **more)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deploy(aws: LocalAws, *actions: str) -> str:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = aws.client("iam").create_role(RoleName="rotation", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    allowed = [f"secretsmanager:{action}" for action in actions]
    policy = document({"Effect": "Allow", "Action": allowed, "Resource": "*"})
    aws.client("iam").put_role_policy(RoleName="rotation", PolicyName="work", PolicyDocument=policy)
    made = aws.client("lambda").create_function(
        FunctionName="rotation",
        Runtime="python3.12",
        Role=role,
        Handler="rotate.handler",
        Timeout=30,
        Code={"ZipFile": packed(PROGRAM)},
        Environment={"Variables": {"PARTS": json.dumps(PARTS)}},
    )
    return str(made["FunctionArn"])


def permit(aws: LocalAws) -> None:
    aws.client("lambda").add_permission(
        FunctionName="rotation",
        StatementId="secrets",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount=ACCOUNT,
    )


NEEDED = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage", "GetRandomPassword")


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    events: list[Event] = []
    with living_aws([ACCOUNT], tmp_path, {}, gates=EVERY_GATE, observe=events.append) as (aws, live):
        function = deploy(aws, *getattr(request, "param", NEEDED))
        aws.client("secretsmanager").create_secret(Name=NAME, SecretString=json.dumps(FIRST))
        yield World(aws, live, events, function)


def test_new_random_parts_and_the_old_plain_ones(world: World) -> None:
    permit(world.aws)
    said = world.rotate(RotationLambdaARN=world.function, RotationRules={"AutomaticallyAfterDays": 30})
    until(lambda: world.told("secrets.rotated"))
    value = world.value()
    assert (value.keys(), value["issuer"]) == (FIRST.keys(), "shop")
    assert value["api_key"] != FIRST["api_key"]
    assert value["jwt_secret"] != FIRST["jwt_secret"]
    assert value["api_key"] != value["jwt_secret"]
    assert {len(value["api_key"]), len(value["jwt_secret"])} == {24}
    before = world.secrets.get_secret_value(SecretId=NAME, VersionStage="AWSPREVIOUS")
    assert json.loads(before["SecretString"]) == FIRST
    facts = world.secrets.describe_secret(SecretId=NAME)
    assert "AWSCURRENT" in facts["VersionIdsToStages"][said["VersionId"]]
    assert (facts["RotationEnabled"], facts["RotationRules"]) == (True, {"AutomaticallyAfterDays": 30})
    assert "LastRotatedDate" in facts

    world.rotate()  # by the function that is known already
    until(lambda: len(world.told("secrets.rotated")) == 2)
    assert world.value()["api_key"] != value["api_key"]


def test_when_its_days_are_over(world: World) -> None:
    permit(world.aws)
    world.rotate(
        RotationLambdaARN=world.function, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False
    )
    assert world.value() == FIRST
    world.live.clock.move(29 * DAY)
    world.live.ticker.look()
    assert world.told("secrets.rotated") == []
    assert world.value() == FIRST
    world.live.clock.move(DAY + 60)
    until(lambda: world.told("secrets.rotated"))
    second = world.value()
    assert second["api_key"] != FIRST["api_key"]
    world.live.clock.move(30 * DAY)
    until(lambda: len(world.told("secrets.rotated")) == 2)
    assert world.value()["api_key"] != second["api_key"]


@pytest.mark.parametrize("world", [("DescribeSecret", "GetSecretValue", "GetRandomPassword")], indirect=True)
def test_a_right_that_the_function_lacks_leaves_the_old_value(world: World) -> None:
    permit(world.aws)
    world.rotate(RotationLambdaARN=world.function, RotationRules={"AutomaticallyAfterDays": 1})
    (failed,) = until(lambda: world.told("secrets.rotation_failed"))
    assert (failed.fields["step"], "AccessDenied" in str(failed.fields["error"])) == ("createSecret", True)
    assert world.value() == FIRST
    with pytest.raises(ClientError, match="A previous rotation isn't complete"):
        world.rotate()
    allowed = [f"secretsmanager:{action}" for action in NEEDED]
    policy = document({"Effect": "Allow", "Action": allowed, "Resource": "*"})
    world.aws.client("iam").put_role_policy(RoleName="rotation", PolicyName="work", PolicyDocument=policy)
    world.live.clock.move(DAY + 1200)  # it is tried again
    until(lambda: world.told("secrets.rotated"))
    assert world.value()["api_key"] != FIRST["api_key"]


def test_what_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="No Lambda rotation function ARN is associated"):
        world.rotate()
    with pytest.raises(ClientError, match=r"grants access to the principal secretsmanager\.amazonaws\.com"):
        world.rotate(RotationLambdaARN=world.function, RotationRules={"AutomaticallyAfterDays": 30})
    with pytest.raises(ClientError, match="ResourceNotFound"):
        world.secrets.rotate_secret(SecretId="nobody/knows")
