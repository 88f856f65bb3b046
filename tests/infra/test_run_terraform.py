"""Three small stacks by the real Terraform, on the local AWS: bootstrap, saved plans, refusals, locks, resuming."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lakewright.errors import LakewrightError, MissingError, ProblemError
from lakewright.infra.environment import rehearsal_environment
from lakewright.infra.order import Step, sorted_steps
from lakewright.infra.override import OVERRIDE, Loopback, copy_for_rehearsal
from lakewright.infra.plans import Plans
from lakewright.infra.run import Stacks
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.rehearse.aws.local import LocalAws, local_aws

SMALL = Path(__file__).parent / "small" / "infra"
BUCKET = "small-dev-state-111111111111"
HOSTILE = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
    "AWS_ENDPOINT_URL_LOGS": "https://logs.us-east-1.amazonaws.com",
    "TF_VAR_name": "elsewhere",
    "TF_CLI_ARGS_plan": "-destroy",
    "TF_WORKSPACE": "other",
    "HTTPS_PROXY": "http://192.0.2.1:3128",
}

real = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Place:
    """A copy of the small stacks, beside a local AWS of its own."""

    root: Path
    aws: LocalAws
    terraform: Terraform

    @property
    def stacks(self) -> Stacks:
        dev = self.root / "infra" / "dev"
        steps = [
            Step("access", dev / "access", frozenset({"foundation"})),
            Step("foundation", dev / "foundation"),
            Step("state", dev / "state"),
        ]
        return Stacks(self.terraform, sorted_steps(steps), Plans(self.root / "plans"), self.root / "bootstrap")

    def groups(self) -> dict[str, int]:
        found = self.aws.client("logs").describe_log_groups()["logGroups"]
        return {one["logGroupName"]: one["retentionInDays"] for one in found}

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / "infra" / "dev" / name / "main.tf"
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """In a shell whose variables, home and proxy lead elsewhere."""
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    theirs = tmp_path / "theirs" / ".aws"
    theirs.mkdir(parents=True)
    (theirs / "config").write_text("[profile production]\nregion = eu-west-1\nendpoint_url = https://example.com\n")
    monkeypatch.setenv("HOME", str(theirs.parent))
    with local_aws(["111111111111"], tmp_path / "aws") as aws:
        home = tmp_path / "home"
        home.mkdir(mode=0o700)
        key = aws.credentials()
        secret = f"[administrator]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        (home / "credentials").write_text(secret)
        (home / "config").write_text(f"[profile administrator]\nregion = us-east-1\nendpoint_url = {aws.endpoint}\n")
        loopback = Loopback(aws.endpoint, "us-east-1", home / "credentials", home / "config")
        copy_for_rehearsal(SMALL, "dev", tmp_path / "infra", loopback)
        environment = rehearsal_environment(os.environ, aws.endpoint, "us-east-1", home)
        terraform = Terraform(find_binary(os.environ), environment, find_plugins(os.environ))
        yield Place(tmp_path, aws, terraform)


def codes(errors: dict[str, LakewrightError]) -> dict[str, str]:
    return {name: error.code for name, error in errors.items()}


class TestReal:
    """One after the other costs a minute each; what belongs together is in one test."""

    pytestmark = real

    def test_saved_plans_are_applied_and_nothing_else(self, place: Place) -> None:
        planned = place.stacks.plan()
        assert planned.done["state"].counts == {"create": 2}
        assert planned.done["access"].waits == ("foundation", "state")
        assert place.stacks.apply().left == ("foundation", "access")
        listed = place.aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
        assert [one["Key"] for one in listed] == ["dev/state.tfstate"]  # its own state has moved in
        assert not (place.root / "bootstrap").exists()

        assert codes(place.stacks.apply().failed) == {"state": "LW1360"}  # done once, a plan is gone
        assert place.stacks.plan().done["foundation"].counts == {"create": 1}
        place.edit("foundation", "/small/foundation", "/small/changed")
        refused = place.stacks.apply()
        assert codes(refused.failed) == {"foundation": "LW1362"}
        assert place.groups() == {}  # nothing was begun

        place.edit("foundation", "/small/changed", "/small/foundation")
        assert place.stacks.apply().left == ("access",)
        assert place.groups() == {"/small/foundation": 30}
        rolled = place.stacks.roll_out()
        assert rolled.ok
        assert {name: one.skipped for name, one in rolled.done.items()} == {
            "state": True, "foundation": True, "access": False,
        }  # fmt: skip
        assert not any(one.changed for one in place.stacks.differences().done.values())

        down = place.stacks.take_down()
        assert list(down.done) == ["access", "foundation"]
        assert place.groups() == {}

    def test_after_a_failure_the_rest_waits_and_the_next_run_goes_on(self, place: Place) -> None:
        place.edit("foundation", '"/small/foundation"', '"not a name!"')
        failed = place.stacks.roll_out()
        assert list(failed.failed) == ["foundation"]
        assert failed.left == ("access",)
        place.edit("foundation", '"not a name!"', '"/small/foundation"')
        assert place.stacks.roll_out().ok
        assert set(place.groups()) == {"/small/foundation", "/small/foundation/access"}

        lock = {"ID": "12345678-aaaa-bbbb-cccc-1234567890ab", "Operation": "OperationTypeApply", "Info": "",
                "Who": "ana@laptop", "Version": "1.11.4", "Created": "2026-01-02T03:04:05Z", "Path": "x"}  # fmt: skip
        key = "dev/foundation.tfstate.tflock"
        place.aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(lock).encode())
        error = place.stacks.plan().failed["foundation"]
        assert error.code == "LW1354"
        assert "ana@laptop since 2026-01-02" in error.fact
        assert lock["ID"] in error.hint

    def test_the_copy_cannot_be_applied_once_its_keys_are_gone(self, place: Place) -> None:
        assert (place.root / "infra" / "dev" / "foundation" / OVERRIDE).is_file()
        shutil.rmtree(place.root / "home")
        own = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real"}
        with pytest.raises(LakewrightError) as caught:
            replace(place.terraform, environment=own).init(place.root / "infra" / "dev" / "foundation")
        assert "profile" in caught.value.fact or "shared config" in caught.value.fact


SCRIPT = """\
#!/usr/bin/env python3
import json, signal, sys, time
def told(*_):
    print("Interrupt received.", flush=True)
    sys.exit(1)
