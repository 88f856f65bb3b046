"""`lakewright table …` on a small lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Call, small_project

MODEL = """/* lakewright
kind: incremental_by_key
key: id
columns: {id: bigint, price: bigint}
*/
SELECT id, CAST(1 AS BIGINT) AS price FROM bronze.item
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> Path:
    return small_project(tmp_path, "item", MODEL)


def test_history_of_a_table(call: Call) -> None:
    found = call("table", "history", "silver.item", "--json").json
    assert [version["version"] for version in found["versions"]] == [1, 0]
    assert call("table", "history", "silver.item", "--limit", "-1").code == 2
    assert call("table", "history", "silver.item").out.splitlines()[0] == "silver.item"


def test_history_of_bronze(call: Call) -> None:
    found = call("table", "history", "bronze.item", "--json").json
    assert found["versions"] == [
        {"schema_version": 1, "columns": {"id": "bigint", "name": "string"}, "dropped": [], "files": 2, "rows": 4}
    ]
    assert call("table", "history", "bronze.nothing").code == 2


def test_diff_against_the_version_before(call: Call) -> None:
    found = call("table", "diff", "silver.item", "--json").json
    assert (found["from"], found["to"], found["key"]) == (0, 1, ["id"])
    assert found["rows"] == {"added": 1, "removed": 0, "changed": 1, "same": 1}
    assert found["changed_by_column"] == {"price": 1}
    assert "~ id=1  (price: 1 → 10)" in call("table", "diff", "silver.item").out


def test_diff_of_bronze_between_positions(call: Call) -> None:
    found = call("table", "diff", "bronze.item", "--from", "100", "--json").json
    assert found["rows"] == {"added": 1, "removed": 0, "changed": 1, "same": 1}
    assert call("table", "diff", "bronze.item").code == 2


VIEW = "/* lakewright\nkind: view\ncolumns: {id: bigint}\n*/\nSELECT id FROM silver.item\n"


def test_what_is_no_table_of_models(call: Call, project: Path) -> None:
    (project / "models" / "silver" / "seen.sql").write_text(VIEW)
    for arguments in (("compact", "bronze.item"), ("compact", "changes.item"), ("history", "changes.item")):
        wrong = call("table", *arguments)
        assert (wrong.code, wrong.err.split()[0], "did you mean" in wrong.err) == (2, "LW911", False)
        assert "Bronze is kept and compacted by ingest; this takes tables in silver, gold and quarantine" in wrong.err
    for verb in ("compact", "history", "diff"):
        wrong = call("table", verb, "silver.seen")
        assert (wrong.code, wrong.err.split()[0], "is a view" in wrong.err) == (2, "LW914", True)
    wrong = call("table", "backfill", "bronze.item")
    assert (wrong.code, "lakewright ingest resnapshot item" in wrong.err) == (2, True)
    assert [one["name"] for one in call("table", "compact", "--all", "--json").json["tables"]] == ["silver.item"]
