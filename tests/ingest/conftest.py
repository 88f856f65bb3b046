"""The lake of a test, over a fresh database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.support import Lake


@pytest.fixture
def lake(database: str, tmp_path: Path) -> Lake:
    return Lake(database, tmp_path)
