"""What the blueprint databricks-single decides, what its policies mean, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakewright.cost import estimate
from lakewright.errors import LakewrightError, Mistakes
from lakewright.infra.compile import Compiled, compile_environment
from lakewright.infra.costs import drivers
from lakewright.policy.context import Context as Keys
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import Answer, Level, Policies, decide
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Request
from lakewright.spec import load_project

from .meaning import EVERYTHING, of_identity
from .single import DATABRICKS, MANAGEMENT, OWN, compiled, single

CROSS_ACCOUNT = f"arn:aws:iam::{OWN}:role/lab-dev-databricks-cross-account"
PERSON = f"arn:aws:iam::{OWN}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_DataEngineer_0123456789abcdef"
SOMEBODY = f"arn:aws:iam::{OWN}:role/somebody"


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("lab"))


def text_of(dev: Compiled, stack: str, file: str) -> str:
    found = next(one for one in dev.stacks if one.name == stack).files[file]
    return found if isinstance(found, str) else found.decode()


def test_stacks_come_in_order_and_are_in_their_accounts(dev: Compiled) -> None:
    order = [stack.name for stack in dev.stacks]
    for before, after in (
        ("state", "organization"),
        ("organization", "security"),
        ("foundation", "databricks-account"),
        ("databricks-account", "unity-catalog"),
        ("databricks-account", "compute"),
    ):
        assert order.index(before) < order.index(after)
    accounts = {stack.name: stack.account for stack in dev.stacks}
    assert {name for name, account in accounts.items() if account == "management"} == {
        "organization", "security", "identity",
    }  # fmt: skip
    assert f'account_id = "{MANAGEMENT}"' in text_of(dev, "organization", "terraform.tfvars")
    assert 'profile             = "management"' in text_of(dev, "organization", "providers.tf")
    assert "profile" not in text_of(dev, "foundation", "providers.tf")


def test_databricks_providers_hold_no_secret_and_the_workspaces_address_is_an_output(dev: Compiled) -> None:
    console = text_of(dev, "databricks-account", "providers.tf")
    assert f'account_id = "{DATABRICKS}"' in console
    workspace = text_of(dev, "unity-catalog", "providers.tf")
    assert "host  = data.terraform_remote_state.databricks-account.outputs.workspace_workspace_url" in workspace
    assert "databricks = databricks.workspace" in text_of(dev, "unity-catalog", "main.tf")
    assert not any("secret" in text_of(dev, stack.name, "providers.tf") for stack in dev.stacks)


def service_controls(dev: Compiled, *names: str) -> tuple[Level, ...]:
    files = [text_of(dev, "organization", f"organization/scp-{name}.json") for name in names]
    full = read_policy(EVERYTHING, Layer.SERVICE_CONTROL, "FullAWSAccess")
    return tuple(
        Level(name, (full, read_policy(text, Layer.SERVICE_CONTROL, name)))
        for name, text in zip(names, files, strict=True)
    )


@pytest.mark.parametrize(
    ("principal", "action", "resource", "keys", "expected"),
    [
        (SOMEBODY, "ec2:DescribeInstances", "*", {"aws:RequestedRegion": "us-east-1"}, Answer.ALLOW),
        (SOMEBODY, "ec2:DescribeInstances", "*", {"aws:RequestedRegion": "eu-west-1"}, Answer.DENY),
        (SOMEBODY, "iam:ListRoles", "*", {"aws:RequestedRegion": "us-east-1"}, Answer.ALLOW),
        (SOMEBODY, "sts:GetCallerIdentity", "*", {"aws:RequestedRegion": "aws-global"}, Answer.ALLOW),
        (SOMEBODY, "route53:ListHostedZones", "*", {"aws:RequestedRegion": "aws-global"}, Answer.ALLOW),
        (SOMEBODY, "organizations:LeaveOrganization", "*", {"aws:RequestedRegion": "us-east-1"}, Answer.DENY),
        (CROSS_ACCOUNT, "ec2:TerminateInstances", "*", {"aws:RequestedRegion": "us-east-1"}, Answer.ALLOW),
        (PERSON, "s3:DeleteBucket", "arn:aws:s3:::x", {"aws:RequestedRegion": "us-east-1"}, Answer.ALLOW),
        (SOMEBODY, "ec2:TerminateInstances", "*", {"aws:RequestedRegion": "us-east-1"}, Answer.DENY),
        (SOMEBODY, "cloudtrail:StopLogging", "*", {"aws:RequestedRegion": "us-east-1"}, Answer.DENY),
        (
            SOMEBODY,
            "s3:PutObject",
            f"arn:aws:s3:::lab-dev-state-{OWN}/dev/foundation.tfstate",
            {"aws:RequestedRegion": "us-east-1"},
            Answer.ALLOW,
        ),
        (
            SOMEBODY,
            "s3:DeleteObjectVersion",
            f"arn:aws:s3:::lab-dev-state-{OWN}/dev/foundation.tfstate",
            {"aws:RequestedRegion": "us-east-1"},
            Answer.DENY,
        ),
        (
            CROSS_ACCOUNT,
            "ec2:RunInstances",
            f"arn:aws:ec2:us-east-1:{OWN}:instance/*",
            {"aws:RequestedRegion": "us-east-1"},
            Answer.ALLOW,
        ),
        (
            SOMEBODY,
            "ec2:RunInstances",
            f"arn:aws:ec2:us-east-1:{OWN}:instance/*",
            {"aws:RequestedRegion": "us-east-1", "ec2:MetadataHttpTokens": "optional"},
            Answer.DENY,
        ),
    ],
)
def test_what_the_production_unit_denies_and_leaves(
    dev: Compiled, principal: str, action: str, resource: str, keys: dict[str, str], expected: Answer
) -> None:
    """The table of allowed and denied requests: each statement's effect, and nobody locked out."""
    caller = Caller.session(principal, "test")
    context = Keys.of({"aws:PrincipalArn": principal, "aws:PrincipalAccount": OWN, **keys}, complete=True)
    everything = read_policy(EVERYTHING, Layer.IDENTITY, "all")
    policies = Policies(identity=(everything,), service_controls=service_controls(dev, "root", "production"))
    assert decide(Request(caller, action, resource, context), policies).answer is expected


