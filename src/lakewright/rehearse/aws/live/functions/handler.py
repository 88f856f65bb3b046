"""Lambda: packages are kept as they are deployed, and run. A bucket's notifications start them for new objects."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from lakewright.observe import Event
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.functions.process import Answered, invoke
from lakewright.rehearse.aws.live.world import Work, World

EVERY_SECONDS = 2.0
ATTEMPTS = 3
"""Lambda tries an asynchronous invocation again twice."""


@dataclass(frozen=True)
class _Watched:
    """Objects below a prefix of a bucket that start a function."""

    function: str
    bucket: str
    prefix: str
    suffix: str


class Functions:
    """Live handler of `lambda`; `look` delivers buckets' events."""

    def __init__(self, world: World, work: Work, accounts: Sequence[Moto]) -> None:
        self._world, self._work, self._accounts = world, work, accounts
        self._packages = world.folder / "functions"
        self._told: dict[tuple[str, str], tuple[float, int]] = {}
        self._last = 0.0

    def answer(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        """What moto does not do: run. What is deployed is kept on the way to it."""
        said = asked.parameters
        match asked.operation:
            case "CreateFunction" if "ZipFile" in said.get("Code", {}):
                self._keep(moto, str(said["FunctionName"]), said["Code"]["ZipFile"])
            case "UpdateFunctionCode" if "ZipFile" in said:
                self._keep(moto, _name(str(said["FunctionName"])), said["ZipFile"])
            case "Invoke":
                return self._asked(said, moto)
        return None

    def look(self, _now: datetime) -> None:
        """Starts functions for objects that came since the last look."""
        if time.monotonic() - self._last < EVERY_SECONDS:
            return
        self._last = time.monotonic()
        for moto in self._accounts:
            for watched in list(self._watched(moto)):
                for key, size in self._new(watched):
                    event = _object_created(self._world, watched.bucket, key, size)
                    self._work.start(f"lambda-{watched.function}", self._job(moto, watched.function, event))

    def _job(self, moto: Moto, function: str, event: Mapping[str, Any]) -> Any:
        def run() -> None:
            for _ in range(ATTEMPTS):
                answered = self.run(moto, function, event)
                if not answered.error:
                    return
            self._world.observe(
                Event("lambda.failed", {"function": function, "error": answered.error}, level="warning")
            )

        return run

    def _asked(self, said: Mapping[str, Any], moto: Moto) -> Mapping[str, Any]:
        function = _name(str(said["FunctionName"]))
        event = json.loads(_bytes(said.get("Payload") or b"null"))
        if said.get("InvocationType") == "Event":
            self._work.start(f"lambda-{function}", self._job(moto, function, event))
            return {"StatusCode": 202}
        answered = self.run(moto, function, event)
        if answered.error:
            failed = json.dumps({"errorMessage": answered.error}).encode()
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failed}
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": json.dumps(answered.result).encode()}

    def run(self, moto: Moto, function: str, event: Any) -> Answered:
        """Runs a function as its role. Raises Fault when there is no such function."""
        configuration = moto.call("lambda", "GetFunctionConfiguration", FunctionName=function)
        package = self._package(moto, function)
        if not package.is_file():
            return Answered(None, "its package was not deployed here as a zip")
        aws = self._world.aws
        role = aws.credentials_of(str(configuration["Role"]), function[:60])
        group = (configuration.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{function}"

        def tell(_stream: str, lines: list[str]) -> None:
            self._world.log(moto, group, "local", lines)

        return invoke(package.read_bytes(), configuration, event, aws.environment(credentials=role), tell)

    def _keep(self, moto: Moto, function: str, package: Any) -> None:
        kept = self._package(moto, function)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(_bytes(package))

    def _package(self, moto: Moto, function: str) -> Path:
        return self._packages / moto.account / f"{function}.zip"

    def _watched(self, moto: Moto) -> Iterator[_Watched]:
        """What buckets have said of the account's functions, and the functions permit."""
        for function in moto.call("lambda", "ListFunctions").get("Functions", ()):
            name = str(function["FunctionName"])
            for bucket in self._permitted(moto, name):
                try:
                    said = moto.call("s3", "GetBucketNotificationConfiguration", Bucket=bucket)
                except Fault:
                    continue
                for one in said.get("LambdaFunctionConfigurations", ()):
                    created = any(str(event).startswith("s3:ObjectCreated:") for event in one["Events"])
                    if created and one["LambdaFunctionArn"] == function["FunctionArn"]:
                        yield _Watched(name, bucket, *_filter(one))

    def _permitted(self, moto: Moto, function: str) -> list[str]:
        """Buckets that the function's policy lets S3 start it for."""
        try:
            policy = json.loads(moto.call("lambda", "GetPolicy", FunctionName=function)["Policy"])
        except Fault:
            return []
        sources = [
            (said.get("Condition") or {}).get("ArnLike", {}).get("AWS:SourceArn", "") for said in policy["Statement"]
        ]
        return [str(source).rpartition(":")[2] for source in sources if str(source).startswith("arn:aws:s3:::")]

    def _new(self, watched: _Watched) -> Iterator[tuple[str, int]]:
        known = {one.name for one in self._world.aws.store.buckets()}
        if watched.bucket not in known:
            return
        root = self._world.aws.store.folder(watched.bucket)
        for path in sorted(root.rglob("*")):
            key = path.relative_to(root).as_posix()
            if not (key.startswith(watched.prefix) and key.endswith(watched.suffix) and path.is_file()):
                continue
            state = path.stat().st_mtime, path.stat().st_size
            if self._told.get((watched.bucket, key)) != state:
                self._told[watched.bucket, key] = state
                yield key, state[1]


def _filter(said: Mapping[str, Any]) -> tuple[str, str]:
    rules = said.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    found = {str(rule["Name"]).lower(): str(rule["Value"]) for rule in rules}
    return found.get("prefix", ""), found.get("suffix", "")


def _object_created(world: World, bucket: str, key: str, size: int) -> dict[str, Any]:
    """S3's own event (Amazon S3 user guide, "Event message structure")."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": world.aws.region,
        "eventTime": world.clock.now().isoformat(),
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": quote_plus(key, safe="/"), "size": size},
        },
    }
    return {"Records": [record]}


def _name(function: str) -> str:
    return function.rpartition(":")[2] if function.startswith("arn:") else function


def _bytes(value: Any) -> bytes:
    if hasattr(value, "read"):
        value = value.read()
    return base64.b64decode(value) if isinstance(value, str) else bytes(value)
