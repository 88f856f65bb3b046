"""Tokens of pages: opaque for clients, a position for us. Nothing in them is trusted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from lakewright.query.athena.errors import invalid

Item = TypeVar("Item")


def encoded(operation: str, position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([operation, position], separators=(",", ":")).encode()).decode()


def decoded(token: str, operation: str) -> Any:
    """The position in a token that `encoded` made for this operation; InvalidRequestException for any other."""
    try:
        made_for, position = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError):
        raise malformed(token) from None
    if made_for != operation:
        raise malformed(token)
    return position


def malformed(token: str) -> Exception:
    return invalid(f"Malformed nextPageToken {token}")


def after(body: Mapping[str, Any], operation: str) -> str:
    """The name after which a listing goes on; empty at its start."""
    token = body.get("NextToken")
    if token is None:
        return ""
    position = decoded(token, operation)
    if type(position) is not str:
        raise malformed(token)
    return position


def page(
    items: Iterable[Item], after_name: str, limit: int, name: Callable[[Item], str]
) -> tuple[list[Item], Callable[[str], dict[str, str]]]:
    """The next `limit` of `items`, which are sorted by `name`; and a function that gives the answer's NextToken."""
    found = list(islice((item for item in items if name(item) > after_name), limit + 1))
    more = len(found) > limit
    shown = found[:limit]

    def token(operation: str) -> dict[str, str]:
        return {"NextToken": encoded(operation, name(shown[-1]))} if more else {}

    return shown, token
