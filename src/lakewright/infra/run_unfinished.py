"""What terraform was making when it was interrupted: it is marked as tainted, and would be made anew.

What things are bound to is never made anew (`policy/rules/irreversible.py`, `prevent_destroy`), so it would be refused
for ever. It is there, only not finished: the mark is taken off, and the next apply finishes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from lakewright.policy.rules.irreversible import KINDS

KEPT = KINDS | {"aws_kms_key"}
"""Kinds that nothing replaces: the bound ones, and keys, without which what they encrypt is lost."""


def unfinished(state: str) -> tuple[str, ...]:
    """Addresses of such resources in a state (terraform's JSON; empty: none)."""
    return tuple(_addresses(state)) if state.strip() else ()


def _addresses(state: str) -> Iterator[str]:
    for one in json.loads(state).get("resources", ()):
        if one["mode"] == "managed" and one.get("type") in KEPT:
            for instance in one["instances"]:
                if instance.get("status") == "tainted":
                    key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                    parts = (one.get("module", ""), one["type"], one["name"])
                    yield ".".join(part for part in parts if part) + key
