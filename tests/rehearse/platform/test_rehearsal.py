"""The whole of lakehouse-cdc rehearsed, and then broken on purpose: what it says is then no longer so."""

from __future__ import annotations

import pytest

from lakewright.rehearse.platform import asking
from lakewright.rehearse.platform.criteria import judged
from lakewright.rehearse.platform.expectations import questions
from lakewright.rehearse.platform.replicating import replicators
from lakewright.rehearse.platform.report import RehearsalReport
from lakewright.rehearse.platform.stage import Stage

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(1800),
    pytest.mark.xdist_group("lakehouse-cdc"),  # one rehearsal for all who ask for it
]


def failing(report: RehearsalReport) -> list[str]:
    return [f"{one.number} {check.name}: {check.fact}" for one in report.criteria for check in one.checks
            if check.ok is False]  # fmt: skip


def test_it_all_works(rehearsed: tuple[Stage, RehearsalReport]) -> None:
    stage, report = rehearsed
    assert report.problems == ()
    assert failing(report) == []
    assert report.ok
    assert report.resources > 400
    assert report.coverage["unimplemented"] == {}
    loads = report.evidence.replications[0].tables
    assert {one.table: one.loaded_rows for one in loads}["public.core_order"] == 1000
    assert all(comparison.equal for comparison in report.evidence.comparisons)
    left = {path.name for path in (stage.folder / "infra" / "dev" / "query").iterdir()}
    compiled = {path.name for path in (stage.folder / "compiled" / "dev" / "query").iterdir()}
    made = {".terraform", ".terraform.lock.hcl"}
    assert left - compiled - made == {"lakewright_rehearsal_override.tf"}  # the only difference


def test_without_its_filter_a_tenant_sees_the_others(rehearsed: tuple[Stage, RehearsalReport]) -> None:
    stage, report = rehearsed
    role = next(one for one in stage.client("iam").list_roles()["Roles"] if "tenant-specific" in one["RoleName"])
    stage.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": role["Arn"]},
        Resource={"Table": {"DatabaseName": "gold", "Name": "dim_customer"}},
        Permissions=["SELECT"],
    )
    tenants = list(range(1, 9))
    asked = [one for one in questions(tenants) if one.persona == "TenantSpecificAnalyst"]
    report.evidence.answers = asking.interrogate(stage, asked)
    assert [one.number for one in judged(report.evidence) if one.ok is False] == [8]


def test_a_stopped_task_is_seen(rehearsed: tuple[Stage, RehearsalReport]) -> None:
    stage, report = rehearsed
    (task,) = replicators(stage)
    task.stop()
    before = report.evidence.replications[0]
    report.evidence.replications = [task.seen(before, before.lag)]
    assert 2 in [one.number for one in judged(report.evidence) if one.ok is False]


def test_the_wrong_role_is_refused(rehearsed: tuple[Stage, RehearsalReport]) -> None:
    stage, _ = rehearsed
    outsider = stage.client("iam").create_role(
        RoleName="outsider",
        AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        f'"Principal":{{"AWS":"arn:aws:iam::{stage.account}:root"}}}}]}}',
    )["Role"]["Arn"]
    ask = asking.Asker(stage.client("athena", outsider), "analytics-team")
    with pytest.raises(Exception, match="AccessDenied"):
        ask.ask("SELECT * FROM dim_customer")
