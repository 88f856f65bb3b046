"""A team's own database: PostgreSQL 15 over TCP with a password and TLS, a schema not written for us, a plain role."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.tls_server import TlsServer, tls_server

pytestmark = [pytest.mark.slow, pytest.mark.server]

ROLE_PASSWORD = secrets.token_urlsafe(12)
SCHEMA = Path(__file__).with_name("library.sql")


@pytest.fixture(scope="module")
def server() -> Iterator[TlsServer]:
    with tls_server() as running:
        with psycopg.connect(running.url(), autocommit=True) as connection:
            connection.execute("create database library")
            connection.execute(f"create role reader login password '{ROLE_PASSWORD}'")
        with psycopg.connect(running.url(database="library"), autocommit=True) as connection:
            connection.execute(SCHEMA.read_text(encoding="utf-8").encode())
        yield running


class Project:
    def __init__(self, folder: Path, server: TlsServer) -> None:
        self.folder = folder
        self.server = server
        url = server.url("reader", "library", ROLE_PASSWORD)
        self.env = {**os.environ, "LIBRARY_URL": url}

    def call(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "lakewright", *arguments],
            cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert ROLE_PASSWORD not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout

    def json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        code, output = self.call(*arguments, "--json")
        return code, json.loads(output)

    def value(self, statement: str) -> Any:
        code, answer = self.json("sql", statement)
        assert code == 0, answer
        return answer["rows"][0][0]

    def source(self, query: str) -> Any:
        with psycopg.connect(self.server.url(database="library")) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture(scope="module")
def project(server: TlsServer, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project made by `init`, whose source was brought in order by what `check` printed."""
    project = Project(tmp_path_factory.mktemp("library"), server)
    code, answer = project.json("check")
    assert code == 2
    assert "init" in answer["errors"][0]["hint"]
    with psycopg.connect(server.url(database="library"), autocommit=True) as connection:
        connection.execute('grant usage on schema "Lending" to reader')
    code, answer = project.json("init", "--url-env", "LIBRARY_URL", "--tables", "Lending.*")
    assert code == 0, answer
    code, answer = project.json("check")
    assert code == 1, answer
    with psycopg.connect(server.url(database="library"), autocommit=True) as connection:
        for finding in answer["findings"]:
            if finding["severity"] == "error" and finding["fix"]:
                connection.execute(finding["fix"].encode())
    code, answer = project.json("check")
    assert code == 0, answer
    return project


def test_nothing_secret_was_written(project: Project) -> None:
    for path in project.folder.rglob("*"):
        if path.is_file():
            assert ROLE_PASSWORD.encode() not in path.read_bytes(), path


def test_up_follows_the_database_and_sql_answers(project: Project, server: TlsServer) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lakewright", "up"], cwd=project.folder, env=project.env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _until(lambda: _count(project, "bronze.loan") == 6000, process)
        with psycopg.connect(server.url(database="library")) as connection:
            connection.execute('update "Lending".loan set fee = fee * 2 where id % 3 = 0')
            connection.execute('delete from "Lending".loan where id % 50 = 0')
            connection.execute('insert into "Lending".turnstile values (now(), 9, null)')
            connection.execute("update \"Lending\".reader set born = '-infinity' where \"select\" like 'Lese10%'")
        _until(lambda: _count(project, "bronze.loan") == 5880, process)
        _until(lambda: _count(project, "bronze.turnstile") == 501, process)
    finally:
        process.send_signal(signal.SIGINT)
        output, problem = process.communicate(timeout=90)
    assert process.returncode in (0, 130), problem
    assert "Traceback" not in problem
    assert ROLE_PASSWORD not in output + problem
    assert project.value("SELECT COUNT(DISTINCT isbn) FROM bronze.titel") == 400
    assert project.value("SELECT MAX(fee) FROM bronze.loan") == project.source(
        'select max(fee::text) from "Lending".loan'
    )
    assert project.value("SELECT SUM(weight) FROM bronze.titel") == str(
        project.source('select sum(weight) from "Lending"."Titel"')
    )
    nan = "SELECT COUNT(*) FROM bronze.titel WHERE price = 'NaN'"
    assert project.value(nan) == project.source('select count(*) from "Lending"."Titel" where price = \'NaN\'')
    assert project.value("SELECT COUNT(*) FROM bronze.reader WHERE born IS NULL") == project.source(
        'select count(*) from "Lending".reader where not isfinite(born)'
    )


def _count(project: Project, table: str) -> Any:
    code, answer = project.json("sql", f"SELECT COUNT(*) FROM {table}")
    return answer["rows"][0][0] if code == 0 else None


def _until(reached: Any, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not reached():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.3)
