"""`python manage.py traffic`: keeps the shop busy."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import traffic


class Command(BaseCommand):
    """Prints a line a second; SIGINT and SIGTERM end it in good order, with the totals as the last line."""

    help = "Writes live changes over all eight tables at a given rate of row changes per second."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rate", type=float, default=1000)
        parser.add_argument("--seconds", type=float, default=20, help="0: until it is stopped")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--json", action="store_true", help="one JSON object per line")
        parser.add_argument("--commits", action="store_true", help="a line for every commit instead of every second")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["rate"] <= 0:
            raise CommandError("--rate is more than 0")
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        say = _Report(self, every_commit=options["commits"], as_json=options["json"])
        dsn = os.environ.get("SHOP_DATABASE_URL") or settings.DEFAULT_URL
        totals = traffic.run(dsn, options["rate"], options["seconds"] or None, options["seed"], stop, say)
        say.line(asdict(totals), f"{totals.rows:,} row changes in {totals.commits:,} commits, {totals.seconds} s")


class _Report:
    """Adds commits up to a line a second."""

    def __init__(self, command: BaseCommand, *, every_commit: bool, as_json: bool) -> None:
        self._out, self._every_commit, self._as_json = command.stdout, every_commit, as_json
        self._rows = self._commits = 0
        self._since = 0.0

    def __call__(self, commit: traffic.Commit) -> None:
        if self._every_commit:
            self.line(asdict(commit), f"{commit.at:.3f}  {commit.act:12}{commit.rows:>6}")
            return
        self._since = self._since or commit.at
        self._rows += commit.rows
        self._commits += 1
        if commit.at - self._since >= 1:
            figures = {"at": commit.at, "rows": self._rows, "commits": self._commits}
            self.line(figures, f"{self._rows:>8,} row changes in {self._commits} commits")
            self._rows, self._commits, self._since = 0, 0, commit.at

    def line(self, figures: dict[str, Any], words: str) -> None:
        self._out.write(json.dumps(figures) if self._as_json else words)
        self._out.flush()
