"""Over HTTP, as everybody: what belongs to others stays with them."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lakewright.governance import Policy
from lakewright.query.governed import Refused

from .attempts_protocol import BUCKET, NAMES, PROTOCOL, Target
from .canaries import STATEMENT, found_in, text_of
from .people import PEOPLE, hidden_from
from .searching import ask
from .spelling import WAYS
from .tally import Note, total
from .world import Reply, World
from .world import world as opened

EVERYTHING = f"SELECT *, '{text_of(STATEMENT)}' AS mark FROM silver.orders"


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A platform whose policy and objects may be changed."""
    with opened(tmp_path_factory.mktemp("protocol"), service=True) as found:
        found.api("eng", "athena", "CreatePreparedStatement", StatementName="secret", WorkGroup="engineers",
                  QueryStatement=EVERYTHING)  # fmt: skip
        found.api("eng", "athena", "CreateNamedQuery", Name="secret", Database="gold", WorkGroup="engineers",
                  QueryString=EVERYTHING)  # fmt: skip
        yield found


@pytest.fixture
def policy(private: World) -> Iterator[Policy]:
    before = private.policy
    yield before
    private.policy = before


def target_of(world: World, owner: str) -> Target:
    request = {"QueryString": EVERYTHING, "ClientRequestToken": f"token-{uuid.uuid4()}"}
    execution = world.api(owner, "athena", "StartQueryExecution", **request).json["QueryExecutionId"]
    found = world.finished(owner, execution).json["QueryExecution"]
    assert found["Status"]["State"] == "SUCCEEDED"
    place = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://")
    bucket, _, key = place.partition("/")
    assert bucket == BUCKET
    url = world.presigned(owner, bucket, key)
    return Target(owner, execution, bucket, key, request["ClientRequestToken"], request, url)


@pytest.mark.parametrize("who", PEOPLE)
def test_what_belongs_to_others(private: World, who: str, record_property: Note) -> None:
    if who == "root":
        pytest.skip("administrators may see others' results")
    target = target_of(private, "eng" if who != "eng" else "root")
    hidden = hidden_from(who, private.made.book) - ({STATEMENT} if who == "eng" else set())  # eng's own
    leaks, requests = [], 0
    for name, attempt in PROTOCOL.items():
        for reply in attempt(private, who, target):
            requests += 1
            assert reply.status < 500 or reply.status == 501, f"{name}: {reply}"
            told = reply.told.data
            if name == "another's token" or name == "another's result again":
                told = told.replace(text_of(STATEMENT).encode(), b"")  # the caller's own statement
            if markers := found_in(told) & hidden:
                leaks.append(f"{name}: markers {sorted(markers)[:5]}: {told[:200]!r}")
    total(record_property, "attempts over HTTP", len(PROTOCOL))
    total(record_property, "requests over HTTP", requests)
    assert not leaks, "\n".join(leaks)
    still = private.api(target.owner, "athena", "GetQueryResults", QueryExecutionId=target.execution)
    assert still.status == 200, "what others tried must not harm it"


@pytest.mark.parametrize("who", ["ana", "ten", "nil"])
def test_what_is_hidden_answers_as_what_is_missing(private: World, who: str) -> None:
    """Same text and same fields, but for the name."""
    target = target_of(private, "eng")
    never = str(uuid.uuid4())
    key = target.key.replace(target.execution, never)
    pairs = [
        [private.api(who, "athena", operation, QueryExecutionId=one) for one in (target.execution, never)]
        for operation in ("GetQueryResults", "GetQueryExecution", "GetQueryRuntimeStatistics", "StopQueryExecution")
    ]
    pairs += [
        [private.api(who, "athena", "BatchGetQueryExecution", QueryExecutionIds=[one])
         for one in (target.execution, never)],
        [private.s3(who, "GET", f"/{BUCKET}/{one}") for one in (target.key, key)],
        [private.s3(who, "HEAD", f"/{BUCKET}/{one}") for one in (target.key, key)],
        [private.api(who, "athena", "GetTableMetadata", **NAMES, TableName=one)
         for one in ("plans", "nosuch")],
        [private.api(who, "glue", "GetTable", DatabaseName="gold", Name=one) for one in ("plans", "nosuch")],
        [private.api(who, "glue", "GetPartitions", DatabaseName="gold", TableName=one) for one in ("plans", "nosuch")],
        [private.api(who, "glue", "GetColumnStatisticsForTable", DatabaseName="gold", TableName=one, ColumnNames=["id"])
         for one in ("plans", "nosuch")],
        [private.api(who, "glue", "GetDatabase", Name=one) for one in ("quarantine", "nosuch")],
        [private.api(who, "glue", "DeleteTable", DatabaseName="quarantine", Name=one) for one in ("orders", "nosuch")],
    ]  # fmt: skip
    names = re.compile(rb"plans|nosuch|quarantine|orders|" + target.execution.encode() + b"|" + never.encode())
    unstable = re.compile(rb"<RequestId>.*?</RequestId>|<HostId>.*?</HostId>")
    for hidden, missing in pairs:
        seen = [names.sub(b"X", unstable.sub(b"", one.body)) for one in (hidden, missing)]
        assert (hidden.status, seen[0]) == (missing.status, seen[1])
        assert hidden.headers.keys() == missing.headers.keys()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["ana", "ten", "nil"])
