"""Who may what in AWS, asked of compiled files and of plans: the blueprint's organization and permission sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.errors import Mistakes
from lakewright.infra.compile import compile_environment, decided_calls
from lakewright.infra.holders import compiled_world
from lakewright.infra.planned import planned_world
from lakewright.policy.effects import control_effects, holder_effects
from lakewright.policy.question import ask, checked
from lakewright.policy.reference import reference
from lakewright.policy.world import World
from lakewright.spec import blueprints, load_project

ACCOUNT, MANAGEMENT = "111111111111", "999999999999"
INSTANCE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
STATE = f"arn:aws:s3:::shop-dev-state-{ACCOUNT}"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The blueprint `databricks-single` as `init` makes it: account 111111111111 in the unit production."""
    folder = tmp_path_factory.mktemp("shop")
    arguments = ["-C", str(folder), "init", "--blueprint", "databricks-single", "--name", "shop"]
    done = CliRunner().invoke(Root(), arguments)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def world(root: Path) -> World:
    return compiled_world(*decided_calls(load_project(root, "dev"), "dev"))


def answer(world: World, who: str, action: str, resource: str, **context: str) -> str:
    """For a role or permission set in account 111111111111, or a person."""
    ((holder, person), *_) = [one for one in world.find(who) if one[0].account == ACCOUNT]
    given = {key.replace("__", ":").replace("_", "-"): [value] for key, value in context.items()}
    question = checked(action, resource, given, reference())
    return ask(world, holder, question, person).decision.answer.value


def test_the_tree_is_the_blueprints(world: World) -> None:
    organization = world.organization
    assert organization is not None
    assert [node.name for node in organization.way(ACCOUNT)] == ["root", "Production", "shop-analytics"]
    assert organization.management == MANAGEMENT
    assert organization.service_controls(MANAGEMENT) == ()
    assert [level.name for level in organization.service_controls(ACCOUNT)] == [
        "the root",
        "unit Production",
        "account shop-analytics",
    ]
    assert organization.unbound() == ("unit Security", "unit Development", "unit Sandbox")


def test_controls_bind_administrators_and_leave_databricks_alone(world: World) -> None:
    assert answer(world, "DataPlatformAdmin", "cloudtrail:DeleteTrail", "*") == "Deny"
    assert answer(world, "DataPlatformAdmin", "cloudtrail:DescribeTrails", "*") == "Allow"
    assert answer(world, "DataPlatformAdmin", "organizations:LeaveOrganization", "*") == "Deny"
    assert answer(world, "shop-dev-databricks-cross-account", "ec2:TerminateInstances", INSTANCE) != "Deny"
    elsewhere = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"
    assert answer(world, "DataPlatformAdmin", "ec2:StopInstances", INSTANCE) == "Allow"
    assert answer(world, "DataPlatformAdmin", "ec2:StopInstances", elsewhere) == "Deny"
    assert answer(world, "DataPlatformAdmin", "iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/x") == "Allow"


def test_imdsv2_is_asked_of_people(world: World) -> None:
    run = (world, "DataPlatformAdmin", "ec2:RunInstances", INSTANCE)
    assert answer(*run, ec2__MetadataHttpTokens="required") == "Allow"
    assert answer(*run, ec2__MetadataHttpTokens="optional") == "Deny"
    assert answer(*run) == "Unknown"


def test_people_have_their_permission_sets_and_their_own_folder(world: World) -> None:
    mine = f"arn:aws:s3:::shop-dev-sandbox-{ACCOUNT}/ana.analyst@example.com/x"
    theirs = f"arn:aws:s3:::shop-dev-sandbox-{ACCOUNT}/eli.engineer@example.com/x"
    assert answer(world, "ana.analyst@example.com", "s3:PutObject", mine) == "Allow"
    assert answer(world, "ana.analyst@example.com", "s3:PutObject", theirs) == "Deny"
    assert answer(world, "DataAnalyst", "s3:PutObject", theirs) == "Unknown"
    assert answer(world, "ana.analyst@example.com", "s3:GetObject", f"{STATE}/dev/x.tfstate") == "Deny"
    assert answer(world, "eli.engineer@example.com", "s3:GetObject", f"{STATE}/dev/x.tfstate") == "Deny"


