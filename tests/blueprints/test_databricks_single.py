"""databricks-single from nothing: `setup` stopped at every step, the rehearsal of what stands, people who come and go.

One set of stacks for all of it, on the local AWS and the local Databricks, by the real Terraform.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.infra.override import OVERRIDE, override_of
from lakewright.observe import ignore
from lakewright.rehearse.platform.run import Rehearsal
from lakewright.rehearse.platform.stage import Options, Stage, staged
from lakewright.spec import load_project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(1700),
    pytest.mark.xdist_group("databricks-single"),
    pytest.mark.full,
]

OWN, MANAGEMENT = "111111111111", "999999999999"
DATABRICKS = "00000000-0000-0000-0000-000000000000"
NEW, GONE = "ana.lopes@example.com", "ana.analyst@example.com"
STEPS = ("tools", "accounts", "databricks", "compile", "apply", "look")


@dataclass
class Shell:
    """A person's shell in the project: the environment that leads to the local accounts, and the command."""

    folder: Path
    environment: dict[str, str]

    def start(self, *arguments: str, **changed: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "lakewright", "-C", str(self.folder), *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment | changed, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, **changed: str) -> tuple[int, dict[str, Any]]:
        """Exit code and the JSON object."""
        with self.start(*arguments, "--json", **changed) as process:
            out, err = process.communicate(timeout=900)
        assert out, err
        found: dict[str, Any] = json.loads(out)
        return process.returncode, found

    def stopped(self, signaled: int, when: Callable[[], bool], after: int = 0) -> str:
        """`setup`, sent a signal as a terminal sends Ctrl-C (or, to itself alone, SIGKILL) when `after` steps are done
        and `when` says so: what it said."""
        with self.start("setup", "dev", "--as-it-is", "--yes") as process:
            assert process.stderr is not None
            for _ in range(after):
                assert process.stderr.readline()
            while process.poll() is None and not when():
                time.sleep(0.1)
            assert process.poll() is None, "it ended before it was stopped: " + "".join(process.communicate())
            if signaled == signal.SIGKILL:
                process.kill()
            else:
                os.killpg(process.pid, signaled)
            said = process.communicate(timeout=300)[1]
        assert process.returncode != 0
        return said


def at_once() -> bool:
    return True


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    done = CliRunner().invoke(Root(), ["-C", str(folder), "init", "--blueprint", "databricks-single", "--name", "lab"])
    assert done.exit_code == 0, done.output
    spec = folder / "platform.yaml"
    spec.write_text(spec.read_text().replace("    infra:\n", "    infra:\n      rds_metastore: {}\n"))
    return folder


@pytest.fixture(scope="module")
def stage(project: Path) -> Iterator[Stage]:
    with staged(load_project(project), Options("dev"), ignore) as found:
        yield found


@pytest.fixture(scope="module")
def shell(stage: Stage, project: Path) -> Shell:
    """What Terraform gets in a rehearsal; the stacks in the person's folder have a file of theirs that leads here."""
    spec = project / "platform.yaml"
    own = f"{{account_id: {DATABRICKS}, host: {stage.loopback.databricks}}}"
    spec.write_text(spec.read_text().replace(f"{{account_id: {DATABRICKS}}}", own))
    shell = Shell(
        project,
        {
            **stage.terraform.environment,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            **({"LAKEWRIGHT_TERRAFORM_PLUGINS": str(stage.terraform.plugins)} if stage.terraform.plugins else {}),
        },
    )
    assert shell.run("infra", "compile", "dev")[0] == 0
    for stack in (path for path in (project / "infra" / "dev").iterdir() if path.is_dir()):
        (stack / OVERRIDE).write_text(override_of(stack, stage.loopback))
    return shell


def test_databricks_single(stage: Stage, shell: Shell) -> None:
    _stopped_before_anything_is_made(stage, shell)
    _stopped_while_it_applies(stage, shell)
    done = _set_up(shell)
    assert done["apply"]["stacks"].keys() == {stack.name for stack in stage.compiled.stacks}
    _rehearsed(stage)
    _people_come_and_go(stage, shell)
    _nothing_secret_in_states(stage)
    stage.reload()
    stage.prepare()
    stage.ready.clear()
    assert stage.stacks.take_down().failed == {}
    assert [one["Name"] for one in stage.client("s3").list_buckets()["Buckets"]] == [stage.compiled.state_bucket]


def _set_up(shell: Shell) -> dict[str, Any]:
    code, said = shell.run("setup", "dev", "--as-it-is", "--yes")
    assert code == 0, "\n".join(str(one) for one in said["errors"])
    assert said["left"] == []
    assert tuple(said["done"]) == STEPS
    done: dict[str, Any] = said["done"]
    return done


def _stopped_before_anything_is_made(stage: Stage, shell: Shell) -> None:
    """Without a tool, an account, a key; then with Ctrl-C, and killed, at each step: nothing is made, and it can begin
    again."""
    for name, value, code, after in (
        ("PATH", "/nonexistent", 3, 0),
        ("AWS_PROFILE", "management", 1, 1),
        ("DATABRICKS_CLIENT_SECRET", "wrong", 1, 2),
    ):
        exit_code, said = shell.run("setup", "dev", "--as-it-is", "--yes", **{name: value})
        assert (exit_code, list(said["done"])) == (code, list(STEPS[:after])), said
        assert said["left"] == list(STEPS[after:])
    for after in range(4):
        assert "Traceback" not in shell.stopped(signal.SIGINT, at_once, after)
        shell.stopped(signal.SIGKILL, at_once, after)
    assert stage.client("s3").list_buckets()["Buckets"] == []


