"""moto beside this process: start, ask, stop."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.faults import JSON_TYPE, Fault

ASK_SECONDS = 60.0
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=0"
)


class MotoHost:
    """Started at once in the background; the first question waits until it is ready. `close` it at the end."""

    def __init__(self, account: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="lakewright-"))  # 0700, and short enough for a socket's name
        self._socket = str(self._folder / "moto")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lakewright.rehearse.aws.glue.moto_process", self._socket],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | {"MOTO_ACCOUNT_ID": account},
            start_new_session=True,
        )
        self._ready = threading.Lock()
        self._is_ready = False

    def ask(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """moto's answer to one Glue operation. Raises Fault with moto's error."""
        self._wait()
        connection = _UnixConnection(self._socket)
        headers = {
            "Content-Type": JSON_TYPE,
            "X-Amz-Target": f"AWSGlue.{operation}",
            "Authorization": _AUTHORIZATION,
            "Host": "glue.us-east-1.amazonaws.com",
        }
        with contextlib.closing(connection):
            connection.request("POST", "/", json.dumps(body).encode(), headers)
            response = connection.getresponse()
            text = response.read()
        if response.status == 200:
            answer: dict[str, Any] = json.loads(text or b"{}")
            return answer
        raise _fault(operation, response.status, text)

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
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        with self._ready:
            if self._is_ready:
                return
            said = self._process.stdout.readline() if self._process.stdout is not None else b""
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


def _fault(operation: str, status: int, text: bytes) -> Fault:
    try:
        error = json.loads(text)
        code, message = str(error["__type"]), str(error.get("message") or error.get("Message") or "")
    except (ValueError, KeyError, TypeError):
        return Fault("UnknownOperationException", f"Glue's {operation} is not supported by this local AWS")
    return Fault(code.rpartition("#")[2], message, status)
