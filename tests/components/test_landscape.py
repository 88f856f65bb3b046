"""Workspaces' subnets in the book, what is bound for ever, and what components make of a landscape."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lakewright.components.landscape import Book, Landscape, landscape_of, read_book
from lakewright.components.private_link import service
from lakewright.errors import Mistakes, SpecError
from lakewright.spec import Project, load_project

SPEC = """\
lakewright: 1
platform: shop
landscape:
  zones: 2
  networks:
    prod: {cidr: 10.32.0.0/20, account: prod}
    nonprod: {cidr: 10.34.0.0/20, account: nonprod}
    dmz: {cidr: 10.36.0.0/24, internet: true}
  workspaces:
    lab: {network: nonprod}
    field: {network: prod}
units:
"""
UNITS = (
    "  digital: {workspaces: [lab, field]}\n",
    "  corporate: {workspaces: [lab, field]}\n",
    "  sparky: {workspaces: [lab]}\n",
)


def project(folder: Path, *units: str, spec: str = SPEC) -> Project:
    (folder / "platform.yaml").write_text(spec + "".join(units), encoding="utf-8")
    return load_project(folder)


def planned(found: Project, book: Book | None = None) -> Landscape:
    return landscape_of(found.platform, "eu-west-1", book or Book())


def test_three_subnets_in_each_zone_of_a_workspace(tmp_path: Path) -> None:
    landscape = planned(project(tmp_path, *UNITS))
    lab = landscape.workspace("digital", "lab")
    assert (lab.name, lab.catalog, lab.network, lab.account) == ("digital-lab", "digital_lab", "nonprod", "nonprod")
    sizes = {
        tier: [(one.zone, one.cidr.partition("/")[2]) for one in landscape.subnets_of(lab, tier)]
        for tier in ("endpoints", "databases", "workload")
    }
    zones = ("eu-west-1a", "eu-west-1b")
    assert sizes == {tier: [(zone, size) for zone in zones] for tier, size in
                     (("endpoints", "27"), ("databases", "27"), ("workload", "24"))}  # fmt: skip
    assert [one.name for one in landscape.of_network("prod")] == ["digital-field", "corporate-field"]


def test_units_that_come_go_and_change_places_move_nothing(tmp_path: Path) -> None:
    first = planned(project(tmp_path, UNITS[0], UNITS[1]))
    book = read_book(first.book(Book()), "units.lock.json")

    more = planned(project(tmp_path, UNITS[2], UNITS[1], UNITS[0]), book)
    for network, subnets in first.placed.items():
        assert {key: more.placed[network][key] for key in subnets} == subnets
    again = read_book(more.book(book), "units.lock.json")
    assert planned(project(tmp_path, *UNITS), again).book(again) == more.book(book), "the same whatever the order"

    without = json.loads(more.book(book))
    del without["workspaces"]["sparky-lab"]
    freed = read_book(json.dumps(without), "units.lock.json")
    after = planned(project(tmp_path, UNITS[0], UNITS[1]), freed)
    assert after.placed["nonprod"]["sparky/lab/workload-a"] == more.placed["nonprod"]["sparky/lab/workload-a"]


def test_a_unit_that_is_gone_may_have_data(tmp_path: Path) -> None:
    book = read_book(planned(project(tmp_path, *UNITS)).book(Book()), "units.lock.json")
    with pytest.raises(Mistakes) as caught:
        planned(project(tmp_path, UNITS[0], UNITS[1]), book)
    (gone,) = caught.value.mistakes
    assert (gone.code, gone.place) == ("LW1338", "units.lock.json:1")
    assert gone.fact == "workspace sparky-lab of unit sparky is no longer declared, and may still have data"


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("  zones: 2\n", "  zones: 2\n  metastore: other\n", "bound to the metastore main, not other"),
        ("field: {network: prod}", "field: {network: nonprod}", "bound to the network prod, not nonprod"),
    ],
)
def test_a_workspace_stays_where_it_is(tmp_path: Path, old: str, new: str, fact: str) -> None:
    book = read_book(planned(project(tmp_path, *UNITS)).book(Book()), "units.lock.json")
    with pytest.raises(Mistakes) as caught:
        planned(project(tmp_path, *UNITS, spec=SPEC.replace(old, new)), book)
    assert {one.code for one in caught.value.mistakes} == {"LW1339"}
    assert fact in caught.value.mistakes[0].fact


def test_a_full_network_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as caught:
        planned(project(tmp_path, *UNITS, spec=SPEC.replace("10.34.0.0/20", "10.34.0.0/22")))
    (full,) = caught.value.mistakes
    assert full.code == "LW1334"
    assert full.fact.startswith("network nonprod: no room in 10.34.0.0/22 for ")
    assert "; it is taken by 2 workload (/24, 50%), " in full.fact


@pytest.mark.parametrize(
    ("key", "value", "fact"),
    [
        ("digital/lab/endpoints-a", '"10.34.2.33/27"', "no aligned IPv4 network"),
        ("digital/field/workload-b", '"10.99.0.0/24"', "lies outside 10.32.0.0/20"),
        ("digital/lab/databases-b", '"10.34.0.0/26"', "a /27 is wanted"),
        ("digital/lab/databases-a", "3", "3 is no address range"),
        ("digital/lab/databases-a", "null", "None is no address range"),
    ],
)
def test_an_edited_book_is_told_with_the_line(tmp_path: Path, key: str, value: str, fact: str) -> None:
    written = planned(project(tmp_path, *UNITS)).book(Book()).splitlines()
    number = next(index for index, line in enumerate(written) if f'"{key}":' in line)
    written[number] = f'   "{key}": {value}{"," * written[number].endswith(",")}'
    with pytest.raises(Mistakes) as caught:
        planned(project(tmp_path, *UNITS), read_book("\n".join(written), "units.lock.json"))
    told = next(one for one in caught.value.mistakes if fact in one.fact)
    assert (told.code, told.place) == ("LW1337", f"units.lock.json:{number + 1}")


def test_two_that_overlap_are_told_with_both_lines(tmp_path: Path) -> None:
    written = planned(project(tmp_path, *UNITS)).book(Book()).splitlines()
    first, second = (
        next(index for index, line in enumerate(written) if f'"digital/lab/endpoints-{zone}":' in line) for zone in "ab"
    )
    written[first] = written[second].replace("endpoints-b", "endpoints-a")
    with pytest.raises(Mistakes) as caught:
        planned(project(tmp_path, *UNITS), read_book("\n".join(written), "units.lock.json"))
    (told,) = caught.value.mistakes
    assert told.place == f"units.lock.json:{second + 1}"
    assert told.hint == f"one of them was edited; the other is at units.lock.json:{first + 1}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "subnets": {}, "workspaces": {}}',
        '{"format": 1, "subnets": {"prod": 3}, "workspaces": {}}',
        '{"format": 1, "subnets": [], "workspaces": {}}',
    ],
)
def test_what_is_no_book_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_book(text, "units.lock.json")
    assert caught.value.code == "LW1337"


def test_a_book_keeps_what_others_wrote(tmp_path: Path) -> None:
    landscape = planned(project(tmp_path, UNITS[2]))
    other = Book({"office": {"shared/transit-a": "10.99.0.0/28"}}, {})
    assert json.loads(landscape.book(other))["subnets"]["office"] == {"shared/transit-a": "10.99.0.0/28"}
    assert replace(landscape, placed={}).book(Book(landscape.placed, landscape.bound)) == landscape.book(Book())


def test_services_of_private_link_are_the_regions(tmp_path: Path) -> None:
    assert service("rest", "us-east-1") == "com.amazonaws.vpce.us-east-1.vpce-svc-09143d1e626de2f04"
    assert service("relay", "us-east-1") == "com.amazonaws.vpce.us-east-1.vpce-svc-00018a8c3ff62ffdf"
    assert service("front_end", "us-east-1") == service("rest", "us-east-1")
    with pytest.raises(SpecError, match="no PrivateLink service of Databricks is known in af-south-1"):
        service("rest", "af-south-1")
