"""What a spec becomes: readable, formatted Terraform that says where its values come from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import hcl2
import pytest

from lakewright.errors import SpecError
from lakewright.infra.compile import Compiled, compile_environment
from lakewright.infra.references import levels
from lakewright.infra.write import written
from lakewright.spec import load_project

from .toys import find

ENVIRONMENTS = """\
lakewright: 1
platform: shop
owner: data
environments:
  dev: {account: "111111111111", region: eu-west-1}
  prod: {account: "222222222222", region: eu-central-1, protection: strict, infra: {network: {zones: 3}}}
"""
SPEC = (
    ENVIRONMENTS
    + """\
infra:
  stacks:
    data:
      calls:
        lake: {use: store, inside: true, keep_days: 90}
    foundation:
      calls:
        network: {use: vpc, cidr: 10.1.0.0/16, tags: {"a b": "50 % {x}", for: 'q"uo\\te', unicode: "é →"}}
"""
)


def compiled(root: Path, text: str = SPEC, environment: str = "dev") -> Compiled:
    (root / "platform.yaml").write_text(text, encoding="utf-8")
    return compile_environment(load_project(root), environment, find)


def text_of(one: Compiled, stack: str, file: str) -> str:
    return str(next(found for found in one.stacks if found.name == stack).files[file])


def test_the_state_comes_first_and_references_decide_the_rest(tmp_path: Path) -> None:
    one = compiled(tmp_path)
    assert [stack.name for stack in one.stacks] == ["state", "foundation", "data"]
    assert one.after["data"] == {"state", "foundation"}
    assert one.modules.keys() == {"state", "store", "vpc"}


def test_inputs_read_as_a_person_would_write_them(tmp_path: Path) -> None:
    one = compiled(tmp_path)
    module = hcl2.loads(text_of(one, "foundation", "main.tf"))["module"][0]['"network"']
    assert module["source"] == '"../../modules/vpc"'
    assert module["cidr"] == "${var.network_cidr}"
    assert module["name"] == '"shop-dev-network"'
    assert list(module["subnets"]) == ["private-eu-west-1a", "private-eu-west-1b"]


def test_what_a_person_set_is_a_described_variable_with_its_origin(tmp_path: Path) -> None:
    one = compiled(tmp_path)
    assert 'network_cidr = "10.1.0.0/16" # platform.yaml:14\n' in text_of(one, "foundation", "terraform.tfvars")
    variable = hcl2.loads(text_of(one, "foundation", "variables.tf"))["variable"][3]
    assert variable['"network_cidr"']["type"] == "string"
    assert "Address range" in variable['"network_cidr"']["description"]
    assert "# vpc 1.2.0, called in platform.yaml:14." in text_of(one, "foundation", "main.tf")


def test_an_environment_says_what_differs_there(tmp_path: Path) -> None:
    dev, prod = compiled(tmp_path), compiled(tmp_path, environment="prod")
    assert "eu-west-1c" not in text_of(dev, "foundation", "main.tf")
    main = text_of(prod, "foundation", "main.tf")
    assert "private-eu-central-1c" in main
    assert "zones (platform.yaml:6)" in main


def test_outputs_of_other_stacks_come_from_their_state(tmp_path: Path) -> None:
    main = text_of(compiled(tmp_path), "data", "main.tf")
    data = hcl2.loads(main)["data"][0]['"terraform_remote_state"']['"foundation"']
    assert data["config"]["bucket"] == '"shop-dev-state-111111111111"'
    assert data["config"]["key"] == '"dev/foundation.tfstate"'
    address = "data.terraform_remote_state.foundation.outputs.network_"
    assert f"vpc_id        = {address}vpc_id\n" in main
    assert f'subnet_ids    = [{address}subnet_ids["private-eu-west-1a"]]\n' in main
    outputs = text_of(compiled(tmp_path), "foundation", "outputs.tf")
    assert 'output "network_vpc_id"' in outputs
    assert "not_provided" not in outputs


def test_within_a_stack_modules_refer_to_each_other(tmp_path: Path) -> None:
    text = ENVIRONMENTS + "infra: {stacks: {all: {calls: {vpc: {}, lake: {use: store, inside: true}}}}}\n"
    main = text_of(compiled(tmp_path, text), "all", "main.tf")
    assert "vpc_id        = module.vpc.vpc_id" in main
    assert "remote_state" not in main


def test_a_stack_can_be_put_after_another(tmp_path: Path) -> None:
    stacks = "{one: {after: [two], calls: {a: {use: store}}}, two: {calls: {b: {use: store, purposes: [gold]}}}}"
    one = compiled(tmp_path, ENVIRONMENTS + f"infra: {{stacks: {stacks}}}\n")
    assert [stack.name for stack in one.stacks] == ["state", "two", "one"]
    assert levels(one.after) == (("state",), ("two",), ("one",))


def test_files_of_a_call_lie_beside_the_stack(tmp_path: Path) -> None:
    one = compiled(tmp_path)
    assert text_of(one, "data", "lake/policy.json") == "{}\n"
    main = text_of(one, "data", "main.tf")
    assert 'file("${path.module}/lake/policy.json")' in main
    assert 'templatefile("${path.module}/lake/open.json.tftpl", {' in main


def test_imports_become_import_blocks(tmp_path: Path) -> None:
    text = SPEC + "imports: {data/lake: {'aws_s3_bucket.this[\"bronze\"]': my-bucket}}\n"
    block = hcl2.loads(text_of(compiled(tmp_path, text), "data", "imports.tf"))["import"][0]
    assert block["to"] == '${module.lake.aws_s3_bucket.this["bronze"]}'
    assert block["id"] == '"my-bucket"'


def test_what_exists_is_named_and_not_made(tmp_path: Path) -> None:
    given = "existing: {vpc: {vpc_id: vpc-0abc, subnet_ids: {private-eu-west-1a: subnet-1}}}\n"
    one = compiled(tmp_path, SPEC + given)
    assert [stack.name for stack in one.stacks] == ["state", "data"]
    main = text_of(one, "data", "main.tf")
    assert 'vpc_id        = "vpc-0abc"' in main
    assert 'subnet_ids    = ["subnet-1"]' in main
    assert "remote_state" not in main


def test_a_state_bucket_can_exist_too(tmp_path: Path) -> None:
    one = compiled(tmp_path, SPEC + "existing: {state: {bucket_name: our-states}}\n")
    assert [stack.name for stack in one.stacks] == ["foundation", "data"]
    assert 'bucket       = "our-states"' in text_of(one, "data", "backend.tf")


def test_a_call_can_be_left_out(tmp_path: Path) -> None:
    one = compiled(tmp_path, SPEC.replace("region: eu-west-1}", "region: eu-west-1, infra: {lake: false}}"))
    assert [stack.name for stack in one.stacks] == ["state", "foundation"]


SOURCES = """\
sources:
  shop: {postgres: {url: "${A}", tables: [public.*]}, replication: dms}
  crm: {postgres: {url: "${B}", tables: [public.*]}, replication: dms}
  erp: {postgres: {url: "${C}", tables: [public.*]}}
