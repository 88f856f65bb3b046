"""What is kept: named queries, prepared statements, tags; and the catalog as each may see it."""

from __future__ import annotations

import pytest

from tests.query.athena.conftest import ANALYST, COLLEAGUE, NAMED, ROOT, TENANT, Service, new_token


def test_named_queries_of_the_spec_are_there_and_stay(service: Service) -> None:
    (declared,) = service.call("ListNamedQueries")["NamedQueryIds"]
    found = service.call("GetNamedQuery", NamedQueryId=declared)["NamedQuery"]
    assert (found["Name"], found["Database"], found["WorkGroup"]) == ("revenue", "gold", "primary")
    rows = service.rows(found["QueryString"], QueryExecutionContext={"Database": found["Database"]})
    assert rows == [["total"], ["22.50"]]
    for operation, more in (("DeleteNamedQuery", {}), ("UpdateNamedQuery", {"Name": "n", "QueryString": "SELECT 1"})):
        error = service.refused(operation, ROOT, NamedQueryId=declared, **more)
        assert error.message == "NamedQuery revenue is declared at platform.yaml:7; change it there."
    assert NAMED[0].id == declared


def test_named_queries_of_clients(service: Service) -> None:
    body = {"Name": "mine", "Database": "gold", "QueryString": "SELECT 1", "ClientRequestToken": new_token()}
    made = service.call("CreateNamedQuery", **body)["NamedQueryId"]
    assert service.call("CreateNamedQuery", **body)["NamedQueryId"] == made
    error = service.refused("CreateNamedQuery", **(body | {"QueryString": "SELECT 2"}))
    assert error.message == "Idempotent parameters do not match"
    service.call("UpdateNamedQuery", NamedQueryId=made, Name="ours", QueryString="SELECT 3", Description="d")
    missing = "00000000-0000-4000-8000-000000000000"
    batch = service.call("BatchGetNamedQuery", NamedQueryIds=[made, missing])
    assert [(one["Name"], one["QueryString"], one["Description"]) for one in batch["NamedQueries"]] == [
        ("ours", "SELECT 3", "d")
    ]
    assert [one["NamedQueryId"] for one in batch["UnprocessedNamedQueryIds"]] == [missing]
    service.call("DeleteNamedQuery", NamedQueryId=made)
    assert "was not found" in service.refused("GetNamedQuery", NamedQueryId=made).message


def test_named_queries_of_a_workgroup_that_one_may_not_use(service: Service) -> None:
    made = service.call("CreateNamedQuery", Name="n", Database="gold", QueryString="SELECT 1", WorkGroup="team")[
        "NamedQueryId"
    ]
    assert service.call("GetNamedQuery", COLLEAGUE, NamedQueryId=made)
    assert service.refused("GetNamedQuery", TENANT, NamedQueryId=made).message == f"NamedQuery {made} was not found"


def test_prepared_statements_through_the_api(service: Service) -> None:
    place = {"WorkGroup": "primary", "StatementName": "big"}
    service.call("CreatePreparedStatement", QueryStatement="SELECT amount FROM gold.revenue WHERE amount > ?", **place)
    assert "already exists" in service.refused("CreatePreparedStatement", QueryStatement="SELECT 1", **place).message
    assert service.rows("EXECUTE big USING 5") == [["amount"], ["6.00"], ["7.50"]]
    found = service.run("EXECUTE big USING 7")
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "EXECUTE")
    status = service.failure("EXECUTE big USING 5, 6")
    assert "Incorrect number of parameters: expected 1 but found 2" in status["StateChangeReason"]
    service.call("UpdatePreparedStatement", QueryStatement="SELECT ? AS a, ? AS b", **place)
    assert service.rows("EXECUTE big USING 5, 'x'") == [["a", "b"], ["5", "x"]]
    listed = service.call("ListPreparedStatements", WorkGroup="primary")["PreparedStatements"]
    assert [one["StatementName"] for one in listed] == ["big"]
    batch = service.call("BatchGetPreparedStatement", PreparedStatementNames=["big", "no"], WorkGroup="primary")
    assert batch["PreparedStatements"][0]["QueryStatement"] == "SELECT ? AS a, ? AS b"
    assert batch["UnprocessedPreparedStatementNames"][0]["StatementName"] == "no"
    service.call("DeletePreparedStatement", **place)
    gone = service.refused("GetPreparedStatement", **place)  # the two texts differ at AWS too
    assert gone.code == "ResourceNotFoundException"
    assert gone.message == "No Prepared Statement with statement name big exists in WorkGroup primary"
    again = service.refused("DeletePreparedStatement", **place)
    assert again.message == "PreparedStatement big was not found in WorkGroup primary"
    assert service.failure("EXECUTE big USING 5")["AthenaError"]["ErrorType"] == 1300


