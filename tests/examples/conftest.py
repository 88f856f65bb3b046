"""The shop in a fresh database: its project folder on the path, its schema as Django prints it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from lakewright.rehearse.postgres import PostgresServer

SHOP = Path(__file__).parents[2] / "examples" / "shop"
sys.path.insert(0, str(SHOP))


def manage(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `manage.py` as a user would."""
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=SHOP,
        env={**os.environ, "SHOP_DATABASE_URL": dsn},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="session")
def shop_schema(postgres: PostgresServer) -> str:
    done = manage(postgres.url(), "sqlmigrate", "core", "0001")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def shop(database: str, shop_schema: str) -> str:
    """The DSN of a database with the shop's empty tables."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(shop_schema)
    return database