def test_permission_sets_mean_what_they_are_called(dev: Compiled) -> None:
    analyst = text_of(dev, "identity", "identity/permission-set-DataAnalyst.json")
    engineer = text_of(dev, "identity", "identity/permission-set-DataEngineer.json")
    raw, processed = (f"arn:aws:s3:::lab-dev-{key}-{OWN}" for key in ("raw", "processed"))
    sandbox, state = f"arn:aws:s3:::lab-dev-sandbox-{OWN}", f"arn:aws:s3:::lab-dev-state-{OWN}"
    ana = {"aws:PrincipalTag/user": "ana.analyst@example.com"}
    caller = Caller.session(PERSON, "test")
    for text, action, resource, expected in (
        (analyst, "s3:GetObject", f"{processed}/gold/a", Answer.ALLOW),
        (analyst, "s3:PutObject", f"{processed}/gold/a", Answer.DENY),
        (analyst, "s3:GetObject", f"{raw}/a", Answer.DENY),
        (analyst, "s3:PutObject", f"{sandbox}/ana.analyst@example.com/a", Answer.ALLOW),
        (analyst, "s3:PutObject", f"{sandbox}/pat.admin@example.com/a", Answer.DENY),
        (engineer, "s3:PutObject", f"{raw}/a", Answer.ALLOW),
        (engineer, "s3:GetObject", f"{state}/dev/foundation.tfstate", Answer.DENY),
        (engineer, "s3:DeleteBucket", raw, Answer.DENY),
        (engineer, "iam:CreateAccessKey", "*", Answer.DENY),
    ):
        assert of_identity(text, caller, action, resource, ana) is expected, (action, resource)