def test_prepared_statements_through_sql(service: Service) -> None:
    found = service.run("PREPARE p FROM SELECT amount FROM gold.revenue WHERE amount = ?")
    assert (found["StatementType"], found["SubstatementType"]) == ("UTILITY", "PREPARE")
    assert service.call("GetQueryResults", QueryExecutionId=found["QueryExecutionId"])["ResultSet"]["Rows"] == []
    assert service.rows("EXECUTE p USING DECIMAL '1.5'") == [["amount"], ["1.50"]]
    assert service.rows("EXECUTE p", ExecutionParameters=["DECIMAL '3'"]) == [["amount"], ["3.00"]]
    service.run("DEALLOCATE PREPARE p")
    service.failure("EXECUTE p USING 1")


def test_a_prepared_statement_runs_with_the_rights_of_whom_executes_it(service: Service) -> None:
    service.run("PREPARE p FROM SELECT tenant_id FROM gold.revenue WHERE amount < ?", ROOT)
    assert len(service.rows("EXECUTE p USING 100", ROOT)) == 7
    assert service.rows("EXECUTE p USING 100", TENANT) == [["tenant_id"], ["1"], ["1"]]


def test_tags(service: Service) -> None:
    arn = "arn:aws:athena:us-east-1:000000000000:workgroup/primary"
    service.call("TagResource", ROOT, ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    service.call("UntagResource", ROOT, ResourceARN=arn, TagKeys=["a"])
    assert service.call("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    tags = [{"Key": "x", "Value": "y"}]
    assert service.refused("TagResource", ANALYST, ResourceARN=arn, Tags=tags).code == "AccessDeniedException"
    missing = service.refused("ListTagsForResource", ResourceARN=arn + "x")
    assert missing.code == "ResourceNotFoundException"
    assert "Invalid resource ARN" in service.refused("ListTagsForResource", ResourceARN="arn:aws:s3:::x").message


def test_each_sees_the_databases_and_tables_of_their_grants(service: Service) -> None:
    catalog = {"CatalogName": "AwsDataCatalog"}

    def databases(who: object) -> list[str]:
        return [one["Name"] for one in service.call("ListDatabases", who, **catalog)["DatabaseList"]]  # type: ignore[arg-type]

    assert databases(ROOT) == ["gold", "silver"]
    assert databases(ANALYST) == ["gold"]
    tables = service.call("ListTableMetadata", TENANT, DatabaseName="gold", **catalog)["TableMetadataList"]
    assert [one["Name"] for one in tables] == ["revenue"]
    hidden = service.refused("GetTableMetadata", TENANT, DatabaseName="gold", TableName="numbers", **catalog)
    missing = service.refused("GetTableMetadata", TENANT, DatabaseName="gold", TableName="nothing", **catalog)
    assert hidden.code == missing.code == "MetadataException"
    assert hidden.message.replace("numbers", "nothing") == missing.message
    for operation in ("GetDatabase", "ListTableMetadata"):
        assert service.refused(operation, DatabaseName="silver", **catalog).code == "MetadataException"
    found = service.call("GetTableMetadata", DatabaseName="gold", TableName="revenue", **catalog)["TableMetadata"]
    assert [(one["Name"], one["Type"]) for one in found["Columns"]] == [
        ("tenant_id", "bigint"),
        ("month", "date"),
        ("amount", "decimal(12,2)"),
        ("note", "string"),
    ]
    assert service.call("GetDataCatalog", Name="awsdatacatalog")["DataCatalog"]["Type"] == "GLUE"
    assert service.call("ListDataCatalogs")["DataCatalogsSummary"][0]["CatalogName"] == "AwsDataCatalog"
    assert service.refused("GetDataCatalog", Name="other").message == "DataCatalog other was not found"


@pytest.mark.parametrize(
    ("expression", "names"),
    [("*", ["numbers", "revenue"]), ("rev*", ["revenue"]), ("REV.*|x", ["revenue"]), ("n|r", [])],
)
def test_tables_by_expression(service: Service, expression: str, names: list[str]) -> None:
    body = {"CatalogName": "AwsDataCatalog", "DatabaseName": "gold", "Expression": expression}
    assert [one["Name"] for one in service.call("ListTableMetadata", **body)["TableMetadataList"]] == names


def test_pages_of_tables(service: Service) -> None:
    body = {"CatalogName": "AwsDataCatalog", "DatabaseName": "gold", "MaxResults": 1}
    first = service.call("ListTableMetadata", **body)
    second = service.call("ListTableMetadata", NextToken=first["NextToken"], **body)
    assert [one["TableMetadataList"][0]["Name"] for one in (first, second)] == ["numbers", "revenue"]
    assert "NextToken" not in second
    other = {"CatalogName": "AwsDataCatalog", "NextToken": first["NextToken"]}
    assert "Malformed nextPageToken" in service.refused("ListDatabases", **other).message


def test_engine_versions(service: Service) -> None:
    versions = service.call("ListEngineVersions")["EngineVersions"]
    assert [one["SelectedEngineVersion"] for one in versions] == ["AUTO", "Athena engine version 3"]
