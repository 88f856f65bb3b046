"""What nobody waits for is applied in a second go: which addresses the first has, and what becomes of both."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakewright.errors import ProblemError
from lakewright.infra.environment import ALWAYS
from lakewright.infra.order import Outcome, Step, sorted_steps
from lakewright.infra.plans import Plans
from lakewright.infra.run import Stacks
from lakewright.infra.run_apart import as_one, in_two_goes, outputs, targets
from lakewright.infra.run_done import Applied
from lakewright.infra.terraform import Terraform, find_binary

ROOT = """\
module "lake" {
  source = "../../modules/lake"
}
module "theirs" {
  source  = "terraform-aws-modules/s3-bucket/aws"
  version = "4.1.0"
}
resource "aws_sns_topic" "own" {
  name = "own"
}
data "aws_caller_identity" "this" {}
output "zones" {
  value = var.zones
}
"""
LAKE = """\
resource "aws_s3_bucket" "this" {
  for_each = var.buckets
}
module "inner" {
  source = "./inner"
}
"""
WATCHED = """\
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id
}
"""
INNER = 'resource "aws_s3_bucket_policy" "this" {}\n'


def stack(folder: Path, lake: str) -> Path:
    for name, text in {
        "infra/dev/foundation/main.tf": ROOT,
        "infra/modules/lake/main.tf": lake,
        "infra/modules/lake/inner/main.tf": INNER,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "infra" / "dev" / "foundation"


def test_the_first_go_has_everything_but_what_is_watched(tmp_path: Path) -> None:
    assert targets(stack(tmp_path, LAKE + WATCHED)) == (
        "module.lake.aws_s3_bucket.this",
        "module.lake.module.inner.aws_s3_bucket_policy.this",
        "module.theirs",
        "aws_sns_topic.own",
    )


def test_a_stack_with_nothing_to_watch_is_applied_at_once(tmp_path: Path) -> None:
    assert targets(stack(tmp_path, LAKE)) == ()
    assert targets(stack(tmp_path, LAKE + WATCHED + "resource {")) == ()  # terraform says what is wrong


def test_nobody_waits_for_the_second_go(tmp_path: Path) -> None:
    steps = (Step("foundation", tmp_path), Step("access", tmp_path, frozenset({"foundation"})))
    assert [(one.name, set(one.after)) for one in in_two_goes(steps, {"foundation": ("a",)})] == [
        ("foundation", set()),
        ("access", {"foundation"}),
        ("foundation (rest)", {"foundation"}),
    ]


def test_both_goes_are_one_outcome() -> None:
    first = Applied("foundation", {"add": 5, "change": 0}, False, 5, {"init": 1.0, "apply": 30.0})
    rest = Applied("foundation", {"add": 2, "change": 1}, False, 3, {"init": 0.0, "apply": 60.0})
    again = Applied("state", {}, True)
    found = as_one(Outcome({"state": again, "foundation": first, "state (rest)": again, "foundation (rest)": rest}))
    seconds = {"init": 1.0, "apply": 30.0, "init, rest": 0.0, "apply, rest": 60.0}
    assert found.done["foundation"] == Applied("foundation", {"add": 7, "change": 1}, False, 8, seconds)
    assert found.done["state"].skipped
    assert found.ok


def test_a_stack_whose_second_go_failed_or_never_began_is_not_done() -> None:
    done = {name: Applied(name, {"add": 1}) for name in ("state", "foundation")}
    error = ProblemError("LW1352", "the rules are refused")
    found = as_one(Outcome(done, {"foundation (rest)": error}, ("access", "state (rest)")))
    assert found.done == {}
    assert found.failed == {"foundation": error}
    assert found.left == ("access", "state")


TERRAFORM = """\
#!/usr/bin/env python3
import json, os, pathlib, sys, time
here, log, asked = pathlib.Path.cwd().name, pathlib.Path(os.environ["LOG"]), sys.argv[1:]
if "-refresh-only" in asked:
    (log / "noted").touch()
