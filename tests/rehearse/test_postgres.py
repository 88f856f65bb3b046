"""The embedded server, seen through a real client."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from lakewright.errors import MissingError
from lakewright.rehearse import postgres


def test_it_is_ready_for_logical_replication(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        assert connection.execute("show wal_level").fetchone() == ("logical",)
        connection.execute("select pg_create_logical_replication_slot('probe', 'pgoutput', true)")


def test_it_listens_on_no_network_address(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)


def test_committed_rows_survive_a_crash(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "pg", {"fsync": "on"})
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create table kept (id int)")
            connection.execute("insert into kept select generate_series(1, 1000)")
        server.crash()
        server.restart()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (1000,)
    finally:
        server.stop()


def test_parent_folders_keep_their_permissions(tmp_path: Path) -> None:
    parent = tmp_path / "private"
    parent.mkdir(mode=0o700)
    server = postgres.start(parent / "pg")
    try:
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700
        owner = (
            Path(f"/proc/{server.process.pid}").stat().st_uid if Path("/proc").exists() else server.data.stat().st_uid
        )
        assert pwd.getpwuid(owner).pw_uid != 0
        assert (owner == os.geteuid()) or os.geteuid() == 0
    finally:
        server.stop()


def test_the_server_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from lakewright.rehearse import postgres;"
        "server = postgres.start(Path(sys.argv[1])); print(server.process.pid, flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "pg")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    deadline = time.monotonic() + 20
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc/self").exists() else True


def test_a_home_is_reused_with_its_data(tmp_path: Path) -> None:
    for expected in (0, 1):
        server = postgres.start(tmp_path / "pg")
        try:
            with psycopg.connect(server.dsn(), autocommit=True) as connection:
                connection.execute("create table if not exists visits (n int)")
                assert connection.execute("select count(*) from visits").fetchone() == (expected,)
                connection.execute("insert into visits values (1)")
        finally:
            server.stop()


def test_missing_binaries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"LW801.*lakewright\[demo\]"):
        postgres.find_binaries()
