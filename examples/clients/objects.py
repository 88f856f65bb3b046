"""Objects through boto3, s3fs, pyarrow and DuckDB: the same bytes by each.

python objects.py BUCKET
"""

import json
import os
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import duckdb
import duckdb_extension_httpfs
import pyarrow as pa
import pyarrow.parquet as pq
import s3fs
from pyarrow import fs

TABLE = pa.table({"id": [1, 2, 3], "name": ["one", "two", None]})
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def main(bucket: str) -> dict[str, object]:
    prefix = f"objects/{uuid.uuid4()}/a key with ü, + and %"
    local = fs.S3FileSystem(region="us-east-1", endpoint_override=ENDPOINT)  # it reads no endpoint from the shell
    pq.write_table(TABLE, f"{bucket}/{prefix}/x.parquet", filesystem=local)
    body = boto3.client("s3").get_object(Bucket=bucket, Key=f"{prefix}/x.parquet")["Body"].read()
    files = s3fs.S3FileSystem()
    with files.open(f"{bucket}/{prefix}/x.parquet") as file:
        through_s3fs = pq.read_table(file).to_pylist()
    found = {
        "boto3": pq.read_table(pa.BufferReader(body)).to_pylist(),
        "s3fs": through_s3fs,
        "pyarrow": pq.read_table(f"{bucket}/{prefix}", filesystem=local).to_pylist(),
        "duckdb": through_duckdb(f"s3://{bucket}/{prefix}/*.parquet"),
    }
    files.rm(f"{bucket}/{prefix}", recursive=True)
    return found


def through_duckdb(location: str) -> list[dict[str, object]]:
    key = boto3.Session().get_credentials().get_frozen_credentials()
    connection = duckdb.connect()
    extension = next(Path(duckdb_extension_httpfs.__file__).parent.rglob("httpfs.duckdb_extension"))
    connection.execute(f"LOAD '{extension}'")  # `INSTALL httpfs` where DuckDB's own server can be reached
    settings = {"KEY_ID": key.access_key, "SECRET": key.secret_key, "ENDPOINT": urlsplit(ENDPOINT).netloc}
    pairs = ", ".join(f"{name} '{value}'" for name, value in settings.items())
    connection.execute(f"CREATE SECRET (TYPE s3, {pairs}, REGION 'us-east-1', URL_STYLE 'path', USE_SSL false)")
    rows = connection.execute("SELECT id, name FROM read_parquet(?) ORDER BY id", [location]).fetchall()
    return [dict(zip(("id", "name"), row, strict=True)) for row in rows]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
