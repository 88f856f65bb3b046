"""A project folder and a way to call the command line as a user would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.rehearse.aws.local import LocalAws, local_aws
from tests.support.small_lake import build

from .states import ACCOUNT, OTHER


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; anything else there is a failure."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Call = Callable[..., Outcome]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call("status", "--json")` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAKEWRIGHT_DEBUG", raising=False)

    def lakewright(*arguments: str, stdin: str | None = None) -> Outcome:
        result = CliRunner().invoke(Root(), list(arguments), input=stdin)
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return lakewright


@pytest.fixture
def project_over(database: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """`project_over("create table …")`: a project on a database that has this; gives the database's address.

    Its source has a name of its own: slots are the server's, not the database's.
    """

    def made(statements: str) -> str:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(statements)
        monkeypatch.setenv("SHOP_URL", database)
        source = "shop_" + database.rsplit("test_", 1)[-1]
        assert call("init", "--url-env", "SHOP_URL", "--source", source).code == 0
        return database

    return made


def small_project(folder: Path, name: str, model: str) -> Path:
    """A project with one Silver model, over the small lake."""
    (folder / "platform.yaml").write_text(
        'lakewright: 1\nplatform: shop\nsources:\n  shop: {postgres: {url: "${DB}", tables: [public.*]}}\n'
    )
    (folder / "models" / "silver").mkdir(parents=True)
    (folder / "models" / "silver" / f"{name}.sql").write_text(model)
    build(folder / "lake")
    return folder


def endless(table: str) -> str:
    """A statement over 3^30 rows, for a table of three; none is in the answer."""
    tables = " CROSS JOIN ".join(f"{table} t{n}" for n in range(30))
    return f"SELECT COUNT(*) AS n FROM {tables} WHERE {' + '.join(f't{n}.id' for n in range(30))} < 0"


def interrupted(folder: Path, *arguments: str, processor_seconds: float = 4.0) -> Outcome:
    """The program after Ctrl-C, which comes once it and what it started have computed for so long."""
    program = [sys.executable, "-c", "from lakewright.cli import main; main()", *arguments]
    with subprocess.Popen(program, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            while process.poll() is None and _computed(process.pid) < processor_seconds:
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    return Outcome(process.returncode, out, err)


def _computed(pid: int) -> float:
    found = 0.0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            found += process.cpu_times().user
    return found


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """A local AWS with two accounts, which the environment's variables name."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with local_aws([ACCOUNT, OTHER], tmp_path / "aws") as running:
        key = running.credentials()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        yield running
