"""databricks-sdk: run a statement on a warehouse, wait for it, read its chunks.

python databricks_sdk_query.py WAREHOUSE "SELECT …"
"""

import json
import sys
import time

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import StatementState

workspace = WorkspaceClient()


def warehouse_called(name: str) -> str:
    """A warehouse's id; it is made when there is none of that name."""
    for one in workspace.warehouses.list():
        if one.name == name:
            return one.id
    return workspace.warehouses.create_and_wait(name=name, cluster_size="2X-Small", max_num_clusters=1).id


def rows_of(warehouse: str, statement: str) -> list[list[str | None]]:
    """The rows of a statement as text."""
    found = workspace.statement_execution.execute_statement(statement, warehouse)
    while found.status.state in (StatementState.PENDING, StatementState.RUNNING):
        time.sleep(0.2)
        found = workspace.statement_execution.get_statement(found.statement_id)
    if found.status.state is not StatementState.SUCCEEDED:
        sys.exit(found.status.error.message)
    rows, part = [], found.result
    while part is not None:
        rows += part.data_array or []
        following = part.next_chunk_index
        part = (
            None
            if following is None
            else workspace.statement_execution.get_statement_result_chunk_n(found.statement_id, following)
        )
    return rows


if __name__ == "__main__":
    print(json.dumps({"databricks-sdk": rows_of(warehouse_called(sys.argv[1]), sys.argv[2])}))
