"""One platform out of files of several owners: who may say what, and whose approval a change needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import Mistakes
from lakewright.spec import blueprints, load_project

from .conftest import Call

MAIN = """\
lakewright: 1
platform: shop
blueprint: business-units@1
owner: data-platform
include: [core/*.yaml, units/*.yaml]
"""
CORE = """\
owner: core-network
infra: {stacks: {network: {calls: {vpc: {reach: {git: {cidr: 10.50.0.16/28}}}}}}}
"""
DIGITAL = """\
owner: digital-data
units:
  digital: {workspaces: [lab, field], reads: [corporate]}
"""
CORPORATE = """\
owner: corporate-data
units:
  corporate: {workspaces: [lab, field]}
"""
EXAMPLE = blueprints()["business-units"].joinpath("example.yaml").read_text(encoding="utf-8")
FILES = {
    "platform.yaml": MAIN + EXAMPLE.partition("\nunits:\n")[0] + "\n",
    "core/network.yaml": CORE,
    "units/corporate.yaml": CORPORATE,
    "units/digital.yaml": DIGITAL,
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def approvals(call: Call) -> dict[str, list[str]]:
    found: dict[str, list[str]] = call("infra", "compile", "live", "--check", "--json").json["approvals"]
    return found


def test_a_change_names_whose_approval_it_needs(call: Call, shop: Path) -> None:
    done = call("infra", "compile", "live")
    assert done.code == 0, done.err
    assert "needs the approval of core-network: transit, network-prod" in done.out.replace("network-nonprod, ", "")
    owners = {row["stack"]: row["owner"] for row in call("infra", "stacks", "live", "--json").json["stacks"]}
    assert owners["network-prod"] == "core-network"
    assert owners["aws-digital-field"] == "digital-data"
    assert approvals(call) == {}

    edit(shop / "core/network.yaml", "10.50.0.16/28", "10.50.0.32/28")
    changed = approvals(call)
    assert set(changed) == {"core-network"}
    assert "network-prod" in changed["core-network"]
    assert call("infra", "compile", "live").code == 0

    edit(shop / "units/digital.yaml", ", reads: [corporate]", "")
    assert approvals(call) == {"corporate-data": ["catalog-corporate-lab", "catalog-corporate-field"]}, (
        "whose catalog it read"
    )
    assert call("infra", "compile", "live").code == 0

    (shop / "units/sparky.yaml").write_text("owner: sparky-data\nunits: {sparky: {workspaces: [lab]}}\n")
    more = approvals(call)
    assert set(more) == {"core-network", "data-platform", "sparky-data"}
    assert more["core-network"] == ["network-nonprod"]
    assert more["data-platform"] == ["databricks"]


TRESPASSES = {
    "core network's stack": (
        "infra: {stacks: {network: {calls: {vpc: {reach: {all: {cidr: 10.0.0.0/8}}}}}}}\n",
        "`infra.stacks.network` is core-network's, and this file is digital-data's",
    ),
    "the platform's stack": (
        "infra: {stacks: {compute: {calls: {compute: {policies: {own: {max_workers: 99}}}}}}}\n",
        "`infra.stacks.compute` is data-platform's, and this file is digital-data's",
    ),
    "another unit": ("  corporate: {cost_center: x}\n", "`units.corporate` is corporate-data's, and this file is"),
    "a call of core network's": (
        "environments: {live: {infra: {vpc_prod: {reach: {all: {cidr: 10.0.0.0/8}}}}}}\n",
        "`environments.live.infra.vpc_prod` is core-network's, and this file is digital-data's",
    ),
    "a call of another unit's": (
        "environments: {live: {infra: {compute_corporate_lab: {warehouses: {sql: {size: Large}}}}}}\n",
        "`environments.live.infra.compute_corporate_lab` is corporate-data's, and this file is digital-data's",
    ),
    "an account": (
        'environments: {live: {accounts: {more: "777777777777"}}}\n',
        "`environments.live.accounts` is data-platform's, and this file is digital-data's",
    ),
    "a network": (
        "landscape: {networks: {own: {cidr: 10.60.0.0/16}}}\n",
        "`landscape.networks.own` is data-platform's, and this file is digital-data's",
    ),
    "the personas of all": (
        "landscape: {personas: {viewers: {may: own}}}\n",
        "`landscape.personas` is data-platform's, and this file is digital-data's",
    ),
}


@pytest.mark.parametrize("case", TRESPASSES)
def test_a_file_says_nothing_of_what_is_another_owners(shop: Path, case: str) -> None:
    text, fact = TRESPASSES[case]
    (shop / "units/digital.yaml").write_text(DIGITAL + text)
    with pytest.raises(Mistakes) as caught:
        load_project(shop)
    (one,) = [one for one in caught.value.mistakes if one.code == "LW119"]
    assert one.fact.startswith(fact)
    assert one.place == "units/digital.yaml:4"
    assert one.hint.startswith("it belongs into a file of ")


OWN = {
    "a stack of its own": "infra: {stacks: {extra: {layer: 5, account: nonprod, calls: {extra: {use: kms_key}}}}}\n",
    "calls of its own unit": (
        "environments: {live: {infra: {compute_digital_lab: {warehouses: {sql: {size: Large}}}}}}\n"
    ),
}


@pytest.mark.parametrize("case", OWN)
def test_a_file_says_what_is_its_owners(shop: Path, case: str) -> None:
    (shop / "units/digital.yaml").write_text(DIGITAL + OWN[case])
    project = load_project(shop)
    assert project.platform.units["digital"].owner == "digital-data"
    if "extra" in OWN[case]:
        assert project.platform.infra.stacks["extra"].owner == "digital-data"
    assert project.platform.infra.stacks["network"].owner == "core-network", "its own file may touch it"


def test_two_files_that_declare_one_unit_are_told(shop: Path) -> None:
    (shop / "units/more.yaml").write_text("owner: digital-data\nunits: {digital: {workspaces: [lab]}}\n")
    with pytest.raises(Mistakes) as caught:
        load_project(shop)
    facts = [(one.code, one.place, one.fact) for one in caught.value.mistakes]
    assert (
        "LW115", "units/more.yaml:2", "`units.digital.workspaces` is declared here and in units/digital.yaml:3",
    ) in facts  # fmt: skip