def test_every_role_that_databricks_takes_asks_for_the_accounts_id(dev: Compiled) -> None:
    for file in ("roles/cross-account-trust.json", "roles/log-delivery-trust.json"):
        (statement,) = json.loads(text_of(dev, "foundation", file))["Statement"]
        assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": DATABRICKS}}
    trust = json.loads(text_of(dev, "unity-catalog", "catalog/trust.json"))["Statement"]
    assert [one["Condition"]["StringEquals"]["sts:ExternalId"] for one in trust] == ["EXTERNAL_ID", "EXTERNAL_ID"]


def test_access_becomes_grants_on_schemas(dev: Compiled) -> None:
    main = text_of(dev, "unity-catalog", "main.tf")
    gold = main[main.index('"main.gold"') :].partition('"main.sandbox"')[0]
    assert 'DataAnalysts = ["SELECT", "USE_SCHEMA"]' in " ".join(gold.split())
    assert '"CREATE_TABLE"' in gold
    assert "USAGE" not in main


def test_clusters_run_in_one_zone_and_subnets_are_in_two(dev: Compiled) -> None:
    main = text_of(dev, "foundation", "main.tf")
    assert "us-east-1a" in main
    assert "us-east-1b" in main
    assert "nat" in text_of(dev, "foundation", "terraform.tfvars")
    policy = json.loads(text_of(dev, "compute", "compute/policy-shared.json"))
    assert policy["aws_attributes.zone_id"] == {"type": "fixed", "value": "${zone}"}
    assert policy["aws_attributes.spot_bid_price_percent"]["minValue"] == 50
    assert policy["autotermination_minutes"] == {"type": "fixed", "value": 30}
    assert policy["node_type_id"]["values"] == ["r5d.large", "r5d.xlarge", "m5d.large"]


def test_logs_are_delivered_by_a_role_that_writes_there_alone(dev: Compiled) -> None:
    main = " ".join(text_of(dev, "databricks-account", "main.tf").split())
    assert 'outputs.roles_arns["log-delivery"]' in main
    assert 'prefix = "audit"' in main
    policy = text_of(dev, "foundation", "roles/log-delivery-logs.json")
    bucket = f"arn:aws:s3:::lab-dev-databricks-{OWN}"
    caller = Caller.session(SOMEBODY, "test")
    for action, resource, expected in (
        ("s3:PutObject", f"{bucket}/audit/workspaceId=1/date=2026-11-21/auditlogs_1.json", Answer.ALLOW),
        ("s3:PutObject", f"{bucket}/logs/a", Answer.DENY),
        ("s3:DeleteObject", f"{bucket}/audit/a", Answer.DENY),
    ):
        assert of_identity(policy, caller, action, resource, {}) is expected, (action, resource)


def test_a_service_principal_works_by_oauth_and_no_secret_is_declared(dev: Compiled) -> None:
    account = text_of(dev, "databricks-account", "main.tf")
    assert 'display_name = "lab-dev-jobs"' in account
    assert 'module.account.service_principal_ids["jobs"]' in account
    every = [str(text) for stack in dev.stacks for name, text in stack.files.items() if name.endswith(".tf")]
    modules = [path.read_text() for folder in dev.modules.values() for path in folder.glob("*.tf")]
    assert not any("databricks_service_principal_secret" in text for text in (*every, *modules))


def test_a_pipeline_logs_in_with_its_own_tokens(tmp_path: Path) -> None:
    subject = "project_path:acme/lake:ref_type:branch:ref:main"
    login = f"{{issuer: https://gitlab.com, subject: '{subject}', audiences: [lake]}}"
    calls = f"    databricks-account: {{calls: {{account: {{service_principals: {{ci: {{login: {login}}}}}}}}}}}\n"
    found = compiled(tmp_path, calls=calls)
    account = " ".join(text_of(found, "databricks-account", "main.tf").split())
    assert 'issuer = "https://gitlab.com"' in account
    assert f'subject = "{subject}"' in account


