"""Every script of examples/clients against a started service; rows are compared with what DuckDB reads from the files.

LAKEWRIGHT_CLIENTS_PYTHON names a Python with examples/clients/requirements.txt, LAKEWRIGHT_DBT_PYTHON one with
requirements-dbt.txt.
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakewright.rehearse.aws.runtime import environment_of
from tests.support.clients import interpreter

EXAMPLES = Path(__file__).parents[2] / "examples" / "clients"
PLATFORM = """lakewright: 1
platform: shop
access:
  users: {ana: {groups: [analysts]}, ben: {groups: [tenants], attributes: {tenants: [1]}}}
  personas: {Analyst: {groups: [analysts]}, Tenant: {groups: [tenants]}}
  grants:
    - {to: Analyst, on: silver.*}
    - {to: Analyst, on: scratch.*, can: all}
    - {to: Tenant, on: silver.*, rows: tenant in user.tenants, columns: [id, name, tenant]}
"""
STATEMENT = "SELECT id, name, price, day FROM silver.item ORDER BY id"
BUCKET = "anas-data"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "platform.yaml").write_text(PLATFORM)
    rows = {
        "id": pa.array(range(1, 8), pa.int64()),
        "tenant": pa.array([1, 2] * 3 + [1], pa.int32()),
        "name": ["plain", "a,b", 'qu"ote', "ünï", "", None, "two\nlines"],
        "price": pa.array([decimal.Decimal(f"{number}.50") for number in range(7)], pa.decimal128(12, 2)),
        "day": pa.array([datetime.date(2026, 1, number + 1) for number in range(7)]),
    }
    write_deltalake(str(root / "lake" / "silver" / "item"), pa.table(rows))
    return root


@pytest.fixture(scope="module")
def service(lake: Path) -> Iterator[Path]:
    """The folder with the running service's files."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "XDG_"))}
    arguments = [sys.executable, "-m", "lakewright", "serve", "-C", str(lake), "--json"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=kept)
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    yield Path(facts["credentials"]).parent
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


