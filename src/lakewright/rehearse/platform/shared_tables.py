"""What one account's Athena reads of another's tables: with every grant, and without one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lakewright.rehearse.platform.evidence import Tried
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until

SECONDS = 60
ROWS = (("a", "Alpha", "1.5"), ("b", "Beta", "2.5"))
"""What is put into the shared table; its first two columns are texts, the third is a number."""


def read_across(stage: Stage) -> Iterator[Tried]:
    """A query as the role of the other account, with the owner's policies and without the catalog's; nothing where no
    account shares tables."""
    shares = _outputs(stage, "data_share")
    for call, reader in _outputs(stage, "athena_reader"):
        role, workgroup, catalog = (reader[f"{call}_{name}"] for name in ("role_arn", "workgroup", "catalog"))
        for share, owned in shares:
            yield from _asked(stage, role, workgroup, catalog, str(owned[f"{share}_database"]))


def _asked(stage: Stage, role: str, workgroup: str, catalog: str, database: str) -> Iterator[Tried]:
    owner = stage.compiled.accounts[catalog].account
    glue = stage.aws.client("glue", account=owner)
    table = glue.get_tables(DatabaseName=database)["TableList"][0]
    columns = [one["Name"] for one in table["StorageDescriptor"]["Columns"]]
    bucket, _, prefix = table["StorageDescriptor"]["Location"].removeprefix("s3://").partition("/")
    lines = [",".join(columns), *(",".join(row) for row in ROWS)]
    body = "\n".join(lines).encode() + b"\n"
    stage.aws.client("s3", account=owner).put_object(Bucket=bucket, Key=f"{prefix}rehearsal.csv", Body=body)
    sql = f"SELECT {', '.join(columns)} FROM {catalog}.{database}.{table['Name']} ORDER BY 1"
    found = _ask(stage, role, workgroup, sql)
    wanted = [list(row) for row in ROWS]
    yield Tried("Athena reads another account's table", found == wanted, f"as {role.rpartition('/')[2]}: {found}")
    policy = glue.get_resource_policy()["PolicyInJson"]
    glue.delete_resource_policy()
    try:
        without = _ask(stage, role, workgroup, sql)
    finally:
        glue.put_resource_policy(PolicyInJson=policy)
    refused = isinstance(without, str) and "not authorized" in without
    yield Tried("and is refused without the owner's grant", refused, str(without)[:200])
    s3: Any = stage.aws.client("s3", role=role)
    written = _done(lambda: s3.put_object(Bucket=bucket, Key=f"{prefix}mine.csv", Body=b"x"))
    yield Tried("and does not write there", not written, "it wrote" if written else "refused")


def _ask(stage: Stage, role: str, workgroup: str, sql: str) -> Sequence[Sequence[str]] | str:
    """Rows, or why there are none."""
    athena: Any = stage.aws.client("athena", role=role)
    try:
        started = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]

        def ended() -> Any:
            status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            return None if status["State"] in ("QUEUED", "RUNNING") else status

        status = until(ended, "the query of another account's table", SECONDS)
        if status["State"] != "SUCCEEDED":
            return str(status.get("StateChangeReason"))
        rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    except ClientError as refused:
        return str(refused)
    return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in rows[1:]]


def _done(what: Any) -> bool:
    try:
        what()
    except ClientError:
        return False
    return True


def _outputs(stage: Stage, component: str) -> list[tuple[str, dict[str, Any]]]:
    """Calls of a component, each with the outputs of its stack."""
    root = stage.folder / "infra" / stage.compiled.environment
    return [
        (call, dict(stage.terraform.outputs(root / stack.name, stack.name)))
        for stack in stage.compiled.stacks
        for call, used in stack.calls.items()
        if used == component
    ]
