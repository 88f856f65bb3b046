"""The command itself, without a project, with the ingester instead of DMS: a second rehearsal, for `make test-all`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(2400),
    pytest.mark.full,
]


def test_the_ingester_replicates_through_the_command(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "lakewright", "rehearse", "dev", "--blueprint", "lakehouse-cdc",
        "--replication", "lakewright", "--orders", "1000", "--report", str(tmp_path), "--json",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    report = json.loads(ran.stdout)
    assert (report["ok"], report["problems"], report["coverage"]["unimplemented"]) == (True, [], {})
    evidence = report["evidence"]
    (replication,) = evidence["replications"]
    assert (replication["engine"], replication["followed"]) == ("lakewright", True)
    rows = {one["table"]: (one["source_rows"], one["loaded_rows"]) for one in replication["tables"]}
    assert rows["public.core_order"] == (1000, 1000)
    assert all(source == loaded for source, loaded in rows.values())
    assert (evidence["paused"]["missing"], evidence["left"]) == (0, [])
    assert json.loads((tmp_path / "lakehouse-cdc" / "report.json").read_text())["ok"] is True