@pytest.mark.parametrize("statement", ["SELECT * FROM gold.{}", "SELECT count(*) FROM gold.{} x WHERE x.id = 1"])
def test_a_hidden_table_and_a_missing_one_in_sql(private: World, way: str, who: str, statement: str) -> None:
    if way == "raw":
        with pytest.raises(Refused) as hidden, pytest.MonkeyPatch.context():
            private.governor.visible(private.people[who]).describe("gold.plans")
        with pytest.raises(Refused) as missing:
            private.governor.visible(private.people[who]).describe("gold.nosuc")
        assert str(hidden.value).replace("plans", "X") == str(missing.value).replace("nosuc", "X")
        return
    told = [ask(private, way, who, statement.format(name)) for name in ("plans", "nosuc")]
    assert told[0].failed
    stable = [_stable(one.data) for one in told]
    assert stable[0].replace(b"plans", b"X") == stable[1].replace(b"nosuc", b"X")


_UNSTABLE = re.compile(
    rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\"[A-Za-z]*(DateTime|Millis)\": [0-9.]+|"
    rb"\('date', '[^']*'\)|\('content-length', '\d+'\)|\('etag', '[^']*'\)|\('last-modified', '[^']*'\)"
)


def _stable(told: bytes) -> bytes:
    """Without ids and times."""
    return _UNSTABLE.sub(b"", told)


def test_rights_that_end_before_the_fetch(private: World, policy: Policy) -> None:
    """Between start and fetch: rows, pages, the object, an URL signed before, a stored result reused."""
    target = target_of(private, "ana")
    calls: list[Callable[[], Reply]] = [
        lambda: private.api("ana", "athena", "GetQueryResults", QueryExecutionId=target.execution),
        lambda: private.s3("ana", "GET", target.path),
        lambda: private.s3("ana", "HEAD", target.path),
        lambda: private.s3("ana", "PUT", f"/{BUCKET}/own/ana-again", headers={"x-amz-copy-source": target.path}),
        lambda: private.http("ana", "s3", "GET", target.url, signed=False),
    ]
    assert [call().status for call in calls] == [200] * 5
    narrower = [replace(one, without=(*one.without, "payload")) if one.on == ("silver.orders",) and one.without else one
                for one in policy.grants]  # fmt: skip
    for changed in (replace(policy, grants=()), replace(policy, grants=tuple(narrower))):
        private.policy = changed
        for call in calls:
            reply = call()
            assert reply.status in (400, 403), reply
            assert not found_in(reply.body)
        age = {"ResultReuseByAgeConfiguration": {"Enabled": True}}
        again = private.athena("ana", EVERYTHING, ResultReuseConfiguration=age)
        assert not found_in(again.data) & {
            number for number, cell in private.made.book.cells.items() if cell.column == "payload"
        }


def test_rights_that_end_while_it_runs(private: World, policy: Policy) -> None:
    slow = "SELECT o.payload, count(*) FROM silver.orders o CROSS JOIN UNNEST(sequence(1, 10000)) AS t(x) " \
           "CROSS JOIN UNNEST(sequence(1, 60)) AS u(y) WHERE x % 7 <> y GROUP BY o.payload"  # fmt: skip
    execution = private.start("ana", slow).json["QueryExecutionId"]
    private.policy = replace(policy, grants=())
    private.finished("ana", execution)
    reply = private.api("ana", "athena", "GetQueryResults", QueryExecutionId=execution)
    assert reply.status == 400
    assert not found_in(reply.body)


