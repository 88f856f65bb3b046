"""What terraform was making when it was interrupted: it is marked as tainted, and would be made anew.

What things are bound to is never made anew (`policy/rules/irreversible.py`, `prevent_destroy`), so it would be refused
for ever. It is there, only not finished: the mark is taken off, and the next apply finishes it. That is done only where
a plan says that it would be made anew, and never to a database: one that has failed while it was made is tainted too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from lakewright.errors import LakewrightError, Mistakes
from lakewright.infra.messages import Said
from lakewright.policy.rules.irreversible import KINDS

DATABASES = frozenset({"aws_db_instance", "aws_rds_cluster"})
"""What AWS leaves there, as `failed`, when it cannot finish it."""
KEPT = (KINDS | {"aws_kms_key"}) - DATABASES
"""Kinds that nothing replaces: the bound ones, and keys, without which what they encrypt is lost."""
_MOVED, _PREVENTED = "LW1373", "prevent_destroy"


def is_refused_renewal(error: LakewrightError) -> bool:
    """Whether a plan was refused since something would be made anew that must not be."""
    found = error.mistakes if isinstance(error, Mistakes) else (error,)
    return any(one.code == _MOVED or _PREVENTED in one.fact for one in found)


def renews(said: Said) -> bool:
    """Whether a plan that nothing refuses would make something anew that is kept: a key."""
    return any(change.action == "replace" and change.kind in KEPT for change in said.changes)


def unfinished(state: str) -> tuple[str, ...]:
    """Addresses of such resources in a state (terraform's JSON; empty: none)."""
    return tuple(_addresses(state)) if state.strip() else ()


def _addresses(state: str) -> Iterator[str]:
    for one in json.loads(state).get("resources", ()):
        if one["mode"] == "managed" and one.get("type") in KEPT:
            for instance in one["instances"]:
                if instance.get("status") == "tainted" and "deposed" not in instance:
                    key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                    parts = (one.get("module", ""), one["type"], one["name"])
                    yield ".".join(part for part in parts if part) + key
