"""The same on S3: the reader has the network and the credentials, the principal's process has neither."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from deltalake import write_deltalake
from moto.server import ThreadedMotoServer

from lakewright.engines.duckdb import s3_setup
from lakewright.query.governed import QueryFailed, Reach

from .conftest import Desk, T, orders


def test_a_lake_on_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hush-hush",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }.items():
        monkeypatch.setenv(name, value)
    try:
        boto3.client("s3").create_bucket(Bucket="lake")
        options = {"aws_endpoint": endpoint, "aws_allow_http": "true", "aws_region": "us-east-1"}
        write_deltalake("s3://lake/l/silver/orders", orders(), storage_options=options)
        desk = Desk(tmp_path, "s3://lake/l", reach=Reach(setup=s3_setup, network=True))
        try:
            assert desk.ask(f"SELECT count(*), count(DISTINCT email) FROM {T}") == [(500, 1)]
            for attempt in (
                "SELECT * FROM read_text('s3://lake/l/x')",
                f"SELECT * FROM read_text('{endpoint}/lake')",
                "SELECT * FROM duckdb_secrets()",
            ):
                with pytest.raises(QueryFailed) as caught:
                    desk.ask(attempt)
                assert "hush" not in str(caught.value)
        finally:
            desk.governor.close()
    finally:
        server.stop()
