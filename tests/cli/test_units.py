"""`units list`, `keep` and `remove`, step by step."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lakewright.cli.units import asking
from lakewright.cli.units.asking import full
from lakewright.components.landscape import BOOK, read_book
from lakewright.errors import LakewrightError
from lakewright.infra.holdings import Holding, subnets
from lakewright.rehearse.aws.local import LocalAws
from lakewright.rehearse.platform.stage import _let_in
from lakewright.spec import load_project

from .conftest import Call
from .states import ACCOUNT, OTHER, REGION, resource

SPEC = """\
lakewright: 1
platform: shop
environments:
  live: {account: "111111111111", region: us-east-1, accounts: {a: "222222222222"}}
landscape:
  zones: 2
  networks: {nonprod: {cidr: 10.34.0.0/20, account: a}}
  workspaces: {lab: {network: nonprod}}
units:
  digital: {workspaces: [lab], owner: digital-data}
  sparky: {workspaces: [lab], reads: [digital]}
infra: {stacks: {aws: {each: workspace, calls: {data: {use: kms_key}}}}}
"""


@pytest.fixture
def shop(call: Call, tmp_path: Path) -> Path:
    (tmp_path / "platform.yaml").write_text(SPEC)
    assert call("infra", "compile", "live").code == 0
    return tmp_path


def mark(shop: Path, workspace: str) -> None:
    """As `units remove` leaves the book when the stacks are destroyed."""
    book = read_book((shop / BOOK).read_text(), BOOK)
    (shop / BOOK).write_text(book.marked([workspace], "2026-01-02").text())


def codes(found: Mapping[str, Any]) -> list[str]:
    return [error["code"] for error in found["errors"]]


def test_what_there_is(call: Call, shop: Path) -> None:
    mark(shop, "sparky-lab")
    rows = {row["workspace"]: row for row in call("units", "list", "--json").json["workspaces"]}
    assert rows["digital-lab"]["owner"] == "digital-data"
    assert len(rows["digital-lab"]["subnets"]) == 6
    assert rows["sparky-lab"]["leaving"] == "2026-01-02"
    assert "leaving since 2026-01-02" in call("units", "list").out


def test_what_is_leaving_is_not_applied_again_unless_it_is_kept(call: Call, shop: Path) -> None:
    before = (shop / BOOK).read_text()
    mark(shop, "sparky-lab")
    refused = call("infra", "compile", "live", "--json").json
    assert codes(refused) == ["LW1338"]
    (error,) = refused["errors"]
    assert error["fact"] == "workspace sparky-lab is being removed since 2026-01-02"
    assert error["place"] == "platform.yaml:11"
    assert call("units", "keep", "sparky", "--json").json["kept"] == ["sparky-lab"]
    assert (shop / BOOK).read_text() == before
    assert call("infra", "compile", "live").code == 0


def test_its_subnets_stay_its_own_until_they_are_given_back(call: Call, shop: Path) -> None:
    taken = read_book((shop / BOOK).read_text(), BOOK).places_of("sparky-lab")
    mark(shop, "sparky-lab")
    text = "".join(line for line in SPEC.splitlines(keepends=True) if "sparky" not in line)
    (shop / "platform.yaml").write_text(text.replace("units:\n", "units:\n  new: {workspaces: [lab]}\n"))
    assert call("infra", "compile", "live").code == 0
    book = read_book((shop / BOOK).read_text(), BOOK)
    assert book.places_of("sparky-lab") == taken
    assert not set(book.places_of("new-lab").values()) & set(taken.values())
    freed = book.released(["sparky-lab"])
    assert "sparky" not in freed.text()
    assert freed.places_of("new-lab") == book.places_of("new-lab")


REFUSED = {
    "no such unit": (("spraky",), "LW1374", 'no unit "spraky"'),
    "no such workspace": (("sparky", "--workspace", "field"), "LW1374", "sparky has no workspace sparky-field"),
    "others read it": (("digital", "--yes"), "LW1375", "sparky reads digital"),
    "it reads others": (("sparky", "--yes"), "LW1375", "sparky reads digital, whose catalog is bound"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_anything_is_asked(call: Call, shop: Path, case: str) -> None:
    words, code, fact = REFUSED[case]
    before = (shop / BOOK).read_text()
    done = call("units", "remove", *words, "--json")
    assert codes(done.json) == [code]
    assert done.json["errors"][0]["fact"].startswith(fact)
    assert done.json["errors"][0]["place"].startswith("platform.yaml:")
    assert (shop / BOOK).read_text() == before


def test_a_unit_that_is_gone_from_the_spec_first_is_to_come_back(call: Call, shop: Path) -> None:
    (shop / "platform.yaml").write_text("".join(x for x in SPEC.splitlines(keepends=True) if "sparky" not in x))
    done = call("units", "remove", "sparky", "--yes", "--json")
    assert codes(done.json) == ["LW1338"]
    assert done.json["errors"][0]["hint"] == "declare it again, then `lakewright units remove sparky`"


def test_a_full_network_is_told_at_its_line(call: Call, shop: Path) -> None:
    more = "".join(f"  u{number}: {{workspaces: [lab]}}\n" for number in range(9))
    (shop / "platform.yaml").write_text(SPEC.replace("units:\n", f"units:\n{more}"))
    (full_network,) = call("infra", "compile", "live", "--json").json["errors"]
    assert (full_network["code"], full_network["place"]) == ("LW1334", "platform.yaml:7")
    assert full_network["hint"]


def test_the_book_is_json_that_a_person_can_read(shop: Path) -> None:
    book = json.loads((shop / BOOK).read_text())
    assert list(book) == ["format", "subnets", "workspaces"]


TALK = """\
#!/usr/bin/env python3
import pathlib, sys
here = pathlib.Path.cwd()
state = pathlib.Path({states!r}) / here.parent.name / (here.name + ".json")
if sys.argv[1] == "state":
    print(state.read_text() if state.exists() else "")
