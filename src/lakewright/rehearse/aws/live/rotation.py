"""Secrets Manager's rotations: the deployed function is started for each step, when asked and when the time has come.

Source: Secrets Manager user guide, "Rotation by Lambda function"; API_RotateSecret.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lakewright.observe import Event
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.functions.process import Answered
from lakewright.rehearse.aws.live.world import Work, World

SERVICE = "secretsmanager.amazonaws.com"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
DAY = 86_400
EVERY_SECONDS = 600.0
"""By the rehearsal's clock: how often it is looked whether a secret's days are over."""
Invoke = Callable[[Moto, str, Any], Answered]


class Rotations:
    """Live handler of `secretsmanager`; `look` begins rotations that are due."""

    def __init__(self, world: World, work: Work, accounts: Sequence[Moto], invoke: Invoke) -> None:
        self._world, self._work, self._accounts, self._invoke = world, work, accounts, invoke
        self._since: dict[tuple[str, str], float] = {}
        """(account, secret's ARN) → when its days began to count."""
        self._looked = world.clock.seconds()

    def answer(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        """RotateSecret; the rest is moto's. Raises Fault."""
        if asked.operation != "RotateSecret":
            return None
        said = dict(asked.parameters)
        function = said.get("RotationLambdaARN") or self._function(moto, str(said["SecretId"]))
        if function:
            self._permitted(moto, str(function))
        said.setdefault("ClientRequestToken", str(uuid.uuid4()))
        found = moto.call("secretsmanager", "RotateSecret", **said)
        arn = str(found["ARN"])
        self._since[moto.account, arn] = self._world.clock.seconds()
        if said.get("RotateImmediately", True):
            self._start(moto, arn, str(function), str(said["ClientRequestToken"]))
        return {name: value for name, value in found.items() if name in ("ARN", "Name", "VersionId")}

    def kept(self) -> list[tuple[str, str, float]]:
        """Account, secret and since when its days count."""
        return [(account, arn, since) for (account, arn), since in self._since.items()]

    def recall(self, found: Sequence[tuple[str, str, float]]) -> None:
        self._since = {(account, arn): since for account, arn, since in found}

    def look(self, now: datetime) -> None:
        """Rotates what is due."""
        if now.timestamp() - self._looked < EVERY_SECONDS:
            return
        self._looked = now.timestamp()
        for moto in self._accounts:
            for arn, days in list(self._rotating(moto)):
                since = self._since.setdefault((moto.account, arn), now.timestamp())
                if now.timestamp() - since >= days * DAY:
                    self._due(moto, arn)

    def _due(self, moto: Moto, arn: str) -> None:
        self._since[moto.account, arn] = self._world.clock.seconds()
        token = str(uuid.uuid4())
        try:
            moto.call("secretsmanager", "RotateSecret", SecretId=arn, ClientRequestToken=token)
        except Fault:  # an earlier one did not end: it is tried again
            token = next(iter(self._pending(moto, arn)), token)
        self._start(moto, arn, self._function(moto, arn), token)

    def _start(self, moto: Moto, arn: str, function: str, token: str) -> None:
        name = function.rpartition(":")[2]

        def rotate() -> None:
            for step in STEPS:
                event = {"Step": step, "SecretId": arn, "ClientRequestToken": token}
                answered = self._invoke(moto, name, event)
                if answered.error:
                    fields = {"secret": arn, "step": step, "error": answered.error}
                    self._world.observe(Event("secrets.rotation_failed", fields, level="warning"))
                    return
            self._world.observe(Event("secrets.rotated", {"secret": arn, "version": token}))

        self._work.start(f"rotate-{name}", rotate)

    def _permitted(self, moto: Moto, function: str) -> None:
        """Raises Fault when Secrets Manager may not start the function."""
        name = function.rpartition(":")[2]
        try:
            policy = json.loads(moto.call("lambda", "GetPolicy", FunctionName=name)["Policy"])
            statements = policy["Statement"]
        except Fault:
            statements = []
        if not any((one.get("Principal") or {}).get("Service") == SERVICE for one in statements):
            fact = (
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
            )
            raise Fault("AccessDeniedException", f"{fact}access to the principal {SERVICE}.")

    def _rotating(self, moto: Moto) -> Iterator[tuple[str, int]]:
        page: dict[str, Any] = {"NextToken": ""}
        while "NextToken" in page:
            token = {"NextToken": page["NextToken"]} if page["NextToken"] else {}
            page = moto.call("secretsmanager", "ListSecrets", MaxResults=100, **token)
            for secret in page.get("SecretList", ()):
                days = (secret.get("RotationRules") or {}).get("AutomaticallyAfterDays")
                if secret.get("RotationEnabled") and days:
                    yield str(secret["ARN"]), int(days)

    def _function(self, moto: Moto, secret: str) -> str:
        return str(moto.call("secretsmanager", "DescribeSecret", SecretId=secret).get("RotationLambdaARN") or "")

    def _pending(self, moto: Moto, arn: str) -> Iterator[str]:
        stages = moto.call("secretsmanager", "DescribeSecret", SecretId=arn).get("VersionIdsToStages", {})
        yield from (version for version, labels in stages.items() if labels == ["AWSPENDING"])
