"""The sample that comes with the sample-pipeline blueprint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lakewright.spec import blueprints

COLUMNS = {
    "bronze.sample_data": {
        "id": "bigint",
        "category": "string",
        "value": "decimal(12,2)",
        "quality_score": "double",
    }
}


def _rows() -> list[dict[str, Any]]:
    file = Path(str(blueprints()["sample-pipeline"])) / "data" / "sample_data.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


ROWS = {"bronze.sample_data": _rows()}
