"""The Glue catalog as each principal sees it, through moto itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lakewright.catalog import LocalCatalog, Snapshot
from lakewright.governance import Allowed, Decision, Denied, In, Principal, Privilege
from lakewright.query.athena import Caller
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.glue.feed import Feed
from lakewright.rehearse.aws.glue.host import GlueState
from lakewright.rehearse.aws.glue.lake_tables import lake_snapshot
from lakewright.rehearse.aws.glue.operations import GlueService
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.moto.host import MotoHost
from lakewright.rehearse.aws.moto.state import State

LAKE = [("silver.orders", {"id": "bigint", "email": "string", "at": "timestamp_ntz"}), ("gold.hidden", {"x": "int"})]
OWN = {"Name": "visits", "PartitionKeys": [{"Name": "tenant", "Type": "int"}, {"Name": "day", "Type": "string"}]}
VISITS = OWN | {
    "Parameters": {
        "classification": "parquet",
        "numRows": "7",
        "recordCount": "7",
        "spark.sql.sources.schema": "secret",
    },
    "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "int", "Parameters": {"max": "9"}}, {"Name": "secret", "Type": "string"}],
        "Location": "s3://ana-data/visits/",
        "SkewedInfo": {"SkewedColumnValues": ["secret"]},
        "SerdeInfo": {"SerializationLibrary": "x", "Parameters": {"field.delim": ",", "mapping.secret": "s"}},
    },
    "ViewOriginalText": "/* Presto View: secret */",
}


def decide(principal: Principal, name: str, columns: Mapping[str, str], privilege: Privilege) -> Decision:
    """root: everything; ana: silver but e-mail, everything in scratch; bob: tenant 1 of scratch.visits without
    `secret`; cy: as bob, with a filter on a column that is no partition key; dee: may describe it only."""
    visible = tuple(column for column in columns if column not in ("email", "secret"))
    reads = privilege in (Privilege.SELECT, Privilege.DESCRIBE)
    match principal.name:
        case "root":
            return Allowed(tuple(columns))
        case "ana" if name.startswith("scratch."):
            return Allowed(tuple(columns))
        case "ana" if name.startswith("silver.") and reads:
            return Allowed(visible)
        case "bob" if name == "scratch.visits" and reads:
            return Allowed(visible, rows=In("tenant", (1,)))
        case "cy" if name == "scratch.visits" and reads:
            return Allowed(visible, rows=In("id", (1,)))
        case "dee" if name == "scratch.visits" and privilege is Privilege.DESCRIBE:
            return Allowed(visible)
        case _:
            return Denied("no grant")


@pytest.fixture(scope="module")
def moto() -> Iterator[GlueState]:
    host = MotoHost()
    yield GlueState(State(host, "000000000000", "us-east-1"))
    host.close()


class Asked:
    """Calls as one principal."""

    def __init__(self, service: GlueService, who: str) -> None:
        self._service, self._who = service, who

    def __call__(self, operation: str, **body: Any) -> Any:
        principal = Principal(self._who)
        caller = Caller(principal, "AKIA", "us-east-1")
        return self._service.call(operation, body, caller, Identity(principal, self._who == "root"))

    def refused(self, operation: str, **body: Any) -> str:
        with pytest.raises(Fault) as refused:
            self(operation, **body)
        return refused.value.code


@pytest.fixture
def glue(moto: GlueState, tmp_path: Path) -> Iterator[GlueService]:
    catalog = LocalCatalog(tmp_path / "catalog.json", lambda: lake_snapshot(LAKE, "s3://lake", bool))
    service = GlueService(moto, Feed(moto, catalog), decide)
    ana = Asked(service, "ana")
    ana("CreateDatabase", DatabaseInput={"Name": "Scratch"})
    ana("CreateTable", DatabaseName="scratch", TableInput=VISITS)
    values = [[str(tenant), day] for tenant in (1, 2) for day in ("a", "b")]
    inputs = [{"Values": one, "Parameters": {"numRows": "3"}} for one in values]
    ana("BatchCreatePartition", DatabaseName="scratch", TableName="visits", PartitionInputList=inputs)
    yield service
    for database in moto.ask("GetDatabases", {})["DatabaseList"]:
        moto.ask("DeleteDatabase", {"Name": database["Name"]})


def test_what_each_sees(glue: GlueService) -> None:
    def databases(who: str) -> list[str]:
        return sorted(one["Name"] for one in Asked(glue, who)("GetDatabases")["DatabaseList"])

    assert databases("root") == ["gold", "scratch", "silver"]
    assert databases("ana") == ["scratch", "silver"]
    assert databases("bob") == ["scratch"]
    assert databases("nobody") == []
    ana = Asked(glue, "ana")
    (table,) = ana("GetTables", DatabaseName="silver")["TableList"]
    columns = [(one["Name"], one["Type"]) for one in table["StorageDescriptor"]["Columns"]]
    assert columns == [("id", "bigint"), ("at", "timestamp")]
    assert "email" not in str(table)
    hidden = [ana.refused("GetTable", DatabaseName="gold", Name=name) for name in ("hidden", "missing")]
    assert hidden == ["EntityNotFoundException"] * 2
    assert ana.refused("GetDatabase", Name="gold") == ana.refused("GetDatabase", Name="none")
    assert [one["Name"] for one in ana("SearchTables", SearchText="email")["TableList"]] == []
    assert [one["Name"] for one in ana("SearchTables", SearchText="ORD")["TableList"]] == ["orders"]


def test_nothing_of_a_hidden_column_or_row_shows(glue: GlueService) -> None:
    bob = Asked(glue, "bob")
    where = {"DatabaseName": "scratch", "TableName": "visits"}
    answers = [
        bob("GetTable", DatabaseName="SCRATCH", Name="Visits"),
        bob("GetTables", DatabaseName="scratch"),
        bob("GetTableVersions", **where),
        bob("GetTableVersion", **where, VersionId="1"),
        bob("SearchTables"),
        bob("GetColumnStatisticsForTable", **where, ColumnNames=["id"]),
    ]
    for answer in answers:
        for word in ("secret", "numRows", "recordCount", "max"):
            assert word not in str(answer)
    assert "numRows" not in str(bob("GetPartitions", **where))


def test_partitions(glue: GlueService) -> None:
    where = {"DatabaseName": "scratch", "TableName": "visits"}

    def partitions(who: str) -> list[list[str]]:
        return sorted(one["Values"] for one in Asked(glue, who)("GetPartitions", **where)["Partitions"])

    assert partitions("ana") == [["1", "a"], ["1", "b"], ["2", "a"], ["2", "b"]]
    assert partitions("bob") == [["1", "a"], ["1", "b"]]
    assert partitions("cy") == partitions("dee") == []
    bob = Asked(glue, "bob")
    assert bob("GetPartition", **where, PartitionValues=["1", "a"])["Partition"]["Values"] == ["1", "a"]
    refused = [bob.refused("GetPartition", **where, PartitionValues=one) for one in (["2", "a"], ["3", "z"], ["x"])]
    assert refused == ["EntityNotFoundException"] * 3
    keys = [{"Values": one} for one in (["1", "a"], ["2", "a"], ["3", "z"])]
    batch = bob("BatchGetPartition", **where, PartitionsToGet=keys)
    assert [one["Values"] for one in batch["Partitions"]] == [["1", "a"]]
    assert batch["UnprocessedKeys"] == keys[1:]


EXPRESSIONS = [
    ("tenant = 1", [["1", "a"], ["1", "b"]]),
    ("tenant = '2' AND day <> 'a'", [["2", "b"]]),
    ("TENANT in (1, 3) and (day = 'b')", [["1", "b"]]),
    ("tenant between 2 and 5", [["2", "a"], ["2", "b"]]),
    ("NOT tenant = 1 OR day LIKE 'b%'", [["1", "b"], ["2", "a"], ["2", "b"]]),
    ("2 > tenant", [["1", "a"], ["1", "b"]]),
    ("day is null", []),
    ("day is not null and tenant >= 2 and day <= 'a'", [["2", "a"]]),
    ("tenant != -1 and day like '_' and day not in ('a')", [["1", "b"], ["2", "b"]]),
]
BAD_EXPRESSIONS = ["tenant", "tenant = ", "id = 1", "secret = 'x'", "tenant = 'x'", "1 = 1", "tenant + 1 = 2", "tenant = 1 GROUP BY 1",  # noqa: E501
                   "tenant = 1; DROP", "(" * 900 + "tenant = 1" + ")" * 900, "day regexp 'a'", "tenant = (SELECT 1)", "tenant = day",  # noqa: E501
                   "x.tenant = 1", "tenant in ()", "day > 1 > 2", "", " ", "a" * 5000]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS)
def test_conditions_on_partitions_are_asked_of_those_that_are_seen(
    glue: GlueService, moto: GlueState, expression: str, expected: list[list[str]]
) -> None:
    where = {"DatabaseName": "scratch", "TableName": "visits", "Expression": expression}

    def partitions(who: str) -> list[list[str]]:
        return sorted(one["Values"] for one in Asked(glue, who)("GetPartitions", **where)["Partitions"])

    assert partitions("ana") == expected
    assert partitions("bob") == [one for one in expected if one[0] == "1"]
    assert partitions("cy") == partitions("dee") == []


@pytest.mark.parametrize("expression", BAD_EXPRESSIONS[:-3] + BAD_EXPRESSIONS[-2:])
def test_conditions_that_are_none(glue: GlueService, expression: str) -> None:
    """The answer is the same whatever is hidden."""
    for who in ("ana", "bob", "cy"):
        where = {"DatabaseName": "scratch", "TableName": "visits", "Expression": expression}
        assert Asked(glue, who).refused("GetPartitions", **where) == "InvalidInputException"


def test_names_by_pattern(glue: GlueService) -> None:
    ana = Asked(glue, "ana")

    def tables(database: str, pattern: str) -> list[str]:
        return [one["Name"] for one in ana("GetTables", DatabaseName=database, Expression=pattern)["TableList"]]

    assert (tables("silver", "ord.*"), tables("silver", "ord"), tables("silver", ".*x|orders")) == (
        ["orders"],
        [],
        ["orders"],
    )
    assert tables("silver", "(o|r|d|e|s)*" * 20) == ["orders"]
    for pattern in ("(", "(?=o).*", "a" * 5000):
        assert ana.refused("GetTables", DatabaseName="silver", Expression=pattern) == "InvalidInputException"


def test_pages_and_segments_count_what_is_seen(glue: GlueService) -> None:
    bob, where = Asked(glue, "bob"), {"DatabaseName": "scratch", "TableName": "visits"}
    first = bob("GetPartitions", **where, MaxResults=1)
    second = bob("GetPartitions", **where, MaxResults=1, NextToken=first["NextToken"])
    assert sorted(one["Values"] for page in (first, second) for one in page["Partitions"]) == [["1", "a"], ["1", "b"]]
    assert "NextToken" not in second
    parts = [bob("GetPartitions", **where, Segment={"SegmentNumber": n, "TotalSegments": 2}) for n in (0, 1)]
    assert [len(one["Partitions"]) for one in parts] == [1, 1]
    databases = bob("GetDatabases", MaxResults=1)
    assert ([one["Name"] for one in databases["DatabaseList"]], "NextToken" in databases) == (["scratch"], False)
    for wrong in (
        {"NextToken": "x"},
        {"MaxResults": -1},
        {"Segment": 5},
        {"Segment": {"SegmentNumber": 2, "TotalSegments": 2}},
    ):
        assert bob.refused("GetPartitions", **where, **wrong) == "InvalidInputException"


def test_writes_need_the_privilege(glue: GlueService) -> None:
    bob, ana = Asked(glue, "bob"), Asked(glue, "ana")
    where = {"DatabaseName": "scratch", "TableName": "visits"}
    assert bob.refused("CreateDatabase", DatabaseInput={"Name": "bobs"}) == "AccessDeniedException"
    assert bob.refused("CreateTable", DatabaseName="scratch", TableInput={"Name": "t"}) == "AccessDeniedException"
    assert bob.refused("UpdateTable", DatabaseName="scratch", TableInput=OWN) == "AccessDeniedException"
    assert bob.refused("DeleteTable", DatabaseName="scratch", Name="visits") == "AccessDeniedException"
    assert bob.refused("DeletePartition", **where, PartitionValues=["1", "a"]) == "AccessDeniedException"
    assert bob.refused("DeleteTable", DatabaseName="silver", Name="orders") == "EntityNotFoundException"
    assert ana.refused("DeleteTable", DatabaseName="silver", Name="orders") == "AccessDeniedException"
    assert Asked(glue, "root").refused("DeleteTable", DatabaseName="silver", Name="orders") == "AccessDeniedException"
    errors = ana("BatchDeleteTable", DatabaseName="scratch", TablesToDelete=["visits", "none"])["Errors"]
    assert [one["TableName"] for one in errors] == ["none"]
    assert ana("GetTables", DatabaseName="scratch")["TableList"] == []


def test_the_owner_is_who_made_it_and_alone_says_where_it_lies(glue: GlueService) -> None:
    ana, root = Asked(glue, "ana"), Asked(glue, "root")
    ana("CreateTable", DatabaseName="scratch", TableInput=VISITS | {"Name": "mine", "Owner": "bob"})
    assert root("GetTable", DatabaseName="scratch", Name="mine")["Table"]["Owner"] == "ana"
    elsewhere = {"StorageDescriptor": {"Location": "s3://bob-data/"}}
    moved = VISITS | {"Name": "mine"} | elsewhere
    assert root.refused("UpdateTable", DatabaseName="scratch", TableInput=moved) == "AccessDeniedException"
    partition = {"Values": ["9", "z"]} | elsewhere
    where = {"DatabaseName": "scratch", "TableName": "mine"}
    assert root.refused("CreatePartition", **where, PartitionInput=partition) == "AccessDeniedException"
    ana("UpdateTable", DatabaseName="scratch", TableInput=moved)
    assert len(root("GetTableVersions", **where)["TableVersions"]) == 2


@pytest.mark.parametrize(
    "operation", ["GetDevEndpoints", "ListJobs", "GetSecurityConfigurations", "GetResourcePolicy", "X"]
)
def test_what_is_not_understood(glue: GlueService, operation: str) -> None:
    assert Asked(glue, "ana").refused(operation) == "AccessDeniedException"


@pytest.mark.parametrize(
    "body",
    [
        {"DatabaseName": 1, "Name": "x"},
        {"DatabaseName": "scratch"},
        {"DatabaseName": "scratch", "TableInput": []},
        {"DatabaseName": "scratch", "TableInput": {"Name": "x", "StorageDescriptor": 5}},
        {"DatabaseName": "scratch", "TableInput": {"Name": "x", "PartitionKeys": [5]}},
        {"DatabaseName": "scratch", "TableInput": {"Name": "x" * 300}},
    ],
)
def test_malformed_requests(glue: GlueService, body: dict[str, Any]) -> None:
    for operation in ("CreateTable", "GetTable", "GetPartitions", "DeleteTable"):
        assert Asked(glue, "ana").refused(operation, **body) in ("InvalidInputException", "EntityNotFoundException")


def test_what_clients_made_survives_and_the_lake_is_followed(moto: GlueState, tmp_path: Path) -> None:
    lake = [LAKE[:1]]
    clock = [0.0]

    def started(host: GlueState) -> GlueService:
        catalog = LocalCatalog(tmp_path / "c.json", lambda: lake_snapshot(lake[0], "s3://lake", bool), lambda: clock[0])
        return GlueService(host, Feed(host, catalog), decide)

    first = Asked(started(moto), "ana")
    first("CreateDatabase", DatabaseInput={"Name": "scratch"})
    first("CreateTable", DatabaseName="scratch", TableInput=VISITS)
    first("CreatePartition", DatabaseName="scratch", TableName="visits", PartitionInput={"Values": ["1", "a"]})
    started_later = MotoHost()
    fresh = GlueState(State(started_later, "000000000000", "us-east-1"))
    try:
        root = Asked(started(fresh), "root")
        found = root("GetPartitions", DatabaseName="scratch", TableName="visits")["Partitions"]
        assert [one["Values"] for one in found] == [["1", "a"]]
        lake[0] = [("silver.orders", {"id": "bigint", "new": "date"}), ("gold.fresh", {"x": "int"})]
        clock[0] = 3.0
        (table,) = root("GetTables", DatabaseName="silver")["TableList"]
        assert [one["Name"] for one in table["StorageDescriptor"]["Columns"]] == ["id", "new"]
        assert root("GetTable", DatabaseName="gold", Name="fresh")["Table"]["Name"] == "fresh"
        lake[0] = []
        clock[0] = 6.0
        assert root.refused("GetTable", DatabaseName="gold", Name="fresh") == "EntityNotFoundException"
        assert [one["Name"] for one in root("GetDatabases")["DatabaseList"]] == ["scratch"]
    finally:
        started_later.close()
        for database in moto.ask("GetDatabases", {})["DatabaseList"]:
            moto.ask("DeleteDatabase", {"Name": database["Name"]})


def test_snapshots_of_nothing() -> None:
    assert lake_snapshot([], "s3://lake", bool) == Snapshot()