if sys.argv[1] == "apply" and "-destroy" in sys.argv:
    state.unlink(missing_ok=True)
if sys.argv[1] == "output":
    print("{{}}")
"""


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """States of `live` as a stand-in for terraform gives and destroys them; other environments' lie beside."""
    folder, binary = tmp_path / "states" / "live", tmp_path / "bin" / "terraform"
    folder.mkdir(parents=True)
    binary.parent.mkdir()
    binary.write_text(TALK.format(states=str(folder.parent)))
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{binary.parent}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_a_unit_goes_step_by_step(call: Call, tmp_path: Path, aws: LocalAws, states: Path) -> None:
    spec = SPEC.replace(", reads: [digital]", "").replace(
        "stacks: {", "stacks: {network: {layer: 1, each: network, account: a, calls: {net: {use: kms_key}}}, "
    )
    (tmp_path / "platform.yaml").write_text(spec)
    assert call("infra", "compile", "live").code == 0
    _let_in(aws, OTHER, ACCOUNT, load_project(tmp_path).platform.environments["live"].accounts)
    s3 = aws.client("s3", account=OTHER)
    s3.create_bucket(Bucket="sparky-data")
    s3.put_object(Bucket="sparky-data", Key="gold/orders", Body=b"1")
    places = read_book((tmp_path / BOOK).read_text(), BOOK).places_of("sparky-lab")
    own = states / "aws-sparky-lab.json"
    own.write_text(json.dumps({"resources": [resource("aws_s3_bucket", bucket="sparky-data")], "outputs": {}}))
    subnet = resource("aws_subnet", cidr_block=places["sparky/lab/workload-a"])
    (states / "network-nonprod.json").write_text(json.dumps({"resources": [subnet], "outputs": {}}))
    remove = ("units", "remove", "sparky", "--yes", "--json")

    full_bucket = call(*remove).json
    assert codes(full_bucket) == ["LW1376"]
    assert full_bucket["errors"][0]["fact"] == "bucket sparky-data still holds gold/orders"
    assert own.exists(), "nothing was destroyed"
    s3.delete_object(Bucket="sparky-data", Key="gold/orders")
    gone = call(*remove)
    assert (gone.code, gone.json["step"]) == (0, "destroyed"), gone.out
    assert not own.exists()
    assert (states / "network-nonprod.json").exists(), "only its own"
    assert call(*remove).json["step"] == "destroyed", "again, and nothing more"
    assert codes(call("infra", "compile", "live", "--json").json) == ["LW1338"]

    (tmp_path / "platform.yaml").write_text("".join(x for x in spec.splitlines(keepends=True) if "sparky" not in x))
    still = call(*remove).json
    assert codes(still) == ["LW1377"]
    assert read_book((tmp_path / BOOK).read_text(), BOOK).places_of("sparky-lab") == places
    (states / "network-nonprod.json").write_text(json.dumps({"resources": [], "outputs": {}}))
    released = call(*remove)
    assert (released.code, released.json["step"]) == (0, "released"), released.out
    assert "sparky" not in (tmp_path / BOOK).read_text()


