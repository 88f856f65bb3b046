"""`python manage.py seed`: fills the shop with a year of business."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import seed
from core.world import Plan


class Command(BaseCommand):
    """Prints a line per table and portion; with --json each line is an object, the last one has the totals."""

    help = "Fills the empty shop with tenants, customers, orders, events, subscriptions and invoices."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenants", type=int, default=20)
        parser.add_argument("--orders", type=int, default=100_000)
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--until", help="end of the year of business, YYYY-MM-DD (UTC); default: today")
        parser.add_argument("--replace", action="store_true", help="empty the tables first")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, *_args: Any, **options: Any) -> None:
        if min(options["tenants"], options["orders"], options["days"]) < 1:
            raise CommandError("--tenants, --orders and --days are at least 1")
        dsn = os.environ.get("SHOP_DATABASE_URL") or settings.DEFAULT_URL
        plan = Plan(options["tenants"], options["orders"], options["days"], options["seed"], _until(options["until"]))
        started = time.monotonic()
        if options["replace"]:
            seed.clear(dsn)

        def say(table: str, rows: int) -> None:
            line = json.dumps({"table": table, "rows": rows}) if options["json"] else f"{table:20}{rows:>12,}"
            self.stdout.write(line)
            self.stdout.flush()

        try:
            counts = seed.seed(dsn, plan, say)
        except seed.NotEmptyError as error:
            raise CommandError(str(error)) from error
        seconds = round(time.monotonic() - started, 2)
        total = {"tables": counts, "rows": sum(counts.values()), "seconds": seconds, "until": plan.until.isoformat()}
        self.stdout.write(json.dumps(total) if options["json"] else f"{total['rows']:,} rows in {seconds} s")


def _until(given: str | None) -> datetime:
    if given is None:
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        day = datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError(f"--until {given}: not a date like 2025-01-31") from error
    return day
