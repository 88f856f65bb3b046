"""`lakewright logs`: what happened, from the JSON lines in .lakewright/logs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import SpecError

LEVELS = ("debug", "info", "warning", "error")
POLL_SECONDS = 0.2
COUNT = click.IntRange(min=0)
_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Filter:
    """Which lines to show; empty fields let everything through."""

    level: str
    event: str
    text: str
    since: datetime | None

    def __call__(self, line: dict[str, Any]) -> bool:
        level = line.get("level", "info")
        return (
            (level not in LEVELS or LEVELS.index(level) >= LEVELS.index(self.level))
            and line.get("event", "").startswith(self.event)
            and (not self.text or self.text in json.dumps(line, ensure_ascii=False))
            and (self.since is None or datetime.fromisoformat(line["at"]) >= self.since)
        )


@verb("logs", example="lakewright logs --event ingest --since 1h\nlakewright logs --follow --level warning")
@click.option("-n", "--lines", type=COUNT, default=50, show_default=True, help="How many of the newest lines.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("--level", type=click.Choice(LEVELS), default="info", show_default=True, help="This level or worse.")
@click.option("--event", default="", metavar="PREFIX", help="Events whose name begins so, such as `ingest.`.")
@click.option("--grep", "text", default="", metavar="TEXT", help="Lines that hold this text.")
@click.option("--since", default="", metavar="AGO", help="Lines of the last 30s, 10m, 2h, 1d.")
def command(
    invocation: Invocation, lines: int, follow: bool, level: str, event: str, text: str, since: str
) -> Report | None:
    """Show what ingest and pipeline did."""
    if follow and invocation.json:
        raise SpecError("LW900", "--json prints one object, so it cannot follow", hint="leave one of them out")
    folder = invocation.project().state_dir / "logs"
    wanted = Filter(level, event, text, _moment(since))
    found = [line for line in read_lines(folder) if wanted(line)]
    found = found[-lines:] if lines else []
    if not follow:
        return Report({"lines": found}, lambda screen: _show_all(screen, found))
    screen = Screen()
    _show_all(screen, found)
    for line in new_lines(folder, time.sleep):
        if wanted(line):
            _show(screen, line)
            screen.stream.flush()
    return None


def _moment(ago: str) -> datetime | None:
    if not ago:
        return None
    match = _AGO.fullmatch(ago)
    if match is None:
        raise SpecError("LW900", f'--since does not understand "{ago}"', hint="30s, 10m, 2h or 1d")
    return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})


def read_lines(folder: Path) -> Iterator[dict[str, Any]]:
    """All lines of all log files, oldest first; a line that a crash cut off is left out."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in _parsed(path.read_bytes())]
    yield from sorted(lines, key=lambda line: str(line.get("at", "")))


def new_lines(folder: Path, sleep: Callable[[float], None]) -> Iterator[dict[str, Any]]:
    """Lines that are written from now on, in whichever file."""
    seen = {path: path.stat().st_size for path in folder.glob("*.jsonl")}
    while True:
        for path in sorted(folder.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(seen.get(path, 0))
                fresh = file.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            seen[path] = seen.get(path, 0) + len(whole)
            yield from _parsed(whole)
        sleep(POLL_SECONDS)


def _parsed(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _show_all(screen: Screen, lines: Iterable[dict[str, Any]]) -> None:
    for line in lines:
        _show(screen, line)


def _show(screen: Screen, line: dict[str, Any]) -> None:
    known = ("at", "level", "event")
    rest = "  ".join(f"{key}={_short(value)}" for key, value in line.items() if key not in known)
    style = {"warning": "yellow", "error": "red"}.get(line.get("level", ""), "")
    screen.line(f"{line.get('at', '')[:23]}  {line.get('level', ''):<7}  {line.get('event', '')}  {rest}", style=style)


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
