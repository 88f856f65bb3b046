"""HTTP to the local Databricks, logged in as the real provider logs in: OAuth with a client's credentials."""

from __future__ import annotations

import json
import os
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

if TYPE_CHECKING:
    from http.client import HTTPConnection

SECONDS = 60.0
PAUSES = (1.0, 2.0, 4.0, 0.0)
"""Seconds after each answer that the service is busy; the last one counts."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ApiError(Exception):
    """What the service, or the way to it, refused."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @property
    def missing(self) -> bool:
        """Whether there is no such object."""
        return self.status == 404


@dataclass
class Api:
    """One account or workspace, by the provider's arguments; nothing is asked before the first call."""

    host: str
    account_id: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    _login: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _own: threading.local = field(default_factory=threading.local, repr=False)
    _at_account: bool = False

    @property
    def at_account(self) -> bool:
        """Whether the host is the account's console and not a workspace."""
        self._logged_in()
        return self._at_account

    def account(self, path: str, version: str = "2.0") -> str:
        """A path of the account's own API."""
        if not self.account_id:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", "the provider block of this resource needs account_id")
        return f"/api/{version}/accounts/{quote(self.account_id)}{path}"

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.call("GET", path, query=query)

    def find(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """None when there is no such object."""
        try:
            return self.call("GET", path, query=query)
        except ApiError as error:
            if error.missing:
                return None
            raise

    def call(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The answer's object. Raises ApiError."""
        self._logged_in()
        target = path + ("?" + urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if "/scim/" in path:
            headers["Content-Type"] = "application/scim+json"
        data = None if body is None else json.dumps(body).encode()
        for pause in PAUSES:
            status, content = self._send(method, target, data, headers)
            if status != 503:
                break
            time.sleep(pause)
        return _answer(status, content, f"{method} {path}")

    def close(self) -> None:
        """Ends this thread's connection."""
        kept: HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is not None:
            kept.close()

    def _logged_in(self) -> None:
        with self._login:
            if self.token:
                return
            if not (self.client_id and self.client_secret):
                raise ApiError(401, "UNAUTHENTICATED", "no client_id and client_secret (DATABRICKS_CLIENT_ID, _SECRET)")
            where = [f"/oidc/accounts/{quote(self.account_id)}/v1/token"] if self.account_id else []
            for path in [*where, "/oidc/v1/token"]:
                status, content = self._ask_token(path)
                if status != 404:
                    break
            answer = _answer(status, content, "login")
            self._at_account = path.startswith("/oidc/accounts/")
            self.token = answer["access_token"]

    def _ask_token(self, path: str) -> tuple[int, bytes]:
        login = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"}
        form = urlencode({"grant_type": "client_credentials", "scope": "all-apis"}).encode()
        return self._send("POST", path, form, headers)

    def _send(self, method: str, target: str, data: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        from http.client import HTTPException

        connection, kept = self._connection()
        try:
            try:
                return _asked(connection, method, target, data, headers)
            except (HTTPException, OSError):
                connection.close()
                if not kept:
                    raise
                return _asked(connection, method, target, data, headers)  # the server had closed what was idle
        except (HTTPException, OSError) as error:
            connection.close()
            raise ApiError(503, "UNREACHABLE", f"{self.host}: {error or type(error).__name__}") from None

    def _connection(self) -> tuple[HTTPConnection, bool]:
        """This thread's connection, and whether it was used before."""
        from http.client import HTTPConnection

        kept: HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is not None:
            return kept, True
        made = self._own.connection = HTTPConnection(*address_of(self.host), timeout=SECONDS)
        return made, False


def _asked(
    connection: HTTPConnection, method: str, target: str, data: bytes | None, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    connection.request(method, target, data, dict(headers))
    answer = connection.getresponse()
    return answer.status, answer.read()


def address_of(host: str) -> tuple[str, int]:
    """Where a host is. Raises ApiError for what is not on loopback: the stand-in never leaves this machine."""
    if not host:
        raise ApiError(400, "INVALID_PARAMETER_VALUE", "the provider block has no host (DATABRICKS_HOST)")
    parts = urlsplit(host if "//" in host else f"http://{host}")
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        text = f"{host} is not on this machine; Lakewright's stand-in speaks with the local Databricks only"
        raise ApiError(400, "NOT_LOOPBACK", text)
    return parts.hostname, parts.port or 80


def _answer(status: int, content: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(content) if content.strip() else {}
    except ValueError:
        found = {"message": content[:300].decode(errors="replace")}
    if 200 <= status < 300:
        return found if isinstance(found, dict) else {"items": found}
    message = found.get("message") or found.get("detail") or found.get("error_description") or f"HTTP {status}"
    raise ApiError(status, str(found.get("error_code") or found.get("error") or status), f"{message} ({what})")


def _profile(environ: Mapping[str, str]) -> Callable[[str], str]:
    """The settings of a profile in Databricks' own format; of none, nothing."""
    if not environ.get("DATABRICKS_CONFIG_FILE"):
        return lambda _: ""
    import configparser

    file = configparser.ConfigParser(interpolation=None)
    file.read(environ["DATABRICKS_CONFIG_FILE"])
    name = environ.get("DATABRICKS_CONFIG_PROFILE", "")
    return lambda setting: file.get(name, setting, fallback="")


def from_config(config: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Api:
    """By the provider block's arguments, the environment's variables of the real provider, or the profile they name."""
    profile = _profile(environ)

    def chosen(name: str) -> str:
        given = config.get(name)
        return given if isinstance(given, str) and given else environ.get(f"DATABRICKS_{name.upper()}") or profile(name)

    return Api(
        host=chosen("host").rstrip("/") if not _unknown(config.get("host")) else "",
        account_id=chosen("account_id"),
        client_id=chosen("client_id"),
        client_secret=chosen("client_secret"),
        token=config.get("token") if isinstance(config.get("token"), str) else "",  # type: ignore[arg-type]
    )


def _unknown(value: object) -> bool:
    return value is not None and not isinstance(value, str)
