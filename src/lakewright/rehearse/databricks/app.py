"""The ASGI application of one address: the account's, or a workspace's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.coverage import Coverage, Outcome
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer, Budget, Incoming, Message, Receive, Send, Vanished, deliver, incoming
from lakewright.rehearse.databricks.faults import DatabricksFault, denied, missing
from lakewright.rehearse.databricks.members import may_enter
from lakewright.rehearse.databricks.mishaps import Mishaps
from lakewright.rehearse.databricks.routes import Level, Raw, Route, Router
from lakewright.rehearse.databricks.sql.executions import RESULTS
from lakewright.rehearse.databricks.tokens import Tokens
from lakewright.rehearse.databricks.world import Call, World

MOST_BYTES = 64 << 20
NO_AWS = "LW1403"
"""The error of a local AWS that has no time: whoever asks may ask again, as of the real service."""
THREADS = 16
JSON = {"content-type": "application/json"}
WELL_KNOWN = "/.well-known/oauth-authorization-server"


class App:
    """Answers for the account (`workspace` None) or for one workspace. `close` it at the end."""

    def __init__(
        self,
        world: World,
        router: Router,
        tokens: Tokens,
        coverage: Coverage,
        mishaps: Mishaps,
        workspace: int | None = None,
    ) -> None:
        self._world, self._router, self._tokens = world, router, tokens
        self._coverage, self._mishaps, self._workspace = coverage, mishaps, workspace
        self._level = Level.ACCOUNT if workspace is None else Level.WORKSPACE
        self._budget = Budget()
        self._pool = ThreadPoolExecutor(THREADS, f"databricks-{workspace or 'account'}")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = incoming(scope, receive, secrets.token_hex(16))
        try:
            with self._budget.taking() as take:
                body = await request.body(MOST_BYTES, take)
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self._pool, self._answer, request, body)
        except Vanished:
            return
        except Fault as fault:
            answer = _refusal(DatabricksFault("BAD_REQUEST", fault.message, fault.status), request)
        headers = {"x-request-id": request.id, **answer.headers}
        if self._workspace is not None:
            headers["x-databricks-org-id"] = str(self._workspace)
        if request.head.method == "HEAD":
            answer = Answer(answer.status, answer.headers)
        if not await request.drained():
            return
        with contextlib.suppress(TimeoutError):  # nobody reads it; the server ends the connection
            await deliver(Answer(answer.status, headers, answer.body), request, send)

    def _answer(self, request: Incoming, body: bytes) -> Answer:
        try:
            open_to_all = self._open(request, body)
            return open_to_all if open_to_all is not None else self._routed(request, body)
        except DatabricksFault as fault:
            return _refusal(fault, request)
        except ProblemError as error:
            if error.code != NO_AWS:
                return self._failed(error, request)
            self._mishaps(error, f"{request.head.method} {request.head.path}")
            busy = _refusal(DatabricksFault("TEMPORARILY_UNAVAILABLE", str(error), 503), request)
            return Answer(503, {**busy.headers, "retry-after": "1"}, busy.body)
        except Exception as error:
            return self._failed(error, request)

    def _failed(self, error: Exception, request: Incoming) -> Answer:
        why = self._mishaps(error, f"{request.head.method} {request.head.path}")
        return _refusal(DatabricksFault("INTERNAL_ERROR", why, 500), request)

    def _open(self, request: Incoming, body: bytes) -> Answer | None:
        """What needs no token: where tokens are given, and giving them."""
        root = f"/oidc/accounts/{self._world.account_id}" if self._workspace is None else "/oidc"
        here = self._here()
        match request.head.method, request.head.path:
            case "GET", "/.well-known/databricks-config":
                found = {"oidc_endpoint": here + root, "account_id": self._world.account_id, "cloud": "AWS"}
                if self._workspace is not None:
                    found["workspace_id"] = str(self._workspace)
                return _json(found)
            case "GET", path if path == root + WELL_KNOWN:
                token, authorize = f"{here}{root}/v1/token", f"{here}{root}/v1/authorize"
                return _json({"issuer": here + root, "token_endpoint": token, "authorization_endpoint": authorize})
            case "POST", path if path == root + "/v1/token":
                return _json(self._tokens.exchange(request.head.headers, body, self._world.clock()))
            case "GET", path if path.startswith(RESULTS) and self._workspace is not None:
                query = dict(parse_qsl(request.head.query, keep_blank_values=True))
                found = self._world.statements.download(path, query, request.head.headers)
                return Answer(found.status, found.headers, found.content)
        return None

    def _here(self) -> str:
        return self._world.host if self._workspace is None else self._world.address_of(self._workspace)

    def _routed(self, request: Incoming, body: bytes) -> Answer:
        head = request.head
        method = "GET" if head.method == "HEAD" and not head.path.startswith("/api/2.0/fs/") else head.method
        found = self._router.find(self._level, method, head.path.rstrip("/") or "/")
        if found is None:
            self._coverage.count(Outcome.UNIMPLEMENTED, method, head.path)
            raise missing(f"No API found for '{method} {head.path}'", "ENDPOINT_NOT_FOUND")
        route, parameters = found
        try:
            answer = self._called(route, parameters, request, body)
        except DatabricksFault as fault:
            if fault.status not in (404,) or method != "GET":
                self._coverage.count(Outcome.REFUSED, method, route.path)
            raise
        self._coverage.count(Outcome.EXECUTED if route.runs else Outcome.ACCEPTED, method, route.path)
        return answer

    def _called(self, route: Route, parameters: dict[str, str], request: Incoming, body: bytes) -> Answer:
        with self._world.objects.transaction() if route.alone else contextlib.nullcontext():
            caller = self._tokens.caller(request.head.headers, self._world.clock())
            query = dict(parse_qsl(request.head.query, keep_blank_values=True))
            call = Call(
                self._world,
                caller,
                self._workspace,
                parameters,
                query,
                _parsed(request, body),
                body,
                request.head.headers,
            )
            if parameters.get("account_id", self._world.account_id) != self._world.account_id:
                raise missing(f"Account {parameters['account_id']} does not exist")
            if self._workspace is not None and not may_enter(self._world.objects, self._workspace, caller):
                raise denied(f"User {caller.name} is not assigned to workspace {self._workspace}")
            answer = route.handler(call)
        return Answer(answer.status, answer.headers, answer.content) if isinstance(answer, Raw) else _json(answer)


def _json(value: Any) -> Answer:
    return Answer(200, JSON, json.dumps(value).encode())


def _refusal(fault: DatabricksFault, request: Incoming) -> Answer:
    return Answer(fault.status, JSON, fault.body(request.id))


def _parsed(request: Incoming, body: bytes) -> dict[str, Any]:
    """The body as an object; of what is no JSON, nothing."""
    kind = request.head.headers.get("content-type", "")
    if not body or not ("json" in kind or (not kind and body.lstrip()[:1] == b"{")):
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise DatabricksFault("MALFORMED_REQUEST", "Invalid JSON given in the body of the request") from None
    if not isinstance(value, dict):
        raise DatabricksFault("MALFORMED_REQUEST", "The body of the request must be a JSON object")
    return value
