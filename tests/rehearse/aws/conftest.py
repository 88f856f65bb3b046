"""A running service with three principals, and boto3 clients for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lakewright.governance import Principal
from lakewright.observe import Event
from lakewright.query.athena import AwsError
from lakewright.rehearse.aws.app import App, Target
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.keys import AccessKey, Keyring
from lakewright.rehearse.aws.s3.front import S3Front
from lakewright.rehearse.aws.service import serving
from lakewright.rehearse.aws.sts import Sts
from lakewright.storage.folder_bucket import FolderBucket
from lakewright.storage.objects import ObjectStore

ACCOUNT = "000000000000"


@dataclass
class Service:
    """`lake` is the folder behind the bucket of that name, `gone` holds (key, principal) pairs whose grants are gone,
    `seen` what Athena was asked."""

    port: int
    keyring: Keyring
    store: ObjectStore
    identities: dict[str, Identity]
    gone: set[tuple[str, str]]
    seen: list[tuple[str, Any, str]]
    lake: Path
    events: list[Event] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def key(self, who: str) -> AccessKey:
        return self.keyring.permanent[who]

    def client(self, service: str, who: str = "ana", key: AccessKey | None = None, **settings: Any) -> Any:
        found = key or self.key(who)
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=found.id,
            aws_secret_access_key=found.secret,
            aws_session_token=found.token or None,
            config=Config(retries={"max_attempts": 0}, **settings),
        )


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    identities = {name: Identity(Principal(name), name == "root") for name in ("root", "ana", "bob")}
    keyring = Keyring(identities, time.time)
    store = ObjectStore(tmp_path / "s3")
    store.create_bucket("results")
    gone: set[tuple[str, str]] = set()
    seen: list[tuple[str, Any, str]] = []
    events: list[Event] = []

    def athena(operation: str, body: Any, caller: Any, identity: Identity) -> dict[str, Any]:
        seen.append((operation, body, caller.principal.name))
        if operation == "DeleteWorkGroup":
            raise AwsError("InvalidRequestException", "no", fields={"AthenaErrorCode": "X"})
        if operation == "ListEngineVersions":
            raise ValueError("a bug")
        return {"WorkGroups": []}

    app = App(
        keyring,
        lambda: identities,
        {"athena": Target("AmazonAthena", athena)},
        S3Front(
            store,
            lambda _bucket, key, who: (key, who.name) not in gone,
            {"lake": FolderBucket("lake", tmp_path / "lake")},
        ),
        Sts(ACCOUNT, keyring, lambda: identities, lambda who, role: (who, role) == ("ana", "bob")),
        events.append,
    )
    with serving(app) as port:
        yield Service(port, keyring, store, identities, gone, seen, tmp_path / "lake", events)
    store.close()
