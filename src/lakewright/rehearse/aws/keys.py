"""Access keys and session tokens: which principal signs a request. Kept in memory only."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lakewright.rehearse.aws.gate import Session

MOST_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair of a principal. Temporary ones have a `token`, an end (seconds since 1970) and a session's name;
    those of a deployed role also what they were assumed with (`scope`)."""

    id: str
    secret: str = field(repr=False)
    principal: str
    token: str = field(default="", repr=False)
    expires: float | None = None
    session: str = ""
    scope: Session | None = None


class Keyring:
    """One permanent key per principal, made here, and temporary ones as STS gives them out."""

    def __init__(self, principals: Iterable[str], now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._temporary: dict[str, AccessKey] = {}
        self.permanent: Mapping[str, AccessKey] = {}
        self.keep(principals)

    def keep(self, principals: Iterable[str]) -> None:
        """Whose keys there are from now on: newcomers get one, all keys of those who went end for good."""
        with self._lock:
            names = frozenset(principals)
            kept = {name: key for name, key in self.permanent.items() if name in names}
            fresh = {name: AccessKey(_key_id("AKIA"), secrets.token_urlsafe(30), name) for name in names - kept.keys()}
            self.permanent = {**kept, **fresh}
            self._by_id = {key.id: key for key in self.permanent.values()}
            self._temporary = {key.id: key for key in self._temporary.values() if key.principal in names}

    def find(self, key_id: str) -> AccessKey | None:
        return self._by_id.get(key_id) or self._temporary.get(key_id)

    def add(self, key: AccessKey) -> None:
        """A permanent key that was made elsewhere, beside the principal's own."""
        with self._lock:
            self._by_id = {**self._by_id, key.id: key}

    def remove(self, key_id: str) -> None:
        """Ends a key that was added."""
        with self._lock:
            self._by_id = {known: key for known, key in self._by_id.items() if known != key_id}

    def issue(self, principal: str, seconds: int, session: str = "", scope: Session | None = None) -> AccessKey:
        """A temporary key; beyond 10,000 of them the oldest end."""
        token = base64.b64encode(secrets.token_bytes(96)).decode()
        end = self._now() + seconds
        key = AccessKey(_key_id("ASIA"), secrets.token_urlsafe(30), principal, token, end, session, scope)
        with self._lock:
            while len(self._temporary) >= MOST_SESSIONS:
                del self._temporary[next(iter(self._temporary))]
            self._temporary[key.id] = key
        return key


def _key_id(kind: str) -> str:
    return kind + base64.b32encode(secrets.token_bytes(10)).decode()