def test_a_hive_metastore_is_a_switch(dev: Compiled, tmp_path: Path) -> None:
    assert "rds_metastore" not in text_of(dev, "foundation", "main.tf")
    assert "init_scripts" not in text_of(dev, "compute", "main.tf")
    on = compiled(tmp_path, ("    infra:\n", "    infra:\n      rds_metastore: {instance_class: db.t3.medium}\n"))
    main = text_of(on, "foundation", "main.tf")
    assert 'module.network.subnet_ids_by_tier["data"]' in main
    assert 'module.network.security_group_ids["databricks-database-sg"]' in main
    assert "db.t3.medium" in main
    compute = text_of(on, "compute", "main.tf")
    assert "outputs.rds_metastore_jdbc_url" in compute
    script = {"type": "fixed", "value": "/lakewright/init/hive.sh"}
    jobs, shared = (json.loads(text_of(on, "compute", f"compute/policy-{name}.json")) for name in ("jobs", "shared"))
    assert jobs["init_scripts.0.workspace.destination"] == script
    assert "init_scripts.0.workspace.destination" not in shared  # its machines have no role to read a password with
    (statement,) = json.loads(text_of(on, "foundation", "roles/instances-metastore.json"))["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["secretsmanager:GetSecretValue"], ["${secret_arn}"])


def test_a_metastore_is_adopted_where_there_is_one(tmp_path: Path) -> None:
    found = compiled(tmp_path, ("    infra:\n", "    infra:\n      account: {metastore: adopt}\n"))
    assert 'mode   = "adopt"' in text_of(found, "databricks-account", "main.tf")


def test_aws_costs_less_than_the_references_139_dollars(tmp_path: Path) -> None:
    assert 50 < estimate(drivers(single(tmp_path), "dev")).as_dict()["usd"] < 139


NETWORK = "    foundation:\n      calls:\n        network: {{{}}}\n"
COMPUTE = "    compute:\n      calls:\n        compute: {{policies: {{shared: {{definition: {{{}}}}}}}}}\n"
CATALOG = "    unity-catalog:\n      calls:\n        catalog: {{catalogs: {{main: {{{}}}}}}}\n"
POLICY = "    organization:\n      calls:\n        organization: {{policies: {{production: {{{}}}}}}}\n"


@pytest.mark.parametrize(
    ("calls", "code", "fact", "hint"),
    [
        (NETWORK.format("zones: [b, d-1]"), "LW1332", "", ""),
        (NETWORK.format("zones: 1"), "LW1394", "two zones", "nat: one"),
        (NETWORK.format("nat: none"), "LW1394", "without a NAT gateway or PrivateLink", "nat: one"),
        (
            NETWORK.format("subnets: {spare: {cidrs: [10.0.30.0/20, 10.0.48.0/20]}}"),
            "LW107",
            "not aligned",
            "10.0.16.0/20",
        ),
        (
            COMPUTE.format("spot_bid_max_price: {type: range, minValue: 50, maxValue: 100}"),
            "LW1395",
            "no attribute of a cluster",
            "percent of the price on demand",
        ),
        (COMPUTE.format("num_workers: {type: between}"), "LW1395", "no type of rule", ""),
        (CATALOG.format("grants: {DataEngineers: [USAGE]}"), "LW1396", "USAGE is no privilege", "USE_CATALOG"),
        (CATALOG.format("bucket: sandbox"), "LW1396", "lies in no external location", "locations"),
        (POLICY.format("controls: {regions: [eu-west-1]}"), "LW1391", "would be denied", "us-east-1"),
        (POLICY.format("targets: [produktion]"), "LW1391", "no unit or account", "production"),
        (
            POLICY.format('statements: [{sid: X, effect: allow, actions: ["s3:*"]}]'),
            "LW1391",
            "gives no permission",
            "effect: deny",
        ),
    ],
)
def test_mistakes_are_told_with_place_and_hint(tmp_path: Path, calls: str, code: str, fact: str, hint: str) -> None:
    with pytest.raises(LakewrightError) as told:
        compiled(tmp_path, calls=calls)
    text = "\n".join(str(one) + one.hint for one in getattr(told.value, "mistakes", (told.value,)))
    assert code in text
    assert fact in text
    assert hint in text
    assert "platform.yaml:" in text


@pytest.mark.parametrize(
    ("old", "new", "code", "fact"),
    [
        ("    databricks: {account_id: 00000000-0000-0000-0000-000000000000}", "    #", "LW1393", "external id"),
        ("    ana.analyst@example.com: {groups", "    ana: {groups", "LW1392", "no e-mail address"),
        ("groups: [DataAnalysts]}", "groups: [dataanalysts]}", "LW1392", "differ by case only"),
        ("    ana.analyst@example.com:", "    Pat.Admin@example.com:", "LW1392", "differ by case only"),
        ("email: aws+analytics@example.com", "email: nobody", "LW1391", 'no e-mail address: "nobody" is none'),
        (", email: aws+analytics@example.com", "", "LW1391", "no e-mail address; hint: email:"),
        ("account: \"999999999999\"", "account: \"111111111111\"", "LW1391", "no policy of a unit ever binds it"),
        ("      management: {account: ", "      other: {account: ", "LW1304", "management"),
        ("access:\n", "access:\n  personas: {Auditor: {description: Looks}}\n", "LW1392", "the persona Auditor"),
    ],
)  # fmt: skip
def test_what_is_wrong_about_people_and_accounts(tmp_path: Path, old: str, new: str, code: str, fact: str) -> None:
    with pytest.raises(LakewrightError) as told:
        compiled(tmp_path, (old, new))
    text = "\n".join(str(one) for one in getattr(told.value, "mistakes", (told.value,)))
    assert code in text
    assert fact in text
    assert "platform.yaml:" in text


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    databricks: {account_id: 00000000-0000-0000-0000-000000000000}", "    #", "LW1393"),
        ("    ana.analyst@example.com: {groups", "    ana: {groups", "LW1392"),
        ("access:\n", "access:\n  personas: {Auditor: {description: Looks}}\n", "LW1392"),
    ],
)
def test_what_several_calls_find_is_told_once(tmp_path: Path, old: str, new: str, code: str) -> None:
    with pytest.raises(Mistakes) as told:
        compiled(tmp_path, (old, new))
    assert [one.code for one in told.value.mistakes] == [code]


