"""docs/aws-cli-session.md, line by line: AWS's own CLI and terraform against a rehearsal that is up.

LAKEWRIGHT_CLIENTS_PYTHON names a Python with examples/clients/requirements.txt.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from lakewright.rehearse.platform.report import RehearsalReport
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.shop import find_shop
from lakewright.spec import load_project
from tests.support.clients import interpreter
from tests.support.documented import shell, statements

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(1800),
    pytest.mark.xdist_group("lakehouse-cdc"),
]
PAGE = Path(__file__).parents[3] / "docs" / "aws-cli-session.md"
Replayed = list[tuple[str, list[str]]]


def environment(folder: Path, *programs: str) -> dict[str, str]:
    """A person's shell who has these programs, and nothing that leads anywhere."""
    places = [str(Path(one).parent) for one in (*programs, sys.executable)]
    return {"PATH": os.pathsep.join([*places, os.environ["PATH"]]), "HOME": str(folder), "LANG": "C.UTF-8"}


def replay(folder: Path, block: str, given: Mapping[str, str]) -> Replayed:
    """Every statement of a block and what it printed."""
    with shell(folder, given) as person:
        return [(one, person.say(one)) for one in statements(PAGE, block)]


def said(replayed: Replayed, beginning: str) -> list[list[str]]:
    """What the last statement that begins so printed, by line and tab."""
    found = [lines for statement, lines in replayed if statement.startswith(beginning)]
    assert found, f"the page has no longer: {beginning}"
    return [line.split("\t") for line in found[-1]]


@pytest.fixture(scope="module")
def session(rehearsed: tuple[Stage, RehearsalReport], tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    stage, report = rehearsed
    assert report.ok
    given = environment(tmp_path_factory.mktemp("home"), interpreter("LAKEWRIGHT_CLIENTS_PYTHON"))
    return replay(stage.project.root, "session", given)


def test_the_project_of_the_page_is_the_one_that_is_rehearsed(
    rehearsed: tuple[Stage, RehearsalReport], tmp_path: Path
) -> None:
    replay(tmp_path, "project", environment(tmp_path))
    made, ours = load_project(tmp_path / "shop"), rehearsed[0].project
    assert (made.platform.platform, made.platform.blueprint) == (ours.platform.platform, ours.platform.blueprint)
    assert {name: one.replication for name, one in made.platform.sources.items()} == {"shop": "dms"}


def test_the_task_goes_on(rehearsed: tuple[Stage, RehearsalReport], session: Replayed) -> None:
    stage, report = rehearsed
    assert said(session, "aws sts get-caller-identity") == [[f"arn:aws:iam::{stage.account}:root"]]
    assert said(session, "aws dms stop-replication-task") == [["stopping"]]
    assert said(session, "aws dms start-replication-task") == [["starting"]]
    loaded = {one.table.partition(".")[2]: one.source_rows for one in report.evidence.replications[0].tables}
    tables = {name: (int(rows), state) for name, rows, state in said(session, "aws dms describe-table-statistics")}
    assert tables == {name: (rows, "Table completed") for name, rows in loaded.items()}


def test_crawler_and_workflow_succeed(rehearsed: tuple[Stage, RehearsalReport], session: Replayed) -> None:
    stage, _ = rehearsed
    assert said(session, "aws glue get-crawler") == [["SUCCEEDED"]]
    ((*tables,),) = said(session, "aws glue get-tables")
    assert set(tables) == {one.table for one in stage.standins[0].tables()}
    ((status, succeeded, failed),) = said(session, "aws glue get-workflow-run")
    assert (status, int(failed)) == ("COMPLETED", 0)
    assert int(succeeded) > 10
    ((state, _seconds),) = said(session, "aws glue get-job-runs")
    assert state == "SUCCEEDED"


@pytest.mark.parametrize(
    ("role", "tenants"), [("shop-dev-tenant-specific-analyst", (1,)), ("shop-dev-small-analysts", (6, 7, 8))]
)
def test_each_tenant_gets_its_own_figures(
    rehearsed: tuple[Stage, RehearsalReport], session: Replayed, role: str, tenants: tuple[int, ...]
) -> None:
    """The source's own query, in PostgreSQL; with the tenants as a condition instead of as rights."""
    truth = (find_shop() / "core" / "truth" / "revenue_metrics.sql").read_text(encoding="utf-8").rstrip().rstrip(";")
    statement = (
        f"SELECT tenant_id, sum(order_count), sum(total_revenue) FROM ({truth}) t WHERE tenant_id = ANY(%s) "
        "GROUP BY tenant_id ORDER BY tenant_id"
    )
    with rehearsed[0].standins[0].connect() as connection:
        connection.execute("SET timezone = 'UTC'")
        expected = connection.execute(statement.encode(), [list(tenants)]).fetchall()
    assert [row[0] for row in expected] == list(tenants)
    header, *rows = said(session, f"ask_as {role}")
    assert header == ["tenant_id", "orders", "revenue"]
    assert [(int(tenant), int(orders), Decimal(revenue)) for tenant, orders, revenue in rows] == expected


def test_alarms_are_as_the_rehearsal_left_them(session: Replayed) -> None:
    """DMS keeps up; the failing job that the rehearsal played has raised its alarm."""
    states = {name: state for name, state, _threshold in said(session, "aws cloudwatch describe-alarms")}
    assert states["shop-dev-dms-shop-latency-target"] == "OK"
    history = [line for (line,) in said(session, "aws cloudwatch describe-alarm-history")]
    assert any(line.endswith("to ALARM") for line in history)


def test_terraform_by_hand_finds_no_difference(
    rehearsed: tuple[Stage, RehearsalReport], session: Replayed, tmp_path: Path
) -> None:
    """After the session: what it started has changed nothing that is declared."""
    assert session
    stage, _ = rehearsed
    terraform = shutil.which("terraform")
    assert terraform
    found = said(replay(stage.project.root, "plans", environment(tmp_path, terraform)), "for stack in")
    root = stage.folder.relative_to(stage.project.root) / "infra" / "dev"
    assert [one for (one,) in found] == [f"0 {root / step}/" for step in sorted(step.name for step in stage.steps)]
