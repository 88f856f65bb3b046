"""Policies, clusters, permissions and what lies in a workspace, asked for by the SDK."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, PermissionDenied
from databricks.sdk.service import compute, iam, jobs
from databricks.sdk.service import workspace as objects

from .conftest import Place

Here = tuple[Place, int, WorkspaceClient]
CERTIFICATES = "/Volumes/shop/default/scripts/certificates.sh"
SMALL: dict[str, Any] = {"spark_version": "15.4.x-scala2.12", "node_type_id": "m5.large", "num_workers": 1}


def policy(client: WorkspaceClient, **rules: object) -> str:
    spelled = {name.replace("__", "."): rule for name, rule in rules.items()}
    return str(client.cluster_policies.create(name="team", definition=json.dumps(spelled)).policy_id)


def test_a_cluster_without_the_mandatory_init_script_is_refused(here: Here) -> None:
    _, _, client = here
    key = policy(client, init_scripts__0__volumes__destination={"type": "fixed", "value": CERTIFICATES})
    with pytest.raises(InvalidParameterValue, match=r"init_scripts.0.volumes.destination, the value must be present"):
        client.clusters.create(cluster_name="bare", policy_id=key, **SMALL)
    other = compute.InitScriptInfo(volumes=compute.VolumesStorageInfo("/Volumes/shop/default/scripts/own.sh"))
    with pytest.raises(InvalidParameterValue, match=r"the value must be /Volumes/shop/default/scripts/certificates.sh"):
        client.clusters.create(cluster_name="own", policy_id=key, init_scripts=[other], **SMALL)
    wanted = compute.InitScriptInfo(volumes=compute.VolumesStorageInfo(CERTIFICATES))
    made = client.clusters.create(cluster_name="good", policy_id=key, init_scripts=[wanted, other], **SMALL)
    filled = client.clusters.create(cluster_name="filled", policy_id=key, apply_policy_default_values=True, **SMALL)
    assert client.clusters.get(made.cluster_id).init_scripts[0] == wanted
    assert client.clusters.get(filled.cluster_id).init_scripts == [wanted]


@pytest.mark.parametrize(
    ("rule", "path", "good", "bad"),
    [
        ({"type": "allowlist", "values": ["m5.large", "m5.xlarge"]}, "node_type_id", "m5.xlarge", "r5.large"),
        ({"type": "blocklist", "values": ["r5.large"]}, "node_type_id", "m5.large", "r5.large"),
        ({"type": "range", "minValue": 10, "maxValue": 60}, "autotermination_minutes", 60, 61),
        ({"type": "regex", "pattern": "1[56]\\..*"}, "spark_version", "16.4.x-scala2.12", "14.3.x-scala2.12"),
        ({"type": "fixed", "value": "USER_ISOLATION"}, "data_security_mode", "USER_ISOLATION", "SINGLE_USER"),
    ],
)
def test_every_kind_of_rule_holds(here: Here, rule: dict[str, Any], path: str, good: Any, bad: Any) -> None:
    _, _, client = here
    key = client.cluster_policies.create(name="one", definition=json.dumps({path: rule})).policy_id
    body = {"cluster_name": "x", "policy_id": key, **SMALL}
    client.api_client.do("POST", "/api/2.1/clusters/create", body=body | {path: good})
    with pytest.raises(InvalidParameterValue, match=f"Validation failed for {path}"):
        client.api_client.do("POST", "/api/2.1/clusters/create", body=body | {path: bad})


def test_spark_settings_with_dots_are_one_attribute(here: Here) -> None:
    _, _, client = here
    name = "spark.hadoop.javax.jdo.option.ConnectionURL"
    memory = "jdbc:derby:memory:metastore;create=true"
    definition = json.dumps({f"spark_conf.{name}": {"type": "fixed", "value": memory}})
    key = client.cluster_policies.create(name="memory", definition=definition).policy_id
    made = client.clusters.create(cluster_name="x", policy_id=key, **SMALL)
    assert client.clusters.get(made.cluster_id).spark_conf == {name: memory}  # what is fixed is filled in
    with pytest.raises(InvalidParameterValue, match=r"spark_conf.spark.hadoop"):
        client.clusters.create(cluster_name="y", policy_id=key, spark_conf={name: "jdbc:mysql://db"}, **SMALL)


def test_definitions_are_read_when_they_are_written(here: Here) -> None:
    _, _, client = here
    for text in ("no json", '["list"]', '{"node_type_id": {"type": "sometimes"}}', '{"x": {"type": "fixed"}}'):
        with pytest.raises(InvalidParameterValue, match="Invalid policy definition"):
            client.cluster_policies.create(name="wrong", definition=text)


def test_a_cluster_starts_runs_ends_and_starts_again(here: Here) -> None:
    place, _, client = here
    made = client.clusters.create(cluster_name="x", autotermination_minutes=30, **SMALL).response
    assert client.clusters.get(made.cluster_id).state is compute.State.PENDING
    place.clock.seconds += 1
    found = client.clusters.get(made.cluster_id)
    assert (found.state, found.autotermination_minutes) == (compute.State.RUNNING, 30)
    client.clusters.delete(made.cluster_id)
    assert client.clusters.get(made.cluster_id).state is compute.State.TERMINATED
    client.clusters.start(made.cluster_id)
    with pytest.raises(DatabricksError, match="unexpected state"):
        client.clusters.start(made.cluster_id)
    client.clusters.permanent_delete(made.cluster_id)
    with pytest.raises(NotFound):
        client.clusters.get(made.cluster_id)


def test_clusters_are_made_of_what_there_is(here: Here) -> None:
    _, _, client = here
    for change, said in (
        ({"node_type_id": "m9.tiny"}, "Node type m9.tiny is not supported"),
        ({"spark_version": "1.0"}, "Invalid spark version"),
        ({"autotermination_minutes": 5}, "between 10 and 10000"),
    ):
        with pytest.raises(InvalidParameterValue, match=said):
            client.clusters.create(cluster_name="x", **(SMALL | change))
    assert client.clusters.select_node_type(min_cores=4, min_memory_gb=16) == "m5.xlarge"
    assert client.clusters.select_spark_version(long_term_support=True) == "16.4.x-scala2.12"


def test_who_may_use_a_policy_makes_clusters_within_it_and_no_others(here: Here) -> None:
    place, workspace, client = here
    user = place.account.users_v2.create(user_name="ana@example.com")
    place.account.workspace_assignment.update(workspace, int(user.id), permissions=[iam.WorkspacePermission.USER])
    ana = place.client(workspace, "ana@example.com")
    key = policy(client, autotermination_minutes={"type": "fixed", "value": 20})
    with pytest.raises(PermissionDenied, match="without a policy"):
        ana.clusters.create(cluster_name="x", **SMALL)
    with pytest.raises(PermissionDenied, match="not allowed to use policy"):
        ana.clusters.create(cluster_name="x", policy_id=key, **SMALL)
    may = iam.AccessControlRequest(user_name="ana@example.com", permission_level=iam.PermissionLevel.CAN_USE)
    client.permissions.set("cluster-policies", key, access_control_list=[may])
    made = ana.clusters.create(cluster_name="x", policy_id=key, **SMALL).response
    assert ana.clusters.get(made.cluster_id).autotermination_minutes == 20
    found = client.permissions.get("clusters", made.cluster_id).access_control_list
    assert {one.user_name or one.group_name for one in found} == {"ana@example.com", "admins"}
    wrong = iam.AccessControlRequest(user_name="ana@example.com", permission_level=iam.PermissionLevel.CAN_RUN)
    with pytest.raises(InvalidParameterValue, match="CAN_RUN is not supported"):
        client.permissions.update("clusters", made.cluster_id, access_control_list=[wrong])


def test_scripts_profiles_and_files_are_kept(here: Here) -> None:
    _, _, client = here
    arn = "arn:aws:iam::111111111111:instance-profile/reader"
    client.instance_profiles.add(arn)
    assert [one.instance_profile_arn for one in client.instance_profiles.list()] == [arn]
    with pytest.raises(InvalidParameterValue, match="not registered"):
        client.clusters.create(
            cluster_name="x", aws_attributes=compute.AwsAttributes(instance_profile_arn=f"{arn}-2"), **SMALL
        )
    script = base64.b64encode(b"echo hello").decode()
    first = client.global_init_scripts.create("first", script, enabled=True)
    second = client.global_init_scripts.create("second", script, position=0)
    assert [one.script_id for one in client.global_init_scripts.list()] == [second.script_id, first.script_id]
    client.workspace.mkdirs("/Shared/scripts")
    client.workspace.upload("/Shared/scripts/a.sh", b"echo a", format=objects.ImportFormat.AUTO)
    with client.workspace.download("/Shared/scripts/a.sh") as file:
        assert file.read() == b"echo a"
    with pytest.raises(DatabricksError, match="already exists"):
        client.workspace.upload("/Shared/scripts/a.sh", b"echo b", format=objects.ImportFormat.AUTO)
    with pytest.raises(DatabricksError, match="not empty"):
        client.workspace.delete("/Shared/scripts")


def test_jobs_are_checked_and_their_runs_say_that_nothing_ran(here: Here) -> None:
    _, _, client = here
    new = compute.ClusterSpec(**SMALL)
    client.workspace.mkdirs("/Shared")
    client.workspace.upload(
        "/Shared/job", b"print(1)", format=objects.ImportFormat.SOURCE, language=objects.Language.PYTHON
    )
    notebook = jobs.NotebookTask("/Shared/job")
    first = jobs.Task(task_key="a", new_cluster=new, notebook_task=notebook)
    after = jobs.Task(
        task_key="b", new_cluster=new, notebook_task=notebook, depends_on=[jobs.TaskDependency(task_key="a")]
    )
    made = client.jobs.create(name="nightly", tasks=[first, after])
    assert [one.settings.name for one in client.jobs.list()] == ["nightly"]
    run = client.jobs.run_now(made.job_id).response
    state = client.jobs.wait_get_run_job_terminated_or_skipped(run.run_id).state
    assert state.life_cycle_state is jobs.RunLifeCycleState.SKIPPED
    assert "Nothing was run" in state.state_message
    first.depends_on = [jobs.TaskDependency(task_key="b")]
    with pytest.raises(InvalidParameterValue, match="in a circle"):
        client.jobs.create(name="round", tasks=[first, after])
    with pytest.raises(NotFound):
        client.jobs.get(1)


def test_tokens_are_their_owners_until_they_end(here: Here) -> None:
    place, workspace, client = here
    host = place.databricks.world.address_of(workspace)
    made = client.tokens.create(comment="ci", lifetime_seconds=60)
    asked = WorkspaceClient(host=host, token=made.token_value, auth_type="pat")
    assert asked.current_user.me().user_name == place.databricks.client_id
    assert [one.comment for one in client.tokens.list()] == ["ci"]
    place.clock.seconds += 61
    with pytest.raises(DatabricksError, match="Invalid access token"):
        asked.current_user.me()
    robot = place.account.service_principals_v2.create(display_name="robot")
    place.account.workspace_assignment.update(workspace, int(robot.id), permissions=[iam.WorkspacePermission.USER])
    its = client.token_management.create_obo_token(robot.application_id)
    other = WorkspaceClient(host=host, token=its.token_value, auth_type="pat")
    assert other.current_user.me().display_name == "robot"
    client.token_management.delete(its.token_info.token_id)
    with pytest.raises(DatabricksError, match="Invalid access token"):
        other.current_user.me()


def test_secrets_have_scopes(here: Here) -> None:
    _, _, client = here
    with pytest.raises(NotFound, match="Scope lakewright does not exist"):
        client.secrets.put_secret("lakewright", "mask_salt", string_value="salt")
    client.secrets.create_scope("lakewright")
    client.secrets.put_secret("lakewright", "mask_salt", string_value="salt")
    assert base64.b64decode(client.secrets.get_secret("lakewright", "mask_salt").value) == b"salt"
    assert [one.key for one in client.secrets.list_secrets("lakewright")] == ["mask_salt"]
    client.secrets.delete_scope("lakewright")
    assert list(client.secrets.list_scopes()) == []


def test_a_policy_that_changes_shows_which_clusters_no_longer_fit(here: Here) -> None:
    _, _, client = here
    key = policy(client, autotermination_minutes={"type": "range", "maxValue": 60})
    made = client.clusters.create(cluster_name="x", policy_id=key, autotermination_minutes=60, **SMALL).response
    assert client.policy_compliance_for_clusters.get_compliance(made.cluster_id).is_compliant
    narrower = json.dumps({"autotermination_minutes": {"type": "range", "maxValue": 30}})
    client.cluster_policies.edit(key, name="team", definition=narrower)
    found = client.policy_compliance_for_clusters.get_compliance(made.cluster_id)
    assert (found.is_compliant, list(found.violations)) == (False, ["autotermination_minutes"])
