"""How actions are added to moto: methods on a service's response class, and shelves for what they keep."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.moto_api._internal import mock_random

Method = Callable[..., Any]
Shelf = dict[str, Any]
_SHELVES: dict[tuple[str, str, str, str], Shelf] = defaultdict(dict)


def attach(owner: type, *methods: Method) -> None:
    """Adds or replaces methods, each under its own name."""
    for method in methods:
        setattr(owner, method.__name__, method)


def wrap(owner: type, name: str, around: Callable[..., Any]) -> None:
    """Replaces a method by `around(original, self, …)`."""
    original = getattr(owner, name)

    def wrapped(self: Any, *arguments: Any, **named: Any) -> Any:
        return around(original, self, *arguments, **named)

    setattr(owner, name, wrapped)


def route(urls: Any, response: Any, *paths: str) -> None:
    """Adds paths (regular expressions) of a REST service."""
    for path in paths:
        urls.url_paths["{0}/" + path + "$"] = response.dispatch


def shelf(response: Any, kind: str) -> Shelf:
    """What is kept of one kind, for the account and region of a request."""
    return _SHELVES[response.service_name, response.current_account, response.region, kind]


def asked(response: Any) -> dict[str, Any]:
    """The JSON body of a request."""
    found: dict[str, Any] = json.loads(response.body or "{}")
    return found


def answer(**fields: Any) -> str:
    """A JSON answer; members that are None are left out."""
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def refusal(code: str, message: str) -> JsonRESTError:
    """An error of a service that speaks JSON, to raise."""
    return JsonRESTError(code, message)


def now() -> float:
    """Seconds since 1970, as JSON services write times."""
    return round(datetime.now(UTC).timestamp(), 3)


def unique(length: int = 26) -> str:
    """Random capitals and digits, the same when the request is asked again."""
    return "".join(mock_random.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(length))


def tag_pairs(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in tags.items()]


def tag_map(pairs: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {one[key]: one.get(value, "") for one in pairs or ()}
