"""The isolation proof: deployed permissions, roles assumed through STS, the leak suite's attempts through Athena.

Every cell has a marker; `tests.leaks.people` says, by hand, which ones a person may see. Lake Formation has no masks:
masked columns are not granted at all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lakewright.catalog.hive_types import from_canonical
from lakewright.models.types import from_arrow
from tests.leaks.attempts import ATTEMPTS
from tests.leaks.canaries import found_in
from tests.leaks.lake import write_past, write_table
from tests.leaks.people import hidden_from
from tests.leaks.tables import SCHEMAS, Content, content
from tests.rehearse.aws.live.support import ACCOUNT, Cloud, cloud

pytestmark = pytest.mark.slow
THREADS = 6
DEPLOYED = ("silver.orders", "silver.customer", "gold.revenue", "gold.plans")
QUERIES = ("athena:*", "glue:Get*", "lakeformation:GetDataAccess", "s3:*")
ORDERS = [name for name in SCHEMAS["silver.orders"].names if name not in ("props", "extra")]
FILTERS = {
    "ten": {
        ("silver", "orders"): [("tenant = 'acme' AND vip = false", ORDERS)],
        ("silver", "customer"): [("tenant = 'acme'", ["id", "tenant"])],
        ("gold", "revenue"): [("tenant = 'acme'", SCHEMAS["gold.revenue"].names)],
    },
    "uma": {
        ("silver", "orders"): [
            ("vip = false", ["id", "tenant", "amount", "day"]),
            ("tenant = 'globex' AND vip = false", ["id", "payload", "code", "tags"]),
        ],
        ("silver", "customer"): [("", ["id", "tenant"])],
    },
    "nil": {},
}
"""What the persona's rules mean for Lake Formation: (rows, columns) of each table."""


@dataclass
class Platform:
    here: Cloud
    made: Content

    def session(self, who: str) -> Any:
        """An Athena client of the role, assumed as a person does it."""
        sts = self.here.client("sts")
        arn = f"arn:aws:iam::{ACCOUNT}:role/{who}"
        found = sts.assume_role(RoleArn=arn, RoleSessionName=who)["Credentials"]
        return boto3.client(
            "athena",
            endpoint_url=self.here.aws.endpoint,
            region_name="us-east-1",
            aws_access_key_id=found["AccessKeyId"],
            aws_secret_access_key=found["SecretAccessKey"],
            aws_session_token=found["SessionToken"],
            config=Config(max_pool_connections=THREADS * 2, retries={"max_attempts": 0}),
        )

    def places(self) -> dict[str, str]:
        silver, gold = self.here.aws.store.folder("silver"), self.here.aws.store.folder("gold")
        return {
            "t": "silver.orders", "c": "silver.customer", "h": "gold.plans",
            "file": str(next((silver / "orders").rglob("*.parquet"))),
            "plans": str(next((gold / "plans").rglob("*.parquet"))),
            "folder": str(silver / "orders"), "lake": str(silver.parent),
            "log": str(silver / "orders" / "_delta_log" / "00000000000000000000.json"),
            "project": str(silver.parent), "audit": str(silver.parent.parent / "live"), "out": "/tmp/nowhere/leak",
            "pid": "1", "port": self.here.aws.endpoint.rpartition(":")[2], "bucket": "results",
            "moment": "2026-01-01T00:00:00+00:00", "trino": "2026-01-01 00:00:00 UTC",
        }  # fmt: skip


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with cloud("", tmp_path_factory.mktemp("isolation")) as here:
        made = content()
        for bucket in ("silver", "gold", "results"):
            here.bucket(bucket)
        deploy_tables(here, made)
        lake = here.client("lakeformation")
        nobody: dict[str, Any] = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
        lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [], **nobody})
        for who, tables in FILTERS.items():
            deploy_role(here, lake, who, tables)
        here.client("athena").create_work_group(
            Name="team", Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/"}}
        )
        yield Platform(here, made)


def deploy_tables(here: Cloud, made: Content) -> None:
    """The leak suite's tables, each below the bucket of its layer; orders have a past."""
    root = here.aws.store.folder("silver").parent
    write_past(root, made, ["tenant"])
    glue = here.client("glue")
    for database in ("silver", "gold"):
        glue.create_database(DatabaseInput={"Name": database})
    for name in DEPLOYED:
        write_table(root, name, made.rows[name], ["tenant"] if name == "silver.orders" else None)
        database, _, short = name.partition(".")
        columns = [{"Name": one.name, "Type": from_canonical(from_arrow(one.type))} for one in SCHEMAS[name]]
        glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": short,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"table_type": "DELTA"},
                "StorageDescriptor": {"Columns": columns, "Location": f"s3://{database}/{short}"},
            },
        )


