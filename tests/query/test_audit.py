"""The audit's chain: whole after crashes and crowds, and every change is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lakewright.query.audit import AuditLog, Event


def event(number: int) -> Event:
    return Event(datetime(2026, 3, 1, tzinfo=UTC), str(number), "ana", f"SELECT {number} \u2028 \ud83d", ("silver.x",))


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    log = AuditLog(tmp_path / "audit", tmp_path / "elsewhere" / "head")
    for number in range(5):
        log.append(event(number))
    return log


def lines_of(tmp_path: Path) -> tuple[Path, list[bytes]]:
    path = next((tmp_path / "audit").glob("*.jsonl"))
    return path, path.read_bytes().splitlines(keepends=True)


def test_a_whole_chain(log: AuditLog) -> None:
    assert (log.verify().ok, log.verify().entries) == (True, 5)


@pytest.mark.parametrize(
    ("change", "broken", "fact"),
    [
        (lambda ls: [*ls[:2], ls[2].replace(b"ana", b"bob"), *ls[3:]], ":3", "edited"),
        (lambda ls: [*ls[:2], *ls[3:]], ":3", "missing"),
        (lambda ls: [ls[1], ls[0], *ls[2:]], ":1", "missing"),
        (lambda ls: ls[:3], "", "missing at the end"),
        (lambda ls: [*ls[:1], b"no json\n", *ls[2:]], ":2", "cannot be read"),
        (lambda ls: [], "start", "missing at the end"),
    ],
)
def test_changes_are_named(
    log: AuditLog, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], broken: str, fact: str
) -> None:
    path, lines = lines_of(tmp_path)
    path.write_bytes(b"".join(change(lines)))
    verdict = log.verify()
    assert not verdict.ok
    assert broken in verdict.broken
    assert fact in verdict.fact


def test_a_chain_made_anew_is_not_the_one_that_the_head_knows(log: AuditLog, tmp_path: Path) -> None:
    path, _ = lines_of(tmp_path)
    path.unlink()
    forged = AuditLog(tmp_path / "audit", tmp_path / "other head")
    for number in range(10, 15):
        forged.append(event(number))
    verdict = log.verify()
    assert not verdict.ok
    assert "head file" in verdict.fact


def test_a_torn_end_is_cut_and_the_chain_goes_on(log: AuditLog, tmp_path: Path) -> None:
    path, lines = lines_of(tmp_path)
    torn = lines[0][:-1] * 3  # longer than the entry that takes its place
    path.write_bytes(b"".join(lines) + torn)
    assert log.verify().torn == len(torn)
    AuditLog(tmp_path / "audit", tmp_path / "elsewhere" / "head").append(event(6))
    assert (log.verify().ok, log.verify().entries, log.verify().torn) == (True, 6, 0)


def test_a_segment_that_another_process_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakewright.query.audit.SEGMENT_BYTES", 1)
    mine, other = (AuditLog(tmp_path / "audit", tmp_path / "head") for _ in range(2))
    for number, log in enumerate([mine, other, mine, other, other, mine]):
        log.append(event(number))
    assert (mine.verify().ok, mine.verify().entries) == (True, 6)


CHILD = """
import sys
from pathlib import Path
from datetime import datetime, UTC
from lakewright.query.audit import AuditLog, Event
log = AuditLog(Path(sys.argv[1]) / "audit", Path(sys.argv[1]) / "elsewhere" / "head")
for n in range(20):
    log.append(Event(datetime.now(UTC), str(n), sys.argv[2], "x"))
"""


def test_processes_and_threads_take_turns(log: AuditLog, tmp_path: Path) -> None:
    children = [subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), name]) for name in ("a", "b")]
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda number: log.append(event(number)), range(40)))
    assert [child.wait() for child in children] == [0, 0]
    assert (log.verify().ok, log.verify().entries) == (True, 85)
    _, lines = lines_of(tmp_path)
    assert {json.loads(line)["principal"] for line in lines} == {"ana", "a", "b"}