def test_time_boxes(private: World, policy: Policy) -> None:
    """A grant that ends, and one that begins, while people look on."""
    now = datetime.now(UTC)
    mine = [one for one in policy.grants if "persona:DataAnalyst" in one.to]
    kept = [one for one in policy.grants if one not in mine]
    private.policy = replace(policy, grants=(*kept, *(replace(one, until=now + timedelta(seconds=2)) for one in mine)))
    target = target_of(private, "ana")
    time.sleep(max(0.0, 2.1 - (datetime.now(UTC) - now).total_seconds()))
    for reply in (
        private.api("ana", "athena", "GetQueryResults", QueryExecutionId=target.execution),
        private.s3("ana", "GET", target.path),
        private.api("ana", "glue", "GetTable", DatabaseName="silver", Name="orders"),
    ):
        assert reply.status in (400, 403)
    assert private.visible("ana") == []
    assert all(ask(private, way, "ana", "SELECT * FROM silver.orders").failed for way in WAYS)
    private.policy = replace(policy, grants=(*kept, *(replace(one, starts=now + timedelta(hours=1)) for one in mine)))
    assert private.visible("ana") == []


def test_what_the_past_had_is_not_in_the_answer_of_an_expired_query(private: World) -> None:
    """Everybody with no grant in force gets nothing from any table."""
    for name in ("silver.orders", "gold.revenue", "bronze.account", "audit.queries"):
        for who in ("nil", "box"):
            for way in ("spark", "athena"):
                told = ask(private, way, who, f"SELECT * FROM {name}")
                assert told.failed
                assert not found_in(told.data)


def test_denials_take_the_same_time(private: World) -> None:
    """Medians of a hidden table's and a missing one's refusals lie within a step of each other's."""
    seconds: dict[str, list[float]] = {"plans": [], "nosuc": []}
    for _ in range(15):
        for name, taken in seconds.items():
            began = time.perf_counter()
            private.spark("ana", f"SELECT * FROM gold.{name}")
            taken.append(time.perf_counter() - began)
    medians = [sorted(taken)[len(taken) // 2] for taken in seconds.values()]
    assert abs(medians[0] - medians[1]) < 0.02


def test_files_of_the_service_are_its_owners_alone(private: World) -> None:
    state = private.project / ".lakewright"
    loose = [path for path in _secret_folders(state) if path.stat().st_mode & 0o077]
    assert not loose


def _secret_folders(state: Path) -> list[Path]:
    return [state / name for name in ("audit", "s3") if (state / name).exists()]


SHOWN = {
    ("ana", "orders"): "id tenant customer_id amount price payload placed day vip tags extra props",
    ("ana", "customer"): "id tenant note",
    ("ten", "orders"): "id tenant customer_id amount price payload code placed day vip tags extra",
    ("mia", "customer"): "id tenant name email phone ip born note",
    ("uma", "orders"): "id tenant amount payload code day tags",
    ("uma", "customer"): "id tenant email",
}


@pytest.mark.parametrize(("who", "table"), SHOWN)
def test_columns_that_are_described(private: World, who: str, table: str) -> None:
    """The same by every way, and no other names anywhere in the answers."""
    expected = SHOWN[who, table].split()
    told = private.spark(who, f"DESCRIBE silver.{table}").data
    names = {"CatalogName": "AwsDataCatalog", "DatabaseName": "silver"}
    one = private.api(who, "athena", "GetTableMetadata", **names, TableName=table)
    other = private.api(who, "glue", "GetTable", DatabaseName="silver", Name=table)
    rows = private.athena(who, f"DESCRIBE silver.{table}").data
    assert [column["Name"] for column in one.json["TableMetadata"]["Columns"]] == expected
    assert [column["Name"] for column in other.json["Table"]["StorageDescriptor"]["Columns"]] == expected
    every = {"orders": "code legacy props extra price", "customer": "email phone born ip name"}[table].split()
    for column in set(every) - set(expected):
        for text in (told, rows):
            assert not re.search(rb"\b" + column.encode() + rb"\b[^:]", text.replace(b"'column':", b"")), column
        assert f'"{column}"'.encode() not in one.body + other.body