def test_what_may_go_with_all_it_holds_is_not_asked(call: Call, tmp_path: Path, states: Path) -> None:
    (tmp_path / "platform.yaml").write_text(SPEC.replace(", reads: [digital]", ""))
    assert call("infra", "compile", "live").code == 0
    own = states / "aws-sparky-lab.json"
    own.write_text(json.dumps({"resources": [resource("aws_db_instance", identifier="old")], "outputs": {}}))
    assert codes(call("units", "remove", "sparky", "--yes", "--json").json) == ["LW1376"]
    assert call("units", "remove", "sparky", "--discard", "old", "--yes", "--json").json["step"] == "destroyed"
    assert not own.exists()


TWO = SPEC.replace(", reads: [digital]", "").replace(
    "landscape:\n", f'  next: {{account: "{ACCOUNT}", region: {REGION}, accounts: {{a: "{OTHER}"}}}}\nlandscape:\n'
)
"""An environment more, where the unit is too."""


@pytest.fixture
def two(call: Call, tmp_path: Path, states: Path) -> tuple[Path, Path]:
    """The states of the unit's own stack in two environments, with a bucket in each."""
    (tmp_path / "platform.yaml").write_text(TWO)
    found = states / "aws-sparky-lab.json", states.parent / "next" / "aws-sparky-lab.json"
    found[1].parent.mkdir()
    for own in found:
        assert call("infra", "compile", own.parent.name).code == 0
        bucket = resource("aws_s3_bucket", bucket=f"sparky-{own.parent.name}")
        own.write_text(json.dumps({"resources": [bucket], "outputs": {}}))
    return found


def test_every_environment_is_asked_before_the_first_is_destroyed(
    call: Call, tmp_path: Path, aws: LocalAws, two: tuple[Path, Path]
) -> None:
    _let_in(aws, OTHER, ACCOUNT, load_project(tmp_path).platform.environments["live"].accounts)
    s3 = aws.client("s3", account=OTHER)
    s3.create_bucket(Bucket="sparky-live")
    s3.create_bucket(Bucket="sparky-next")
    s3.put_object(Bucket="sparky-next", Key="gold/orders", Body=b"1")
    remove = ("units", "remove", "sparky", "--yes", "--json")
    refused = call(*remove).json
    assert [error["fact"] for error in refused["errors"]] == ["bucket sparky-next still holds gold/orders"]
    assert [own.exists() for own in two] == [True, True], "nothing was destroyed"
    s3.put_object(Bucket="sparky-live", Key="gold/lines", Body=b"1")
    assert codes(call(*remove).json) == ["LW1376", "LW1376"], "all that is full is told at once"
    s3.delete_object(Bucket="sparky-live", Key="gold/lines")
    s3.delete_object(Bucket="sparky-next", Key="gold/orders")
    assert call(*remove).json["step"] == "destroyed"
    assert [own.exists() for own in two] == [False, False]