elif asked[0] == "apply":
    if here == "access" and not (log / "noted").exists():
        sys.exit("an output of foundation is not there")
    targeted = [one for one in asked if one.startswith("-target=")]
    end = time.monotonic() + 20
    while here == "foundation" and not targeted and not (log / "access").exists():
        if time.monotonic() > end:
            sys.exit("nobody came")
        time.sleep(0.01)
    (log / here).write_text(" ".join(one for one in asked if one.startswith(("-target=", "-refresh="))))
    resource = {"addr": f"{here}.{len(targeted)}", "resource_type": "aws_s3_bucket"}
    print(json.dumps({"type": "planned_change", "change": {"resource": resource, "action": os.environ["ACTION"]}}))
    kind = {"create": "add", "update": "change"}[os.environ["ACTION"]]
    print(json.dumps({"type": "change_summary", "changes": {"operation": "apply", kind: 1}}))
"""
"""Its second go at foundation ends only when access is applied, and that needs foundation's output."""


def rolled(tmp_path: Path, action: str) -> Outcome[Applied]:
    """Rolls out three stacks with a terraform that says it has done `action` to one resource per command."""
    folder = stack(tmp_path, LAKE + WATCHED)
    (tmp_path / "log").mkdir()
    binary = tmp_path / "terraform"
    binary.write_text(TERRAFORM)
    binary.chmod(0o755)
    for name in ("state", "access"):
        (folder.parent / name).mkdir()
    steps = [
        Step("state", folder.parent / "state"),
        Step("foundation", folder),
        Step("access", folder.parent / "access", frozenset({"foundation"})),
    ]
    environment = {"PATH": os.environ["PATH"], "LOG": str(tmp_path / "log"), "ACTION": action}
    terraform = Terraform(binary, environment)
    return Stacks(terraform, sorted_steps(steps), Plans(tmp_path / "plans"), tmp_path / "bootstrap").roll_out()


def test_the_next_stack_begins_before_the_second_go_ends(tmp_path: Path) -> None:
    found = rolled(tmp_path, "create")
    assert found.failed == {}
    assert {name: (done.did["add"], done.resources) for name, done in found.done.items()} == {
        "state": (1, 1), "foundation": (2, 2), "access": (1, 1),
    }  # fmt: skip
    assert (tmp_path / "log" / "foundation").read_text() == "-refresh=false", "no targets, and all of it is new"
    assert set(found.done["foundation"].seconds) == {"init", "apply", "outputs", "init, rest", "apply, rest"}


def test_what_was_there_before_is_read_again_by_the_second_go(tmp_path: Path) -> None:
    assert rolled(tmp_path, "update").done["foundation"].did["change"] == 2
    assert (tmp_path / "log" / "foundation").read_text() == ""


OUTPUTS = """\
variable "zones" {
  default = ["a", "b"]
}
resource "terraform_data" "first" {
  input = 1
}
resource "terraform_data" "watched" {
  input = 2
}
output "first" {
  value = terraform_data.first.output
}
output "zones" {
  value = var.zones
}
output "nothing" {
  value = null
}
"""


@pytest.mark.terraform
def test_outputs_of_variables_alone_are_there_after_the_first_go(tmp_path: Path) -> None:
    """By the real terraform, which leaves them out of a targeted plan; it keeps no output that is null."""
    (tmp_path / "main.tf").write_text(OUTPUTS)
    assert outputs(tmp_path) == {"first", "zones", "nothing"}
    terraform = Terraform(find_binary(os.environ), {"PATH": os.environ["PATH"], **ALWAYS})
    terraform.init(tmp_path)
    said = terraform.roll(tmp_path, targets=["terraform_data.first"])
    assert said.provided == {"first"}
    terraform.note(tmp_path)
    assert terraform.outputs(tmp_path) == {"first": 1, "zones": ["a", "b"]}
    assert [one.address for one in terraform.roll(tmp_path, refresh=False).changes] == ["terraform_data.watched"]