def deploy_role(here: Cloud, lake: Any, who: str, tables: Any) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    here.client("iam").create_role(
        RoleName=who, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    allow = {"Effect": "Allow", "Action": list(QUERIES), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    here.client("iam").put_role_policy(RoleName=who, PolicyName="ask", PolicyDocument=policy)
    for (database, table), cells in tables.items():
        for number, (rows, columns) in enumerate(cells):
            name = f"{who}_{number}"
            where = {"TableCatalogId": ACCOUNT, "DatabaseName": database, "TableName": table, "Name": name}
            limit = {"FilterExpression": rows} if rows else {"AllRowsWildcard": {}}
            lake.create_data_cells_filter(TableData={**where, "RowFilter": limit, "ColumnNames": list(columns)})
            lake.grant_permissions(
                Principal={"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/{who}"},
                Resource={"DataCellsFilter": where},
                Permissions=["SELECT"],
            )


def told(athena: Any, statement: str) -> tuple[bool, bytes]:
    """Whether it succeeded, and all that came back."""
    try:
        started = athena.start_query_execution(QueryString=statement, WorkGroup="team")["QueryExecutionId"]
        while True:
            found = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.02)
        if found["Status"]["State"] != "SUCCEEDED":
            return False, repr(found["Status"]).encode()
        return True, repr(athena.get_query_results(QueryExecutionId=started)["ResultSet"]).encode()
    except ClientError as error:
        return False, repr(error.response).encode()


def rows_of(data: bytes) -> int:
    return data.count(b"'Data': [") - 1


@pytest.mark.parametrize(("who", "step"), [("ten", 1), ("uma", 4), ("nil", 8)])
def test_no_attempt_shows_what_is_hidden(platform: Platform, who: str, step: int) -> None:
    athena, places = platform.session(who), platform.places()
    hidden = hidden_from(who, platform.made.book)
    statements = [one.written("athena").format(**places) for one in ATTEMPTS]
    tried: Sequence[str] = [one for one in statements if one != "SELECT 1"][::step]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda one: told(athena, one), tried))
    leaks = [
        (statement, sorted(markers)[:3])
        for statement, (_, data) in zip(tried, answers, strict=True)
        if (markers := (found_in(data) & hidden) - found_in(statement.encode()))
    ]
    assert not leaks
    assert (who == "nil") or sum(ok for ok, _ in answers) > len(tried) // 20, "most of it would be refused anyway"


def test_who_has_a_part_gets_exactly_that(platform: Platform) -> None:
    orders = platform.made.rows["silver.orders"]
    mine = [row for row in orders if row["tenant"] == "acme" and row["vip"] is False]
    ok, data = told(platform.session("ten"), "SELECT id, payload, code FROM silver.orders")
    assert (ok, rows_of(data)) == (True, len(mine))
    assert found_in(data) == {
        number for row in mine for number in found_in(repr((row["payload"], row["code"])).encode())
    }
    ok, data = told(platform.session("uma"), "SELECT id, payload FROM silver.orders WHERE payload IS NOT NULL")
    theirs = [row for row in orders if row["tenant"] == "globex" and row["vip"] is False and row["payload"]]
    assert (ok, rows_of(data)) == (True, len(theirs))
    assert told(platform.session("nil"), "SELECT * FROM silver.orders")[0] is False


def test_a_widened_filter_would_be_seen(platform: Platform) -> None:
    """The suite can fail: with the filter's rows dropped, markers of others come back."""
    lake, where = platform.here.client("lakeformation"), {"TableCatalogId": ACCOUNT, "DatabaseName": "silver"}
    table = {**where, "TableName": "orders", "Name": "ten_0", "ColumnNames": ORDERS}
    lake.update_data_cells_filter(TableData={**table, "RowFilter": {"AllRowsWildcard": {}}})
    time.sleep(1.2)
    try:
        _, data = told(platform.session("ten"), "SELECT * FROM silver.orders")
        assert found_in(data) & hidden_from("ten", platform.made.book)
    finally:
        limit = {"FilterExpression": FILTERS["ten"]["silver", "orders"][0][0]}
        lake.update_data_cells_filter(TableData={**table, "RowFilter": limit})