@pytest.mark.parametrize(
    ("group", "fact", "hint"),
    [
        ("DataAnalystz", "ana.analyst@example.com: no group DataAnalystz in `access`", 'did you mean "DataAnalysts"?'),
        (
            "dataanalysts",
            "the groups DataAnalysts and dataanalysts differ by case only",
            "write DataAnalysts everywhere",
        ),
        (
            "DATAANALYSTS",
            "the groups DATAANALYSTS and DataAnalysts differ by case only",
            "write DataAnalysts everywhere",
        ),
    ],
)
def test_a_misspelt_group_is_told_at_its_user(tmp_path: Path, group: str, fact: str, hint: str) -> None:
    with pytest.raises(Mistakes) as told:
        compiled(tmp_path, ("groups: [DataAnalysts]}", f"groups: [{group}]}}"))
    (one,) = told.value.mistakes
    lines = (tmp_path / "platform.yaml").read_text(encoding="utf-8").splitlines()
    assert (one.code, one.hint) == ("LW1392", hint)
    assert one.fact.startswith(fact)
    assert "ana.analyst@example.com:" in lines[int(one.place.removeprefix("platform.yaml:")) - 1]


@pytest.mark.parametrize(
    "others",
    [
        "    ben@example.com: {groups: [Auditors]}\n",
        "  denies:\n    - {to: group:Auditors, on: sandbox.*}\n",
        "  personas: {Auditor: {groups: [Auditors]}}\n",
        "infra: {stacks: {identity: {calls: {identity: {permission_sets: {DataAnalyst: {groups: [Auditors]}}}}}}}\n",
    ],
)
def test_a_group_that_something_else_names_is_declared(tmp_path: Path, others: str) -> None:
    old = "    ana.analyst@example.com: {groups: [DataAnalysts]}\n"
    new = old.replace("DataAnalysts", "DataAnalysts, Auditors") + (others if not others.startswith("infra") else "")
    project = single(tmp_path, (old, new))
    if others.startswith("infra"):
        path = tmp_path / "platform.yaml"
        path.write_text(path.read_text(encoding="utf-8") + others, encoding="utf-8")
        project = load_project(tmp_path, "dev")
    assert compile_environment(project, "dev").stacks
