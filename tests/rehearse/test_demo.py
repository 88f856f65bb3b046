"""The demo, small, as a user runs it: its own comparison with the source is the test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(280)
def test_the_demo_ends_with_equal_figures_and_a_lake_that_stays(tmp_path: Path) -> None:
    keep = tmp_path / "lake"
    arguments = [
        "demo",
        "--orders",
        "1500",
        "--tenants",
        "4",
        "--rate",
        "300",
        "--live",
        "3",
        "--keep",
        str(keep),
        "--json",
    ]
    done = subprocess.run([sys.executable, "-m", "lakewright", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"]
    assert report["problems"] == []
    tables = {found["table"] for found in report["comparisons"]}
    truths = Path(__file__).parents[2] / "examples" / "shop" / "core" / "truth"
    assert tables == {f"gold.{path.stem}" for path in truths.glob("*.sql")}
    assert all(found["equal"] and found["rows"] for found in report["comparisons"])
    as_sums = {found["table"] for found in report["comparisons"] if found["grouped_by"]}
    assert as_sums == {"gold.fact_invoice", "gold.fact_order", "gold.fact_order_item", "gold.fact_session"}
    assert report["changes"] > 300
    engineer, analyst, tenant = report["answers"]
    assert all(answer["comparison"]["equal"] and answer["rows"] for answer in report["answers"])
    assert engineer["rows"] == analyst["rows"] > tenant["rows"]
    assert "***@" in engineer["sample"]["email"]
    assert analyst["columns"] == tenant["columns"] == engineer["columns"] - len(["email", "phone", "first", "last"])
    assert all(report["freshness"][layer]["unseen"] == 0 for layer in ("bronze", "silver", "gold"))
    again = subprocess.run(
        [sys.executable, "-m", "lakewright", "-C", str(keep), "sql", "SELECT COUNT(*) FROM gold.fact_order", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (orders,) = (row["rows"] for row in report["rows"] if (row["layer"], row["table"]) == ("gold", "fact_order"))
    assert json.loads(again.stdout)["rows"] == [[orders]]


def test_a_folder_that_holds_a_platform_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text("mine\n")
    done = subprocess.run(
        [sys.executable, "-m", "lakewright", "demo", "--keep", str(tmp_path), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout)["errors"][0]["code"] == "LW808"
    assert (tmp_path / "platform.yaml").read_text() == "mine\n"
