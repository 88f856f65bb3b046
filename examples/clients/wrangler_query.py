"""awswrangler: queries in its three ways, the catalog, and a dataset written and read back.

    python wrangler_query.py "SELECT …" DATABASE SCRATCH_DATABASE BUCKET

CTAS makes a temporary table and to_parquet a lasting one: SCRATCH_DATABASE is one where you may do that, and BUCKET one
where you may write.
"""

import json
import sys
import uuid

import awswrangler as wr
import boto3
import pandas as pd


def main(statement: str, database: str, scratch: str, bucket: str, *ways: str) -> dict[str, object]:
    found: dict[str, object] = {}
    where = f"s3://{bucket}/wrangler/{uuid.uuid4()}"
    for way in ways or ("plain", "chunked", "unload", "ctas", "catalog", "dataset"):
        found[way] = WAYS[way](statement, database, scratch, where)
    return found


def plain(statement: str, database: str, _scratch: str, _where: str) -> object:
    return _rows(wr.athena.read_sql_query(statement, database, ctas_approach=False, workgroup="primary"))


def chunked(statement: str, database: str, _scratch: str, _where: str) -> object:
    chunks = wr.athena.read_sql_query(statement, database, ctas_approach=False, chunksize=2, workgroup="primary")
    return [row for chunk in chunks for row in _rows(chunk)]


def unload(statement: str, database: str, _scratch: str, _where: str) -> object:
    """To a folder beside the workgroup's results: awswrangler follows a manifest into its own bucket only."""
    workgroup = boto3.client("athena").get_work_group(WorkGroup="primary")["WorkGroup"]
    results = workgroup["Configuration"]["ResultConfiguration"]["OutputLocation"]
    return _rows(
        wr.athena.read_sql_query(
            statement,
            database,
            ctas_approach=False,
            unload_approach=True,
            s3_output=f"{results}unload/{uuid.uuid4()}/",
            workgroup="primary",
        )
    )


def ctas(statement: str, database: str, scratch: str, where: str) -> object:
    return _rows(
        wr.athena.read_sql_query(
            statement, database, ctas_parameters={"database": scratch}, s3_output=f"{where}/ctas/", workgroup="primary"
        )
    )


def catalog(_statement: str, database: str, _scratch: str, _where: str) -> object:
    tables = sorted(table["Name"] for table in wr.catalog.get_tables(database=database))
    return {"databases": sorted(wr.catalog.databases(limit=1000)["Database"]), "tables": tables}


def dataset(_statement: str, _database: str, scratch: str, where: str) -> object:
    """Writes a partitioned table through the catalog, reads it with SQL, removes it."""
    frame = pd.DataFrame({"id": [1, 2, 3], "name": ["one", None, 'thr,"ee'], "day": ["a", "a", "b"]})
    wr.catalog.create_database(scratch, exist_ok=True)
    name = f"people_{uuid.uuid4().hex[:8]}"
    wr.s3.to_parquet(frame, path=f"{where}/{name}/", dataset=True, database=scratch, table=name, partition_cols=["day"])
    try:
        statement = f'SELECT id, name, day FROM "{name}" ORDER BY id'
        return _rows(wr.athena.read_sql_query(statement, scratch, ctas_approach=False, workgroup="primary"))
    finally:
        wr.catalog.delete_table_if_exists(database=scratch, table=name)


def _rows(frame: pd.DataFrame) -> list[list[object]]:
    return frame.astype(object).where(frame.notna(), None).values.tolist()


WAYS = {"plain": plain, "chunked": chunked, "unload": unload, "ctas": ctas, "catalog": catalog, "dataset": dataset}

if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