def test_ctrl_c_while_one_environment_is_asked_leaves_all_of_them(
    call: Call, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def interrupted(found: Collection[Holding], *rest: Any) -> Iterator[LakewrightError]:
        asked.extend(one.name for one in found)
        signal.raise_signal(signal.SIGINT)
        return full(found, *rest)

    monkeypatch.setattr(asking, "full", interrupted)
    may_go = ("--discard", "sparky-live", "--discard", "sparky-next")
    assert codes(call("units", "remove", "sparky", *may_go, "--yes", "--json").json) == ["LW1356"]
    assert asked == ["sparky-live"]
    assert [own.exists() for own in two] == [True, True]


def test_what_is_the_units_and_of_no_workspace_goes_with_the_last(
    call: Call, tmp_path: Path, aws: LocalAws, states: Path
) -> None:
    spec = SPEC.replace(", reads: [digital]", "").replace(
        "sparky: {workspaces: [lab]", "sparky: {workspaces: [lab, field]"
    )
    spec = spec.replace("{lab: {network: nonprod}}", "{lab: {network: nonprod}, field: {network: nonprod}}")
    spec = spec.replace("stacks: {", "stacks: {keys: {layer: 1, each: unit, calls: {own: {use: kms_key}}}, ")
    (tmp_path / "platform.yaml").write_text(spec)
    assert call("infra", "compile", "live").code == 0
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="sparky-keys")
    s3.put_object(Bucket="sparky-keys", Key="old", Body=b"1")
    keys, field, others = (states / f"{name}.json" for name in ("keys-sparky", "aws-sparky-field", "keys-digital"))
    bucket = resource("aws_s3_bucket", bucket="sparky-keys")
    keys.write_text(json.dumps({"resources": [bucket], "outputs": {}}))
    for stack in (field, others):
        stack.write_text(json.dumps({"resources": [resource("aws_kms_key", key_id="k")], "outputs": {}}))

    assert call("units", "remove", "sparky", "--workspace", "field", "--yes", "--json").json["step"] == "destroyed"
    assert (field.exists(), keys.exists()) == (False, True), "the unit stays, and what is the whole unit's"
    (tmp_path / "platform.yaml").write_text(spec.replace("[lab, field]", "[lab]"))
    remove = ("units", "remove", "sparky", "--yes", "--json")
    (told,) = call(*remove).json["errors"]
    assert (told["code"], told["fact"]) == ("LW1376", "bucket sparky-keys still holds old")
    s3.delete_object(Bucket="sparky-keys", Key="old")
    gone = call(*remove).json
    assert (gone["step"], gone["next"][0]) == ("destroyed", "take sparky out of the spec (platform.yaml:11)")
    assert (keys.exists(), others.exists()) == (False, True)


BOTH = SPEC.replace("{lab: {network: nonprod}}", "{lab: {network: nonprod}, field: {network: nonprod}}").replace(
    "digital: {workspaces: [lab]", "digital: {workspaces: [lab, field]"
)
"""A unit that sparky reads has a workspace more."""


