"""Business units as Terraform: a stack for each workspace, in layers, each in its account; five lines are a unit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from lakewright.errors import LakewrightError, Mistakes
from lakewright.infra.compile import Compiled, Stack, compile_environment, decided_calls
from lakewright.infra.in_order import refuse_out_of_order, refuse_to_pull_away
from lakewright.infra.write import compared, written
from lakewright.spec import blueprints, load_project

HEAD = "lakewright: 1\nplatform: shop\nblueprint: business-units@1\n"


def example() -> str:
    return HEAD + blueprints()["business-units"].joinpath("example.yaml").read_text(encoding="utf-8")


def compiled(folder: Path, spec: str | None = None) -> Compiled:
    folder.mkdir(exist_ok=True)
    (folder / "platform.yaml").write_text(spec or example(), encoding="utf-8")
    return compile_environment(load_project(folder, "live"), "live")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("units") / "shop")


def stack(found: Compiled, name: str) -> Stack:
    return next(one for one in found.stacks if one.name == name)


def module(found: Compiled, name: str, call: str) -> dict[str, Any]:
    text = stack(found, name).files["main.tf"]
    assert isinstance(text, str)
    parsed: dict[str, Any] = next(
        body for block in hcl2.loads(text)["module"] for label, body in block.items() if label.strip('"') == call
    )
    return parsed


def test_layers_in_their_order_and_units_beside_each_other(platform: Compiled) -> None:
    names = [one.name for one in platform.stacks]
    layers = [
        "transit",
        "aws-digital-lab",
        "databricks",
        "workspace-digital-lab",
        "catalog-digital-lab",
        "compute-digital-lab",
        "governance-data",
        "governance-portal",
    ]
    assert [names.index(name) for name in layers] == sorted(names.index(name) for name in layers)
    after = platform.after
    assert {"network-nonprod", "aws-digital-lab", "databricks"} <= after["workspace-digital-lab"]
    assert not {"aws-corporate-lab", "aws-digital-field"} & after["workspace-digital-lab"], (
        "others' are their own affair"
    )
    assert {"catalog-digital-lab", "workspace-digital-lab"} <= after["compute-digital-lab"]
    assert stack(platform, "compute-digital-lab").reasons["databricks"] == "layer 3 comes after layer 2"
    found = [stack(platform, name).layer or 0 for name in layers]
    assert found[:6] == [1, 1, 2, 2, 2, 3]
    assert found == sorted(found)
    assert stack(platform, "state").layer is None


def test_each_stack_in_its_account(platform: Compiled) -> None:
    accounts = {one.name: one.account for one in platform.stacks}
    assert accounts["network-prod"] == "core-network"
    assert accounts["inspection"] == accounts["security"] == "core-security"
    assert accounts["aws-digital-lab"] == accounts["catalog-sparky-lab"] == "nonprod"
    assert accounts["aws-digital-field"] == "prod"
    assert "aws-sparky-field" not in accounts, "a unit that only tests has no workspace in prod"


def test_each_stack_has_somebody_who_approves_it(platform: Compiled) -> None:
    owners = {one.name: one.owner for one in platform.stacks}
    assert owners["network-prod"] == "core-network"
    assert owners["aws-digital-lab"] == owners["compute-digital-field"] == "digital-data"
    assert owners["databricks"] == owners["state"] == "data-platform"


def test_names_and_tags_say_whose_it_is(platform: Compiled) -> None:
    found = stack(platform, "aws-digital-lab")
    assert 'alias                   = "shop-live-digital-lab-data"' in str(found.files["main.tf"])
    values = str(found.files["terraform.tfvars"])
    for tag in (
        'unit        = "digital"',
        'workspace   = "lab"',
        'cost-center = "4711"',
        'owner       = "digital-data"',
    ):
        assert tag in values, values


def test_a_workspace_has_its_own_subnets_and_group(platform: Compiled) -> None:
    made = module(platform, "workspace-digital-lab", "workspace_digital_lab")
    groups = re.findall(r'security_group_ids\["([^"]+)"\]', str(made["network"]))
    subnets = re.findall(r'subnet_ids\["([^"]+)"\]', str(made["network"]))
    assert groups == ["digital-lab"]
    assert subnets == [f"digital-lab-workload-{zone}" for zone in "abc"]
    assert "nonprod/rest" in str(made["private_link"])
    assert 'group_ids["digital-engineers"]' in str(made["members"])
    assert "corporate" not in str(made["members"])


def test_only_own_subnets_are_shared_and_nothing_is_open(platform: Compiled) -> None:
    network = module(platform, "network-prod", "vpc_prod")
    (share,) = network["shares"].values() if isinstance(network["shares"], dict) else network["shares"][0].values()
    shared = {one.strip('"') for one in share["subnets"]}
    assert {name for name in shared if name.startswith("shared-")} == {
        f"shared-{tier}-{zone}" for tier in ("apps", "databases") for zone in "abc"
    }
    assert not any("lab" in name for name in shared)
    assert "0.0.0.0/0" not in str(stack(platform, "network-prod").files["main.tf"])


def test_a_catalog_is_bound_to_its_workspace_and_read_only_to_readers(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(example(), encoding="utf-8")
    _, decided = decided_calls(load_project(tmp_path, "live"), "live")
    inputs: Any = decided["catalog_corporate_field"].made.inputs
    bindings = {name: (one["workspace_id"].call, one["read_only"]) for name, one in inputs["bindings"].items()}
    assert bindings == {"digital-field": ("workspace_digital_field", True)}, "its own is bound by being made there"
    assert inputs["catalogs"]["corporate_field"]["isolated"]
    gold = inputs["schemas"]["corporate_field.gold"]["grants"]
    reading = {"EXECUTE", "READ_VOLUME", "SELECT", "USE_SCHEMA"}
    assert set(gold) == {f"{unit}-{who}" for unit in ("corporate", "digital") for who in PERSONAS}
    assert {"MODIFY", "CREATE_TABLE"} <= set(gold["corporate-engineers"])
    assert all(set(gold[f"digital-{who}"]) == reading for who in PERSONAS), "readers of other units never write"
    assert "corporate-analysts" not in inputs["schemas"]["corporate_field.silver"]["grants"]
    other: Any = decided["catalog_digital_field"].made.inputs
    assert "corporate" not in str(other["bindings"]) + str(other["schemas"]), "reading is not mutual"
    places = [one["url"] for one in inputs["locations"].values()]
    assert not [(a, b) for a in places for b in places if a != b and b.startswith(a)], "locations do not overlap"


def test_each_key_is_the_nearest(platform: Compiled) -> None:
    """A unit's own, the metastore's, an application's beside its database: never the key of another account."""
    expected = {
        ("aws-digital-lab", "buckets_digital_lab"): "${module.key_digital_lab.arn}",
        ("metastore", "metastore_buckets"): "${module.metastore_key.arn}",
        ("athena", "athena_buckets"): "${module.athena_key.arn}",
        ("governance-data", "portal_store"): "${module.governance_key.arn}",
        ("governance-portal", "portal"): "${data.terraform_remote_state.governance-data.outputs.governance_key_arn}",
    }
    assert {one: str(module(platform, *one)["kms_key_arn"]) for one in expected} == expected


