"""Executions from start to end, as clients see them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from lakewright.governance import Policy
from lakewright.query.athena import Caller
from lakewright.query.athena.refused_functions import REFUSED
from lakewright.query.athena.sql.aggregates import AGGREGATES
from lakewright.query.athena.sql.functions import FUNCTIONS
from lakewright.query.athena.sql.window_functions import WINDOW_FUNCTIONS
from tests.query.athena.conftest import ANALYST, COLLEAGUE, POLICY, ROOT, TENANT, Service, grant, new_token
from tests.query.athena.sql.record import read

LONG = "SELECT a.n FROM gold.numbers a CROSS JOIN gold.numbers b WHERE a.n + b.n < 0"


def test_an_execution_as_it_is_described(service: Service) -> None:
    found = service.run("SELECT 1 AS one")
    assert (found["StatementType"], found["SubstatementType"], found["WorkGroup"]) == ("DML", "SELECT", "primary")
    assert found["QueryExecutionContext"] == {"Catalog": "awsdatacatalog", "Database": "default"}
    assert found["ResultConfiguration"]["OutputLocation"] == f"s3://results/primary/{found['QueryExecutionId']}.csv"
    statistics = found["Statistics"]
    assert statistics["EngineExecutionTimeInMillis"] >= 1
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"]
    assert statistics["ResultReuseInformation"] == {"ReusedPreviousResult": False}


def test_rows_begin_with_the_header_and_null_is_no_value(service: Service) -> None:
    rows = service.rows("SELECT tenant_id, amount, note FROM gold.revenue ORDER BY amount LIMIT 2")
    assert rows == [["tenant_id", "amount", "note"], ["1", "0.00", 'a "b"\nc,d'], ["2", "1.50", None]]


def test_the_object_is_the_csv_that_athena_writes(service: Service) -> None:
    found = service.run("SELECT 1 AS i, 'it''s' AS s, 'a\"b' AS q, CAST(NULL AS varchar) AS n, '' AS empty")
    stored = service.object(found["ResultConfiguration"]["OutputLocation"])
    assert stored == b'"i","s","q","n","empty"\n"1","it\'s","a""b",,""\n'


def test_an_empty_result_is_its_header(service: Service) -> None:
    assert service.rows("SELECT n FROM gold.numbers WHERE n < 0") == [["n"]]


def test_columns_are_described_as_athena_does(service: Service) -> None:
    found = service.run("SELECT tenant_id, month, amount, note FROM gold.revenue")
    answer = service.call("GetQueryResults", QueryExecutionId=found["QueryExecutionId"])
    columns = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(one["Name"], one["Type"], one["Precision"], one["Scale"], one["CaseSensitive"]) for one in columns] == [
        ("tenant_id", "bigint", 19, 0, False),
        ("month", "date", 0, 0, False),
        ("amount", "decimal", 12, 2, False),
        ("note", "varchar", 2147483647, 0, True),
    ]
    assert {(one["CatalogName"], one["SchemaName"], one["TableName"], one["Nullable"]) for one in columns} == {
        ("hive", "", "", "UNKNOWN")
    }
    assert answer["UpdateCount"] == 0


def test_pages_count_the_header(service: Service) -> None:
    found = service.run("SELECT n FROM gold.numbers WHERE n < 2500 ORDER BY n")["QueryExecutionId"]
    sizes, values, token = [], [], {}
    while True:
        answer = service.call("GetQueryResults", QueryExecutionId=found, **token)
        rows = [row["Data"][0]["VarCharValue"] for row in answer["ResultSet"]["Rows"]]
        sizes.append(len(rows))
        values += rows
        assert len(answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]) == 1
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert sizes == [1000, 1000, 501]
    assert values == ["n", *map(str, range(2500))]
    one = service.call("GetQueryResults", QueryExecutionId=found, MaxResults=1)
    assert one["ResultSet"]["Rows"] == [{"Data": [{"VarCharValue": "n"}]}]


def test_tokens_of_pages_are_not_trusted(service: Service) -> None:
    first = service.run("SELECT n FROM gold.numbers WHERE n < 5")["QueryExecutionId"]
    token = service.call("GetQueryResults", QueryExecutionId=first, MaxResults=2)["NextToken"]
    other = service.run("SELECT 1")["QueryExecutionId"]
    for wrong in ("nope", token[:-4], token):
        error = service.refused("GetQueryResults", QueryExecutionId=other, NextToken=wrong)
        assert error.message == f"Malformed nextPageToken {wrong}"


def test_the_same_token_is_the_same_query(service: Service) -> None:
    token = new_token()
    first = service.start("SELECT 1", ClientRequestToken=token)
    assert service.start("SELECT 1", ClientRequestToken=token) == first
    error = service.refused("StartQueryExecution", QueryString="SELECT 2", ClientRequestToken=token)
    assert error.message == "Idempotent parameters do not match"
    assert error.fields["AthenaErrorCode"] == "IDEMPOTENT_PARAMETER_MISMATCH"
    assert service.start("SELECT 1", COLLEAGUE, ClientRequestToken=token) != first


def test_executions_of_others_were_never_there(service: Service) -> None:
    mine = service.run("SELECT 1")["QueryExecutionId"]
    missing = "00000000-0000-4000-8000-000000000000"
    for operation in ("GetQueryExecution", "GetQueryResults", "GetQueryRuntimeStatistics", "StopQueryExecution"):
        theirs = service.refused(operation, COLLEAGUE, QueryExecutionId=mine)
        nobodys = service.refused(operation, COLLEAGUE, QueryExecutionId=missing)
        assert theirs.body() == {key: text.replace(missing, mine) for key, text in nobodys.body().items()}
        assert theirs.message == f"QueryExecution {mine} was not found"
        assert theirs.fields["AthenaErrorCode"] == "QUERY_EXECUTION_NOT_FOUND"
    batch = service.call("BatchGetQueryExecution", COLLEAGUE, QueryExecutionIds=[mine, missing])
    assert batch["QueryExecutions"] == []
    assert [one["ErrorCode"] for one in batch["UnprocessedQueryExecutionIds"]] == ["QUERY_EXECUTION_NOT_FOUND"] * 2
    assert service.call("ListQueryExecutions", COLLEAGUE)["QueryExecutionIds"] == []
    assert service.call("ListQueryExecutions", ROOT)["QueryExecutionIds"] == [mine]
    assert service.call("GetQueryResults", ROOT, QueryExecutionId=mine)["UpdateCount"] == 0


def test_listing_is_newest_first_and_paged(service: Service) -> None:
    ids = [service.run("SELECT 1")["QueryExecutionId"] for _ in range(5)]
    first = service.call("ListQueryExecutions", MaxResults=3)
    second = service.call("ListQueryExecutions", MaxResults=3, NextToken=first["NextToken"])
    assert first["QueryExecutionIds"] + second["QueryExecutionIds"] == ids[::-1]
    assert "NextToken" not in second


def test_a_stop_ends_the_query(service: Service) -> None:
    running = service.start(LONG)
    assert service.refused("GetQueryResults", QueryExecutionId=running).fields["AthenaErrorCode"] == (
        "INVALID_QUERY_EXECUTION_STATE"
    )
    began = time.monotonic()
    assert service.call("StopQueryExecution", QueryExecutionId=running) == {}
    found = service.finished(running)
    assert (found["Status"]["State"], found["Status"]["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")
    assert "AthenaError" not in found["Status"]
    error = service.refused("GetQueryResults", QueryExecutionId=running)
    assert (error.message, error.fields["AthenaErrorCode"]) == ("Could not find results", "RESULT_NOT_FOUND")
    while service.athena._executions._live:
        assert time.monotonic() - began < 5, "its thread still runs"
        time.sleep(0.01)
    assert list(service.objects.list("results").objects) == []
    assert service.call("StopQueryExecution", QueryExecutionId=running) == {}


def test_a_stop_of_what_has_ended_changes_nothing(service: Service) -> None:
    done = service.run("SELECT 1")["QueryExecutionId"]
    service.call("StopQueryExecution", QueryExecutionId=done)
    assert service.finished(done)["Status"]["State"] == "SUCCEEDED"
    assert service.call("GetQueryResults", QueryExecutionId=done)


# ErrorType by Trino's error name, as recorded from AWS.
@pytest.mark.parametrize(
    ("sql", "error_type", "reason"),
    [
        (
            "SELECT * FROM gold.nothing",
            1301,
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.gold.nothing' does not exist",
        ),
        (
            "SELECT * FROM silver.person",
            1301,
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.silver.person' does not exist",
        ),
        ("SELECT nothing FROM gold.revenue", 1006, "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved"),
        ("SELECT nosuch(1)", 1303, "FUNCTION_NOT_FOUND: line 1:8: Function 'nosuch' not registered"),
        (
            "SELECT uuid()",
            1303,
            "FUNCTION_NOT_FOUND: line 1:8: Function 'uuid' is Trino's and not supported here "
            "(this local Athena's SQL: docs/athena-sql.md)",
        ),
        (
            "SELECT ARRAY[1] = ARRAY[2]",
            1200,
            "NOT_SUPPORTED: line 1:17: comparing array values is not supported; compare their parts "
            "(this local Athena's SQL: docs/athena-sql.md)",
        ),
        ("SELECT 1 / (n - n) FROM gold.numbers", 1001, "DIVISION_BY_ZERO: Division by zero"),
    ],
)
def test_failures_say_what_athena_says(service: Service, sql: str, error_type: int, reason: str) -> None:
    status = service.failure(sql)
    assert status["StateChangeReason"] == reason
    assert status["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": error_type,
        "Retryable": False,
        "ErrorMessage": reason,
    }


@pytest.mark.parametrize(
    ("who", "pin", "error_type", "reason"),
    [
        (TENANT, "VERSION AS OF 1", 1500, "PERMISSION_DENIED: LW1111 gold.revenue cannot be read by version number"),
        (ROOT, "VERSION AS OF 999", 1100, "INVALID_ARGUMENTS: LW602 gold.revenue: gold.revenue has no version 999"),
        (
            TENANT,
            "TIMESTAMP AS OF TIMESTAMP '2020-01-01 00:00:00 UTC'",
            1100,
            "INVALID_ARGUMENTS: LW604 gold.revenue: there was no gold.revenue at 2020-01-01T00:00:00+00:00",
        ),
        (
            ROOT,
            "TIMESTAMP AS OF TIMESTAMP '2020-13-01 00:00:00 UTC'",
            1000,
            "INVALID_LITERAL: line 1:37: '2020-13-01 00:00:00 UTC' is not a valid TIMESTAMP literal",
        ),
        (
            ROOT,
            "TIMESTAMP AS OF TIMESTAMP '2024-05-01 00:00:00 Europe/Berlin'",
            1200,
            "NOT_SUPPORTED: line 1:37: FOR TIMESTAMP AS OF takes a time in UTC or with an offset, not '2024-05-01",
        ),
    ],
)
def test_mistakes_about_a_version_or_a_time_are_named(
    service: Service, who: Caller, pin: str, error_type: int, reason: str
) -> None:
    status = service.failure(f"SELECT amount FROM gold.revenue FOR {pin}", who)
    error = dict(status["AthenaError"])
    assert error.pop("ErrorMessage") == status["StateChangeReason"]
    assert error == {"ErrorCategory": 2, "ErrorType": error_type, "Retryable": False}
    assert status["StateChangeReason"].startswith(reason)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(CAST(month AS varchar) AS integer) FROM gold.revenue",
        "SELECT date_parse(CAST(month AS varchar), '%H') FROM gold.revenue ORDER BY tenant_id DESC",
        "SELECT max(CAST(CAST(month AS varchar) AS double)) FROM gold.revenue WHERE tenant_id > 0",
        "SELECT 1 FROM gold.revenue WHERE CAST(CAST(month AS varchar) AS integer) > 0 OR tenant_id > 1",
        "SELECT 1 FROM gold.revenue a JOIN gold.revenue b ON CAST(CAST(b.month AS varchar) AS bigint) = a.tenant_id",
    ],
)
def test_a_failure_tells_a_value_of_a_visible_row(service: Service, sql: str) -> None:
    """Hidden rows never reach the engine that fails, in whatever order it evaluates."""
    reason = service.failure(sql, TENANT)["StateChangeReason"]
    (told,) = re.findall(r"\d{4}-\d\d-\d\d", reason)
    assert [told] in service.rows("SELECT DISTINCT month FROM gold.revenue", TENANT)
    hidden = [month for (month,) in service.rows("SELECT month FROM gold.revenue WHERE tenant_id > 1") if month]
    assert not any(month in reason for month in hidden)


def test_results_of_a_failed_query(service: Service) -> None:
    failed = service.start("SELECT * FROM gold.nothing")
    service.finished(failed)
    error = service.refused("GetQueryResults", QueryExecutionId=failed)
    assert error.message == "Query did not finish successfully. Final query state: FAILED"


def test_rows_follow_the_principal(service: Service) -> None:
    sql = "SELECT tenant_id FROM gold.revenue ORDER BY month"
    assert service.rows(sql, TENANT) == [["tenant_id"], ["1"], ["1"]]
    assert len(service.rows(sql)) == 7


def test_grants_are_asked_again_when_results_are_fetched(service: Service, policy: Callable[[Policy], None]) -> None:
    done = service.run("SELECT amount FROM gold.revenue")
    location = done["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    body = {"QueryExecutionId": done["QueryExecutionId"]}
    assert service.athena.may_fetch(location[0], location[2], ANALYST.principal)
    assert not service.athena.may_fetch(location[0], location[2], COLLEAGUE.principal)
    policy(replace(POLICY, grants=(grant("persona:Analyst", "gold.numbers"), *POLICY.grants[1:])))
    error = service.refused("GetQueryResults", **body)
    assert error.code == "AccessDeniedException"
    assert "AthenaErrorCode" not in error.body()
    assert not service.athena.may_fetch(location[0], location[2], ANALYST.principal)
    assert not service.athena.may_fetch(location[0], location[2] + ".metadata", ANALYST.principal)
    policy(POLICY)
    assert service.call("GetQueryResults", **body)


def test_scanned_bytes_and_runtime_statistics(service: Service) -> None:
    found = service.run("SELECT n FROM gold.numbers WHERE n < 1000")
    assert found["Statistics"]["DataScannedInBytes"] >= 1000
    body = {"QueryExecutionId": found["QueryExecutionId"]}
    statistics = service.call("GetQueryRuntimeStatistics", **body)["QueryRuntimeStatistics"]
    assert statistics["Rows"]["OutputRows"] == 1000
    assert statistics["Rows"]["InputBytes"] == found["Statistics"]["DataScannedInBytes"]
    assert statistics["Timeline"]["TotalExecutionTimeInMillis"] == found["Statistics"]["TotalExecutionTimeInMillis"]


def test_parameters_are_sql_when_they_are_sql_else_text(service: Service) -> None:
    # The rules and the values are those that were measured against AWS.
    values = [
        "'abc'",
        "1 + 1",
        "NULL",
        "abc def",
        "it's",
        "123e4567-e89b-12d3-a456-426614174000",
        "abc",
        "x + 1",
        "t.x",
    ]
    marks = ", ".join("?" for _ in values)
    rows = service.rows(f"SELECT {marks}", ExecutionParameters=values)
    assert rows[1] == [
        "abc",
        "2",
        None,
        "abc def",
        "it's",
        "123e4567-e89b-12d3-a456-426614174000",
        "abc",
        "x + 1",
        "t.x",
    ]
    status = service.failure("SELECT ?, ?", ExecutionParameters=["1"])
    assert status["StateChangeReason"] == (
        "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 2 but found 1"
    )
    assert status["AthenaError"]["ErrorType"] == 1100


def test_explain_gives_lines_below_a_header(service: Service) -> None:
    found = service.run("EXPLAIN SELECT amount FROM gold.revenue WHERE tenant_id = 1")
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "EXPLAIN")
    assert found["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    answer = service.call("GetQueryResults", QueryExecutionId=found["QueryExecutionId"])
    lines = [row["Data"][0]["VarCharValue"] for row in answer["ResultSet"]["Rows"]]
    assert lines[0] == "Query Plan"
    assert len(lines) > 3
    assert lines[-1] == ""
    assert service.rows("EXPLAIN (TYPE VALIDATE) SELECT 1") == [["Query Plan"], ["true"], [""]]
    assert service.failure("EXPLAIN (FORMAT JSON) SELECT 1")["AthenaError"]["ErrorType"] == 1200


def test_explain_shows_operators_and_no_numbers_of_rows(service: Service) -> None:
    sql = (
        "EXPLAIN SELECT r.note, count(*) FROM gold.revenue r JOIN gold.numbers n ON n.n = r.tenant_id "
        "WHERE r.tenant_id = 1 AND r.note <> '~0 rows' GROUP BY 1 ORDER BY 2"
    )
    plan = "\n".join(row[0] or "" for row in service.rows(sql))
    for operator in ("ORDER_BY", "HASH_GROUP_BY", "JOIN", "SEQ_SCAN", "gold.revenue", "gold.numbers", "tenant_id=1"):
        assert operator in plan, plan
    assert "EMPTY_RESULT" not in plan
    assert not re.search(r"│ *~\d+ row", plan), plan


def test_statements_other_than_queries_are_refused_until_somebody_runs_them(service: Service) -> None:
    error = service.refused("StartQueryExecution", QueryString="CREATE DATABASE x", ClientRequestToken=new_token())
    assert "is not supported by this local Athena" in error.message


def test_what_is_refused_and_told_to_be_trinos_is_what_a_real_trino_has() -> None:
    known = {one["name"] for one in read("functions")}
    ours = {*FUNCTIONS, *AGGREGATES, *WINDOW_FUNCTIONS}
    assert known >= REFUSED
    assert not REFUSED & ours


def test_the_scanned_bytes_grow_while_a_query_runs(service: Service) -> None:
    slow = service.start(LONG)
    until = time.monotonic() + 30
    seen = 0
    while not seen and time.monotonic() < until:
        found = service.call("GetQueryExecution", QueryExecutionId=slow)["QueryExecution"]
        assert found["Status"]["State"] in ("QUEUED", "RUNNING")
        seen = found["Statistics"].get("DataScannedInBytes", 0)
    service.call("StopQueryExecution", QueryExecutionId=slow)
    assert seen > 0
    assert service.finished(slow)["Status"]["State"] == "CANCELLED"
