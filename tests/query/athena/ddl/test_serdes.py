"""Files read as Hive reads them: against the rows that a real Trino gave (serde_rows.json, by record_serdes.py)."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakewright.catalog.formats import Format
from lakewright.catalog.hive_types import HiveType, parse_hive_type
from lakewright.query.athena.ddl.converting import rows
from lakewright.query.athena.sql import SqlError
from tests.query.athena.ddl.serde_cases import CASES, Case

RECORDED: Mapping[str, Any] = json.loads(Path(__file__).with_name("serde_rows.json").read_text())
KINDS = {"TEXTFILE": "text", "CSV": "csv", "JSON": "json", "OPENX_JSON": "openx_json"}
OPTIONS = {
    "textfile_field_separator": "field.delim",
    "textfile_field_separator_escape": "escape.delim",
    "null_format": "serialization.null.format",
    "csv_separator": "separatorChar",
    "csv_quote": "quoteChar",
    "csv_escape": "escapeChar",
}


def format_of(case: Case) -> Format:
    options = {OPTIONS[name]: str(value) for name, value in case.options.items() if name in OPTIONS}
    return Format(KINDS[case.format], options, int(str(case.options.get("skip_header_line_count", 0))))


def shown(value: Any, kind: HiveType) -> Any:
    """A value as Trino's JSON has it."""
    match value, kind.name:
        case None, _:
            return None
        case list(), "array":
            return [shown(one, kind.items[0]) for one in value]
        case list(), "map":
            return {str(shown(key, kind.items[0])): shown(one, kind.items[1]) for key, one in value}
        case dict(), _:
            return [shown(one, item) for one, item in zip(value.values(), kind.items, strict=True)]
        case bytes(), _:
            return base64.b64encode(value).decode()
        case Decimal(), _:
            return f"{value:f}"
        case float(), _ if not math.isfinite(value):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        case datetime(), _:
            rounded = value + timedelta(microseconds=500)  # the trusted reader rounds to milliseconds
            return f"{rounded:%Y-%m-%d %H:%M:%S}.{rounded.microsecond // 1000:03d}".rjust(23, "0")
        case date(), _:
            return value.isoformat()
        case str(), "char":
            return value.ljust(kind.numbers[0])
    return value


def single(value: Any, kind: HiveType) -> Any:
    """Trino's JSON has reals in their own digits."""
    import numpy

    with numpy.errstate(over="ignore"):
        return shown(float(numpy.float32(value)), kind) if kind.name == "float" and isinstance(value, float) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rows_are_those_that_trino_reads(case: Case, tmp_path: Path) -> None:
    recorded = RECORDED[case.name]
    (tmp_path / "file").write_bytes(case.content)
    types = {name: parse_hive_type(kind) for name, kind in case.columns.items()}
    if "error" in recorded:
        with pytest.raises(SqlError):
            list(rows(tmp_path / "file", "s3://b/file", format_of(case), types))
        return
    found = list(rows(tmp_path / "file", "s3://b/file", format_of(case), types))
    kinds = list(types.values())
    ours = [[single(shown(value, kind), kind) for value, kind in zip(row, kinds, strict=True)] for row in found]
    theirs = [[single(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in recorded["rows"]]
    assert ours == theirs
