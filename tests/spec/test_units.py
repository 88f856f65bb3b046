"""Units and their landscape: every mistake with the line that it is on."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from lakewright.errors import Mistakes
from lakewright.spec import load_project
from lakewright.spec.units_check import capacity, usable

SPEC = """\
lakewright: 1
platform: shop
include: [units/*.yaml]
landscape:
  zones: 2
  networks:
    prod: {cidr: 10.32.0.0/16, account: prod}
    nonprod: {cidr: 10.34.0.0/16, account: nonprod}
    dmz: {cidr: 10.36.0.0/16, internet: true}
  workspaces:
    lab: {network: nonprod}
    field: {network: prod, after: lab}
  personas:
    analysts: {group: "{unit}-analysts"}
units:
  corporate:
    workspaces: [lab, field]
"""
DIGITAL = "owner: digital-data\nunits:\n  digital:\n    workspaces: [lab, field]\n    reads: [corporate]\n"


def written(root: Path, spec: str = SPEC, unit: str = DIGITAL) -> Path:
    (root / "units").mkdir(exist_ok=True)
    (root / "platform.yaml").write_text(dedent(spec), encoding="utf-8")
    (root / "units/digital.yaml").write_text(unit, encoding="utf-8")
    return root


def mistakes(root: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(Mistakes) as caught:
        load_project(root)
    return [(one.code, one.place, one.fact) for one in caught.value.mistakes]


def test_five_lines_in_a_file_of_its_own_are_a_unit(tmp_path: Path) -> None:
    units = load_project(written(tmp_path)).platform.units
    assert list(units) == ["corporate", "digital"]
    assert units["digital"].owner == "digital-data", "the file's owner is the unit's"
    assert units["corporate"].owner == ""


def test_a_slash_27_holds_27_addresses() -> None:
    assert usable(27) == 27
    assert usable(24) == 251
    assert capacity(24, 2) == 250, "two addresses for a node"
    assert capacity(27, 3) == 39


CASES = {
    "an unknown kind": ("[lab, field]", "[lap]", "LW121", 4, 'kind of workspace "lap"'),
    "no workspaces": ("[lab, field]", "[]", "LW107", 4, "workspaces: must have at least 1"),
    "a kind twice": ("[lab, field]", "[lab, lab]", "LW107", 4, "lab stands twice"),
    "reads nobody": ("[corporate]", "[corporat]", "LW121", 5, 'no unit "corporat"'),
    "reads itself": ("[corporate]", "[digital]", "LW124", 5, "reads itself"),
    "capitals": ("  digital:", "  Corporate:", "LW107", 3, '"Corporate" is not written as it must be'),
}


@pytest.mark.parametrize("case", CASES)
def test_mistakes_of_a_unit(tmp_path: Path, case: str) -> None:
    old, new, code, line, fact = CASES[case]
    found = mistakes(written(tmp_path, unit=DIGITAL.replace(old, new)))
    assert [(one[0], one[1]) for one in found] == [(code, f"units/digital.yaml:{line}")]
    assert fact in found[0][2]


SHARED = {
    "overlapping networks": ("10.34.0.0/16", "10.32.128.0/17", "LW120", 8, "overlaps prod"),
    "an unaligned network": ("10.34.0.0/16", "10.34.1.0/16", "LW107", 8, "not aligned"),
    "two ways out": ("account: nonprod}", "account: nonprod, internet: true}", "LW120", 9, "both lead to the internet"),
    "a network that is not there": ("lab: {network: nonprod}", "lab: {network: nonprd}", "LW121", 11, "nonprd"),
    "a network without an account": ("lab: {network: nonprod}", "lab: {network: dmz}", "LW121", 11, "for no account"),
    "more nodes than addresses": ("lab: {network: nonprod}", "lab: {network: nonprod, nodes: 251}", "LW122", 11, "250"),
    "a subnet that Databricks refuses": (
        "lab: {network: nonprod}", "lab: {network: nonprod, subnets: {workload: 27}}", "LW107", 11, "",
    ),
    "one zone": ("zones: 2", "zones: 1", "LW122", 5, "two zones"),
    "after itself": ("after: lab", "after: field", "LW121", 12, "after itself"),
    "a persona without a group": ('{group: "{unit}-analysts"}', "{may: read}", "LW106", 14, "group"),
    "one group for all units": ("{unit}-analysts", "analysts", "LW123", 14, "the same in every unit"),
    "groups alike but for case": (
        '    analysts: {group: "{unit}-analysts"}',
        '    analysts: {group: "{unit}-analysts"}\n    viewers: {group: "{unit}-Analysts"}', "LW123", 15, "one group",
    ),
    "an unknown schema": ('-analysts"}', '-analysts", schemas: [golden]}', "LW121", 14, "golden"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHARED)
def test_mistakes_of_the_landscape(tmp_path: Path, case: str) -> None:
    old, new, code, line, fact = SHARED[case]
    assert SPEC.count(old) == 1
    found = mistakes(written(tmp_path, SPEC.replace(old, new)))
    assert (code, f"platform.yaml:{line}") in [(one[0], one[1]) for one in found], found
    assert fact in " ".join(one[2] for one in found)


def test_names_that_unity_catalog_takes_for_one(tmp_path: Path) -> None:
    units = "units:\n  elec-net: {workspaces: [lab]}\n  elec_net: {workspaces: [lab]}\n"
    assert mistakes(written(tmp_path, unit=units)) == [
        ("LW125", "units/digital.yaml:3", "units elec-net and elec_net would have the same names in Unity Catalog")
    ]


def test_a_unit_in_two_files_is_nobodys(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "units/again.yaml").write_text("units: {corporate: {workspaces: [lab]}}\n")
    assert {one[0] for one in mistakes(tmp_path)} == {"LW115"}
