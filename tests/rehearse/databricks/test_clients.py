"""The scripts of examples/clients that use databricks-sdk, each as a process that knows its environment only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lakewright.rehearse.databricks.local import local_databricks

from .conftest import ROLE

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parents[3] / "examples" / "clients"


def ran(script: str, environment: Mapping[str, str], *arguments: str) -> Any:
    """What it prints, as JSON."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATABRICKS_")}
    command = [sys.executable, str(EXAMPLES / script), *arguments]
    done = subprocess.run(
        command, env=inherited | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_account_catalog_and_query(tmp_path: Path) -> None:
    with local_databricks(tmp_path) as databricks:
        made = ran("databricks_sdk_account.py", databricks.environment(), "lab", "lab-root", ROLE.format("cross"))
        assert (made["workspace"], made["status"]) == ("lab", "RUNNING")
        (workspace,) = (one["workspace_id"] for one in databricks.world.objects.all("workspace", "account"))
        here = databricks.environment(workspace)
        granted = ran("databricks_sdk_unity.py", here, "shop", "s3://lake", ROLE.format("unity"), "lab-readers")
        assert granted == {"shop": ["USE_CATALOG"], "shop.silver": ["USE_SCHEMA", "SELECT"]}
        made = ran("databricks_sdk_query.py", here, "small", "CREATE TABLE shop.silver.numbers AS SELECT 6 * 7 AS n")
        assert made == {"databricks-sdk": []}
        found = ran("databricks_sdk_query.py", here, "small", "SELECT n, n / 4 AS q FROM shop.silver.numbers")
        assert found == {"databricks-sdk": [["42", "10.5"]]}
        found = ran("databricks_sdk_rows.py", here, "small", "shop.silver")
        assert found == {"databricks-sdk": [{"item": "chair", "pieces": 6}, {"item": "shelf", "pieces": 3}]}
