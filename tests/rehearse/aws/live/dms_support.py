"""DMS's endpoints as the component's Terraform makes them, and what lies in the bucket afterwards."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from tests.rehearse.aws.live.support import HOST, Cloud

MAPPINGS = {
    "rules": [
        {
            "rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include",
            "object-locator": {"schema-name": "public", "table-name": "%"},
        }
    ]
}  # fmt: skip


def endpoints(here: Cloud, host: str = HOST, **target: Any) -> dict[str, str]:
    """Gives the ARNs of a PostgreSQL source and a target in the bucket `bronze`; `target`: S3Settings."""
    dms = here.client("dms")
    here.bucket("bronze")
    secret = here.secret("shop", host=host, username="reader", password="not-used-here", port="5432")
    source = dms.create_endpoint(
        EndpointIdentifier="source",
        EndpointType="source",
        EngineName="postgres",
        DatabaseName="shop",
        PostgreSQLSettings={
            "SecretsManagerSecretId": secret,
            "SecretsManagerAccessRoleArn": here.role("secret"),
            "MapBooleanAsBoolean": True,
        },
    )["Endpoint"]["EndpointArn"]
    settings = {
        "BucketName": "bronze", "BucketFolder": "shop", "DataFormat": "parquet", "CompressionType": "gzip",
        "ServiceAccessRoleArn": here.role("writer"), "TimestampColumnName": "_ts", "IncludeOpForFullLoad": True,
        "CdcMaxBatchInterval": 60, **target,
    }  # fmt: skip
    made = dms.create_endpoint(EndpointIdentifier="target", EndpointType="target", EngineName="s3", S3Settings=settings)
    return {"source": source, "target": made["Endpoint"]["EndpointArn"]}


def read(here: Cloud, prefix: str) -> list[dict[str, Any]]:
    """Rows of all objects that S3 lists below a prefix of the bucket."""
    s3, folder = here.client("s3"), here.aws.store.folder("bronze")
    while True:
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket="bronze", Prefix=prefix).get("Contents", ())]
        try:
            return [row for key in keys for row in pq.ParquetFile(folder / key).read().to_pylist()]
        except FileNotFoundError:  # a reload took it away after it was listed
            continue


def changes(rows: list[dict[str, Any]]) -> list[tuple[str, int, str | None]]:
    return [(row["Op"], row["id"], row["name"]) for row in rows]
