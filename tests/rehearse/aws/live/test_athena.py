"""Athena over deployed tables: what each role gets is what Lake Formation was told; expected rows from the files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from deltalake import write_deltalake

from tests.rehearse.aws.live.support import ACCOUNT, Cloud, cloud

ROWS = {"id": [1, 2, 3, 4], "tenant_id": ["1", "1", "2", "2"], "email": ["a@x", "b@x", "c@x", "d@x"]}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Cloud]:
    with cloud("", tmp_path) as found:
        found.bucket("silver")
        found.bucket("results")
        write_deltalake(str(found.aws.store.folder("silver") / "order"), pa.table(ROWS), partition_by=["tenant_id"])
        glue = found.client("glue")
        glue.create_database(DatabaseInput={"Name": "silver"})
        columns = [{"Name": name, "Type": "bigint" if name == "id" else "string"} for name in ROWS]
        glue.create_table(
            DatabaseName="silver",
            TableInput={
                "Name": "order",
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"table_type": "DELTA", "classification": "delta"},
                "StorageDescriptor": {"Columns": columns, "Location": "s3://silver/order"},
            },
        )
        found.client("athena").create_work_group(
            Name="team",
            Configuration={
                "ResultConfiguration": {"OutputLocation": "s3://results/team/"},
                "EnforceWorkGroupConfiguration": True,
                "BytesScannedCutoffPerQuery": 10_000_000,
            },
        )
        yield found


def strict(here: Cloud, *admins: str) -> Any:
    """As the component sets it: nothing is open to whoever IAM lets in."""
    lake = here.client("lakeformation")
    lake.put_data_lake_settings(
        DataLakeSettings={
            "DataLakeAdmins": [{"DataLakePrincipalIdentifier": one} for one in admins],
            "CreateDatabaseDefaultPermissions": [],
            "CreateTableDefaultPermissions": [],
        }
    )
    return lake


def ask(here: Cloud, sql: str, role: str | None = None, workgroup: str = "team") -> tuple[str, list[list[Any]]]:
    """(state or reason, rows without the header)."""
    athena = here.aws.client("athena", role=role)
    started = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]
    while True:
        found = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.05)
    if found["Status"]["State"] != "SUCCEEDED":
        return found["Status"]["StateChangeReason"], []
    rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    return "SUCCEEDED", [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


def cells(here: Cloud, lake: Any, name: str, rows: str, columns: list[str]) -> dict[str, Any]:
    where = {"TableCatalogId": ACCOUNT, "DatabaseName": "silver", "TableName": "order", "Name": name}
    row_filter = {"FilterExpression": rows} if rows else {"AllRowsWildcard": {}}
    lake.create_data_cells_filter(TableData={**where, "RowFilter": row_filter, "ColumnNames": columns})
    return {"DataCellsFilter": where}


def grant(lake: Any, role: str, resource: dict[str, Any], *permissions: str) -> None:
    principal = {"DataLakePrincipalIdentifier": role}
    lake.grant_permissions(Principal=principal, Resource=resource, Permissions=list(permissions))


def test_tenants_see_their_rows_and_nobody_else_anything(here: Cloud) -> None:
    lake = strict(here)
    one, two, none = (here.role(f"analyst-{name}", "ec2.amazonaws.com") for name in ("one", "two", "none"))
    everything = ["id", "tenant_id", "email"]
    grant(lake, one, cells(here, lake, "one", "tenant_id = '1'", everything), "SELECT")
    grant(lake, two, cells(here, lake, "two", "tenant_id = '2'", ["id", "tenant_id"]), "SELECT")
    query = 'select * from silver."order" order by id'
    assert ask(here, query, one) == ("SUCCEEDED", [["1", "1", "a@x"], ["2", "1", "b@x"]])
    assert ask(here, query, two) == ("SUCCEEDED", [["3", "2"], ["4", "2"]])
    assert "email" in ask(here, 'select email from silver."order"', two)[0]
    for role in (none, None):
        reason, rows = ask(here, query, role)
        assert (reason == "SUCCEEDED", rows) == (False, [])
    assert ask(here, 'select count(*) from silver."order"', two) == ("SUCCEEDED", [["2"]])


def test_a_revoked_grant_is_gone(here: Cloud) -> None:
    lake = strict(here)
    role = here.role("analyst", "ec2.amazonaws.com")
    table = {"Table": {"DatabaseName": "silver", "Name": "order"}}
    grant(lake, role, table, "SELECT")
    assert ask(here, 'select count(*) from silver."order"', role) == ("SUCCEEDED", [["4"]])
    lake.revoke_permissions(Principal={"DataLakePrincipalIdentifier": role}, Resource=table, Permissions=["SELECT"])
    time.sleep(1.1)
    assert ask(here, 'select count(*) from silver."order"', role)[0] != "SUCCEEDED"


def test_some_columns_and_a_whole_database(here: Cloud) -> None:
    lake = strict(here)
    narrow, wide = (here.role(name, "ec2.amazonaws.com") for name in ("narrow", "wide"))
    but = {"DatabaseName": "silver", "Name": "order", "ColumnWildcard": {"ExcludedColumnNames": ["email"]}}
    grant(lake, narrow, {"TableWithColumns": but}, "SELECT")
    grant(lake, wide, {"Table": {"DatabaseName": "silver", "TableWildcard": {}}}, "SELECT")
    query = 'select * from silver."order" where id = 1'
    assert ask(here, query, narrow) == ("SUCCEEDED", [["1", "1"]])
    assert ask(here, query, wide) == ("SUCCEEDED", [["1", "1", "a@x"]])


def test_before_lake_formation_is_set_up_iam_decides(here: Cloud) -> None:
    here.client("lakeformation").put_data_lake_settings(
        DataLakeSettings={
            "DataLakeAdmins": [],
            "CreateTableDefaultPermissions": [
                {
                    "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
                    "Permissions": ["ALL"],
                }
            ],
        }
    )
    assert ask(here, 'select count(*) from silver."order"') == ("SUCCEEDED", [["4"]])


def test_crawled_files_and_the_catalog(here: Cloud) -> None:
    lake = strict(here)
    role = here.role("engineer", "ec2.amazonaws.com")
    grant(lake, role, {"Table": {"DatabaseName": "bronze", "TableWildcard": {}}}, "SELECT", "DESCRIBE")
    here.bucket("bronze")
    folder = here.aws.store.folder("bronze") / "public" / "customer"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"Op": ["I"], "id": [1]}), folder / "LOAD00000001.parquet")
    pq.write_table(pa.table({"Op": ["U"], "id": [1], "more": ["x"]}), folder / "20260101-000000000.parquet")
    glue = here.client("glue")
    glue.create_database(DatabaseInput={"Name": "bronze"})
    columns = [{"Name": "op", "Type": "string"}, {"Name": "id", "Type": "bigint"}, {"Name": "more", "Type": "string"}]
    parquet = "org.apache.hadoop.hive.ql.io.parquet"
    glue.create_table(
        DatabaseName="bronze",
        TableInput={
            "Name": "customer",
            "Owner": "owner",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": {
                "Columns": columns,
                "Location": "s3://bronze/public/customer/",
                "InputFormat": f"{parquet}.MapredParquetInputFormat",
                "OutputFormat": f"{parquet}.MapredParquetOutputFormat",
                "SerdeInfo": {"SerializationLibrary": f"{parquet}.serde.ParquetHiveSerDe"},
            },
        },
    )
    found = ask(here, "select op, id, more from bronze.customer order by op", role)
    assert found == ("SUCCEEDED", [["I", "1", None], ["U", "1", "x"]])
    athena = here.aws.client("athena", role=role)
    databases = athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]
    assert [one["Name"] for one in databases] == ["bronze"]
    assert ask(here, "show tables in bronze", role)[0] == "SUCCEEDED"


def test_deployed_prepared_statements_and_limits(here: Cloud) -> None:
    lake = strict(here)
    role = here.role("analyst", "ec2.amazonaws.com")
    grant(lake, role, {"Table": {"DatabaseName": "silver", "Name": "order"}}, "SELECT")
    here.client("athena").create_prepared_statement(
        StatementName="of_tenant", WorkGroup="team", QueryStatement='select id from silver."order" where tenant_id = ?'
    )
    assert ask(here, "execute of_tenant using '2'", role) == ("SUCCEEDED", [["3"], ["4"]])
    with pytest.raises(ClientError, match="WorkGroup"):
        ask(here, "select 1", role, workgroup="elsewhere")
