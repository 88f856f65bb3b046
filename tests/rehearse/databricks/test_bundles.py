"""Data products, from the spec to figures: compiled, deployed to a local workspace, run by the SDK, and compared with
what plain SQL says about the same input."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast
from urllib.parse import quote

import duckdb
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog, iam, jobs

from lakewright.infra.bundles.compile import compile_bundles
from lakewright.infra.bundles.write import written
from lakewright.infra.calls import place_of
from lakewright.infra.compile import decided_calls
from lakewright.rehearse.databricks.asking import Asking
from lakewright.rehearse.databricks.bundles import Deployed, deploy, run
from lakewright.rehearse.platform.data_products import data_products
from lakewright.rehearse.platform.stage import Stage
from lakewright.spec import load_project

from .conftest import ROLE, Place

pytestmark = pytest.mark.slow
PRODUCT = Path(str(files("lakewright").joinpath("blueprints/databricks-single/products/quality")))
SAMPLE = Path(str(files("lakewright").joinpath("blueprints/sample-pipeline")))
SPEC = """\
lakewright: 1
platform: analytics
blueprint: databricks-single@1
environments:
  dev:
    account: "111111111111"
    accounts: {management: "999999999999"}
    databricks: {account_id: 00000000-0000-0000-0000-000000000000}
    infra:
      organization: {accounts: {analytics: {own: true, unit: production, email: aws@example.com}}}
      budget: {emails: [costs@example.com]}
      account: {service_principals: {quality: {groups: [DataEngineers], name: quality-jobs}}}
access:
  users:
    eli@example.com: {groups: [DataEngineers]}
data_products:
  quality:
    models: products/quality/models
    run_as: quality
    schedule: {cron: "0 0 6 * * ?"}
    alerts: [data@example.com]
    targets:
      lab: {catalog: main, schemas: {bronze: raw_data, silver: sandbox, gold: sandbox}}
      field: {mode: production, catalog: main, schemas: {bronze: raw_data}}
"""
ELI = "eli@example.com"
INPUT = "CREATE TABLE main.raw_data.sample_data (id BIGINT, category STRING, value DECIMAL(12,2), quality_score DOUBLE)"
GOOD = "SELECT id, category, value, quality_score FROM sample WHERE quality_score > 0.8 ORDER BY id"
SUMMARY = f"SELECT category, count(*), avg(CAST(value AS DOUBLE)) FROM ({GOOD}) GROUP BY category ORDER BY category"


def by_hand(question: str) -> list[tuple[object, ...]]:
    """What S0's sample pipeline asks, of the file itself."""
    with duckdb.connect() as database:
        columns = "{id: 'BIGINT', category: 'VARCHAR', value: 'DECIMAL(12,2)', quality_score: 'DOUBLE'}"
        file = SAMPLE / "data/sample_data.jsonl"
        database.execute(f"CREATE VIEW sample AS SELECT * FROM read_json('{file}', columns = {columns})")
        return database.sql(question).fetchall()


@dataclass
class Analytics:
    """A workspace with what the blueprint's Terraform makes there, as far as data products need it."""

    place: Place
    workspace: int
    admin: WorkspaceClient
    folder: Path
    principal: str

    def asking(self, who: str = "") -> Asking:
        return Asking(self.place.databricks, self.workspace, who or self.place.databricks.client_id)

    def rows(self, question: str) -> list[list[str | None]]:
        """As the administrator, who owns the catalog and what lies in it already."""
        return self.asking().rows(question)

    def read(self, question: str) -> list[list[str | None]]:
        """As an engineer."""
        return self.asking(ELI).rows(question)

    def deployed(self, target: str, who: str = "") -> Deployed:
        return deploy(self.folder / "bundles/dev/quality", target, self.asking(who).call)

    def compiled(self) -> None:
        bundles = compile_bundles(load_project(self.folder), "dev")
        written(bundles, self.folder / "bundles/dev", force=True)


