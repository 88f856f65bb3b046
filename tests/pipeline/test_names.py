"""Tables and columns whose names need quotes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.storage import open_storage
from tests.pipeline.lake import open_pipeline, rows_of, write_models
from tests.support.bronze_source import BronzeSource

MODEL = """/* lakewright
kind: incremental_by_key
key: id
columns: {{id: bigint, v: string}}
*/
SELECT {key} AS id, `{column}` AS v FROM bronze.`{table}`
"""


@pytest.mark.parametrize("key", ["id", "Id", "try_cast(id AS bigint)", "id + 0"])
@pytest.mark.parametrize(
    ("table", "column"),
    [("my tab", "v"), ("Kundé Tabelle", "der Wert"), ("a.b", "a.b"), ("tick`s", "tick`s"), ("t", "v")],
)
def test_what_changed_is_found_whatever_the_names(tmp_path: Path, table: str, column: str, key: str) -> None:
    storage = open_storage(str(tmp_path / "lake"))
    source = BronzeSource(storage, {table: {"id": "bigint", column: "string"}})
    text = MODEL.format(key=key, table=table.replace("`", "``"), column=column.replace("`", "``"))
    models = write_models(tmp_path / "models", {"silver.m": text})
    source.load({table: [{"id": 1, column: "a"}, {"id": 2, column: "b"}]})
    pipeline = open_pipeline(storage, models, source, tmp_path / "state", threads=1)
    assert pipeline.cycle().ok
    source.put(table, {"id": 1, column: "c"})
    source.flush()
    report = pipeline.cycle().model("silver.m")
    assert (report.error, report.rows_out, report.updated) == ("", 1, 1)
    assert rows_of(pipeline, "silver.m") == [{"id": 1, "v": "c"}, {"id": 2, "v": "b"}]
    pipeline.close()
