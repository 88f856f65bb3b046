"""Each attempt is in the audit; the chain holds, and whoever changes it is found out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lakewright.query.audit import AuditLog, Event

from .attempts import ATTEMPTS
from .searching import ask, statements
from .spelling import WAYS
from .world import World
from .world import world as opened


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder after attempts of several people, by every way."""
    root = tmp_path_factory.mktemp("audit")
    with opened(root, service=True) as world:
        asked = _attempts(world)
        state = world.project / ".lakewright"
    entries = [
        json.loads(line) for path in sorted((state / "audit").glob("*.jsonl")) for line in path.read_text().splitlines()
    ]
    missing = [one for one in asked if not any(_is(entry, one) for entry in entries)]
    assert not missing, missing[:5]
    return state


def _entries(state: Path) -> list[dict[str, Any]]:
    paths = sorted((state / "audit").glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


def _is(entry: dict[str, object], asked: tuple[str, str, bool]) -> bool:
    who, text, reached = asked
    return not reached or (entry["principal"] == who and entry["text"] == text)


def _attempts(world: World) -> list[tuple[str, str, bool]]:
    """Who asked what; and whether it was a query that a dialect took for one."""
    asked = []
    for way in WAYS:
        todo = list(statements(world, way, ATTEMPTS))
        for who in ("ana", "nil"):
            for _, statement in todo[:: 23 if way == "raw" else 17]:
                told = ask(world, way, who, statement)
                query = statement.lstrip("; \n").upper().startswith(("SELECT", "WITH", "EXPLAIN", "VALUES"))
                reached = not told.failed or b"does not exist" in told.data or b"LW1101" in told.data
                asked.append((who, statement, way == "raw" or (query and reached)))
    return asked


NO_QUERIES = {
    "spark": "DESCRIBE gold.plans",
    "athena": "CREATE TABLE scratch.x AS SELECT * FROM gold.plans",
    "athena's metadata": "SHOW CREATE TABLE gold.plans",
}


@pytest.mark.parametrize("way", NO_QUERIES)
def test_denials_that_are_no_queries(tmp_path: Path, way: str) -> None:
    with opened(tmp_path, service=True) as world:
        assert ask(world, way.partition("'")[0], "ana", NO_QUERIES[way]).failed
        state = world.project / ".lakewright"
    assert any(entry["principal"] == "ana" for entry in _entries(state))


def test_denials_say_so(log: Path) -> None:
    entries = _entries(log)
    assert {"denied", "started", "succeeded", "failed"} <= {entry["outcome"] for entry in entries}
    started = {entry["id"] for entry in entries if entry["outcome"] == "started"}
    ended = {entry["id"] for entry in entries if entry["outcome"] != "started"}
    assert started <= ended, "what started has ended"


def test_the_chain_holds(log: Path) -> None:
    verdict = AuditLog(log / "audit", log / "audit.head").verify()
    assert verdict.ok
    assert verdict.entries > 50


def _edit(lines: list[bytes]) -> list[bytes]:
    return [*lines[:10], lines[10].replace(b'"outcome":"', b'"outcome":"x'), *lines[11:]]


TAMPERING: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "edited": _edit,
    "out of order": lambda lines: [*lines[:10], lines[11], lines[10], *lines[12:]],
    "missing": lambda lines: lines[:10] + lines[11:],
    "missing at the end": lambda lines: lines[:-1],
    "again": lambda lines: [*lines[:10], lines[9], *lines[10:]],
    "nothing": lambda lines: [],
    "no JSON": lambda lines: [*lines[:10], b"{}\n", *lines[11:]],
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_named(log: Path, tmp_path: Path, how: str) -> None:
    shutil.copytree(log / "audit", tmp_path / "audit")
    shutil.copy(log / "audit.head", tmp_path / "audit.head")
    (segment, *_) = sorted((tmp_path / "audit").glob("*.jsonl"))
    segment.write_bytes(b"".join(TAMPERING[how](segment.read_bytes().splitlines(keepends=True))))
    verdict = AuditLog(tmp_path / "audit", tmp_path / "audit.head").verify()
    assert not verdict.ok
    assert verdict.fact
    if how not in ("missing at the end", "nothing"):
        assert verdict.broken == f"{segment.name}:11"


def test_a_chain_made_anew_is_found_by_its_head(log: Path, tmp_path: Path) -> None:
    """Whoever rewrites everything, with right hashes, does not have the head."""
    shutil.copy(log / "audit.head", tmp_path / "audit.head")
    entries = [
        json.loads(line) for path in sorted((log / "audit").glob("*.jsonl")) for line in path.read_text().splitlines()
    ]
    forged = AuditLog(tmp_path / "audit", tmp_path / "forged.head")
    for entry in entries[:60]:
        kept = {key: entry[key] for key in entry if key not in ("n", "prev", "hash", "at")}
        forged.append(Event(at=datetime.fromisoformat(entry["at"]), **kept | {"principal": "nobody"}))
    assert AuditLog(tmp_path / "audit", tmp_path / "forged.head").verify().ok
    assert not AuditLog(tmp_path / "audit", tmp_path / "audit.head").verify().ok
