"""A task definition's container as a process: which ones are ours, and what they are given."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import ClientError

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.glue.process import environment
from lakewright.rehearse.aws.live.roles import buckets_of
from lakewright.rehearse.aws.live.world import World

PYTHONS = ("python", "python3")
OURS = "lakewright"
KILL_SECONDS = 30.0
FLUSH_SECONDS = 0.5


def program(container: Mapping[str, Any], override: Mapping[str, Any]) -> list[str] | None:
    """The command line of a container that runs Lakewright (`python -m lakewright.…`, `lakewright …`); None for others:
    their images are not here."""
    command = list(override.get("command") or container.get("command") or ())
    words = [*(container.get("entryPoint") or ()), *command]
    if words[:1] == [OURS]:
        return [sys.executable, "-m", OURS, *words[1:]]
    if words[:1] and words[0] in PYTHONS and words[1:2] == ["-m"] and words[2].split(".")[0] == OURS:
        return [sys.executable, *words[1:]]
    return None


@dataclass(frozen=True)
class Containers:
    """Starts containers with the rights of the task's two roles."""

    world: World

    def start(self, moto: Moto, definition: Mapping[str, Any], overrides: Sequence[Mapping[str, Any]]) -> Process:
        """The essential container. Raises ProblemError LW1455: not ours, or what it needs cannot be had."""
        by_name = {str(one["name"]): one for one in overrides}
        containers = definition["containerDefinitions"]
        container = next((one for one in containers if one.get("essential", True)), containers[0])
        override = by_name.get(str(container["name"]), {})
        command = program(container, override)
        if command is None:
            raise ProblemError("LW1455", f"the image {container.get('image')} is not played: it is not here")
        more = {str(one["name"]): str(one["value"]) for one in container.get("environment") or ()}
        more |= {str(one["name"]): str(one["value"]) for one in override.get("environment") or ()}
        more |= self._secrets(definition, container) | self._aws(moto, definition)
        folder = Path(tempfile.mkdtemp(prefix="lakewright-ecs-"))  # not before: what is refused leaves none
        return Process(command, environment(folder, more), folder)

    def _secrets(self, definition: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, str]:
        """Fetched by the execution role, as ECS does before it starts a container."""
        wanted = container.get("secrets") or ()
        if not wanted:
            return {}
        role = definition.get("executionRoleArn")
        try:
            client = self.world.aws.client("secretsmanager", role=role)
            return {str(one["name"]): self._secret(client, str(one["valueFrom"])) for one in wanted}
        except ClientError as error:
            said = error.response["Error"]["Message"]
            raise ProblemError("LW1455", f"ResourceInitializationError: unable to pull secrets: {said}") from None
        except Fault as fault:
            raise ProblemError("LW1455", f"ResourceInitializationError: {fault.message}") from None

    @staticmethod
    def _secret(client: Any, source: str) -> str:
        """`arn`, or `arn:key::` for one part of a JSON secret."""
        arn, key = ":".join(source.split(":")[:7]), (source.split(":")[7:8] or [""])[0]
        text = str(client.get_secret_value(SecretId=arn)["SecretString"])
        return str(json.loads(text)[key]) if key else text

    def _aws(self, moto: Moto, definition: Mapping[str, Any]) -> dict[str, str]:
        aws, role = self.world.aws, definition.get("taskRoleArn")
        if not role:
            return {}
        names = buckets_of(str(role), moto, [bucket.name for bucket in aws.store.buckets()])
        return {
            **aws.environment(credentials=aws.credentials_of(str(role), "task")),
            "LAKEWRIGHT_BUCKETS": json.dumps({name: str(aws.store.folder(name)) for name in names}),
            "LAKEWRIGHT_STANDINS": json.dumps(dict(self.world.standins.urls)),
        }


class Process:
    """A container's process. `lines` gives what it said since the last call."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.folder = folder
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str] | None) -> None:
        if stream is None:
            return
        with stream:
            for line in stream:
                with self._lock:
                    self._lines.append(line.rstrip("\n"))

    def lines(self) -> list[str]:
        with self._lock:
            found, self._lines = self._lines, []
        return found

    def code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds: float = KILL_SECONDS) -> None:
        """SIGTERM, and after the stop timeout SIGKILL."""
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            if self.wait(patience) is not None:
                break
        self._reader.join(5)
