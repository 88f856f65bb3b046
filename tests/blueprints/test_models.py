"""The models of every blueprint: they load, stay in the dialect, and give on DuckDB what Spark gave."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lakewright.models import dialect
from lakewright.pipeline.routes import derive_routes
from tests.blueprints import sample_rows, shop_rows
from tests.blueprints.chain import abridged, models_of, recorded, run_on_duckdb, schemas_of, spark_job
from tests.support.spark_oracle import spark_python

COLUMNS = {"lakehouse-cdc": shop_rows.COLUMNS | shop_rows.LOG_COLUMNS, "sample-pipeline": sample_rows.COLUMNS}
ROWS = {"lakehouse-cdc": shop_rows.ROWS | shop_rows.LOG_ROWS, "sample-pipeline": sample_rows.ROWS}
HERE = Path(__file__).parent


@pytest.fixture(scope="module", params=sorted(COLUMNS))
def blueprint(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def outcome(blueprint: str) -> dict[str, dict[str, Any]]:
    return abridged(run_on_duckdb(models_of(blueprint), COLUMNS[blueprint], ROWS[blueprint]))


def test_models_give_what_spark_gave(blueprint: str, outcome: dict[str, dict[str, Any]]) -> None:
    expected = recorded(blueprint)
    models = models_of(blueprint)
    assert outcome.keys() == expected.keys()
    for name in expected:
        columns = list(models[name].schema)
        ours = [dict(zip(columns, row, strict=True)) for row in outcome[name]["rows"]]
        theirs = [dict(zip(columns, row, strict=True)) for row in expected[name]["rows"]]
        assert ours == theirs, name
        assert outcome[name]["failed"] == expected[name]["failed"], name
        assert outcome[name].get("all_rows") == expected[name].get("all_rows"), name


def test_spark_gives_the_types_that_headers_declare(blueprint: str) -> None:
    expected = recorded(blueprint)
    for name, model in models_of(blueprint).items():
        assert expected[name]["types"] == dict(model.schema), name


def test_every_check_but_the_harmless_fails_on_some_row(blueprint: str) -> None:
    """A rule that no hand-made row breaks is a rule nobody has seen work."""
    expected = recorded(blueprint)
    unseen = [
        f"{name}.{check}" for name in expected for check, failed in expected[name]["failed"].items() if not failed
    ]
    assert unseen == []


def test_nothing_is_refused(blueprint: str) -> None:
    models = models_of(blueprint)
    schemas = schemas_of(models, COLUMNS[blueprint])
    refused = [
        str(error)
        for model in models.values()
        for error in dialect.refusals(model.sql, model.path, model.line, schemas)
    ]
    assert refused == []


def test_changes_of_every_input_lead_to_scopes(blueprint: str) -> None:
    """Otherwise a model is computed as a whole whenever that input changes."""
    models = models_of(blueprint)
    schemas = schemas_of(models, COLUMNS[blueprint])
    whole = [
        (model.name, table)
        for model in models.values()
        if model.kind == "incremental_by_key"
        for table in set(model.inputs) - set(derive_routes(model, schemas, model.scope))
    ]
    assert whole == []


def test_every_column_says_what_it_means(blueprint: str) -> None:
    silent = [
        f"{model.name}.{column.name}"
        for model in models_of(blueprint).values()
        for column in model.columns
        if not column.description or not model.description or not model.owner
    ]
    assert silent == []


@pytest.mark.slow
@pytest.mark.java
@pytest.mark.once("tests/blueprints/recorded", "tests/blueprints/chain.py", "tests/blueprints/spark_recorder.py")
@pytest.mark.once("tests/blueprints/shop_rows.py", "tests/blueprints/sample_rows.py", packages=["pyspark"])
@pytest.mark.once(*(f"src/lakewright/blueprints/{name}/models" for name in COLUMNS), "src/lakewright/models")
@pytest.mark.parametrize("mode", ["ansi", "legacy"])
def test_spark_still_gives_what_was_recorded(blueprint: str, mode: str, tmp_path: Path) -> None:
    """With LAKEWRIGHT_RECORD=1 the recording is written anew instead."""
    job = tmp_path / "job.json"
    job.write_text(json.dumps(spark_job(models_of(blueprint), COLUMNS[blueprint], ROWS[blueprint])))
    if "LAKEWRIGHT_SPARK_PYTHON" not in os.environ and importlib.util.find_spec("pyspark") is None:
        pytest.skip("MISSING ON THIS MACHINE: pyspark (pip install lakewright[spark])")
    command = [spark_python(), str(HERE / "spark_recorder.py"), str(job), mode]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found = abridged(json.loads(run.stdout))
    if os.environ.get("LAKEWRIGHT_RECORD"):
        write_recording(blueprint, found)
    assert found == recorded(blueprint)


def write_recording(blueprint: str, found: dict[str, dict[str, Any]]) -> None:
    lines = ",\n".join(f"{json.dumps(name)}: {_lines(found[name])}" for name in found)
    (HERE / "recorded" / f"{blueprint}.json").write_text(f"{{{lines}}}\n", encoding="utf-8")


def _lines(model: dict[str, Any]) -> str:
    """One row on a line, so that a change of the recording can be read."""
    rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in model["rows"])
    rest = "".join(f"{json.dumps(name)}: {json.dumps(value)}, " for name, value in model.items() if name != "rows")
    return f'{{{rest}"rows": [\n  {rows}]}}'
