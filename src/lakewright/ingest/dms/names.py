"""What DMS calls its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lakewright.ingest.dms.settings import DATE_SEQUENCES, DELIMITERS, S3Settings


def load_name(number: int) -> str:
    """`LOAD0000000A.parquet` for 10."""
    return f"LOAD{number:08X}.parquet"


def date_folder(target: S3Settings, committed: datetime) -> str:
    """`2022/10/23/` for a change committed then; empty without date partitions."""
    if not target.date_partition:
        return ""
    local = committed.astimezone(target.date_zone)
    parts = [local.strftime(part) for part in DATE_SEQUENCES[target.date_sequence]]
    return DELIMITERS[target.date_delimiter].join(parts) + "/"


class ChangeNames:
    """`YYYYMMDD-HHMMSSmmm.parquet` of now, never one twice and never an older one after a newer."""

    def __init__(self, last: datetime | None = None) -> None:
        self.last = last or datetime.fromtimestamp(0, UTC)

    def next(self, now: datetime) -> str:
        moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self.last = max(moment, self.last + timedelta(milliseconds=1))
        return f"{self.last:%Y%m%d-%H%M%S}{self.last.microsecond // 1000:03d}.parquet"
