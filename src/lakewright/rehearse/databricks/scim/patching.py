"""SCIM's PATCH (RFC 7644, 3.5.2), as far as users and groups need it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lakewright.rehearse.databricks.faults import ScimFault
from lakewright.rehearse.databricks.store import Body

LISTS = ("members", "roles", "entitlements", "emails", "groups")
_PATH = re.compile(r'([A-Za-z]+)(?:\[\s*value\s+eq\s+"([^"]*)"\s*\])?')


def patched(body: Body, operations: Iterable[Any]) -> Body:
    """The object after these operations. Raises ScimFault for what cannot be understood."""
    found = dict(body)
    for one in operations:
        _apply(found, str(one.get("op", "")).lower(), str(one.get("path") or ""), one.get("value"))
    return found


def _apply(found: Body, op: str, path: str, value: Any) -> None:
    if op not in ("add", "remove", "replace"):
        raise ScimFault(f"Unknown operation '{op}'", 400, "invalidSyntax")
    if not path:
        if not isinstance(value, dict):
            raise ScimFault("An operation without a path needs an object", 400, "invalidValue")
        for name, part in value.items():
            _apply(found, op, name, part)
        return
    parsed = _PATH.fullmatch(path)
    if parsed is None:
        raise ScimFault(f"Unsupported path '{path}'", 400, "invalidPath")
    name, filtered = parsed[1], parsed[2]
    if name not in LISTS:
        if op == "remove":
            found.pop(name, None)
        else:
            found[name] = value
        return
    current = {str(item.get("value")): item for item in found.get(name) or ()}
    given = {str(item["value"]): item for item in _items(value)}
    if op == "add":
        current |= given
    elif op == "replace":
        current = given
    elif filtered is not None:
        current.pop(filtered, None)
    elif given:
        current = {key: item for key, item in current.items() if key not in given}
    else:
        current = {}
    found[name] = list(current.values())


def _items(value: Any) -> list[Body]:
    """Members come as one object, a list of them, or inside `{"members": […]}`."""
    if isinstance(value, dict):
        inner = next((value[name] for name in LISTS if name in value), None)
        return _items(inner) if inner is not None else [value]
    return [item if isinstance(item, dict) else {"value": item} for item in value or ()]
