"""The terraform (or tofu) of this machine: one method per command, argument lists, `-json` read as it comes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakewright.errors import MissingError, ProblemError
from lakewright.infra.messages import Said, failure
from lakewright.infra.run_guard import Guard
from lakewright.observe import Observer, ignore

PLUGINS = "LAKEWRIGHT_TERRAFORM_PLUGINS"
PARALLELISM = 60
"""Resources at a time. Much of an apply is the provider waiting for AWS (55 s per bucket lifecycle)."""
SECONDS = 3600.0
"""Longest run of one command; real RDS and DMS instances take a quarter of an hour."""
GRACE = 120.0
"""After an interrupt terraform finishes what it has begun; then it is ended."""


def find_binary(environ: Mapping[str, str]) -> Path:
    """terraform, or else tofu, on PATH. Raises MissingError LW1350."""
    for name in ("terraform", "tofu"):
        if found := shutil.which(name, path=environ.get("PATH", os.defpath)):
            return Path(found)
    hint = "install Terraform 1.11 or newer (developer.hashicorp.com/terraform/install) or OpenTofu 1.10 or newer"
    raise MissingError("LW1350", "neither terraform nor tofu is on PATH", hint=hint)


def find_plugins(environ: Mapping[str, str], given: Path | None = None) -> Path | None:
    """The folder that holds providers, if one is named; None: the registry. Raises MissingError LW1355."""
    named = given or (Path(environ[PLUGINS]) if environ.get(PLUGINS) else None)
    if named is not None and not named.is_dir():
        raise MissingError(
            "LW1355", f"no folder {named}", hint=f"--plugin-dir or {PLUGINS} names the providers' folder"
        )
    return named.resolve() if named is not None else None


@dataclass(frozen=True)
class Planned:
    """A plan that was made: whether it changes anything, and what `changes` (empty when nothing)."""

    changed: bool
    said: Said


@dataclass(frozen=True)
class Terraform:
    """Runs the binary with `environment` and nothing else of ours. `init_environment` is for fetching providers.

    When `stop` is set, running commands are interrupted once and end in good order, with LW1356. Output values and
    plans may hold secrets: they are returned and never told to observers.
    """

    binary: Path
    environment: Mapping[str, str]
    plugins: Path | None = None
    init_environment: Mapping[str, str] | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    observe: Observer = ignore
    seconds: float = SECONDS

    def version(self) -> str:
        """`terraform 1.11.4`."""
        try:
            done = subprocess.run(
                [str(self.binary), "version", "-json"], capture_output=True, env=dict(self.environment), check=True
            )
            found = json.loads(done.stdout)
        except (OSError, subprocess.CalledProcessError, ValueError) as error:
            raise MissingError("LW1350", f"{self.binary.name} does not work: {error}", hint="reinstall it") from None
        return f"{self.binary.name} {found['terraform_version']}"

    def init(self, folder: Path, stack: str = "") -> None:
        """Prepares a folder: backend, modules, provider. Raises ProblemError, MissingError LW1357 for no provider."""
        plugins = ["-plugin-dir", str(self.plugins)] if self.plugins else []
        arguments = ["init", "-json", *_NO_INPUT, "-reconfigure", *plugins]
        said, status = self._talk(folder, Said(stack, ignore), arguments, self._fetching)
        if status:
            unavailable = next((one for one in said.errors if one.summary.startswith(_UNAVAILABLE)), None)
            if unavailable is not None:
                raise MissingError("LW1357", " ".join(unavailable.detail.split()), place=stack, hint=_PROVIDER_HINT)
            raise failure(said, str(folder), "init", status)

    def plan(self, folder: Path, out: Path, stack: str = "", *, destroy: bool = False) -> Planned:
        """Plans into the file `out` (owner-only: it holds values)."""
        arguments = ["plan", "-json", *_NO_INPUT, *_AT_A_TIME, "-detailed-exitcode", f"-out={out}"]
        said, status = self._talk(folder, Said(stack, self.observe), [*arguments, *(["-destroy"] if destroy else [])])
        if status not in (0, 2):
            raise failure(said, str(folder), "plan", status)
        out.chmod(0o600)
        return Planned(status == 2, said)

    def apply(self, folder: Path, plan: Path, stack: str = "") -> Said:
        """Does exactly a saved plan. Raises LW1363 when the state is no longer the one it was made from."""
        said, status = self._talk(
            folder, Said(stack, self.observe), ["apply", "-json", *_NO_INPUT, *_AT_A_TIME, str(plan)]
        )
        if status:
            raise failure(said, str(folder), "apply", status)
        return said

    def roll(
        self,
        folder: Path,
        stack: str = "",
        *,
        destroy: bool = False,
        targets: Sequence[str] = (),
        refresh: bool = True,
    ) -> Said:
        """Plans and does it in one command, whatever the plan says: for what may change without being asked again.

        `targets`: these addresses only, and what they need. Not `refresh`: the state is as it was left just now.
        """
        how = [*(["-destroy"] if destroy else []), *([] if refresh else ["-refresh=false"])]
        how += [f"-target={address}" for address in targets]
        arguments = ["apply", "-json", *_NO_INPUT, *_AT_A_TIME, "-auto-approve", *how]
        said, status = self._talk(folder, Said(stack, self.observe), arguments)
        if status:
            raise failure(said, str(folder), "destroy" if destroy else "apply", status)
        return said

    def note(self, folder: Path, stack: str = "") -> None:
        """Writes into the state what is there, and every output that it gives; nothing is made or changed."""
        arguments = ["apply", "-json", *_NO_INPUT, *_AT_A_TIME, "-auto-approve", "-refresh-only"]
        said, status = self._talk(folder, Said(stack, ignore), arguments)
        if status:
            raise failure(said, str(folder), "apply -refresh-only", status)

    def outputs(self, folder: Path, stack: str = "") -> dict[str, Any]:
        """The outputs in the state: name → value."""
        found = json.loads(self._read(folder, stack, ["output", "-json"]))
        return {name: one["value"] for name, one in found.items()}

    def show(self, folder: Path, plan: Path, stack: str = "") -> dict[str, Any]:
        """A saved plan in terraform's own JSON."""
        shown: dict[str, Any] = json.loads(self._read(folder, stack, ["show", "-json", str(plan)]))
        return shown

    def pull(self, folder: Path, stack: str = "") -> str:
        """The state as the backend holds it, in JSON; an empty one when there is none. Holds values: owner-only."""
        return self._read(folder, stack, ["state", "pull"])

    def push(self, folder: Path, state: Path, stack: str = "") -> None:
        """Puts a local state file into the folder's backend; terraform refuses to overwrite another one's."""
        self._read(folder, stack, ["state", "push", str(state)])

    def untaint(self, folder: Path, address: str, stack: str = "") -> None:
        """Takes a resource for finished that is marked as unfinished in the state."""
        self._read(folder, stack, ["untaint", address])

    @property
    def _fetching(self) -> Mapping[str, str]:
        return self.init_environment or self.environment

    def _read(self, folder: Path, stack: str, arguments: Sequence[str]) -> str:
        """The whole standard output of a short command."""
        done = subprocess.run(
            [str(self.binary), *arguments],
            cwd=folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.seconds,
            check=False,
            start_new_session=True,
        )
        if done.returncode:
            said = Said(stack, ignore)
            said.other += [text for line in done.stderr.splitlines() if (text := _DRAWN.sub("", line).strip())]
            raise failure(said, str(folder), " ".join(arguments[:2]), done.returncode)
        return done.stdout

    def _talk(
        self, folder: Path, said: Said, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> tuple[Said, int]:
        """Runs a command that talks JSON, in a session of its own so that Ctrl-C reaches it once, and through us."""
        with subprocess.Popen(
            [str(self.binary), *arguments],
            cwd=folder,
            env=dict(environment or self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            watch = _Watch(process, self.stop, self.seconds)
            watch.start()
            try:
                with _GUARD.over(process.pid):
                    for line in process.stdout or ():
                        said.hear(line)
                    status = process.wait()
            finally:
                watch.end()
        if watch.timed_out:
            fact = f"terraform {arguments[0]} took longer than {self.seconds:.0f} s and was interrupted"
            raise ProblemError("LW1358", fact, place=said.stack, hint="look at what it waited for, then run it again")
        if watch.interrupted:
            raise _interrupted(said.stack, arguments[0])
        return said, status


def _interrupted(stack: str, command: str) -> ProblemError:
    fact = f"terraform {command} was interrupted and ended in good order"
    return ProblemError("LW1356", fact, place=stack, hint="what was made is in the state; run the same command again")


_DRAWN = re.compile("\x1b\\[[0-9;]*m|[│╷╵]")
"""Colours and frames around terraform's messages for people."""
_GUARD = Guard()
_NO_INPUT = ("-input=false",)
_AT_A_TIME = (f"-parallelism={PARALLELISM}",)
_UNAVAILABLE = ("Failed to query available provider packages", "Failed to install provider", "Required plugins")
_PROVIDER_HINT = f"the registry must be reachable, or --plugin-dir / {PLUGINS} must name a folder that has the provider"


class _Watch(threading.Thread):
    """Interrupts a process when asked to or when its time is over, and ends it if it does not end."""

    def __init__(self, process: subprocess.Popen[str], stop: threading.Event, seconds: float) -> None:
        super().__init__(name="terraform-watch", daemon=True)
        self._process = process
        self._stop_asked = stop
        self._left = seconds
        self._over = threading.Event()
        self.interrupted = False
        self.timed_out = False

    def run(self) -> None:
        while not self._over.wait(0.1):
            self._left -= 0.1
            if self._stop_asked.is_set() or self._left <= 0:
                self.timed_out = not self._stop_asked.is_set()
                self.interrupted = not self.timed_out
                self._process.send_signal(signal.SIGINT)
                if not self._over.wait(GRACE):
                    os.killpg(self._process.pid, signal.SIGKILL)
                return

    def end(self) -> None:
        self._over.set()
        self.join()
