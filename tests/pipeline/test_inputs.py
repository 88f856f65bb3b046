"""Changes of a Bronze table as models read them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lakewright.engines import open_engine
from lakewright.pipeline.inputs import BronzeInput, Changes, Mark, Published
from lakewright.pipeline.report import RunReport
from lakewright.storage import open_storage
from tests.pipeline.lake import open_pipeline, rows_of, write_models
from tests.support.bronze_source import BronzeSource

MODELS = {
    "silver.plain": """
/* lakewright
kind: incremental_by_key
key: id
columns: {id: date, body: string}
*/
SELECT id, body FROM bronze.thing
""",
    "silver.known": """
/* lakewright
kind: incremental_by_key
key: id
columns: {id: date, body: string}
*/
SELECT id, body FROM bronze.thing WHERE id IS NOT NULL
""",
}


def test_changes_of_keys_that_no_type_holds_are_all_there(tmp_path: Path) -> None:
    """Their column is NULL in all of them. What a scope of NULL holds is more than what changed."""
    source = BronzeSource(open_storage(str(tmp_path)), {"thing": {"id": "date", "body": "string", "n": "int"}})
    source.load({"thing": []})
    for day in ("infinity", "-infinity", "50000-01-01"):
        source.put("thing", {"id": None, "_special": [("id", day)], "body": f"body of {day}", "n": 1})
    since = source.flush()
    for day in ("infinity", "-infinity"):
        row = {"id": None, "_special": [("id", day)], "body": f"body of {day}", "n": 2}
        source.put("thing", row, unchanged=("body",) if day == "infinity" else ())
    before = source.flush()
    engine = open_engine()
    session = engine.session()
    table = source.manifest.load().tables["thing"]
    found = BronzeInput(source.storage, table, before, Published(), None)
    changes = found.changes(session, Mark(table.generation, since), only_key=False)
    assert isinstance(changes, Changes)
    assert (changes.count, changes.fresh) == (2, None)
    now = session.rows(f"SELECT _special['id'], body FROM {changes.rows} WHERE n = 2")
    assert sorted(now) == [("-infinity", "body of -infinity"), ("infinity", "body of infinity")]
    session.run("CREATE TABLE scopes AS SELECT NULL::DATE AS id")
    rows = session.rows(f"SELECT _special['id'], n FROM ({found.keyed_sql(session, 'scopes')})")
    assert sorted(rows) == [("-infinity", 2), ("50000-01-01", 1), ("infinity", 2)]
    engine.close()


def test_a_model_cannot_take_two_such_rows_for_one(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "lake"))
    source = BronzeSource(storage, {"thing": {"id": "date", "body": "string"}})
    source.load({"thing": [{"id": date(2026, 1, 1), "body": "plain"}]})
    pipeline = open_pipeline(storage, write_models(tmp_path / "models", MODELS), source, tmp_path / "state")
    pipeline.cycle()

    def put(day: str, body: str) -> RunReport:
        source.put("thing", {"id": None, "_special": [("id", day)], "body": body})
        source.flush()
        return pipeline.cycle()

    assert put("infinity", "one").model("silver.plain").inserted == 1
    assert put("infinity", "changed").model("silver.plain").updated == 1
    assert [row["body"] for row in rows_of(pipeline, "silver.plain")] == ["plain", "changed"]
    report = put("-infinity", "two")
    assert report.model("silver.plain").error.startswith("LW712 ")
    assert not report.model("silver.known").error
    assert [row["body"] for row in rows_of(pipeline, "silver.known")] == ["plain"]
