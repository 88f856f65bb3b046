"""moto beside this process: start, forward requests, stop."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lakewright.errors import ProblemError

ACCOUNTS = "LAKEWRIGHT_ACCOUNTS"
"""The environment variable with the local AWS's accounts, separated by commas."""
ASK_SECONDS = 60.0
UNREADABLE = b"unreadable\n"
_SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "true",
    "MOTO_ACM_VALIDATION_WAIT": "1",
}


@dataclass(frozen=True, slots=True)
class Said:
    """moto's answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class MotoHost:
    """Started at once in the background; the first request waits until it is ready. `close` it at the end.

    `accounts` are those that new accounts of an organization are taken from. With a `journal` the state is what the
    requests in that file made of it, and goes on there. `folder` has the socket; the process removes it when this one
    is gone.
    """

    def __init__(self, journal: Path | None = None, accounts: Sequence[str] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lakewright-"))  # 0700, and short enough for a socket's name
        self._socket = str(self.folder / "moto")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        arguments = [self._socket] if journal is None else [self._socket, str(journal)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lakewright.rehearse.aws.moto.process", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | _SETTINGS | {ACCOUNTS: ",".join(accounts)},
            start_new_session=True,
        )
        self._ready = threading.Lock()
        self._is_ready = False

    def forward(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Said:
        """Sends one request as it is; `target` is path and query. Raises ProblemError when moto is gone."""
        self.wait()
        try:
            with closing(_UnixConnection(self._socket)) as connection:
                connection.request(method, target, body, {**headers, "content-length": str(len(body))})
                response = connection.getresponse()
                found = {name.lower(): value for name, value in response.getheaders()}
                return Said(response.status, found, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ProblemError("LW1403", f"moto does not answer: {error}") from None

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self) -> None:
        """Returns when it is ready. Raises ProblemError when it cannot be."""
        with self._ready:
            if self._is_ready:
                return
            said = self._process.stdout.readline() if self._process.stdout is not None else b""
            if said == UNREADABLE:
                raise ProblemError(
                    "LW1403", "what the local AWS kept cannot be read", hint="--reset, or another folder, begins anew"
                )
            if said != b"ready\n":
                raise ProblemError(
                    "LW1403", "moto did not start", hint="is it installed? pip install 'lakewright[serve]'"
                )
            self._is_ready = True


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ASK_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
