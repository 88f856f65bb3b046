"""How tasks of jobs end that go wrong in a way that nobody thought of."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.service import workspace as objects

from lakewright.errors import ProblemError
from lakewright.rehearse.databricks.asking import Asking
from lakewright.rehearse.databricks.bundles import run

from .shop import Shop

WHEEL = "/Workspace/Shared/lakewright.whl"


def ended(shop: Shop, task: dict[str, Any], seconds: int = 10) -> dict[str, Any]:
    """A task's state when its run has ended, in time."""
    ask = Asking(shop.place.databricks, shop.workspace, shop.place.databricks.client_id).call
    key = ask("POST", "/api/2.1/jobs/runs/submit", {"tasks": [{"task_key": "one", **task}]})["run_id"]
    for _ in range(seconds * 10):
        found = ask("GET", f"/api/2.1/jobs/runs/get?run_id={key}")
        if found["state"]["life_cycle_state"] != "RUNNING":
            assert found["state"]["life_cycle_state"] == "TERMINATED"
            return dict(found["tasks"][0]["state"])
        time.sleep(0.1)
    pytest.fail(f"still {found['state']}")


def test_a_task_that_fails_unforeseen_ends_and_is_written_down(shop: Shop, tmp_path: Path) -> None:
    """A wheel whose entry points nobody can read."""
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("lakewright-1.dist-info/entry_points.txt", "no section = at all\n")
    shop.admin.workspace.mkdirs("/Workspace/Shared")
    shop.admin.workspace.upload(WHEEL, wheel.getvalue(), format=objects.ImportFormat.AUTO)
    entry = {"package_name": "lakewright", "entry_point": "lakewright-product"}
    state = ended(shop, {"python_wheel_task": entry, "libraries": [{"whl": WHEEL}]})
    assert state["result_state"] == "FAILED"
    assert "MissingSectionHeaderError" in state["state_message"]
    assert "errors.log" in state["state_message"]
    written = (tmp_path / "databricks" / "errors.log").read_text(encoding="utf-8")
    assert "task one" in written
    assert "configparser.MissingSectionHeaderError" in written


@pytest.mark.parametrize(
    ("project", "command", "fact"),
    [
        ("README.md: nothing", "dbt run", "dbt_project.yml"),
        ("dbt_project.yml: [", "dbt run", "dbt_project.yml"),
        ("dbt_project.yml: version 1", "dbt run", "dbt_project.yml"),
        ("dbt_project.yml: {name: shop}", "dbt run --vars '{", "No closing quotation"),
    ],
)
def test_a_dbt_project_or_command_that_cannot_be_read_is_the_task_s_own_failure(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: str, command: str, fact: str
) -> None:
    (tmp_path / "dbt").touch()  # it is not come so far that dbt runs
    monkeypatch.setenv("LAKEWRIGHT_DBT_PYTHON", str(tmp_path / "python"))
    name, _, content = project.partition(": ")
    shop.admin.workspace.mkdirs("/Workspace/Shared/dbt")
    shop.admin.workspace.upload(f"/Workspace/Shared/dbt/{name}", content.encode(), format=objects.ImportFormat.AUTO)
    folder = {"project_directory": "/Workspace/Shared/dbt", "warehouse_id": shop.warehouse, "catalog": "shop"}
    state = ended(shop, {"dbt_task": {**folder, "commands": [command]}})
    assert state["result_state"] == "FAILED"
    assert fact in state["state_message"]
    assert not (tmp_path / "databricks" / "errors.log").exists()


def test_what_goes_wrong_beside_the_tasks_is_written_down(shop: Shop, tmp_path: Path) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    shop.place.databricks.world.statements.later(fails)
    log = tmp_path / "databricks" / "errors.log"
    for _ in range(50):
        if log.exists() and "ZeroDivisionError" in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.1)
    pytest.fail("not written")


def test_a_run_that_does_not_end_is_not_waited_for_without_end() -> None:
    def ask(method: str, path: str, _body: dict[str, Any] | None) -> dict[str, Any]:
        return {"run_id": 7} if method == "POST" else {"state": {"life_cycle_state": "RUNNING"}, "path": path}

    with pytest.raises(ProblemError, match="the run 7 of the job 5 is RUNNING after") as told:
        run(5, ask, most_seconds=0.3)
    assert told.value.code == "LW1542"