def test_a_unit_of_which_a_part_is_gone_already_is_still_read(call: Call, tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(BOTH)
    assert call("infra", "compile", "live").code == 0
    mark(tmp_path, "digital-field")
    for spec in (BOTH, BOTH.replace("[lab, field]", "[lab]")):
        (tmp_path / "platform.yaml").write_text(spec)
        for chosen in ((), ("--workspace", "lab")):
            (told,) = call("units", "remove", "digital", *chosen, "--yes", "--json").json["errors"]
            assert (told["code"], told["fact"]) == ("LW1375", "sparky reads digital")


def test_a_workspace_goes_only_when_nobody_reads_it_in_one_of_that_kind(
    call: Call, tmp_path: Path, states: Path
) -> None:
    (tmp_path / "platform.yaml").write_text(BOTH)
    assert call("infra", "compile", "live").code == 0
    (told,) = call("units", "remove", "digital", "--workspace", "lab", "--yes", "--json").json["errors"]
    assert (told["code"], told["fact"]) == ("LW1375", "sparky-lab reads digital-lab")
    assert told["place"] == "platform.yaml:11"
    assert call("units", "remove", "digital", "--workspace", "field", "--yes", "--json").json["step"] == "destroyed"


ALONE = (
    SPEC[: SPEC.index("  digital:")]
    + "UNITS\n"
    + SPEC[SPEC.index("infra:") :].replace(
        "stacks: {", "stacks: {network: {layer: 1, each: network, account: a, calls: {net: {use: kms_key}}}, "
    )
)
"""`UNITS` stands for the units."""


@pytest.mark.usefixtures("states")
def test_units_that_the_spec_has_got_meanwhile_keep_their_subnets(call: Call, tmp_path: Path) -> None:
    def declared(*units: str) -> None:
        lines = "".join(f"  {name}: {{workspaces: [lab]}}\n" for name in units)
        (tmp_path / "platform.yaml").write_text(ALONE.replace("UNITS\n", lines))

    def placed(workspace: str) -> dict[str, str]:
        return read_book((tmp_path / BOOK).read_text(), BOOK).places_of(workspace)

    remove = ("units", "remove", "sparky", "--yes", "--json")
    declared("sparky")
    assert call("infra", "compile", "live").code == 0
    declared("sparky", "new")
    assert call(*remove).json["step"] == "destroyed"
    new = placed("new-lab")
    assert len(new) == 6
    declared("new", "newer")
    assert call(*remove).json["step"] == "released"
    assert placed("new-lab") == new
    assert len(placed("newer-lab")) == 6
    assert sorted(json.loads((tmp_path / BOOK).read_text())["workspaces"]) == ["new-lab", "newer-lab"]


@pytest.mark.usefixtures("states")
def test_what_another_has_kept_meanwhile_is_not_given_back(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "platform.yaml").write_text(
        ALONE.replace("UNITS", "  sparky: {workspaces: [lab]}\n  b: {workspaces: [lab]}")
    )
    assert call("infra", "compile", "live").code == 0
    mark(tmp_path, "sparky-lab")
    (tmp_path / "platform.yaml").write_text(ALONE.replace("UNITS", "  b: {workspaces: [lab]}"))
    before = read_book((tmp_path / BOOK).read_text(), BOOK).places_of("sparky-lab")

    def kept_meanwhile(state: Mapping[str, Any]) -> frozenset[str]:
        book = read_book((tmp_path / BOOK).read_text(), BOOK)
        (tmp_path / BOOK).write_text(book.marked(["sparky-lab"], "").text())
        return subnets(state)

    monkeypatch.setattr("lakewright.infra.holdings.subnets", kept_meanwhile)
    assert codes(call("units", "remove", "sparky", "--yes", "--json").json) == ["LW1338"]
    assert read_book((tmp_path / BOOK).read_text(), BOOK).places_of("sparky-lab") == before


@pytest.mark.usefixtures("states")
def test_subnets_of_a_network_that_is_no_longer_declared_are_not_given_back(call: Call, tmp_path: Path) -> None:
    last = "  b: {workspaces: [far]}"
    spec = ALONE.replace("UNITS", f"  sparky: {{workspaces: [lab]}}\n{last}")
    spec = spec.replace("account: a}}\n", "account: a}, other: {cidr: 10.35.0.0/20, account: a}}\n", 1)
    spec = spec.replace("{lab: {network: nonprod}}", "{lab: {network: nonprod}, far: {network: other}}")
    (tmp_path / "platform.yaml").write_text(spec)
    assert call("infra", "compile", "live").code == 0
    mark(tmp_path, "sparky-lab")
    before = (tmp_path / BOOK).read_text()
    spec = spec.replace("  sparky: {workspaces: [lab]}\n", "")
    gone = spec.replace("nonprod: {cidr: 10.34.0.0/20, account: a}, ", "").replace("lab: {network: nonprod}, ", "")
    (tmp_path / "platform.yaml").write_text(gone)
    remove = ("units", "remove", "sparky", "--yes", "--json")
    (told,) = call(*remove).json["errors"]
    assert (told["code"], told["fact"]) == ("LW1377", "network nonprod is no longer declared, and may stand")
    assert told["hint"] == "declare it again; give the subnets back first, then destroy its stack"
    assert (tmp_path / BOOK).read_text() == before
    (tmp_path / "platform.yaml").write_text(spec)
    assert call(*remove).json["step"] == "released"