def test_every_statement_of_the_organization_does_what_it_says(world: World) -> None:
    shown = list(control_effects(world, reference()))
    as_it_says = [one for one in shown if one.what == "as it says"]
    beside = [one for one in shown if one.what != "as it says"]

    assert len({(one.where, one.about) for one in shown}) >= 13
    assert [(one.where, one.about) for one in as_it_says if one.decision.answer.value != "Deny"] == []
    assert [(one.where, one.about) for one in as_it_says if not one.by_itself] == []
    assert [(one.where, one.about, one.what) for one in beside if one.by_itself] == []
    allowed = {(one.where, one.about) for one in beside if one.decision.answer.value == "Allow"}
    assert {(one.where, one.about) for one in beside} - allowed == set()


@pytest.mark.parametrize("name", ["DataEngineer", "DataAnalyst", "TerraformDeployer"])
def test_every_statement_of_a_permission_set_does_what_it_says(world: World, name: str) -> None:
    ((holder, _), *_) = world.find(name)
    sids = {one.sid: one.allow for policy in holder.identity for one in policy.statements}
    for one in holder_effects(world, holder, reference()):
        if one.what == "as it says":
            assert one.decision.answer.value == ("Allow" if sids[one.about] else "Deny"), one
        elif sids[one.about]:
            assert one.decision.answer.value == "Deny", one


def invoked(root: Path, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(Root(), ["-C", str(root), "access", *arguments, "--env", "dev", "--json"])
    found: dict[str, Any] = json.loads(done.output)
    return found


def test_the_commands_answer(root: Path) -> None:
    found = invoked(root, "can-i", "DataEngineer", "s3:deletebucket", STATE)
    assert (found["ok"], found["allowed"], found["action"]) == (False, False, "s3:DeleteBucket")
    assert found["answers"][0]["layer"] == "identity-based policy"
    assert found["answers"][0]["explicit"] is True

    found = invoked(root, "why", "DataPlatformAdmin", "cloudtrail:StopLogging", "*", "--account", ACCOUNT)
    denying = [step for step in found["answers"][0]["steps"] if step["effect"] == "denies"]
    assert [step["where"] for step in denying] == ["service control policy at the root"]
    assert "(KeepAudit)" in denying[0]["statement"]

    found = invoked(root, "who-can", "s3:PutObject", f"arn:aws:s3:::shop-dev-processed-{ACCOUNT}/gold/x")
    who = {one["person"] or one["name"]: one["answer"] for one in found["who"]}
    assert who["eli.engineer@example.com"] == "Allow"
    assert "ana.analyst@example.com" not in who
    assert all(set(one) >= {"because", "statement", "level"} for one in found["who"])

    found = invoked(root, "effects")
    assert {one["answer"] for one in found["effects"]} == {"Allow", "Deny"}


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (("can-i", "DataAnalst", "s3:GetObject", STATE), "LW1042", "DataAnalyst"),
        (("can-i", "DataAnalyst", "s3:GetObjects", STATE), "LW1043", "GetObject"),
        (("can-i", "DataAnalyst", "databricks:Get", STATE), "LW1043", ""),
        (("can-i", "DataAnalyst", "s3:GetObject", "bucket/x"), "LW1043", "arn:aws:s3:::${BucketName}/${ObjectName}"),
        (("can-i", "DataAnalyst", "s3:GetObject", STATE, "--context", "x"), "LW1043", "ec2:InstanceType"),
        (("can-i", "DataAnalyst", "s3:GetObject", STATE, "--from", "aws"), "LW1423", "aws start"),
    ],
)
def test_what_is_asked_wrongly_is_told(root: Path, arguments: tuple[str, ...], code: str, hint: str) -> None:
    done = CliRunner().invoke(Root(), ["-C", str(root), "access", *arguments, "--env", "dev", "--json"])
    (error,) = json.loads(done.output)["errors"]
    assert error["code"] == code
    assert hint in error["hint"]


@pytest.mark.parametrize("blueprint", [name for name in blueprints() if name != "sample-pipeline"])
def test_every_blueprint_can_be_asked(tmp_path: Path, blueprint: str) -> None:
    done = CliRunner().invoke(Root(), ["-C", str(tmp_path), "init", "--blueprint", blueprint, "--name", "shop"])
    assert done.exit_code == 0, done.output
    project = load_project(tmp_path)
    for name in (name for name in project.platform.environments if name != "local"):
        found = compiled_world(*decided_calls(project, name))
        for holder in found.holders.values():
            for action in ("s3:GetObject", "kms:Decrypt"):
                asked = ask(found, holder, checked(action, "arn:aws:s3:::elsewhere/x", {}, reference()))
                assert asked.because