def test_what_a_workspace_keeps_is_encrypted_with_its_unit_s_key(platform: Compiled) -> None:
    made = module(platform, "workspace-digital-lab", "workspace_digital_lab")
    assert "outputs.key_digital_lab_arn" in str(made["key"])
    policy = json.loads(str(stack(platform, "aws-digital-lab").files["key_digital_lab/key-policy.json"]))
    (grants,) = [one for one in policy["Statement"] if one["Sid"] == "DatabricksGrants"]
    account = "00000000-0000-0000-0000-000000000000"
    assert grants["Condition"]["StringEquals"] == {"aws:PrincipalTag/DatabricksAccountId": account}
    files = stack(platform, "aws-digital-lab").files
    machines = json.loads(str(files["roles_digital_lab/cross-account-machines.json"]))
    (disks,) = [one for one in machines["Statement"] if one["Sid"] == "Disks"]
    assert disks["Resource"] == ["${kms_key_arn}"]


def test_every_unit_has_its_programs_and_they_log_in_with_their_ci_s_tokens(tmp_path: Path) -> None:
    spec = example() + (
        "landscape:\n  programs:\n    jobs:\n      login:\n"
        "        issuer: https://token.actions.githubusercontent.com\n"
        '        subject: "repo:acme/{unit}:environment:live"\n        audiences: [databricks]\n'
    )
    (tmp_path / "platform.yaml").write_text(spec, encoding="utf-8")
    _, decided = decided_calls(load_project(tmp_path, "live"), "live")
    programs: Any = decided["account"].made.inputs["service_principals"]
    assert set(programs) == {"digital-jobs", "corporate-jobs", "sparky-jobs"}
    assert programs["digital-jobs"] == {
        "display_name": "digital-jobs",
        "groups": ["digital-engineers"],
        "login": {
            "issuer": "https://token.actions.githubusercontent.com",
            "subject": "repo:acme/digital:environment:live",
            "audiences": ["databricks"],
        },
    }
    members: Any = decided["workspace_digital_lab"].made.inputs["members"]
    assert {name for name in members if name.startswith("program-")} == {"program-digital-jobs"}


def test_the_shared_tables_are_one_account_s_to_read(platform: Compiled) -> None:
    files = stack(platform, "metastore").files
    reader = {"AWS": ["arn:aws:iam::555555555555:root"]}
    policies = {
        "catalog": files["exchange/catalog-policy.json"],
        "bucket": files["metastore_buckets/exchange-policy.json"],
        "key": files["metastore_key/key-policy.json"],
    }
    for name, text in policies.items():
        (shared,) = [one for one in json.loads(str(text))["Statement"] if one["Sid"] == "Readers"]
        assert shared["Principal"] == reader, name
        assert not any("Put" in action or "*" in action for action in shared["Action"]), name
    assert stack(platform, "athena").account == "nonprod"


PERSONAS = ("analysts", "engineers", "scientists", "viewers")


