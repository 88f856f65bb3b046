"""A whole platform over the small lake: the governor, sessions of `sql --as`, and the service as `serve` starts it.

Policy and lake can be changed while it runs. Whatever comes back is kept as bytes, so that markers can be looked for.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import queue
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

import pyarrow as pa
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lakewright.cli import serve_parts
from lakewright.cli.governed import audit_folder, audit_log, lake_sources
from lakewright.cli.workspace import Workspace
from lakewright.errors import LakewrightError
from lakewright.governance import Policy, Principal, identities, policy_of
from lakewright.models import dialect
from lakewright.query.governed import NEWEST, GovernedSession, Governor, Limits, Pin, Query
from lakewright.spec import load_project

from .canaries import SALT, text_of
from .lake import build
from .tables import Content, content

MEMORY, SECONDS = 256 << 20, 20.0
LIMITS = Limits(memory=MEMORY, seconds=SECONDS, threads=1)
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(frozen=True)
class Told:
    """All that a principal gets from one attempt, as bytes; `failed` when it is an error."""

    data: bytes
    failed: bool
    figures: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body or b"{}")
        return found

    @property
    def told(self) -> Told:
        return Told(self.body + repr(sorted(self.headers.items())).encode(), self.status >= 400)


class Connections:
    """Open connections that wait for their next request."""

    def __init__(self) -> None:
        self._free: queue.SimpleQueue[http.client.HTTPConnection] = queue.SimpleQueue()

    @contextmanager
    def one(self, port: int) -> Iterator[http.client.HTTPConnection]:
        try:
            found = self._free.get_nowait()
        except queue.Empty:
            found = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            yield found
        except BaseException:
            found.close()
            raise
        self._free.put(found)

    def close(self) -> None:
        while not self._free.empty():
            self._free.get().close()


@dataclass
class World:
    """One platform. `policy` may be replaced; `people` are those of the spec."""

    project: Path
    made: Content = field(repr=False)
    moment: str
    people: Mapping[str, Principal] = field(repr=False)
    policy: Policy = field(repr=False)
    sources: Callable[[], Any]
    governor: Governor
    port: int = 0
    keys: Mapping[str, Any] = field(default_factory=dict)
    _connections: Connections = field(default_factory=Connections)
    _readable: dict[str, list[str]] = field(default_factory=dict)

    def visible(self, who: str) -> list[str]:
        return self.governor.visible(self.people[who]).names()

    def raw(self, who: str, sql: str, tables: Mapping[str, Pin] | None = None, limits: Limits = LIMITS) -> Told:
        """DuckDB's SQL as it is, as if a dialect had let it through."""
        if tables is None:
            allowed = self.readable(who)
            tables = {name: NEWEST for name in allowed if name in sql}
        query = Query(str(uuid.uuid4()), self.people[who], sql, tables, lambda _: sql, limits, prelude=dialect.MACROS)
        try:
            with self.governor.run(query) as answer:
                rows = answer.table()
                stats = answer.stats
            return Told(table_bytes(rows), False, (stats.scanned_bytes, stats.scanned_rows, stats.rows))
        except LakewrightError as error:
            return Told(error_bytes(error), True)

    def readable(self, who: str) -> list[str]:
        """The tables that this person can name in a statement without being refused."""
        if who not in self._readable:
            self._readable[who] = [
                name for name in self.visible(who) if name not in ("gold.plan_view", "gold.contacts")
            ]
        return self._readable[who]

    def spark(self, who: str, sql: str, limits: Limits = LIMITS) -> Told:
        """`lakewright sql --as who`."""
        session = GovernedSession(self.governor, self.people[who], None, limits)
        try:
            rows = session.run(sql).rows
            return Told(
                repr((rows.schema.names, [str(kind) for kind in rows.schema.types], rows.to_pylist())).encode(), False
            )
        except LakewrightError as error:
            return Told(error_bytes(error), True)

    # the service

    def http(
        self,
        who: str,
        service: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        key: Any = None,
        signed: bool = True,
    ) -> Reply:
        url = f"http://127.0.0.1:{self.port}{path}"
        request = AWSRequest(method, url, headers=dict(headers or {}), data=body)
        if service == "s3" and signed:
            request.headers["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
        if signed:
            found = key or self.keys[who]
            secret = Credentials(found.id, found.secret, found.token or None)
            (S3SigV4Auth if service == "s3" else SigV4Auth)(secret, service, "us-east-1").add_auth(request)
        with self._connections.one(self.port) as connection:
            connection.request(method, path, body, dict(request.headers.items()))
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def presigned(self, who: str, bucket: str, key: str, seconds: int = 60) -> str:
        """The path and query of an URL that somebody made for an object."""
        found = self.keys[who]
        request = AWSRequest("GET", f"http://127.0.0.1:{self.port}/{bucket}/{quote(key)}")
        S3SigV4QueryAuth(Credentials(found.id, found.secret), "s3", "us-east-1", expires=seconds).add_auth(request)
        return str(request.url).partition(str(self.port))[2]

    def api(self, who: str, target: str, operation: str, **body: Any) -> Reply:
        """One JSON call; `target` is `athena` or `glue`."""
        prefix = {"athena": "AmazonAthena", "glue": "AWSGlue"}[target]
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{prefix}.{operation}"}
        return self.http(who, target, "POST", "/", json.dumps(body).encode(), headers)

    def sts(self, who: str, **fields: str) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.http(who, "sts", "POST", "/", urlencode(fields).encode(), headers)

    def s3(
        self, who: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        return self.http(who, "s3", method, path, body, headers)

    def start(self, who: str, sql: str, **body: Any) -> Reply:
        """StartQueryExecution."""
        wanted = {"ClientRequestToken": f"token-{uuid.uuid4()}"} | body
        return self.api(who, "athena", "StartQueryExecution", QueryString=sql, **wanted)

    def finished(self, who: str, execution: str, seconds: float = 60) -> Reply:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            reply = self.api(who, "athena", "GetQueryExecution", QueryExecutionId=execution)
            if reply.status != 200 or reply.json["QueryExecution"]["Status"]["State"] in ENDED:
                return reply
        raise AssertionError(f"{execution} does not end")

    def athena(self, who: str, sql: str, **body: Any) -> Told:
        """A statement with all that can be fetched of it: states, rows, figures, and the result's objects."""
        parts = [self.start(who, sql, **body)]
        if parts[0].status != 200:
            return parts[0].told
        execution = parts[0].json["QueryExecutionId"]
        parts.append(self.finished(who, execution))
        found = parts[1].json["QueryExecution"]
        named = {"QueryExecutionId": execution}
        if found["Status"]["State"] == "SUCCEEDED":
            parts += [self.api(who, "athena", one, **named) for one in ("GetQueryResults", "GetQueryRuntimeStatistics")]
            place = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://")
            parts += [self.s3(who, "GET", quote(f"/{place}{suffix}")) for suffix in ("", ".metadata")]
        failed = found["Status"]["State"] != "SUCCEEDED"
        figures = (found["Statistics"].get("DataScannedInBytes"),)
        return Told(b"\n".join(part.told.data for part in parts), failed, figures)


def table_bytes(rows: pa.Table) -> bytes:
    """Names, types and values."""
    return repr((rows.schema.names, [str(kind) for kind in rows.schema.types], rows.to_pylist())).encode()


def error_bytes(error: LakewrightError) -> bytes:
    """Everything of an error that its user can come across."""
    return repr((str(error), vars(error).get("hint"), vars(error).get("place"), getattr(error, "code", ""))).encode()


@contextmanager
def world(root: Path, *, service: bool = False, partitioned: bool = True) -> Iterator[World]:
    """A platform in `root`, with or without its service."""
    made = content()
    project, moment = build(root, made, partitioned=partitioned)
    environment = {"LEAKS_SALT": text_of(SALT), "DB": "postgresql://nobody@127.0.0.1:1/none"}
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, environment))
        loaded = load_project(project)
        workspace = Workspace(loaded)
        policy = policy_of(loaded)
        people = identities(loaded.platform.access, policy)
        found: World
        governor = Governor(
            lambda: found.sources(), lambda: found.policy, audit_log(workspace), preludes=("", dialect.MACROS)
        )
        stack.callback(governor.close)
        sources = lake_sources(workspace, workspace.models)
        found = World(project, made, moment.isoformat(), people, policy, sources, governor)
        if service:
            _serve(stack, workspace, found)
        yield found


def _serve(stack: ExitStack, workspace: Workspace, found: World) -> None:
    """The service that `lakewright serve` starts, asking this world's policy."""

    class Watched(serve_parts.Grounds):
        @property
        def policy(self) -> Policy:
            return found.policy

    with mock.patch.object(serve_parts, "Grounds", Watched):
        running = stack.enter_context(serve_parts.running(workspace, 0, lambda _event: None))
    found.port = running.port
    stack.callback(found._connections.close)
    found.keys = {key.principal: key for key in running.keys}


__all__ = ["LIMITS", "Reply", "Told", "World", "audit_folder", "world"]