def run(service: Path, python: str, *command: str, who: str = "ana", **more: str) -> str:
    """What a script prints, called as a user's shell would."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{Path(python).parent}{os.pathsep}{kept['PATH']}"
    settings = kept | {"PATH": path, "AWS_EC2_METADATA_DISABLED": "true"} | environment_of(service, who) | more
    found = subprocess.run(command, capture_output=True, text=True, env=settings, timeout=180, check=False)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
    return found.stdout


@pytest.fixture(scope="module")
def python(service: Path) -> str:
    found = interpreter("LAKEWRIGHT_CLIENTS_PYTHON")
    run(service, found, "aws", "s3", "mb", f"s3://{BUCKET}")
    run(service, found, "aws", "glue", "create-database", "--database-input", "Name=scratch")
    return found


@pytest.fixture(scope="module")
def expected(lake: Path) -> list[list[Any]]:
    """What DuckDB reads from the table's files, as the clients' JSON shows it."""
    rows = duckdb.sql(
        f"SELECT id, name, price, day FROM read_parquet('{lake}/lake/silver/item/*.parquet') ORDER BY id"
    ).fetchall()
    found: list[list[Any]] = json.loads(json.dumps([list(row) for row in rows], default=str))
    return found


def texts(rows: list[list[Any]]) -> list[list[str | None]]:
    return [[None if value is None else str(value) for value in row] for row in rows]


def blurred(rows: list[list[Any]]) -> list[list[str | None]]:
    """What some readers keep of the rows: pandas and PyAthena's Arrow cursor do not tell NULL from empty text, pandas
    makes floats of decimals and moments of days."""
    return [[_blurred(None if value is None else str(value)) for value in row] for row in rows]


def _blurred(value: str | None) -> str | None:
    if value in ("", "nan", "NaN", "None", "<NA>", None):
        return None
    return re.sub(r"^(\d+\.\d*?)0+$", r"\1", value.removesuffix(" 00:00:00").removesuffix("T00:00:00"))


def test_boto3(service: Path, python: str, expected: list[list[Any]]) -> None:
    found = json.loads(run(service, python, python, str(EXAMPLES / "boto3_query.py"), STATEMENT))
    assert found["boto3"] == texts(expected)


def test_aws_cli(service: Path, python: str, expected: list[list[Any]]) -> None:
    known = "SELECT id, name, price, day FROM silver.item WHERE name IS NOT NULL ORDER BY id"
    found = json.loads(run(service, python, "sh", str(EXAMPLES / "aws_cli.sh"), known))
    assert found["aws_cli"] == [row for row in texts(expected) if row[1] is not None]


@pytest.mark.parametrize("way", ["cursor", "dict", "pandas", "arrow", "s3fs", "async", "pandas_unload", "arrow_unload"])
def test_pyathena(service: Path, python: str, expected: list[list[Any]], way: str) -> None:
    script = str(EXAMPLES / "pyathena_cursors.py")
    found = texts(json.loads(run(service, python, python, script, STATEMENT, BUCKET, way))[way])
    if way in ("pandas", "pandas_unload", "arrow"):
        assert blurred(found) == blurred(expected)
    else:
        assert found == texts(expected)


def test_sqlalchemy(service: Path, python: str, expected: list[list[Any]]) -> None:
    found = json.loads(run(service, python, python, str(EXAMPLES / "sqlalchemy_query.py"), STATEMENT, "silver"))
    assert (texts(found["sqlalchemy"]), found["tables"]) == (texts(expected), ["item"])


def test_pandas(service: Path, python: str, expected: list[list[Any]]) -> None:
    found = json.loads(run(service, python, python, str(EXAMPLES / "pandas_query.py"), STATEMENT))
    for rows in found.values():
        assert blurred(rows) == blurred(expected)


@pytest.mark.parametrize("way", ["plain", "chunked", "unload", "ctas"])
def test_awswrangler(service: Path, python: str, expected: list[list[Any]], way: str) -> None:
    arguments = (STATEMENT, "silver", "scratch", BUCKET, way)
    found = json.loads(run(service, python, python, str(EXAMPLES / "wrangler_query.py"), *arguments))[way]
    assert blurred(sorted(found)) == blurred(expected)


def test_awswrangler_catalog(service: Path, python: str) -> None:
    arguments = (STATEMENT, "silver", "scratch", BUCKET, "catalog")
    found = json.loads(run(service, python, python, str(EXAMPLES / "wrangler_query.py"), *arguments))["catalog"]
    assert found == {"databases": ["scratch", "silver"], "tables": ["item"]}


def test_awswrangler_dataset(service: Path, python: str) -> None:
    arguments = (STATEMENT, "silver", "scratch", BUCKET, "dataset")
    found = json.loads(run(service, python, python, str(EXAMPLES / "wrangler_query.py"), *arguments))["dataset"]
    assert found == [[1, "one", "a"], [2, None, "a"], [3, 'thr,"ee', "b"]]


def test_objects(service: Path, python: str) -> None:
    found = json.loads(run(service, python, python, str(EXAMPLES / "objects.py"), BUCKET))
    rows = [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}, {"id": 3, "name": None}]
    assert found == dict.fromkeys(("boto3", "s3fs", "pyarrow", "duckdb"), rows)


def test_another_principal_gets_the_same_statement_otherwise(service: Path, python: str, lake: Path) -> None:
    statement = "SELECT * FROM silver.item ORDER BY id"
    found = json.loads(run(service, python, python, str(EXAMPLES / "boto3_query.py"), statement, who="ben"))
    rows = duckdb.sql(
        f"SELECT id, tenant, name FROM read_parquet('{lake}/lake/silver/item/*.parquet') WHERE tenant = 1 ORDER BY id"
    ).fetchall()
    assert sorted(map(sorted, _filled(found["boto3"]))) == sorted(map(sorted, _filled(texts([list(r) for r in rows]))))


def _filled(rows: list[list[str | None]]) -> list[list[str]]:
    return [[value or "" for value in row] for row in rows]


def test_dbt(service: Path, python: str, lake: Path, tmp_path: Path) -> None:
    dbt = str(Path(interpreter("LAKEWRIGHT_DBT_PYTHON")).parent / "dbt")
    project = EXAMPLES / "dbt"
    names = {
        "RESULTS_BUCKET": BUCKET,
        "DATA_BUCKET": BUCKET,
        "SCRATCH_DATABASE": "scratch",
        "SOURCE_TABLE": "silver.item",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    places = ("--profiles-dir", project, "--project-dir", project, "--target-path", tmp_path, "--log-path", tmp_path)
    run(service, python, dbt, "build", *map(str, places), **names)
    run(service, python, dbt, "run", "--select", "grown", *map(str, places), **names)  # now it adds what is new
    found = json.loads(run(service, python, python, str(EXAMPLES / "boto3_query.py"), "SELECT n FROM scratch.counted"))
    assert found["boto3"] == [["7"]]
    statement = "SELECT count(*), count(DISTINCT id) FROM scratch.grown"
    grown = json.loads(run(service, python, python, str(EXAMPLES / "boto3_query.py"), statement))
    assert grown["boto3"] == [["7", "7"]]