signal.signal(signal.SIGINT, told)
print(json.dumps({"type": "version"}), flush=True)
open("began", "w").close()
time.sleep(60)
"""


def stand_in(folder: Path) -> Terraform:
    """A terraform that waits until it is interrupted."""
    binary = folder / "terraform"
    binary.write_text(SCRIPT)
    binary.chmod(0o755)
    return Terraform(binary, {"PATH": os.environ["PATH"]})


def test_an_interrupt_reaches_terraform_which_ends_by_itself(tmp_path: Path) -> None:
    terraform = stand_in(tmp_path)

    def interrupt() -> None:
        while not (tmp_path / "began").exists():
            time.sleep(0.02)
        terraform.stop.set()

    threading.Thread(target=interrupt).start()
    with pytest.raises(ProblemError, match="LW1356 query: terraform apply was interrupted and ended in good order"):
        terraform.apply(tmp_path, tmp_path / "plan", "query")


def test_a_command_that_takes_too_long_is_interrupted(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="LW1358 query: terraform apply took longer than 1 s"):
        replace(stand_in(tmp_path), seconds=1.0).apply(tmp_path, tmp_path / "plan", "query")


def test_a_binary_that_does_not_work_is_missing(tmp_path: Path) -> None:
    binary = tmp_path / "terraform"
    binary.write_text("#!/bin/sh\nexit 1\n")
    binary.chmod(0o755)
    with pytest.raises(MissingError, match="LW1350"):
        Terraform(binary, {}).version()
