"""CREATE TABLE AS, INSERT and UNLOAD; what was written is read back by DuckDB and pyarrow themselves."""

from __future__ import annotations

import io

import pyarrow.parquet as pq

from tests.query.athena.ddl.conftest import Studio


def parquet(studio: Studio, location: str) -> dict[str, list[object]]:
    return pq.read_table(io.BytesIO(studio.object(location))).to_pydict()


def test_a_table_made_from_a_query_has_its_rows_its_manifest_and_its_place(studio: Studio) -> None:
    found = studio.run("CREATE TABLE studio.copy AS SELECT tenant_id, month, amount, note FROM gold.revenue")
    execution = found["QueryExecutionId"]
    place = found["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://results/primary/tables/{execution}"
    assert (found["StatementType"], found["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    manifest = found["Statistics"]["DataManifestLocation"]
    assert manifest == f"s3://results/primary/{execution}-manifest.csv"
    (file,) = studio.object(manifest).decode().splitlines()
    assert file.startswith(place + "/")
    assert parquet(studio, file)["tenant_id"] == [1, 2, 3, 1, 2, 3]
    answer = studio.call("GetQueryResults", QueryExecutionId=execution)
    assert answer["UpdateCount"] == 6
    assert studio.values("SELECT tenant_id, month, amount, note FROM studio.copy ORDER BY month") == studio.values(
        "SELECT tenant_id, month, amount, note FROM gold.revenue ORDER BY month"
    )
