"""Which handler answers which path. Handlers are named in each module's ROUTES, and modules in `registry`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from lakewright.rehearse.databricks.world import Call

Answered = Mapping[str, Any]


class Level(StrEnum):
    """At whose address a path answers."""

    ACCOUNT = "account"
    WORKSPACE = "workspace"


@dataclass(frozen=True)
class Raw:
    """An answer that is no JSON object."""

    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


Handler = Callable[[Call], Answered | Raw]


@dataclass(frozen=True)
class Route:
    """`path` has `{name}` for one segment and `{name...}` for the rest. `alone`: runs inside one transaction."""

    method: str
    path: str
    handler: Handler
    level: Level = Level.WORKSPACE
    alone: bool = True
    runs: bool = False
    """Whether something really runs behind it, beside being stored."""


ACCOUNT_PATH = "/api/2.0/accounts/{account_id}"


def account(method: str, path: str, handler: Handler, *, version: str = "2.0") -> Route:
    """A route of the account's own API."""
    return Route(method, f"/api/{version}/accounts/{{account_id}}{path}", handler, Level.ACCOUNT)


def workspace(method: str, path: str, handler: Handler, *, alone: bool = True, runs: bool = False) -> Route:
    return Route(method, path, handler, Level.WORKSPACE, alone, runs)


def versions(first: int, last: int, method: str, path: str, handler: Handler) -> tuple[Route, ...]:
    """The same at `/api/2.first/…` to `/api/2.last/…`."""
    return tuple(Route(method, f"/api/2.{number}{path}", handler) for number in range(first, last + 1))


class Router:
    """Finds routes by method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[Level, str, int], list[tuple[re.Pattern[str], Route]]] = {}
        self._open: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            pattern = _pattern(route.path)
            if "...}" in route.path:
                self._open.append((pattern, route))
            else:
                key = (route.level, route.method, route.path.count("/"))
                self._routes.setdefault(key, []).append((pattern, route))
        for found in self._routes.values():
            found.sort(key=lambda one: one[1].path.count("{"))

    def find(self, level: Level, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its parameters. Literal segments win over parameters."""
        for pattern, route in self._routes.get((level, method, path.count("/")), ()):
            if found := pattern.fullmatch(path):
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        for pattern, route in self._open:
            if (route.level, route.method) == (level, method) and (found := pattern.fullmatch(path)):
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        return None


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[a-z_]+(?:\.\.\.)?\})", path)
    return re.compile("".join(_part(one) for one in parts))


def _part(text: str) -> str:
    if not text.startswith("{"):
        return re.escape(text)
    name = text.strip("{}.")
    return f"(?P<{name}>.+)" if "..." in text else f"(?P<{name}>[^/]+)"
