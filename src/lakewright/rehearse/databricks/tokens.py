"""OAuth for machines, by a secret or by a token of somebody else's, and personal access tokens: who a bearer token is.

Access tokens live in memory for an hour; of secrets only a hash is kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import DatabricksFault
from lakewright.rehearse.databricks.federated import is_let_in
from lakewright.rehearse.databricks.store import Objects
from lakewright.rehearse.databricks.world import ACCOUNT, Caller

SECONDS = 3600
SECRET, PERSONAL, POLICY = "service_principal_secret", "personal_token", "federation_policy"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"


@dataclass(frozen=True)
class _Issued:
    principal: str
    until: float


class NotAuthenticated(DatabricksFault):
    """No token, or none that counts."""

    def __init__(self, message: str = "Credential was not sent or was of an unsupported type for this API.") -> None:
        super().__init__("UNAUTHENTICATED", message, 401)


class Tokens:
    """Thread-safe. `objects`: where principals and the hashes of their secrets are."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._issued: dict[str, _Issued] = {}
        self._own: dict[str, str] = {}
        self._lock = threading.Lock()

    def own(self, client_id: str, secret: str) -> None:
        """A secret that is in memory only: the one that this start gave its administrator."""
        self._own[client_id] = digest(secret)

    def exchange(self, headers: Mapping[str, str], body: bytes, now: float) -> Mapping[str, object]:
        """The answer of a token endpoint to the grants `client_credentials` and token exchange. Raises OAuthFault."""
        form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        client, secret = _credentials(headers, form)
        grant = form.get("grant_type")
        if grant not in ("client_credentials", EXCHANGE):
            raise OAuthFault("unsupported_grant_type", "client_credentials and token exchange are supported", 400)
        found = self._objects.named(principals.SERVICE, ACCOUNT, client)
        if found is None or not found.get("active", True):
            raise OAuthFault("invalid_client", "Client authentication failed", 401)
        if grant == EXCHANGE:
            self._check_federated(str(found["id"]), form, now)
        elif not self._is_secret(client, str(found["id"]), secret, now):
            raise OAuthFault("invalid_client", "Client authentication failed", 401)
        return {
            "access_token": self.issue(str(found["id"]), now),
            "token_type": "Bearer",
            "expires_in": SECONDS,
            "scope": form.get("scope", "all-apis"),
        }

    def issue(self, principal: str, now: float) -> str:
        """A token of a principal, by its SCIM id."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._issued = {key: one for key, one in self._issued.items() if one.until > now}
            self._issued[digest(token)] = _Issued(principal, now + SECONDS)
        return token

    def caller(self, headers: Mapping[str, str], now: float) -> Caller:
        """Who sends a request. Raises NotAuthenticated."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotAuthenticated
        key = digest(token.strip())
        with self._lock:
            issued = self._issued.get(key)
        if issued is not None and issued.until > now:
            return self._known(issued.principal)
        personal = self._objects.get(PERSONAL, ACCOUNT, key)
        if personal is None or (personal["expiry_time"] != -1 and personal["expiry_time"] < now * 1000):
            raise NotAuthenticated("Invalid access token.")
        return self._known(personal["principal"])

    def _known(self, key: str) -> Caller:
        found = principals.by_id(self._objects, key)
        if found is None:
            raise NotAuthenticated("Invalid access token.")
        return Caller(found.name, key, principals.has_role(self._objects, key, principals.ADMIN))

    def _check_federated(self, key: str, form: Mapping[str, str], now: float) -> None:
        if form.get("subject_token_type") != JWT:
            raise OAuthFault("invalid_request", f"subject_token_type must be {JWT}", 400)
        policies = [one["oidc_policy"] for one in self._objects.all(POLICY, ACCOUNT)
                    if one["service_principal_id"] == int(key)]  # fmt: skip
        if not any(is_let_in(one, form.get("subject_token", ""), now) for one in policies):
            raise OAuthFault("invalid_grant", "No federation policy of the service principal allows this token", 400)

    def _is_secret(self, client: str, key: str, secret: str, now: float) -> bool:
        wanted = digest(secret)
        own = self._own.get(client.lower(), "")
        kept = [
            one["hash"] for one in self._objects.all(SECRET, ACCOUNT) if one["principal"] == key and one["until"] > now
        ]
        return any(hmac.compare_digest(wanted, one) for one in [own, *kept])


class OAuthFault(DatabricksFault):
    """An error of a token endpoint (RFC 6749, 5.2)."""

    def body(self, request_id: str) -> bytes:
        import json

        return json.dumps({"error": self.code, "error_description": self.message, "request_id": request_id}).encode()


def new_secret() -> str:
    return "dose" + secrets.token_hex(16)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _credentials(headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str]:
    """Client id and secret: by Basic authentication or in the form."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            text = base64.b64decode(value, validate=True).decode()
        except ValueError:
            raise OAuthFault("invalid_client", "Client authentication failed", 401) from None
        client, _, secret = text.partition(":")
        return unquote_plus(client), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")
