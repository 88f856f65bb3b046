"""Trino over the lake that `lakewright serve` serves.

    eval "$(lakewright serve --shell root)"                       # an administrator of the platform
    TRINO_HOME=~/trino-server-476 TRINO_JAVA_HOME=/usr/lib/jvm/… python run.py "SELECT * FROM gold.revenue_metrics"
    python run.py --rules rules.json --user ana "SELECT …"        # under the rules of `lakewright access compile trino`
    python run.py                                                 # stays until Ctrl-C, for trino's own clients

Trino listens on 127.0.0.1 only and ends with this program. It believes the user's name that a client gives.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ETC = Path(__file__).parent / "etc"
START_SECONDS = 180
JVM = (
    "-Xmx2G",
    "-XX:+UseG1GC",
    "--add-modules=jdk.incubator.vector",
    "-Djdk.attach.allowAttachSelf=true",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)


class Refused(Exception):  # noqa: N818 - Trino's answer, not a failure of this program
    """What Trino says instead of rows."""


def ask(address: str, sql: str, user: str, schema: str = "gold") -> list[list[Any]]:
    """The rows of one statement; asked again while Trino still looks for its own node. Raises Refused."""
    while True:
        try:
            return _rows(address, sql, user, schema)
        except Refused as refused:
            if not str(refused).startswith("NO_NODES_AVAILABLE"):
                raise
            time.sleep(0.5)


def _rows(address: str, sql: str, user: str, schema: str) -> list[list[Any]]:
    headers = {"X-Trino-User": user, "X-Trino-Catalog": "lake", "X-Trino-Schema": schema, "X-Trino-Time-Zone": "UTC"}
    page = _page(urllib.request.Request(f"{address}/v1/statement", sql.encode(), headers))  # noqa: S310 - http, of our own
    rows: list[list[Any]] = []
    while True:
        if "error" in page:
            raise Refused(f"{page['error']['errorName']}: {page['error']['message']}")
        rows += page.get("data") or ()
        if "nextUri" not in page:
            return rows
        page = _page(urllib.request.Request(page["nextUri"], headers={"X-Trino-User": user}))  # noqa: S310


def _page(request: urllib.request.Request) -> dict[str, Any]:
    while True:
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                page: dict[str, Any] = json.load(answer)
                return page
        except urllib.error.HTTPError as problem:
            if problem.code not in (502, 503, 504):
                raise
            time.sleep(0.1)


@contextmanager
def running(rules: Path | None = None) -> Iterator[str]:
    """The address of a Trino with the catalog `lake`, until the block ends."""
    home, java = Path(_variable("TRINO_HOME")), Path(_variable("TRINO_JAVA_HOME"), "bin", "java")
    _variable("AWS_ENDPOINT_URL")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="trino-") as folder:
        etc = Path(folder, "etc")
        shutil.copytree(ETC, etc)
        if rules is None:
            (etc / "access-control.properties").unlink()
        places = {
            "config": etc / "config.properties",
            "log.levels-file": etc / "log.properties",
            "plugin.dir": home / "plugin",
            "catalog.config-dir": etc / "catalog",
            "node.data-dir": f"{folder}/data",
            "node.environment": "local",
            "node.bind-ip": "127.0.0.1",
            "node.internal-address": "127.0.0.1",
        }
        options = [*JVM, *(f"-D{name}={value}" for name, value in places.items())]
        environment = os.environ | {"TRINO_PORT": port, "TRINO_RULES": str(rules.resolve()) if rules else ""}
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(
                [str(java), *options, "-cp", f"{home}/lib/*", "io.trino.server.TrinoServer"],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
            )
        try:
            yield _ready(f"http://127.0.0.1:{port}", process, Path(folder, "log"))
        finally:
            process.terminate()
            process.wait(30)


def _ready(address: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/v1/info", timeout=10) as answer:  # noqa: S310
                if not json.load(answer)["starting"]:
                    return address
        except OSError:  # it does not listen yet, or does not answer yet
            pass
        time.sleep(0.3)
    raise SystemExit(f"Trino did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _variable(name: str) -> str:
    if name not in os.environ:
        raise SystemExit(f"{name} is not set; see README.md")
    return os.environ[name]


def main() -> None:
    parser = argparse.ArgumentParser(description="Trino over the lake that `lakewright serve` serves.")
    parser.add_argument("--rules", type=Path, help="what `lakewright access compile trino` wrote")
    parser.add_argument("--user", default="root", help="who asks, as Trino knows users [root]")
    parser.add_argument("sql", nargs="?", help="one statement; without it Trino stays until Ctrl-C")
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running(arguments.rules) as address:
        if arguments.sql is None:
            print(json.dumps({"trino": address}), flush=True)
            stop.wait()
            return
        try:
            print(json.dumps({"trino": ask(address, arguments.sql, arguments.user)}))
        except Refused as refused:
            sys.exit(str(refused))


if __name__ == "__main__":
    main()
