"""A bucket, or a part of one. Conditional puts (If-None-Match) make `if_absent` atomic.

Credentials, region and endpoint come from the usual AWS settings (environment, profile, role), never from a spec.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakewright.errors import MissingError, ProblemError
from lakewright.storage import Entry, Exists

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
TAKEN = frozenset({"412", "PreconditionFailed"})


class S3Storage:
    """Objects under `s3://bucket/prefix`. One client, shared by threads, as boto3 allows."""

    def __init__(self, uri: str, staging: Path | None = None, client: S3Client | None = None) -> None:
        parts = urlsplit(uri)
        self._bucket = parts.netloc
        self._prefix = parts.path.strip("/")
        self._client = client or _client()
        self._staging = staging or _own_folder(uri)

    @property
    def uri(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def location(self, path: str) -> str:
        return f"s3://{self._bucket}/{self._key(path)}"

    def table_options(self) -> dict[str, str]:
        options = {"conditional_put": "etag", "aws_region": self._client.meta.region_name or "us-east-1"}
        endpoint = self._client.meta.endpoint_url
        if "amazonaws.com" not in endpoint:
            options |= {"aws_endpoint": endpoint, "aws_allow_http": str(endpoint.startswith("http:")).lower()}
        return options

    def staging(self) -> Path:
        self._staging.mkdir(parents=True, exist_ok=True)
        return self._staging

    def read(self, path: str) -> bytes:
        with self._explained(path):
            return self._client.get_object(Bucket=self._bucket, Key=self._key(path))["Body"].read()

    def exists(self, path: str) -> bool:
        try:
            with self._explained(path):
                self._client.head_object(Bucket=self._bucket, Key=self._key(path))
        except FileNotFoundError:
            return False
        return True

    def put(self, path: str, data: bytes, *, if_absent: bool = False) -> None:
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if if_absent else {}
        with self._explained(path):
            self._client.put_object(Bucket=self._bucket, Key=self._key(path), Body=data, **condition)

    def publish(self, local: Path, path: str) -> None:
        with self._explained(path):
            self._client.upload_file(str(local), self._bucket, self._key(path))
        local.unlink(missing_ok=True)

    def delete(self, path: str) -> None:
        with self._explained(path):
            self._client.delete_object(Bucket=self._bucket, Key=self._key(path))

    def list(self, prefix: str) -> list[Entry]:
        cut = len(self._prefix) + 1 if self._prefix else 0
        folder = self._key(prefix.rstrip("/")) + "/" if prefix else self._key("")
        found: list[Entry] = []
        with self._explained(prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder):
                found += [Entry(o["Key"][cut:], o["Size"], o["LastModified"]) for o in page.get("Contents", [])]
        return sorted(found, key=lambda entry: entry.path)

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in MISSING:
                raise FileNotFoundError(self.location(path)) from None
            if code in TAKEN:
                raise Exists(self.location(path)) from None
            raise ProblemError("LW404", f"S3 refused: {code}", place=self.location(path), hint=_hint(code)) from error
        except (BotoCoreError, S3UploadFailedError) as error:
            raise ProblemError("LW405", f"S3 did not answer: {error}", place=self.location(path)) from error


def _hint(code: str) -> str:
    if code in ("403", "AccessDenied"):
        return "the role needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket here"
    return "create the bucket" if code == "NoSuchBucket" else "look at the bucket's policy and the region"


def _client() -> S3Client:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise MissingError("LW406", "S3 needs boto3", hint="pip install 'lakewright[aws]'") from None
    return boto3.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 6}, max_pool_connections=16))


def _own_folder(uri: str) -> Path:
    digest = hashlib.sha256(uri.encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"lakewright-staging-{os.geteuid()}-{digest}"
