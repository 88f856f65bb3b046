"""Fixtures that every room may use, and the loud skip for what this machine lacks."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import time
from collections.abc import Generator, Iterator

import psycopg
import pytest

from lakewright.rehearse import postgres as embedded

from .support import proofs

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background; children would not hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

REQUIRED = frozenset(filter(None, os.environ.get("LAKEWRIGHT_REQUIRE", "").split(",")))
UNTIL = float(os.environ.get("LAKEWRIGHT_UNTIL", "inf"))
"""Seconds since 1970; tests that would begin later fail at once, so that a run with a limit ends by itself and says
what it did not come to."""


def _have(need: str) -> bool:
    return shutil.which({"server": "pg_ctlcluster"}.get(need, need)) is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if config.getoption("loadgroup", default=False):
            _name_group(item)
        if {"postgres", "database"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.pg)
        if item.get_closest_marker("full") and not os.environ.get("LAKEWRIGHT_FULL"):
            item.add_marker(pytest.mark.skip(reason="make test-all (LAKEWRIGHT_FULL)"))
        for need, name in (("java", "java"), ("server", "postgres"), ("terraform", "terraform")):
            if item.get_closest_marker(need) and not _have(need):
                if name in REQUIRED:
                    item.add_marker(pytest.mark.usefixtures(f"_missing_{need}"))
                else:
                    item.add_marker(pytest.mark.skip(reason=f"MISSING ON THIS MACHINE: {need}"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if time.time() > UNTIL:
        pytest.fail("not run: this run's time is over (LAKEWRIGHT_UNTIL)", pytrace=False)
    proofs.pass_over(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.when == "call" and call.excinfo is None:
        proofs.note(item)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "teardown" and report.passed and "PYTEST_XDIST_WORKER" not in os.environ:
        proofs.keep(report)


def _name_group(item: pytest.Item) -> None:
    """Puts the group of `--dist loadgroup` behind the test's name, where xdist's scheduler looks for it. xdist 3.8 does
    it in an attribute that pytest 9.2 no longer has, and would deal a group's tests to all workers."""
    group = item.get_closest_marker("xdist_group")
    identifier = getattr(item, "_id", None)
    if group is not None and identifier is not None:
        item._id = type(identifier).parse(f"{item.nodeid}@{group.args[0]}")  # type: ignore[attr-defined]


@pytest.fixture
def _missing_java() -> None:
    pytest.fail("LAKEWRIGHT_REQUIRE names java, and there is none")


@pytest.fixture
def _missing_terraform() -> None:
    pytest.fail("LAKEWRIGHT_REQUIRE names terraform, and there is none")


@pytest.fixture
def _missing_server() -> None:
    pytest.fail("LAKEWRIGHT_REQUIRE names postgres, and Debian's server is not installed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[embedded.PostgresServer]:
    """An embedded PostgreSQL server for the whole test session (one for each xdist worker)."""
    with embedded.running() as server:
        yield server


@pytest.fixture
def database(postgres: embedded.PostgresServer) -> Iterator[str]:
    """The DSN of a fresh, empty database; dropped afterwards together with its slots."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield postgres.dsn(name)
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections false")
        _end_replication(connection, name)
        connection.execute(f"drop database {name} with (force)")


def _end_replication(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    """Ends whatever still streams, and drops the slots; a server process needs a moment to let go of its slot."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %(name)s union all "
            "select pg_terminate_backend(active_pid) from pg_replication_slots where database = %(name)s and active",
            {"name": database},
        )
        connection.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots "
            "where database = %s and not temporary and not active",
            [database],
        )
        if connection.execute("select 1 from pg_replication_slots where database = %s", [database]).fetchone() is None:
            return
        time.sleep(0.05)
