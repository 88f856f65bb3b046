"""Dates and times whose text depends on nothing but the types."""

from __future__ import annotations

TIMES: dict[str, dict[str, str]] = {
    "from_iso8601_date": {"varchar -> date": "lw_iso_date({0})"},
    "to_unixtime": {
        "timestamp -> double": "epoch_us({0}) / 1000000.0::DOUBLE",
        "timestamptz -> double": "epoch_us({0}) / 1000000.0::DOUBLE",
    },
    "to_milliseconds": {"daytime -> bigint": "{0}"},
}
