"""Where Bronze files lie and what they are called, as AWS DMS names them.

`bronze/<table>/load_date=…/<tenant column>=…/` holds LOAD00000001.parquet (full load; hexadecimal counter) and
YYYYMMDD-HHMMSSmmm.parquet (changes). Recent changes lie in the tail, which no glob over `bronze/` sees.
"""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

from lakewright.bronze.manifest import folder
from lakewright.bronze.state import BronzeState

DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
LOAD_NAME = re.compile(r"LOAD([0-9A-F]{8,})\.parquet")
CHANGE_NAME = re.compile(r"(\d{8}-\d{9})\.parquet")
READ_AS_NULL = re.compile(rf"{DEFAULT_PARTITION}|null", re.IGNORECASE)
"""Values whose folder a reader would take for no value: DuckDB does so, before it unescapes."""
_UNSAFE = re.compile(r"[\x00-\x1f\"#%'*/:=?\\\x7f{\[\]^]")


def escape(value: str) -> str:
    """A value as one part of a path, escaped as Hive and Spark do."""
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", value) if value not in (".", "..") else f"%2E{value[1:]}"


def table_folder(table: str) -> str:
    return f"bronze/{escape(table)}"


def partition_folder(table: str, load_date: str, tenant_column: str | None, tenant: str | None) -> str:
    """The visible folder of one partition. Tables without a tenant column are partitioned by date only."""
    dated = f"{table_folder(table)}/load_date={load_date}"
    if tenant_column is None:
        return dated
    return f"{dated}/{escape(tenant_column)}={DEFAULT_PARTITION if tenant is None else _value(tenant)}"


def _value(tenant: str) -> str:
    return f"%{ord(tenant[0]):02X}{tenant[1:]}" if READ_AS_NULL.fullmatch(tenant) else escape(tenant)


def tail_folder(source: str) -> str:
    return f"{folder(source)}/tail"


def tail_path(source: str, table: str, lsn: int) -> str:
    return f"{tail_folder(source)}/{escape(table)}/{lsn:020d}-{uuid.uuid4().hex[:12]}.parquet"


class Names:
    """Gives names that were never used before in this lake, also after the clock was set back."""

    def __init__(self, state: BronzeState) -> None:
        self._loads: dict[str, int] = {}
        newest = ""
        for table in state.tables.values():
            for file in table.files:
                name = file.path.rsplit("/", 1)[-1]
                if found := LOAD_NAME.fullmatch(name):
                    self._loads[table.name] = max(self._loads.get(table.name, 0), int(found[1], 16))
                elif found := CHANGE_NAME.fullmatch(name):
                    newest = max(newest, found[1])
        self._last = _moment(newest) if newest else datetime.fromtimestamp(0, UTC)

    def load(self, table: str) -> str:
        number = self._loads.get(table, 0) + 1
        self._loads[table] = number
        return f"LOAD{number:08X}.parquet"

    def change(self) -> str:
        now = datetime.now(UTC)
        moment = max(now.replace(microsecond=now.microsecond // 1000 * 1000), self._last + timedelta(milliseconds=1))
        self._last = moment
        return f"{moment:%Y%m%d-%H%M%S}{moment.microsecond // 1000:03d}.parquet"


def _moment(stamp: str) -> datetime:
    seconds = datetime.strptime(stamp[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return seconds + timedelta(milliseconds=int(stamp[15:]))
