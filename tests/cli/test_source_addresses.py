"""Addresses that are wrong, servers that refuse the login, and ends that must not look like success."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Call


@pytest.fixture
def shop(project_over: Callable[[str], str]) -> str:
    return project_over("create table orders (id bigint primary key, total int); insert into orders values (1, 2)")


def ingest(*arguments: str, folder: Path, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lakewright", "ingest", *arguments],
        cwd=folder, env=os.environ | {"SHOP_URL": url}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "postgresq://Rep:Geheim99@127.0.0.1:1/x",
        "postgresql://Rep:Geh eim99@127.0.0.1:1/x",
        "postgresql://Rep:Geh/eim99@127.0.0.1:1/x",
        "postgresql://Rep:Ge@heim99@127.0.0.1:1/x",
    ],
)
def test_an_address_that_cannot_be_read_is_not_printed(
    call: Call, shop: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", url)
    for command in (("ingest", "once"), ("ingest", "validate"), ("status",), ("check",)):
        result = call(*command)
        assert (command, result.code, "LW201" in result.err) == (command, 2, True), result.err
        assert not any(part in result.out + result.err for part in ("eim99", "Geh"))


def test_a_refused_login_ends_at_once(call: Call, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("ingest", "once").code == 0
    for url in (shop.replace("user=lakewright", "user=nobody_here"), shop.replace("dbname=", "dbname=not_")):
        monkeypatch.setenv("SHOP_URL", url)
        before = time.monotonic()
        result = call("ingest", "once")
        assert (result.code, result.err.split()[0]) == (1, "LW351")
        assert time.monotonic() - before < 5


@pytest.mark.parametrize("how", ["once", "follow"])
def test_an_end_before_the_source_was_reached_is_no_success(call: Call, shop: str, tmp_path: Path, how: str) -> None:
    assert call("ingest", "once").code == 0
    process = ingest(how, folder=tmp_path, url="postgresql://me@127.0.0.1:1/x")
    time.sleep(4)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "LW351" in err


def test_an_ingester_that_fails_while_its_parent_lives_says_only_why(call: Call, shop: str, tmp_path: Path) -> None:
    process = ingest("follow", "--until-eof", folder=tmp_path, url="postgresq://me@127.0.0.1:1/x")
    process.wait(60)
    _, said = process.communicate()  # this closes stdin, and only now
    assert (process.returncode, said.split()[0], len(said.splitlines())) == (2, "LW201", 1), said
