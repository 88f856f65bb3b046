"""boto3: start a query, wait for it, read its pages.

python boto3_query.py "SELECT …"
"""

import json
import sys
import time

import boto3

athena = boto3.client("athena")


def rows_of(statement: str) -> list[list[str | None]]:
    """The rows of a SELECT as text."""
    started = athena.start_query_execution(QueryString=statement, WorkGroup="primary")
    execution = started["QueryExecutionId"]
    while (status := athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"])["State"] in (
        "QUEUED",
        "RUNNING",
    ):
        time.sleep(0.2)
    if status["State"] != "SUCCEEDED":
        sys.exit(status["StateChangeReason"])
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution)
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    return rows[1:]  # the first row has the names


if __name__ == "__main__":
    print(json.dumps({"boto3": rows_of(sys.argv[1])}))
