"""`access agree` as a person calls it, on a local Databricks to which databricks-single's catalog was applied."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("databricks.sdk")
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog, iam

from lakewright.cli.databricks.running import LOCK
from lakewright.infra.compile import decided_calls
from lakewright.ingest.lock import held
from lakewright.rehearse.databricks.local import local_databricks
from lakewright.rehearse.databricks.profiles import ACCOUNT, administrator, write_profiles
from lakewright.rehearse.platform.databricks_single import agreed
from lakewright.spec import Project
from tests.components.single import single
from tests.rehearse.databricks.conftest import ROLE, Clock, Place, account_of

pytestmark = pytest.mark.slow
ENGINEER, ANALYST = "eli.engineer@example.com", "ana.analyst@example.com"
MADE = (
    "CREATE TABLE main.silver.orders (id BIGINT, total DOUBLE)",
    "CREATE TABLE main.gold.revenue AS SELECT count(*) AS orders, sum(total) AS total FROM main.silver.orders",
)


@dataclass
class Here:
    """The project's folder, and the workspace of the local Databricks that runs there."""

    project: Project
    folder: Path
    place: Place
    client: WorkspaceClient
    warehouse: str
    environment: dict[str, str]

    def sql(self, statement: str, who: str | None = None) -> None:
        (workspace,) = self.place.databricks.world.objects.all("workspace", "account")
        client = self.client if who is None else self.place.client(int(workspace["workspace_id"]), who)
        found = client.statement_execution.execute_statement(statement, self.warehouse, wait_timeout="50s")
        assert found.status.state.value == "SUCCEEDED", found.status.error

    def agree(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Another process, which knows nothing but the folder."""
        command = [sys.executable, "-m", "lakewright", "access", "agree", "--env", "dev", "--json", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, json.loads(done.stdout)

    def told(self) -> tuple[int, list[tuple[str, str, str]]]:
        """The exit code, and who differs in what on which table: what nothing explains."""
        code, found = self.agree()
        (system,) = found["systems"]
        return code, [
            (one["principal"], ", ".join(one["privileges"]), one["table"])
            for one in system["differences"]
            if not one["explained"]
        ]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """Everybody, the catalog with its schemas, and the grants as the component decides them."""
    root = tmp_path_factory.mktemp("agree")
    project = single(root / "lab")
    state = root / "state"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DATABRICKS_", "AWS_"))}
    environment |= {"XDG_STATE_HOME": str(state), "XDG_RUNTIME_DIR": str(root / "none")}
    with local_databricks(root / "databricks") as databricks, pytest.MonkeyPatch.context() as patches:
        patches.setenv("XDG_STATE_HOME", str(state))
        patches.setenv("XDG_RUNTIME_DIR", str(root / "none"))
        place = Place(databricks, account_of(databricks), Clock())
        workspace = place.workspace("lab-dev")
        place.metastore(workspace)
        client = place.client(workspace)
        warehouse = client.warehouses.create(name="small", cluster_size="2X-Small", max_num_clusters=1).response
        found = Here(project, root / "lab", place, client, str(warehouse.id), environment)
        _people(found, workspace)
        _applied(found)
        profiles = _runtime(found.folder)
        with held(profiles / LOCK, "a local Databricks of this folder"):
            write_profiles(profiles, {ACCOUNT: administrator(databricks)})
            for statement in MADE:
                found.sql(statement, ENGINEER)
            yield found


def _runtime(folder: Path) -> Path:
    from lakewright.cli.databricks.running import folder_of
    from lakewright.cli.output import Invocation

    found = folder_of(Invocation(folder=folder))
    found.mkdir(mode=0o700, parents=True)
    return found


def _people(here: Here, workspace: int) -> None:
    members: dict[str, list[iam.ComplexValue]] = {"DataScientists": []}
    for name, user in here.project.platform.access.users.items():
        made = here.place.account.users_v2.create(user_name=name)
        for group in user.groups:
            members.setdefault(group, []).append(iam.ComplexValue(value=made.id))
        here.place.account.workspace_assignment.update(
            workspace, int(str(made.id)), permissions=[iam.WorkspacePermission.USER]
        )
        may = iam.AccessControlRequest(user_name=name, permission_level=iam.PermissionLevel.CAN_USE)
        here.client.permissions.update("warehouses", here.warehouse, access_control_list=[may])
    programs = decided_calls(here.project, "dev")[1]["account"].made.inputs["service_principals"]
    for program in programs.values():  # type: ignore[union-attr]
        made = here.place.account.service_principals_v2.create(display_name=program["display_name"])
        for group in program["groups"]:
            members.setdefault(group, []).append(iam.ComplexValue(value=made.id))
    for group, some in members.items():
        here.place.account.groups_v2.create(display_name=group, members=some)


def _applied(here: Here) -> None:
    """What Terraform would make of the call's inputs."""
    inputs = decided_calls(here.project, "dev")[1]["catalog"].made.inputs
    here.client.storage_credentials.create("l", aws_iam_role=catalog.AwsIamRoleRequest(ROLE.format("unity")))
    here.client.external_locations.create("lake", "s3://lake/", "l")
    here.client.catalogs.create("main", storage_root="s3://lake/main")
    here.client.schemas.delete("main.default")
    _granted(here, "CATALOG", "main", inputs["catalogs"]["main"]["grants"])  # type: ignore[index,call-overload]
    for name, schema in inputs["schemas"].items():  # type: ignore[union-attr]
        here.client.schemas.create(schema["name"], "main")
        _granted(here, "SCHEMA", name, schema["grants"])


def _granted(here: Here, kind: str, name: str, grants: dict[str, list[str]]) -> None:
    changes = [
        catalog.PermissionsChange(add=[catalog.Privilege(one) for one in can], principal=who)
        for who, can in grants.items()
    ]
    here.client.grants.update(kind, name, changes=changes)


def test_what_was_applied_agrees(here: Here) -> None:
    """The engineer owns what it made, and that is told with its reason."""
    code, found = here.agree("--all")
    (system,) = found["systems"]
    assert [one for one in system["differences"] if not one["explained"]] == []
    assert (code, found["ok"], found["command"]) == (0, True, "access agree")
    assert system["system"] == "Unity Catalog main"
    assert system["tables"] == 2 + 4
    owner = [one for one in system["differences"] if one["principal"] == ENGINEER]
    assert {(one["table"], one["explained"]) for one in owner} == {("silver.orders", True), ("gold.revenue", True)}
    assert all("owns table" in one["reason"] for one in owner)
    program = {one["principal"] for one in system["differences"]} - {ENGINEER}
    assert program == {here.place.databricks.client_id}
    answers = {(one["principal"], one["table"]): one for one in found["answers"]}
    analyst = answers[ANALYST, "gold.revenue"]
    assert (analyst["spec"], analyst["same"]) == ("select: orders, total in every row", True)
    assert (ANALYST, "silver.orders") not in answers
    assert agreed(here.project, "dev", here.place.databricks).ok


@pytest.mark.parametrize(
    ("grant", "who"),
    [
        ("SELECT ON SCHEMA main.gold {} DataAnalysts", [ANALYST, "group:DataAnalysts"]),
        ("USE SCHEMA ON SCHEMA main.gold {} DataAnalysts", [ANALYST, "group:DataAnalysts"]),
    ],
    ids=["select", "use schema"],
)
def test_one_grant_less_is_exactly_that_difference(here: Here, grant: str, who: list[str]) -> None:
    here.sql("REVOKE " + grant.format("FROM"))
    try:
        code, told = here.told()
        assert code == 1
        assert sorted(told) == sorted((one, "select", table) for one in who for table in ("gold.revenue", "gold.*"))
        tried = agreed(here.project, "dev", here.place.databricks)
        assert not tried.ok
        assert "User does not have" in tried.fact
    finally:
        here.sql("GRANT " + grant.format("TO"))
    assert here.told() == (0, [])


def test_somebody_whom_the_spec_does_not_know(here: Here) -> None:
    made = here.place.account.users_v2.create(user_name="eve@example.com")
    here.sql("GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG main TO `eve@example.com`")
    code, told = here.told()
    here.sql("REVOKE USE CATALOG, USE SCHEMA, SELECT ON CATALOG main FROM `eve@example.com`")
    here.place.account.users_v2.delete(str(made.id))
    assert code == 1
    tables = ("silver.orders", "gold.revenue", "gold.*", "silver.*", "raw_data.*", "sandbox.*")
    assert sorted(told) == sorted(("eve@example.com", "select", table) for table in tables)
    assert here.told() == (0, [])


@pytest.mark.parametrize("kind", ["user", "service principal"])
def test_somebody_unknown_in_a_group_that_the_spec_has(here: Here, kind: str) -> None:
    """Nothing is granted to them alone; the group's is theirs."""
    account = here.place.account
    if kind == "user":
        user = account.users_v2.create(user_name="eve@example.com")
        key, name, delete = str(user.id), "eve@example.com", account.users_v2.delete
    else:
        program = account.service_principals_v2.create(display_name="lab-dev-other")
        key, name, delete = str(program.id), str(program.application_id), account.service_principals_v2.delete
    (group,) = (one for one in account.groups_v2.list() if one.display_name == "DataAnalysts")
    everybody = account.groups_v2.get(str(group.id)).members or []
    more = [*everybody, iam.ComplexValue(value=key)]
    account.groups_v2.update(str(group.id), display_name="DataAnalysts", members=more)
    try:
        code, told = here.told()
    finally:
        delete(key)
    assert code == 1
    reads = [(name, "select", table) for table in ("gold.revenue", "gold.*")]
    sandbox = [(name, rights, "sandbox.*") for rights in ("select, insert, update, delete", "create")]
    assert sorted(told) == sorted(reads + sandbox)
    assert here.told() == (0, [])


def test_for_people_it_is_a_table_and_reasons(here: Here) -> None:
    command = [sys.executable, "-m", "lakewright", "access", "agree", "--env", "dev"]
    done = subprocess.run(command, cwd=here.folder, env=here.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Unity Catalog main" in done.stdout
    assert "differences that follow from what it is" in done.stdout
    assert "owns table main.gold.revenue" in done.stdout


def test_wrong_questions(here: Here, tmp_path: Path) -> None:
    """Another environment, a catalog that is not there, nothing that runs."""
    assert here.agree("--catalog", "nosuch")[0] == 2
    assert here.agree("--only", "lake-formation")[0] == 2
    shutil.copy(here.folder / "platform.yaml", tmp_path)
    command = [sys.executable, "-m", "lakewright", "access", "agree", "--env", "dev", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=here.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["errors"][0]["code"]) == (1, "LW1507")
