"""A real Trino over a started service: the files' rows to an administrator, and to others what the rules leave.

TRINO_HOME and TRINO_JAVA_HOME name one (examples/trino/README.md).
"""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import duckdb
import pytest

from lakewright.rehearse.aws.runtime import environment_of

from .trino_lake import build

RUN = Path(__file__).parents[2] / "examples" / "trino" / "run.py"
USERS = ("root", "ana", "ben+1@x")
TABLE = "gold.revenue"
Ask = Callable[[str, str], list[list[Any]]]

pytestmark = [pytest.mark.slow, pytest.mark.java, pytest.mark.timeout(600)]


def script() -> ModuleType:
    found = importlib.util.spec_from_file_location("trino_run", RUN)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def lakewright(project: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "lakewright", "-C", str(project), *arguments]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not Path(os.environ.get("TRINO_HOME", "-"), "bin").exists():
        pytest.skip("MISSING ON THIS MACHINE: Trino (TRINO_HOME, see examples/trino/README.md)")
    return build(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def administrator(project: Path) -> Iterator[dict[str, str]]:
    """The environment of a shell that is root, while the service runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "XDG_"))}
    process = subprocess.Popen(lakewright(project, "serve", "--json"), stdout=subprocess.PIPE, text=True, env=kept)
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    yield kept | environment_of(Path(facts["credentials"]).parent, "root")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def ruled(project: Path, administrator: dict[str, str]) -> Iterator[Ask]:
    """Asks a Trino that is under the compiled rules."""
    rules = project / "rules.json"
    subprocess.run(lakewright(project, "access", "compile", "trino", "-o", str(rules)), check=True, capture_output=True)
    arguments = [sys.executable, str(RUN), "--rules", str(rules)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=administrator)
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["trino"]
    module = script()

    def ask(user: str, sql: str) -> list[list[Any]]:
        try:
            found: list[list[Any]] = module.ask(address, sql, user)
        except module.Refused as refused:
            raise PermissionError(str(refused)) from None
        return found

    yield ask
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    process.stdout.close()


def governed(administrator: dict[str, str], user: str, sql: str) -> list[list[str | None]]:
    """What the local Athena answers, which the governed engine stands behind."""
    keys = configparser.ConfigParser()
    keys.read(administrator["AWS_SHARED_CREDENTIALS_FILE"])
    found = keys[user]
    session = boto3.Session(found["aws_access_key_id"], found["aws_secret_access_key"], region_name="us-east-1")
    athena = session.client("athena", endpoint_url=administrator["AWS_ENDPOINT_URL"])
    started = athena.start_query_execution(QueryString=sql)["QueryExecutionId"]
    while (state := athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"])["State"] in (
        "QUEUED",
        "RUNNING",
    ):
        time.sleep(0.05)
    assert state["State"] == "SUCCEEDED", state
    rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows][1:]


def texts(rows: list[list[Any]]) -> list[list[str | None]]:
    return [[None if value is None else str(value) for value in row] for row in rows]


def test_an_administrator_gets_the_rows_of_the_files(project: Path, administrator: dict[str, str]) -> None:
    sql = f"SELECT id, region, email, amount, day FROM {TABLE} ORDER BY id"
    done = subprocess.run([sys.executable, RUN, sql], capture_output=True, text=True, env=administrator, check=True)
    parquet = f"{project}/lake/gold/revenue/*.parquet"
    rows = duckdb.sql(f"SELECT id, region, email, amount, day FROM read_parquet('{parquet}') ORDER BY id").fetchall()
    assert texts(json.loads(done.stdout)["trino"]) == texts([list(row) for row in rows])


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT * FROM {TABLE} ORDER BY id",
        f"SELECT count(*), sum(amount), min(id), max(email) FROM {TABLE}",
        f"SELECT tenant, count(*), count(region) FROM {TABLE} GROUP BY tenant ORDER BY tenant NULLS LAST",
        f"SELECT id FROM {TABLE} WHERE email LIKE '%***%' ORDER BY id",
        f"SELECT a.id, b.id FROM {TABLE} a JOIN {TABLE} b ON a.region = b.region ORDER BY 1, 2",
    ],
)
def test_trino_gives_each_user_what_the_local_athena_gives(
    ruled: Ask, administrator: dict[str, str], user: str, sql: str
) -> None:
    assert texts(ruled(user, sql)) == governed(administrator, user, sql)


ATTEMPTS = [
    f"SELECT note FROM {TABLE}",
    f"SELECT id FROM {TABLE} WHERE note = 'hush'",
    f"SELECT \"$path\" FROM {TABLE}",
    f"SELECT id FROM {TABLE} WHERE \"$file_size\" > 0",
    "SELECT * FROM silver.secret",
    'SELECT * FROM gold."revenue$history"',
    'SELECT * FROM gold."revenue$properties"',
    'SELECT * FROM gold."revenue$partitions"',
    "SELECT * FROM TABLE(lake.system.table_changes('gold', 'revenue', 0))",
    "SELECT * FROM system.runtime.queries",
    f"SHOW CREATE TABLE {TABLE}",
    "SET SESSION lake.table_statistics_enabled = true",
    "CALL lake.system.register_table('gold', 'mine', 's3://shop-lake/silver/secret')",
    "CALL lake.system.vacuum('gold', 'revenue', '0s')",
    f"DELETE FROM {TABLE}",
    f"UPDATE {TABLE} SET id = 1",
    f"DROP TABLE {TABLE}",
    "CREATE TABLE gold.mine AS SELECT 1 AS x",
    f"CREATE VIEW gold.mine AS SELECT * FROM {TABLE}",
    "CREATE SCHEMA mine",
]  # fmt: skip


@pytest.mark.parametrize("user", ["ana", "ben+1@x", "cy", "nobody", "_lakewright", "ANA", "persona:Admin"])
def test_what_is_not_granted_is_refused(ruled: Ask, user: str) -> None:
    for sql in ATTEMPTS:
        with pytest.raises(PermissionError, match=r"PERMISSION_DENIED|TABLE_NOT_FOUND"):
            ruled(user, sql)


def test_metadata_names_what_is_visible(ruled: Ask) -> None:
    columns = "SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns"
    seen = {name for (name,) in ruled("ben+1@x", columns) if not name.startswith("information_schema.")}
    assert seen == {f"{TABLE}.{name}" for name in ("id", "tenant", "region", "email", "amount", "made")}
    tables = "SELECT table_schem, table_name FROM system.jdbc.tables WHERE table_cat = 'lake' AND table_schem <> 'information_schema'"  # noqa: E501
    assert ruled("ben+1@x", tables) == [["gold", "revenue"]]
    assert ruled("cy", tables) == []
    statistics = ruled("ben+1@x", f"SHOW STATS FOR {TABLE}")
    assert all(value is None for row in statistics for value in row[1:])


def test_hidden_rows_are_not_told_by_errors(ruled: Ask) -> None:
    """Row 0 is before the day that everybody's filter begins with."""
    assert ruled("ana", f"SELECT id FROM {TABLE} WHERE 12 / id = 6") == [[2]]
    with pytest.raises(PermissionError, match="DIVISION_BY_ZERO"):
        ruled("root", f"SELECT id FROM {TABLE} WHERE 12 / id = 6")