OWN = """
    infra:
      organization:
        accounts: {{analytics: {{own: true, unit: production, email: aws+analytics@example.com}}}}
        policies:
          mine:
            targets: [production]
            statements:
              - sid: Mine
                effect: deny
{statement}
"""
MISTAKES = {
    "LW1030": "actions: [databricks:*]",
    "LW1031": "actions: [s3:DeleteBuckets]",
    "LW1033": "actions: [s3:PutObject]\nconditions: {StringNotEquals: {aws:RequestTag/Terraform: 'true'}}",
    "LW1037": "actions: [ec2:RunInstances]\nresources: ['arn:aws:ec2:*:*:instance/*']\n"
    "conditions: {'ForAnyValue:StringNotLike': {ec2:InstanceType: [t3.*]}}",
    "LW1038": "actions: ['*']\nconditions: {StringNotEquals: {aws:RequestedRegion: [us-east-1]}}",
}


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_in_a_persons_statement_is_refused_at_its_line(root: Path, tmp_path: Path, code: str) -> None:
    text = (root / "platform.yaml").read_text()
    start = text.index("    infra:\n      organization:")
    rest = text[start:]
    end = start + rest.index("      budget:")
    lines = "\n".join(" " * 16 + line for line in MISTAKES[code].splitlines())
    (tmp_path / "platform.yaml").write_text(text[:start] + OWN.format(statement=lines).lstrip("\n") + text[end:])
    (tmp_path / "models").mkdir()
    line = (tmp_path / "platform.yaml").read_text().splitlines().index(" " * 14 + "- sid: Mine") + 1

    with pytest.raises(Mistakes) as caught:
        compile_environment(load_project(tmp_path, "dev"), "dev")

    assert [error.code for error in caught.value.mistakes] == [code]
    assert f"platform.yaml:{line}" in caught.value.mistakes[0].place


def plan(*resources: dict[str, Any], **uses: Any) -> dict[str, Any]:
    """A plan as `terraform show -json` writes it, of one module; `uses`: type → argument → what it refers to."""
    named = [
        {
            "type": kind,
            "name": "this",
            "expressions": {argument: {"references": found} for argument, found in arguments.items()},
        }
        for kind, arguments in uses.items()
    ]
    values = [{"mode": "managed", "name": "this", **one} for one in resources]
    module = {"resources": named}
    return {
        "planned_values": {"root_module": {"child_modules": [{"address": "module.roles", "resources": values}]}},
        "configuration": {"root_module": {"module_calls": {"roles": {"module": module}}}},
    }


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


TRUST = document({"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"})


def test_a_plan_shows_what_is_not_applied_yet(world: World) -> None:
    read = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::new/*"})
    made = plan(
        {"type": "aws_iam_role", "index": "a", "values": {"name": "new-a", "assume_role_policy": TRUST}},
        {"type": "aws_iam_role", "index": "b", "values": {"name": "new-b", "assume_role_policy": TRUST}},
        {"type": "aws_iam_role_policy", "index": "a", "values": {"policy": read}},
        {"type": "aws_iam_role_policy", "index": "b", "values": {"policy": None}},
        aws_iam_role_policy={"role": ["aws_iam_role.this", "each.key"]},
    )
    after = planned_world(world, {"foundation": made}, {"foundation": ACCOUNT})

    assert answer(after, "new-a", "s3:GetObject", "arn:aws:s3:::new/x") == "Allow"
    assert answer(after, "new-a", "s3:PutObject", "arn:aws:s3:::new/x") == "Deny"
    assert answer(after, "new-b", "s3:GetObject", "arn:aws:s3:::new/x") == "Unknown"
    assert answer(after, "new-a", "s3:GetObject", "arn:aws:s3:::new/x") == "Allow"


def test_a_planned_control_counts_and_one_that_is_taken_off_does_not(world: World) -> None:
    deny = document({"Sid": "New", "Effect": "Deny", "Action": "glue:*", "Resource": "*"})
    made = plan(
        {"type": "aws_organizations_policy", "index": "new", "values": {"name": "new", "content": deny}},
        {"type": "aws_organizations_policy_attachment", "index": "new/production", "values": {}},
    )
    after = planned_world(world, {"organization": made}, {"organization": MANAGEMENT})

    assert answer(world, "DataPlatformAdmin", "glue:GetTables", f"arn:aws:glue:us-east-1:{ACCOUNT}:catalog") == "Allow"
    assert answer(after, "DataPlatformAdmin", "glue:GetTables", f"arn:aws:glue:us-east-1:{ACCOUNT}:catalog") == "Deny"
    assert answer(world, "DataPlatformAdmin", "cloudtrail:DeleteTrail", "*") == "Deny"
    assert answer(after, "DataPlatformAdmin", "cloudtrail:DeleteTrail", "*") == "Allow"