"""


def test_a_call_for_each_source_that_is_replicated_so(tmp_path: Path) -> None:
    calls = "{copy: {use: store, each_source: dms}, image: {use: vpc, any_source: lakewright}}"
    infra = f"infra: {{stacks: {{all: {{calls: {calls}}}}}}}\n"
    without = compiled(tmp_path, ENVIRONMENTS.replace("{network: {zones: 3}}", "{}") + infra)
    assert [stack.name for stack in without.stacks] == ["state"]
    text = ENVIRONMENTS.replace("eu-west-1}", "eu-west-1, infra: {copy: {keep_days: 5}, copy_crm: {keep_days: 6}}}")
    one = compiled(tmp_path, text.replace("{network: {zones: 3}}", "{}") + infra + SOURCES)
    assert list(one.stacks[1].calls) == ["copy_shop", "copy_crm", "image"]
    values = text_of(one, "all", "terraform.tfvars")
    assert "copy_shop_keep_days = 5 # platform.yaml:5" in values
    assert "copy_crm_keep_days = 6 # platform.yaml:5" in values
    assert '"shop-dev-bronze-crm-111111111111"' in text_of(one, "all", "main.tf")


@pytest.mark.terraform
def test_terraform_formats_nothing_anew(tmp_path: Path) -> None:
    for environment in ("dev", "prod"):
        written(compiled(tmp_path, environment=environment), tmp_path / "infra")
    shutil.rmtree(tmp_path / "infra" / "modules")
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff", "infra"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_a_cycle_is_named(tmp_path: Path) -> None:
    stacks = "{one: {after: [two], calls: {vpc: {}}}, two: {calls: {lake: {use: store, inside: true}}}}"
    with pytest.raises(SpecError) as caught:
        compiled(tmp_path, ENVIRONMENTS + f"infra: {{stacks: {stacks}}}\n")
    assert caught.value.code == "LW1308"
    assert caught.value.fact.endswith("one needs two (declared with `after`); two needs one (lake uses vpc.vpc_id)")
    assert caught.value.place == "platform.yaml:7"