def test_clusters_without_the_scripts_are_refused_by_the_policy(platform: Compiled) -> None:
    files = stack(platform, "compute-digital-lab").files
    policy = json.loads(str(files["compute_digital_lab/policy-shared.json"]))
    assert policy["init_scripts.0.workspace.destination"] == {"type": "fixed", "value": "/lakewright/init/metastore.sh"}
    assert "jdbc:derby:memory" in str(files["compute_digital_lab/init-metastore.sh"])


def test_a_fifth_line_of_yaml_is_a_unit(tmp_path: Path) -> None:
    before = compiled(tmp_path / "shop")
    written(before, tmp_path / "shop/infra")
    five = "  elec:\n    owner: elec-data\n    workspaces: [lab, field]\n    reads: [corporate]\n    cost_center: x\n"
    after = compiled(tmp_path / "shop", example().replace("\nunits:\n", f"\nunits:\n{five}"))
    new = {one.name for one in after.stacks} - {one.name for one in before.stacks}
    assert new == {
        f"{kind}-elec-{where}" for kind in ("aws", "workspace", "catalog", "compute") for where in ("lab", "field")
    }
    done = written(after, tmp_path / "shop/infra")
    changed = {name.split("/")[1] for name in done.changed if name.startswith("live/")}
    assert changed <= {
        "network-prod", "network-nonprod", "databricks", "catalog-corporate-lab", "catalog-corporate-field",
    }, changed  # fmt: skip
    assert not done.deleted
    assert compared(after, tmp_path / "shop/infra").changed == ()


def test_the_book_is_written_and_a_stale_one_is_told(tmp_path: Path) -> None:
    found = compiled(tmp_path / "shop")
    folder = tmp_path / "shop/infra"
    assert "../units.lock.json" in compared(found, folder).changed
    written(found, folder)
    book = json.loads((tmp_path / "shop/units.lock.json").read_text())
    assert book["workspaces"]["digital-lab"] == {"metastore": "main", "network": "nonprod", "unit": "digital"}
    assert compiled(tmp_path / "shop").book == found.book


MISTAKES = {
    "no account": ('      nonprod: "555555555555"\n', "", "LW1304"),
    "no Databricks account": ("    databricks: {account_id: 00000000-0000-0000-0000-000000000000}\n", "", "LW1393"),
    "an account that nobody has": (
        "units:\n",
        "infra: {stacks: {metastore: {calls: {exchange: {readers: [elsewhere]}}}}}\nunits:\n",
        "LW1304",
    ),
    "a persona that nobody is": ("units:\n", "landscape: {programs: {jobs: {personas: [editors]}}}\nunits:\n", "LW121"),
    "a region without PrivateLink": ("region: us-east-1", "region: af-south-1", "LW1347"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(tmp_path: Path, case: str) -> None:
    old, new, code = MISTAKES[case]
    assert example().count(old) == 1
    with pytest.raises(LakewrightError) as caught:
        compiled(tmp_path / "shop", example().replace(old, new))
    found = caught.value.mistakes if isinstance(caught.value, Mistakes) else (caught.value,)
    assert code in {one.code for one in found}, found
    assert all(one.place and one.hint for one in found if one.code == code)


def test_out_of_order_is_refused_with_the_reason(platform: Compiled) -> None:
    applied = {"state", "transit", "network-nonprod", "aws-digital-lab"}
    asked: list[str] = []

    def is_applied(name: str) -> bool:
        asked.append(name)
        return name in applied

    with pytest.raises(Mistakes) as caught:
        refuse_out_of_order(platform.stacks, ["workspace-digital-lab"], is_applied)
    facts = {one.fact for one in caught.value.mistakes}
    assert {one.code for one in caught.value.mistakes} == {"LW1367"}
    assert any("workspace-digital-lab comes after databricks, which is not applied: " in fact for fact in facts)
    assert any("inspection, which is not applied: layer 2 comes after layer 1" in fact for fact in facts)
    assert len(asked) == len(set(asked))
    refuse_out_of_order(platform.stacks, ["state", "transit"], lambda _: False)
    refuse_out_of_order(platform.stacks, [], lambda _: False)


def test_nothing_is_pulled_away_from_below(platform: Compiled) -> None:
    with pytest.raises(Mistakes) as caught:
        refuse_to_pull_away(platform.stacks, ["databricks"], lambda name: name == "workspace-digital-lab")
    (one,) = caught.value.mistakes
    assert one.fact.startswith("databricks is what workspace-digital-lab stands on, and that is applied")
    refuse_to_pull_away(platform.stacks, ["compute-digital-lab"], lambda _: True)


def test_what_is_for_all_units_does_not_stand_on_one_of_them(platform: Compiled) -> None:
    assert "aws-digital-lab" in stack(platform, "databricks").after, "it comes after it nonetheless"
    with pytest.raises(Mistakes) as caught:
        refuse_to_pull_away(platform.stacks, ["aws-digital-lab"], lambda _: True)
    above = {one.fact.removeprefix("aws-digital-lab is what ").split()[0] for one in caught.value.mistakes}
    assert above == {f"{layer}-digital-lab" for layer in ("workspace", "catalog", "compute")}
