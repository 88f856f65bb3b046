"""A real Trino on loopback, for recording only.

    TRINO_HOME=/path/to/trino-server-476 TRINO_JAVA_HOME=/path/to/jdk-25

TRINO_HOME is Maven's io.trino:trino-server:476:tar.gz unpacked; the plugins memory, tpch and delta-lake are enough.
"""

# ruff: noqa: E501 (cases and options, one a line)

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_JVM = ("-Xmx2G", "-XX:+UseG1GC", "--add-modules=jdk.incubator.vector", "-Djdk.attach.allowAttachSelf=true",
        "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """`columns`: name and type text; `rows` as Trino's JSON has them. `error`: its name and message instead."""

    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    error: tuple[str, str] | None = None


@dataclass(frozen=True)
class Trino:
    address: str

    def ask(self, sql: str, catalog: str = "memory", schema: str = "shop") -> Answer:
        """The whole answer to one statement; asked again while Trino still looks for its own node."""
        while True:
            answer = self._asked(sql, catalog, schema)
            if answer.error is None or answer.error[0] != "NO_NODES_AVAILABLE":
                return answer
            time.sleep(0.5)

    def _asked(self, sql: str, catalog: str, schema: str) -> Answer:
        headers = {
            "X-Trino-User": "recorder", "X-Trino-Catalog": catalog, "X-Trino-Schema": schema, "X-Trino-Time-Zone": "UTC",
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }  # fmt: skip
        page = self._get(urllib.request.Request(f"{self.address}/v1/statement", sql.encode(), headers))
        columns: tuple[tuple[str, str], ...] = ()
        rows: list[tuple[Any, ...]] = []
        while True:
            if "error" in page:
                return Answer(error=(page["error"]["errorName"], page["error"]["message"]))
            if page.get("columns"):
                columns = tuple((one["name"], one["type"]) for one in page["columns"])
            rows += [tuple(row) for row in page.get("data") or ()]
            following = page.get("nextUri")
            if following is None:
                return Answer(columns, tuple(rows))
            page = self._get(urllib.request.Request(following, headers={"X-Trino-User": "recorder"}))

    def _get(self, request: urllib.request.Request) -> dict[str, Any]:
        while True:
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    page: dict[str, Any] = json.load(answer)
                    return page
            except urllib.error.HTTPError as problem:
                if problem.code not in (502, 503, 504):
                    raise
                time.sleep(0.1)


def is_here() -> bool:
    return Path(os.environ.get("TRINO_HOME", "-"), "bin").exists()


@contextmanager
def running(catalogs: dict[str, str] | None = None, environment: dict[str, str] | None = None) -> Iterator[Trino]:
    """Trino with the catalogs memory and tpch and those given (name → properties); stopped at the end."""
    home = Path(os.environ["TRINO_HOME"])
    java = Path(os.environ["TRINO_JAVA_HOME"], "bin", "java")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="lakewright-trino-") as folder:
        etc = Path(folder, "etc")
        _configure(etc, port, catalogs or {})
        options = (*_JVM, f"-Dnode.data-dir={folder}/data", "-Dnode.environment=test", "-Dnode.bind-ip=127.0.0.1",
                   "-Dnode.internal-address=127.0.0.1", f"-Dconfig={etc}/config.properties", f"-Dlog.levels-file={etc}/log.properties",
                   f"-Dplugin.dir={home}/plugin", f"-Dcatalog.config-dir={etc}/catalog")  # fmt: skip
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(
                [str(java), *options, "-cp", f"{home}/lib/*", "io.trino.server.TrinoServer"],
                stdout=log, stderr=subprocess.STDOUT, cwd=folder, env={**os.environ, **(environment or {})},
            )  # fmt: skip
        try:
            trino = Trino(f"http://127.0.0.1:{port}")
            _wait(trino, process, Path(folder, "log"))
            yield trino
        finally:
            process.terminate()
            process.wait(30)


def _configure(etc: Path, port: int, catalogs: dict[str, str]) -> None:
    (etc / "catalog").mkdir(parents=True)
    address = f"http://127.0.0.1:{port}"
    (etc / "config.properties").write_text(
        f"coordinator=true\nnode-scheduler.include-coordinator=true\nhttp-server.http.port={port}\n"
        f"discovery.uri={address}\nquery.max-memory-per-node=1GB\nmemory.heap-headroom-per-node=400MB\n"
    )
    (etc / "log.properties").write_text("io.trino=WARN\n")
    every = {
        "memory": "connector.name=memory\nmemory.max-data-per-node=256MB\n",
        "tpch": "connector.name=tpch\ntpch.column-naming=STANDARD\ntpch.double-type-mapping=DECIMAL\n",
        **catalogs,
    }
    for name, text in every.items():
        (etc / "catalog" / f"{name}.properties").write_text(text)


def _wait(trino: Trino, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if trino.ask("SELECT 1").rows:
                return
        except (urllib.error.URLError, ConnectionError, KeyError):
            pass
        time.sleep(0.5)
    raise RuntimeError(f"Trino did not start: {log.read_text(errors='replace')[-3000:]}")


def binary(text: str) -> bytes:
    """A varbinary in Trino's JSON."""
    return base64.b64decode(text)
