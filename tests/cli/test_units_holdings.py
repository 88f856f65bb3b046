"""What `units remove` asks before anything goes: the states, S3 and Unity Catalog."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lakewright.cli.units.asking import Ask, full, objects_in, tables_in
from lakewright.errors import ProblemError
from lakewright.infra.compile import Stack
from lakewright.infra.holdings import Holding, holdings, subnets
from lakewright.rehearse.aws.local import LocalAws

from .states import REGION, resource

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