def _stopped_while_it_applies(stage: Stage, shell: Shell) -> None:
    """Ctrl-C when the state's bucket comes, and nothing is in it yet; and again when there is a workspace."""
    s3 = stage.client("s3")
    said = shell.stopped(signal.SIGINT, lambda: bool(s3.list_buckets()["Buckets"]), after=4)
    assert "LW1356" in said, said
    databricks = stage.databricks
    assert databricks is not None
    said = shell.stopped(signal.SIGINT, lambda: bool(databricks.workspaces()), after=4)
    assert "LW1356" in said, said


def _rehearsed(stage: Stage) -> None:
    """The rehearsal of the same stacks: a further run finds nothing to do, and everything behaves."""
    report = Rehearsal(stage, ignore).tell()
    assert report.problems == ()
    assert [check.fact for one in report.criteria for check in one.checks if check.ok is False] == []
    assert report.ok
    assert {one.name: one.did for one in report.evidence.stacks if any(one.did.values())} == {}
    assert report.coverage["unimplemented"] == {}
    assert report.unchecked == {}
    assert {tried.name for tried in report.evidence.tried} >= {
        "an analyst reads gold", "the spec and the applied catalog agree", "logs can be delivered",
        "machines find the Hive metastore", "no secret is in a state",
    }  # fmt: skip
    _organization(stage)
    _network(stage)


def _organization(stage: Stage) -> None:
    """The account is in its unit under its policies; detection and trail are on."""
    client = stage.aws.client("organizations", account=MANAGEMENT)
    (parent,) = client.list_parents(ChildId=OWN)["Parents"]
    unit = client.describe_organizational_unit(OrganizationalUnitId=parent["Id"])["OrganizationalUnit"]
    assert unit["Name"] == "Production"
    attached = client.list_policies_for_target(TargetId=parent["Id"], Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert {one["Name"] for one in attached} == {"FullAWSAccess", "lab-production"}
    (trail,) = stage.aws.client("cloudtrail", account=MANAGEMENT).describe_trails()["trailList"]
    assert trail["IsOrganizationTrail"]
    detector = stage.client("guardduty")
    (found,) = detector.list_detectors()["DetectorIds"]
    on = {one["Name"] for one in detector.get_detector(DetectorId=found)["Features"] if one["Status"] == "ENABLED"}
    assert {"S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"} <= on


def _network(stage: Stage) -> None:
    """One NAT gateway; the metastore's server is in the data subnets, encrypted and closed to the internet."""
    nat = stage.client("ec2").describe_nat_gateways()["NatGateways"]
    assert len([one for one in nat if one["State"] == "available"]) == 1
    (server,) = stage.client("rds").describe_db_instances()["DBInstances"]
    assert (server["StorageEncrypted"], server["PubliclyAccessible"], server["Engine"]) == (True, False, "postgres")
    zones = {one["SubnetAvailabilityZone"]["Name"] for one in server["DBSubnetGroup"]["Subnets"]}
    assert len(zones) == 2


def _people_come_and_go(stage: Stage, shell: Shell) -> None:
    """The spec is edited, the stacks that it names are planned and applied, and both directories have the people."""
    assert _people(stage) == {GONE, "eli.engineer@example.com", "pat.admin@example.com"}
    code, came = shell.run("access", "users", "add", NEW, "--group", "DataAnalysts")
    assert (code, came["stacks"]) == (0, {"dev": ["identity", "databricks-account"]})
    assert shell.run("access", "users", "remove", GONE)[0] == 0
    for line in came["next"]:
        code, said = shell.run(*line.split()[1:])
        assert code == 0, said
    assert set(said["applied"]) == {"identity", "databricks-account"}
    assert _people(stage) == {NEW, "eli.engineer@example.com", "pat.admin@example.com"}
    databricks = stage.databricks
    assert databricks is not None
    users = {one["userName"] for one in databricks.world.objects.all("user", "account")}
    assert NEW in users
    assert GONE not in users


def _people(stage: Stage) -> set[str]:
    sso = stage.aws.client("sso-admin", account=MANAGEMENT)
    (instance,) = sso.list_instances()["Instances"]
    store = stage.aws.client("identitystore", account=MANAGEMENT)
    return {user["UserName"] for user in store.list_users(IdentityStoreId=instance["IdentityStoreId"])["Users"]}


def _nothing_secret_in_states(stage: Stage) -> None:
    """Neither the metastore's password nor the service principal's key is in any state, at any version."""
    s3 = stage.client("s3")
    password = stage.client("secretsmanager").list_secrets()["SecretList"][0]
    value = json.loads(stage.client("secretsmanager").get_secret_value(SecretId=password["ARN"])["SecretString"])
    secrets = [value["password"], stage.terraform.environment["DATABRICKS_CLIENT_SECRET"]]
    states = [
        s3.get_object(Bucket=stage.compiled.state_bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        for one in s3.list_object_versions(Bucket=stage.compiled.state_bucket)["Versions"]
    ]
    assert len(states) >= len(stage.compiled.stacks)
    for text in (state.decode() for state in states):
        assert not [one for one in secrets if one in text]
        assert not re.search(r'"type": "databricks_service_principal_secret"', text)