@pytest.fixture
def analytics(here: tuple[Place, int, WorkspaceClient], tmp_path: Path) -> Analytics:
    place, workspace, admin = here
    folder = tmp_path / "platform"
    (folder / "products/quality").mkdir(parents=True)
    (folder / "platform.yaml").write_text(SPEC)
    for path in (SAMPLE / "models").rglob("*.sql"):
        copy = folder / "products/quality/models" / path.relative_to(SAMPLE / "models")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    account = place.account
    eli = account.users_v2.create(user_name=ELI)
    program = account.service_principals_v2.create(display_name="quality-jobs")
    members = [iam.ComplexValue(value=one.id) for one in (eli, program)]
    group = account.groups_v2.create(display_name="DataEngineers", members=members)
    account.workspace_assignment.update(workspace, int(group.id), permissions=[iam.WorkspacePermission.USER])
    admin.catalogs.create("main", storage_root="s3://lake/main")
    for name in ("raw_data", "silver", "gold", "sandbox"):
        admin.schemas.create(name, "main")
    policy = admin.cluster_policies.create(name="analytics-dev-jobs", definition=policy_of(folder, admin))
    use = iam.AccessControlRequest(group_name="DataEngineers", permission_level=iam.PermissionLevel.CAN_USE)
    admin.permissions.update("cluster-policies", policy.policy_id, access_control_list=[use])
    found = Analytics(place, workspace, admin, folder, str(program.application_id))
    found.rows(INPUT)
    found.rows(f"INSERT INTO main.raw_data.sample_data VALUES {sample_values()}")
    found.rows("GRANT USE CATALOG ON CATALOG main TO DataEngineers")
    found.rows("GRANT USE SCHEMA, SELECT ON SCHEMA main.raw_data TO DataEngineers")
    for schema in ("silver", "gold", "sandbox"):
        found.rows(f"GRANT USE SCHEMA, SELECT, MODIFY, CREATE TABLE ON SCHEMA main.{schema} TO DataEngineers")
    found.compiled()
    return found


def policy_of(folder: Path, admin: WorkspaceClient) -> str:
    """The blueprint's own policy for jobs; Terraform would fill in the zone and the machines' role."""
    _, decided = decided_calls(load_project(folder), "dev")
    text = str(decided["compute"].made.files["policy-jobs.json"])
    role = ROLE.format("instances").replace(":role/", ":instance-profile/")
    admin.instance_profiles.add(role, skip_validation=True)
    return text.replace("${zone}", "us-east-1a").replace("${instance_profile}", role)


def sample_values() -> str:
    def text(value: object) -> str:
        return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)

    rows = [json.loads(line) for line in (SAMPLE / "data/sample_data.jsonl").read_text().splitlines()]
    return ", ".join(
        f"({row['id']}, {text(row['category'])}, CAST({text(row['value'])} AS DECIMAL(12,2)), "
        f"CAST({text(row['quality_score'])} AS DOUBLE))"
        for row in rows
    )


