"""Which lines `logs` shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lakewright.cli.logs import new_lines, read_lines
from lakewright.observe import Event, JsonLog

from .conftest import Call

NOW = datetime.now(UTC)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "platform.yaml").write_text("lakewright: 1\nplatform: shop\n")
    folder = tmp_path / ".lakewright" / "logs"
    ingest, pipeline = JsonLog(folder / "b.jsonl"), JsonLog(folder / "a.jsonl")
    ingest(Event("ingest.flush", {"table": "core_order", "rows": 5}, at=NOW - timedelta(hours=3)))
    pipeline(Event("pipeline.model", {"model": "silver.order"}, at=NOW - timedelta(hours=2)))
    ingest(Event("ingest.stopped", {"reason": "renamed"}, level="error", at=NOW))
    ingest(Event("ingest.detail", level="debug", at=NOW))
    ingest.close()
    pipeline.close()
    return folder


@pytest.mark.parametrize(
    ("arguments", "events"),
    [
        ((), ["ingest.flush", "pipeline.model", "ingest.stopped"]),
        (("--level", "debug"), ["ingest.flush", "pipeline.model", "ingest.stopped", "ingest.detail"]),
        (("--level", "warning"), ["ingest.stopped"]),
        (("--event", "ingest."), ["ingest.flush", "ingest.stopped"]),
        (("--grep", "silver.order"), ["pipeline.model"]),
        (("--since", "150m"), ["pipeline.model", "ingest.stopped"]),
        (("-n", "1"), ["ingest.stopped"]),
    ],
)
def test_filters(call: Call, logs: Path, arguments: tuple[str, ...], events: list[str]) -> None:
    assert [line["event"] for line in call("logs", "--json", *arguments).json["lines"]] == events
    assert [line.split()[2] for line in call("logs", *arguments).out.splitlines()] == events


def test_a_line_cut_off_by_a_crash(call: Call, logs: Path) -> None:
    with (logs / "b.jsonl").open("a") as file:
        file.write('{"at": "2026-')
    assert len(call("logs", "--json").json["lines"]) == 3


def test_no_logs_yet(call: Call, tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text("lakewright: 1\nplatform: shop\n")
    assert call("logs", "--json").json["lines"] == []


def test_following_waits_for_whole_lines(logs: Path) -> None:
    writes = [b'{"at": "1", "event": "first"}\n{"at": "2", "ev', b'ent": "second"}\n']

    def sleep(_seconds: float) -> None:
        with (logs / "c.jsonl").open("ab") as file:
            file.write(writes.pop(0))

    lines = new_lines(logs, sleep)
    assert [next(lines)["event"], next(lines)["event"]] == ["first", "second"]
    assert next(iter(read_lines(logs)))["at"] == "1"


def test_wrong_arguments(call: Call, logs: Path) -> None:
    assert call("logs", "--since", "yesterday").code == 2
    assert call("logs", "-n", "-3").code == 2
    assert call("logs", "-n", "0", "--json").json["lines"] == []
    assert call("logs", "--follow", "--json").json["errors"][0]["code"] == "LW900"
