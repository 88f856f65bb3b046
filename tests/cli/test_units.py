"""`units list`, `keep` and what `remove` asks: the book, S3 and Unity Catalog, each of them really there."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lakewright.cli.units import asking
from lakewright.cli.units.asking import Ask, full, objects_in, tables_in
from lakewright.components.landscape import BOOK, read_book
from lakewright.errors import LakewrightError, ProblemError
from lakewright.infra.compile import Stack
from lakewright.infra.holdings import Holding, holdings, subnets
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.platform.stage import _let_in
from lakewright.spec import load_project

from .conftest import Call

ACCOUNT, OTHER, REGION = "111111111111", "222222222222", "us-east-1"
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


STATE = {
    "resources": [
        {"mode": "managed", "type": "aws_s3_bucket", "instances": [{"attributes": {"bucket": "shop-data"}}]},
        {"mode": "data", "type": "aws_s3_bucket", "instances": [{"attributes": {"bucket": "another's"}}]},
        {"mode": "managed", "type": "databricks_catalog", "instances": [{"attributes": {"name": "digital_lab"}}]},
        {"mode": "managed", "type": "aws_db_instance", "instances": [{"attributes": {"identifier": "own"}}]},
        {"mode": "managed", "type": "aws_subnet", "instances": [{"attributes": {"cidr_block": "10.0.0.0/27"}}]},
    ]
}


def test_what_may_hold_data_is_read_from_the_states() -> None:
    whose = {"unit": "digital", "workspace": "lab"}
    stacks = [
        Stack(name, {}, frozenset(), {}, "a", whose=whose) for name in ("aws-digital-lab", "workspace-digital-lab")
    ]
    url = {"workspace_url": "https://dbc-1.cloud.databricks.com"}
    made = {"mode": "managed", "type": "databricks_mws_workspaces", "instances": [{"attributes": url}]}
    found = holdings(stacks, {"aws-digital-lab": STATE, "workspace-digital-lab": {"resources": [made]}})
    assert found == (
        Holding("bucket", "shop-data", "aws-digital-lab", "a"),
        Holding("catalog", "digital_lab", "aws-digital-lab", host=url["workspace_url"]),
        Holding("aws_db_instance", "own", "aws-digital-lab", "a"),
    )
    assert subnets(STATE) == {"10.0.0.0/27"}


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("aws_docdb_cluster", "cluster_identifier"),
        ("aws_ebs_volume", "id"),
        ("aws_fsx_lustre_file_system", "id"),
        ("aws_fsx_ontap_file_system", "id"),
        ("aws_fsx_ontap_volume", "id"),
        ("aws_fsx_openzfs_file_system", "id"),
        ("aws_fsx_openzfs_volume", "id"),
        ("aws_fsx_windows_file_system", "id"),
        ("aws_kinesis_stream", "name"),
        ("aws_neptune_cluster", "cluster_identifier"),
        ("aws_s3_directory_bucket", "bucket"),
        ("aws_s3tables_table_bucket", "name"),
        ("databricks_database_instance", "name"),
    ],
)
def test_what_a_person_has_added_may_hold_data(kind: str, attribute: str) -> None:
    state = {"resources": [resource(kind, **{"arn": "a", "uid": "u", attribute: "own"})]}
    stack = Stack("aws-digital-lab", {}, frozenset(), {}, "a", whose={"unit": "digital", "workspace": "lab"})
    assert holdings([stack], {stack.name: state}) == (Holding(kind, "own", "aws-digital-lab", "a"),)


def test_what_cannot_be_asked_counts_as_full() -> None:
    def silent(_: Holding) -> tuple[str, ...]:
        raise ProblemError("LW405", "S3 did not answer", hint="log in")

    asks: dict[str, Ask] = {"bucket": silent, "catalog": lambda _: ()}
    found = [Holding("bucket", "b", "s"), Holding("catalog", "c", "s"), Holding("aws_db_instance", "d", "s")]
    facts = [one.fact for one in full(found, asks, ())]
    assert facts == [
        "bucket b may hold data: S3 did not answer",
        "aws_db_instance d may hold data, and cannot be asked here",
    ]
    assert not list(full(found, asks, ("b", "d")))


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with local_aws([ACCOUNT, OTHER], tmp_path / "aws") as running:
        key = running.credentials()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        yield running


def test_s3_is_asked_for_objects(aws: LocalAws) -> None:
    s3, ask = aws.client("s3"), objects_in({}, REGION)
    one = Holding("bucket", "unit-data", "aws-unit-lab")
    assert ask(one) == (), "no bucket, no data"
    s3.create_bucket(Bucket="unit-data")
    assert ask(one) == ()
    s3.put_object(Bucket="unit-data", Key="gold/orders", Body=b"1")
    assert ask(one) == ("gold/orders",)
    s3.delete_object(Bucket="unit-data", Key="gold/orders")
    assert ask(one) == ()


def test_the_error_of_a_bucket_nobody_may_read_is_told(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.client("s3").create_bucket(Bucket="unit-data")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    with pytest.raises(ProblemError, match="S3 refused"):
        objects_in({}, REGION)(Holding("bucket", "unit-data", "s"))


def test_nobody_is_asked_without_keys_or_workspace() -> None:
    with pytest.raises(ProblemError, match="no workspace in which it can be looked at"):
        tables_in({})(Holding("catalog", "c", "s"))
    (told,) = full([Holding("catalog", "c", "s", host="http://127.0.0.1:9")], {"catalog": tables_in({})}, ())
    assert "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET are not set" in told.fact


SCHEMAS = "/api/2.1/unity-catalog/schemas?catalog_name=c"
TABLES = "/api/2.1/unity-catalog/tables?catalog_name=c&schema_name="
MODELS = "/api/2.1/unity-catalog/models?catalog_name=c&schema_name="
NONE = 200, b"{}"
Answers = dict[str, tuple[int, bytes]]
"""Path and query → status and body."""


@pytest.fixture
def answers() -> Iterator[tuple[Answers, Holding, Ask]]:
    """A workspace that says what it is told to say, a catalog in it, and how that is asked."""
    said: Answers = {"/oidc/v1/token": (200, b'{"access_token": "t"}')}

    class Workspace(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = said[self.path]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Workspace) as server:
        running = threading.Thread(target=server.serve_forever, args=(0.01,))
        running.start()
        one = Holding("catalog", "c", "s", host=f"http://127.0.0.1:{server.server_port}")
        yield said, one, tables_in({"DATABRICKS_CLIENT_ID": "me", "DATABRICKS_CLIENT_SECRET": "x"})
        server.shutdown()
        running.join()


def missing(code: str) -> tuple[int, bytes]:
    return 404, json.dumps({"error_code": code, "message": "It does not exist."}).encode()


def test_a_schema_that_went_meanwhile_hides_no_tables_of_others(answers: tuple[Answers, Holding, Ask]) -> None:
    said, one, ask = answers
    said[SCHEMAS] = 200, b'{"schemas": [{"name": "gold"}, {"name": "old"}, {"name": "raw"}]}'
    said[TABLES + "gold"] = 200, b'{"tables": [{"name": "orders"}]}'
    said[TABLES + "old"] = missing("SCHEMA_DOES_NOT_EXIST")
    said[TABLES + "raw"] = 200, b'{"tables": [{"name": "lines"}]}'
    said |= {MODELS + "gold": NONE, MODELS + "old": missing("SCHEMA_DOES_NOT_EXIST"), MODELS + "raw": NONE}
    assert ask(one) == ("gold.orders", "raw.lines")
    said[TABLES + "raw"] = missing("CATALOG_DOES_NOT_EXIST")
    assert ask(one) == ("gold.orders",)
    said[SCHEMAS] = missing("CATALOG_DOES_NOT_EXIST")
    assert ask(one) == ()


def test_a_catalog_with_a_model_is_not_empty(answers: tuple[Answers, Holding, Ask]) -> None:
    said, one, ask = answers
    said[SCHEMAS] = 200, b'{"schemas": [{"name": "gold"}]}'
    said |= {TABLES + "gold": NONE, MODELS + "gold": (200, b'{"registered_models": [{"name": "churn"}]}')}
    assert ask(one) == ("gold.churn",)


@pytest.mark.parametrize(
    "answer",
    [
        (404, b"{}"),
        (404, b"<html>no such route</html>"),
        (404, b"[]"),
        missing("METASTORE_DOES_NOT_EXIST"),
        missing("SCHEMA_DOES_NOT_EXIST"),
        (403, missing("CATALOG_DOES_NOT_EXIST")[1]),
    ],
)
def test_other_answers_do_not_say_that_a_catalog_is_gone(
    answers: tuple[Answers, Holding, Ask], answer: tuple[int, bytes]
) -> None:
    said, one, ask = answers
    said[SCHEMAS] = answer
    with pytest.raises(ProblemError) as told:
        ask(one)
    assert told.value.code == "LW1376"
    assert f"{one.host} refused: {answer[0]}" in told.value.fact


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


def resource(kind: str, **attributes: str) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "instances": [{"attributes": attributes}]}


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
