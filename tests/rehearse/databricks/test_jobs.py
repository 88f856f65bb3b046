"""Whom a job may run as, and who sees what its runs did."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied
from databricks.sdk.service import iam, jobs
from databricks.sdk.service import workspace as objects

from .shop import Shop

pytestmark = pytest.mark.slow
ANA, BO = "ana@example.com", "bo@example.com"


def task(shop: Shop, who: WorkspaceClient, name: str, statement: str) -> jobs.SqlTask:
    """A file of somebody's own, to be run."""
    who.workspace.mkdirs("/Shared")
    who.workspace.upload(f"/Shared/{name}.sql", statement.encode(), format=objects.ImportFormat.AUTO, overwrite=True)
    return jobs.SqlTask(warehouse_id=shop.warehouse, file=jobs.SqlTaskFile(path=f"/Shared/{name}.sql"))


def manages(shop: Shop, job: int, who: str, level: iam.PermissionLevel) -> None:
    entry = iam.AccessControlRequest(user_name=who, permission_level=level)
    shop.admin.permissions.update("jobs", str(job), access_control_list=[entry])


def test_nobody_runs_a_job_as_somebody_else(shop: Shop) -> None:
    ana = shop.user("ana")
    shop.user("bo")
    wanted = task(shop, ana, "mine", f"GRANT ALL PRIVILEGES ON CATALOG shop TO `{ANA}`")
    once, often = jobs.SubmitTask(task_key="one", sql_task=wanted), jobs.Task(task_key="one", sql_task=wanted)
    own = ana.jobs.create(name="own", tasks=[often]).job_id
    given = shop.admin.jobs.create(name="given", tasks=[often], run_as=jobs.JobRunAs(user_name=ANA)).job_id
    manages(shop, given, ANA, iam.PermissionLevel.CAN_MANAGE)
    for others in (
        jobs.JobRunAs(service_principal_name=shop.place.databricks.client_id),
        jobs.JobRunAs(user_name=shop.place.databricks.client_id),
        jobs.JobRunAs(user_name=BO),
    ):
        with pytest.raises(PermissionDenied, match="run_as"):
            ana.jobs.submit(tasks=[once], run_as=others)
        with pytest.raises(PermissionDenied, match="run_as"):
            ana.jobs.create(name="other", tasks=[often], run_as=others)
        with pytest.raises(PermissionDenied, match="run_as"):
            ana.jobs.update(own, new_settings=jobs.JobSettings(run_as=others))
        with pytest.raises(PermissionDenied, match="run_as"):
            ana.jobs.reset(own, jobs.JobSettings(name="own", tasks=[often], run_as=others))
    with pytest.raises(PermissionDenied, match="run_as"):  # it would run as who made it
        ana.jobs.update(given, fields_to_remove=["run_as"])
    with pytest.raises(PermissionDenied, match="run_as"):
        ana.jobs.reset(given, jobs.JobSettings(name="given", tasks=[often], run_as=jobs.JobRunAs()))
    with pytest.raises(InvalidParameterValue, match=r"nobody@example\.com"):
        ana.jobs.create(name="other", tasks=[often], run_as=jobs.JobRunAs(user_name="nobody@example.com"))
    assert {one.settings.name for one in shop.admin.jobs.list()} == {"own", "given"}
    for job in (own, given):
        ended = shop.admin.jobs.wait_get_run_job_terminated_or_skipped(ana.jobs.run_now(job).run_id)
        assert "MANAGE on Catalog 'shop'" in ended.tasks[0].state.state_message
    assert shop.rows(f"SHOW GRANTS `{ANA}` ON CATALOG shop") == []
    asked = jobs.SubmitTask(task_key="one", sql_task=task(shop, ana, "question", "SELECT 1"))
    run = ana.jobs.submit(tasks=[asked], run_as=jobs.JobRunAs(user_name="Ana@Example.com")).result()
    assert run.state.result_state is jobs.RunResultState.SUCCESS
    shop.admin.jobs.update(given, new_settings=jobs.JobSettings(run_as=jobs.JobRunAs(user_name=BO)))
    ana.jobs.update(given, new_settings=jobs.JobSettings(name="renamed"))  # whom it runs as, an administrator said
    assert shop.admin.jobs.get(given).settings.run_as.user_name == BO


def test_runs_are_seen_by_who_may_see_their_job(shop: Shop) -> None:
    ana, bo = shop.user("ana"), shop.user("bo")
    asked = task(shop, ana, "question", "SELECT 1")
    sent = ana.jobs.submit(tasks=[jobs.SubmitTask(task_key="one", sql_task=asked)]).result()
    job = ana.jobs.create(name="own", tasks=[jobs.Task(task_key="one", sql_task=asked)]).job_id
    ran = ana.jobs.run_now(job).result()
    for run in (sent, ran):
        for who in (ana, shop.admin):
            assert who.jobs.get_run(run.run_id).creator_user_name == ANA
            assert who.jobs.get_run_output(run.tasks[0].run_id).metadata.run_id == run.tasks[0].run_id
        for refused in (bo.jobs.get_run, bo.jobs.delete_run, bo.jobs.cancel_run):
            with pytest.raises(PermissionDenied):
                refused(run.run_id)
        with pytest.raises(PermissionDenied):
            bo.jobs.get_run_output(run.tasks[0].run_id)
    assert list(bo.jobs.list_runs()) == []
    assert {one.run_id for one in ana.jobs.list_runs()} == {sent.run_id, ran.run_id}
    manages(shop, job, BO, iam.PermissionLevel.CAN_VIEW)
    assert bo.jobs.get_run(ran.run_id).job_id == job
    assert bo.jobs.get_run_output(ran.tasks[0].run_id).error is None
    assert [one.run_id for one in bo.jobs.list_runs()] == [ran.run_id]
    for refused in (bo.jobs.delete_run, bo.jobs.cancel_run):  # to look is not to manage
        with pytest.raises(PermissionDenied):
            refused(ran.run_id)
    ana.jobs.delete(job)
    with pytest.raises(PermissionDenied):
        bo.jobs.get_run(ran.run_id)
    assert ana.jobs.get_run(ran.run_id).job_id == job
