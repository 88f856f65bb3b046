"""databricks-sdk: change rows, read them through a view, fetch the result as Arrow behind its links.

python databricks_sdk_rows.py WAREHOUSE CATALOG.SCHEMA
"""

import json
import sys
import urllib.request

import pyarrow as pa
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import sql

workspace = WorkspaceClient()
STATEMENTS = (
    "CREATE OR REPLACE TABLE {0}.stock (item STRING, pieces INT)",
    "INSERT INTO {0}.stock VALUES ('chair', 4), ('table', 1), ('lamp', 0)",
    "MERGE INTO {0}.stock AS s USING (VALUES ('chair', 2), ('shelf', 3)) AS n(item, pieces) ON s.item = n.item "
    "WHEN MATCHED THEN UPDATE SET pieces = s.pieces + n.pieces WHEN NOT MATCHED THEN INSERT *",
    "DELETE FROM {0}.stock WHERE pieces = 0",
    "CREATE OR REPLACE VIEW {0}.in_stock AS SELECT item, pieces FROM {0}.stock",
)


def run(statement: str, **more: object) -> sql.StatementResponse:
    found = workspace.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s", **more)
    if found.status.state is not sql.StatementState.SUCCEEDED:
        sys.exit(found.status.error.message)
    return found


def arrow(statement: str, *parameters: sql.StatementParameterListItem) -> pa.Table:
    """All chunks of a result; a link needs no token."""
    found = run(
        statement,
        parameters=list(parameters),
        disposition=sql.Disposition.EXTERNAL_LINKS,
        format=sql.Format.ARROW_STREAM,
    )
    chunks = []
    for number in range(found.manifest.total_chunk_count):
        part = workspace.statement_execution.get_statement_result_chunk_n(found.statement_id, number)
        link = part.external_links[0].external_link
        with urllib.request.urlopen(link, timeout=60) as content:  # noqa: S310 - the service gave it
            chunks.append(pa.ipc.open_stream(content.read()).read_all())
    return pa.concat_tables(chunks)


if __name__ == "__main__":
    warehouse = next(one.id for one in workspace.warehouses.list() if one.name == sys.argv[1])
    schema = sys.argv[2]
    for one in STATEMENTS:
        run(one.format(schema))
    least = sql.StatementParameterListItem("least", "INT", "2")
    rows = arrow(f"SELECT item, pieces FROM {schema}.in_stock WHERE pieces >= :least ORDER BY item", least)
    print(json.dumps({"databricks-sdk": rows.to_pylist()}))