def figures(analytics: Analytics, silver: str, gold: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Both tables, typed as the input is."""
    good = analytics.read(f"SELECT id, category, value, quality_score FROM main.{silver}.sample_data ORDER BY id")
    summary = analytics.read(f"SELECT category, record_count, avg_value FROM main.{gold}.category_summary")
    return (
        [(int(str(i)), c, v, float(str(q))) for i, c, v, q in good],
        sorted(((c, int(str(n)), None if a is None else float(a)) for c, n, a in summary), key=str),
    )


def expected() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    good = [(i, c, None if v is None else str(v), q) for i, c, v, q in by_hand(GOOD)]
    return good, sorted(by_hand(SUMMARY), key=str)


def test_the_sample_pipeline_in_the_lab_and_in_the_field(analytics: Analytics) -> None:
    lab = analytics.deployed("lab", ELI)
    eli = analytics.place.client(analytics.workspace, ELI)
    job = eli.jobs.get(lab.jobs["quality"])
    assert job.settings.name == "[dev eli] quality"
    assert job.settings.schedule.pause_status is jobs.PauseStatus.PAUSED
    assert job.settings.email_notifications is None
    ran = analytics.admin.jobs.run_now(job.job_id).result()  # whoever starts it, it runs as who made it
    assert ran.state.result_state is jobs.RunResultState.SUCCESS, ran.tasks[0].state.state_message
    assert figures(analytics, "sandbox", "sandbox") == expected()
    owner = analytics.admin.tables.get("main.sandbox.category_summary").owner
    assert owner == ELI
    aside = analytics.read("SELECT id, _reasons FROM main.sandbox.sample_data_rejected ORDER BY id")
    assert aside == [["3", "good_quality"], ["7", "good_quality"], ["8", "good_quality"]]

    field = analytics.deployed("field")
    job = analytics.admin.jobs.get(field.jobs["quality"])
    assert job.settings.name == "quality"
    assert job.settings.schedule.pause_status is jobs.PauseStatus.UNPAUSED
    assert job.settings.run_as.service_principal_name == analytics.principal
    assert job.settings.email_notifications.on_failure == ["data@example.com"]
    ran = analytics.admin.jobs.run_now(job.job_id).result()
    assert ran.state.result_state is jobs.RunResultState.SUCCESS, ran.tasks[0].state.state_message
    assert figures(analytics, "silver", "gold") == expected()
    assert analytics.admin.tables.get("main.gold.category_summary").owner == analytics.principal
    output = analytics.admin.jobs.get_run_output(ran.tasks[0].run_id)
    events = [json.loads(line) for line in output.logs.splitlines()]
    assert [one["event"] for one in events] == ["product.start", "model.end", "model.end", "product.end"]
    assert (events[1]["rows"], events[1]["rejected"]) == (7, 3)


def test_a_job_runs_with_the_grants_of_whom_it_runs_as_and_no_more(analytics: Analytics) -> None:
    field = analytics.deployed("field")
    ask = analytics.asking().call
    analytics.rows("REVOKE SELECT ON SCHEMA main.raw_data FROM DataEngineers")
    ran = run(field.jobs["quality"], ask)
    assert not ran.ok
    assert "User does not have SELECT on Table 'main.raw_data.sample_data'" in ran.said["models"]
    analytics.rows("GRANT SELECT ON SCHEMA main.raw_data TO DataEngineers")
    analytics.rows("REVOKE CREATE TABLE ON SCHEMA main.gold FROM DataEngineers")
    ran = run(field.jobs["quality"], ask)
    assert "CREATE TABLE on Schema 'main.gold'" in ran.said["models"]
    assert analytics.read("SELECT count(*) FROM main.silver.sample_data") == [["7"]]
    analytics.rows("GRANT CREATE TABLE ON SCHEMA main.gold TO DataEngineers")
    assert run(field.jobs["quality"], ask).ok
    analytics.rows("INSERT INTO main.raw_data.sample_data VALUES (11, 'air', CAST(1.00 AS DECIMAL(12,2)), 0.99D)")
    assert run(field.jobs["quality"], ask).ok
    counts = "SELECT record_count FROM main.gold.category_summary WHERE category = 'air'"
    assert analytics.read(counts) == [["3"]]


def test_what_a_model_refuses_stops_its_job(analytics: Analytics) -> None:
    model = analytics.folder / "products/quality/models/silver/sample_data.sql"
    model.write_text(model.read_text().replace("on_failure: quarantine", "on_failure: fail"))
    analytics.compiled()
    ask = analytics.asking(ELI).call
    lab = analytics.deployed("lab", ELI)
    ran = run(lab.jobs["quality"], ask)
    assert (ran.ok, ran.tasks) == (False, {"models": "FAILED"})
    assert "LW733" in ran.said["models"]
    assert "failed on 3 rows" in ran.said["models"]
    model.write_text(model.read_text().replace("on_failure: fail", "on_failure: warn"))
    analytics.rows("INSERT INTO main.raw_data.sample_data VALUES (1, 'air', CAST(NULL AS DECIMAL(12,2)), 0.9D)")
    analytics.compiled()
    assert analytics.deployed("lab", ELI).jobs == lab.jobs
    assert "LW732" in run(lab.jobs["quality"], ask).said["models"]


def test_of_hidden_files_only_dbt_s_own_is_uploaded(analytics: Analytics) -> None:
    for name in (".dbtignore", ".env"):
        (analytics.folder / "bundles/dev/quality" / name).write_text("scratch.sql\n")
    lab, ask = analytics.deployed("lab", ELI), analytics.asking(ELI).call
    listed = ask("GET", f"/api/2.0/workspace/list?path={quote(lab.file_path)}", None)["objects"]
    names = [PurePosixPath(one["path"]).name for one in listed]
    assert [name for name in names if name.startswith(".")] == [".dbtignore"]


def test_tables_whose_columns_stand_in_another_order(analytics: Analytics) -> None:
    """Values go by name, into the table and into what is put aside."""
    columns = "quality_score DOUBLE, value DECIMAL(12,2), category STRING, id BIGINT"
    analytics.rows(f"CREATE TABLE main.sandbox.sample_data ({columns})")
    analytics.rows(f"CREATE TABLE main.sandbox.sample_data_rejected (_reasons STRING, {columns})")
    lab = analytics.deployed("lab", ELI)
    ran = run(lab.jobs["quality"], analytics.asking(ELI).call)
    assert ran.ok, ran.said["models"]
    assert figures(analytics, "sandbox", "sandbox") == expected()
    question = "SELECT id, category, quality_score, _reasons FROM main.sandbox.sample_data_rejected ORDER BY id"
    bad = by_hand("SELECT id, category, quality_score FROM sample WHERE NOT coalesce(quality_score > 0.8, false)")
    found = [(int(str(i)), c, None if q is None else float(q), said) for i, c, q, said in analytics.read(question)]
    assert found == [(*one, "good_quality") for one in sorted(bad)]


def test_a_wheel_that_is_not_there_and_wheels_of_others(analytics: Analytics) -> None:
    wheel = jobs.PythonWheelTask(package_name="lakewright", entry_point="lakewright-product", parameters=[])
    other = jobs.PythonWheelTask(package_name="pandas", entry_point="main")
    tasks = [jobs.Task(task_key="ours", python_wheel_task=wheel), jobs.Task(task_key="theirs", python_wheel_task=other)]
    made = analytics.admin.jobs.create(name="wheels", tasks=tasks)
    ran = run(made.job_id, analytics.asking().call)
    assert ran.tasks == {"ours": "FAILED", "theirs": "SKIPPED"}
    assert "No library of the task is a wheel" in ran.said["ours"]


DBT = "    dbt: {project: products/quality/dbt}\n    run_as"
RANKING = f"""
SELECT category, count(*), min(quality_score), max(value),
       row_number() OVER (ORDER BY avg(quality_score) DESC, category)
FROM ({GOOD}) WHERE category IS NOT NULL GROUP BY category ORDER BY 5"""


@pytest.fixture
def with_dbt(analytics: Analytics) -> Analytics:
    """The product of databricks-single: the same models, and a dbt project that goes on from them."""
    python = os.environ.get("LAKEWRIGHT_DBT_PYTHON")
    if not python:
        if "clients" in os.environ.get("LAKEWRIGHT_REQUIRE", ""):
            pytest.fail("LAKEWRIGHT_DBT_PYTHON names no Python with dbt-duckdb")
        pytest.skip("LAKEWRIGHT_DBT_PYTHON names no Python with dbt-duckdb")
    shutil.copytree(PRODUCT / "dbt", analytics.folder / "products/quality/dbt")
    spec = analytics.folder / "platform.yaml"
    spec.write_text(spec.read_text().replace("    run_as", DBT))
    warehouse = analytics.admin.warehouses.create(name="analytics-dev-sql", cluster_size="2X-Small").response
    use = iam.AccessControlRequest(group_name="DataEngineers", permission_level=iam.PermissionLevel.CAN_USE)
    analytics.admin.permissions.update("warehouses", str(warehouse.id), access_control_list=[use])
    analytics.compiled()
    return analytics


def ranking(analytics: Analytics, schema: str) -> list[tuple[object, ...]]:
    question = f"SELECT category, records, least_quality, highest, place FROM main.{schema}.category_ranking"
    rows = analytics.read(f"{question} ORDER BY place")
    return [(c, int(str(n)), float(str(q)), h, int(str(p))) for c, n, q, h, p in rows]


def test_a_dbt_project_goes_on_from_the_models_with_the_same_grants(with_dbt: Analytics) -> None:
    expected = [(c, n, q, None if h is None else str(h), p) for c, n, q, h, p in by_hand(RANKING)]
    lab = with_dbt.deployed("lab", ELI)
    ran = run(lab.jobs["quality"], with_dbt.asking(ELI).call)
    assert ran.tasks == {"models": "SUCCESS", "dbt": "SUCCESS"}, ran.said["dbt"]
    assert ranking(with_dbt, "sandbox") == expected
    assert "PASS unique_category_ranking_category" in ran.said["dbt"]

    if os.environ.get("LAKEWRIGHT_FULL"):  # dbt takes its time
        with_dbt.rows("INSERT INTO main.raw_data.sample_data VALUES (11, 'air', CAST(1.00 AS DECIMAL(12,2)), 0.99D)")
        assert run(lab.jobs["quality"], with_dbt.asking(ELI).call).ok
        counts = "SELECT count(*) AS rows_there, count(DISTINCT id) AS ids FROM main.sandbox.first_seen"
        assert with_dbt.read(counts) == [["8", "8"]]

    field, ask = with_dbt.deployed("field"), with_dbt.asking().call
    (warehouse,) = [one for one in with_dbt.admin.warehouses.list() if one.name == "analytics-dev-sql"]
    with_dbt.admin.permissions.set("warehouses", str(warehouse.id), access_control_list=[])
    ran = run(field.jobs["quality"], ask)
    assert ran.tasks == {"models": "SUCCESS", "dbt": "FAILED"}
    assert "PERMISSION_DENIED" in ran.said["dbt"]


def test_without_dbt_its_task_is_not_run_and_says_why(with_dbt: Analytics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKEWRIGHT_DBT_PYTHON")
    lab = with_dbt.deployed("lab", ELI)
    ran = run(lab.jobs["quality"], with_dbt.asking(ELI).call)
    assert ran.tasks == {"models": "SUCCESS", "dbt": "SKIPPED"}
    assert "names no Python with dbt-duckdb" in ran.said["dbt"]


def test_the_blueprint_s_example_is_rehearsed(analytics: Analytics, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a rehearsal does it, in a workspace that has what Terraform would have made; without dbt here."""
    monkeypatch.delenv("LAKEWRIGHT_DBT_PYTHON", raising=False)
    example = PRODUCT.parents[1] / "example.yaml"
    head = "lakewright: 1\nplatform: analytics\nblueprint: databricks-single@1\n"
    (analytics.folder / "platform.yaml").write_text(head + example.read_text())
    shutil.rmtree(analytics.folder / "products")
    account, admin = analytics.place.account, analytics.admin
    program = account.service_principals_v2.create(display_name="analytics-dev-jobs")
    (group,) = account.groups_v2.list(filter='displayName eq "DataEngineers"')
    add = iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": program.id}])
    account.groups_v2.patch(group.id, operations=[add])
    admin.warehouses.create(name="analytics-dev-sql", cluster_size="2X-Small")
    place = SimpleNamespace(project=load_project(analytics.folder), databricks=analytics.place.databricks)
    place.options = SimpleNamespace(environment="dev")
    found = [*data_products(cast(Stage, place))]
    assert [(one.name, one.ok) for one in found] == [
        ("data products become bundles", True),
        ("quality runs in lab", True),
        ("quality runs in field", True),
    ], found
    assert "silver.sample_data 5 rows, 2 put aside" in found[2].fact
    question = "SELECT category, record_count, avg_value FROM main.gold.category_summary ORDER BY category"
    assert analytics.read(question) == [["air", "2", "21.8"], ["light", "1", "-3.0"], ["water", "2", "7.25"]]


def test_a_unit_s_product_in_both_of_its_workspaces(place: Place, tmp_path: Path) -> None:
    """The example of business-units, in workspaces and catalogs as its Terraform would have made them."""
    product = "blueprints/business-units"
    example = files("lakewright").joinpath(f"{product}/example.yaml").read_text(encoding="utf-8")
    (tmp_path / "platform.yaml").write_text(f"lakewright: 1\nplatform: shop\nblueprint: business-units@1\n{example}")
    account = place.account
    program = account.service_principals_v2.create(display_name="digital-jobs")
    names = {kind: f"shop-live-digital-{kind}" for kind in ("lab", "field")}
    workspaces = {kind: place.workspace(name) for kind, name in names.items()}
    place.metastore(*workspaces.values())
    rules = json.dumps({"node_type_id": {"type": "fixed", "value": "m5d.large"}})
    for kind, workspace in workspaces.items():
        admin = place.client(workspace)
        account.workspace_assignment.update(workspace, int(program.id), permissions=[iam.WorkspacePermission.USER])
        role = catalog.AwsIamRoleRequest(role_arn=ROLE.format("unity"))
        admin.storage_credentials.create(kind, aws_iam_role=role)
        admin.external_locations.create(kind, f"s3://{kind}/", kind)
        asking = Asking(place.databricks, workspace, place.databricks.client_id)
        asking.rows(f"CREATE CATALOG digital_{kind} MANAGED LOCATION 's3://{kind}/digital'")
        for schema in ("landing", "bronze", "silver", "gold"):
            asking.rows(f"CREATE SCHEMA digital_{kind}.{schema}")
        admin.cluster_policies.create(name=f"{names[kind]}-jobs", definition=rules)
        privileges = "USE CATALOG, USE SCHEMA, SELECT, MODIFY, CREATE TABLE"
        asking.rows(f"GRANT {privileges} ON CATALOG digital_{kind} TO `{program.application_id}`")
    stage = SimpleNamespace(project=load_project(tmp_path), databricks=place.databricks)
    stage.options = SimpleNamespace(environment="live")
    stage.compiled = SimpleNamespace(place=place_of(stage.project, "live"))
    found = [*data_products(cast(Stage, stage))]
    assert [(one.name, one.ok) for one in found[1:]] == [
        ("readings runs in lab", True),
        ("readings runs in field", True),
    ], found
    asking = Asking(place.databricks, workspaces["field"], str(program.application_id))
    rows = asking.rows("SELECT meter, readings, kwh FROM digital_field.gold.consumption ORDER BY meter")
    assert rows == [["m1", "2", "2.500"], ["m2", "1", "0.000"]], "a reading below zero counts for nothing"
