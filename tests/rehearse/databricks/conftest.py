"""A running local Databricks, asked by the unmodified SDK from PyPI: it knows the real service's shapes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("databricks.sdk")
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.service import catalog, provisioning

from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks

if TYPE_CHECKING:
    from .shop import Shop

ROLE = "arn:aws:iam::111111111111:role/{}"


@dataclass
class Place:
    """The account, its client, and workspaces by name. `clock` moves the service's time."""

    databricks: LocalDatabricks
    account: AccountClient
    clock: Clock

    def workspace(self, name: str, region: str = "us-east-1") -> int:
        """A new workspace that runs, without a metastore."""
        role = provisioning.CreateCredentialStsRole(role_arn=ROLE.format("cross-account"))
        aws = provisioning.CreateCredentialAwsCredentials(sts_role=role)
        credentials = self.account.credentials.create(credentials_name=f"{name}-credentials", aws_credentials=aws)
        bucket = provisioning.RootBucketInfo(bucket_name=f"{name}-root")
        storage = self.account.storage.create(storage_configuration_name=f"{name}-root", root_bucket_info=bucket)
        made = self.account.workspaces.create(
            workspace_name=name,
            aws_region=region,
            credentials_id=credentials.credentials_id,
            storage_configuration_id=storage.storage_configuration_id,
        )
        self.clock.seconds += 60
        return int(made.response.workspace_id)

    def metastore(self, *workspaces: int, region: str = "us-east-1") -> str:
        """A new metastore of a region, assigned to workspaces."""
        info = catalog.CreateAccountsMetastore(name=f"main-{region}", region=region)
        found = self.account.metastores.create(metastore_info=info).metastore_info
        for one in workspaces:
            self.account.metastore_assignments.create(one, found.metastore_id)
        return str(found.metastore_id)

    def client(self, workspace: int, principal: str | None = None) -> WorkspaceClient:
        """A client of a workspace: the administrator's, or somebody's who has logged in."""
        host = self.databricks.world.address_of(workspace)
        if principal is not None:
            return WorkspaceClient(host=host, token=self.databricks.token(principal), auth_type="pat")
        secret = self.databricks.client_secret
        return WorkspaceClient(
            host=host, client_id=self.databricks.client_id, client_secret=secret, auth_type="oauth-m2m"
        )


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of a shell or of a profile leads the client elsewhere."""
    import os

    for name in list(os.environ):
        if name.startswith("DATABRICKS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none.cfg"))
    logging.getLogger("databricks.sdk").setLevel(logging.ERROR)


@pytest.fixture
def place(tmp_path: Path, clean_environment: None) -> Iterator[Place]:
    clock = Clock()
    with local_databricks(tmp_path / "databricks", clock=clock) as databricks:
        yield Place(databricks, account_of(databricks), clock)


def account_of(databricks: LocalDatabricks) -> AccountClient:
    return AccountClient(
        host=databricks.host,
        account_id=databricks.account_id,
        client_id=databricks.client_id,
        client_secret=databricks.client_secret,
        auth_type="oauth-m2m",
    )


@pytest.fixture
def here(place: Place) -> tuple[Place, int, WorkspaceClient]:
    """A workspace with a metastore, a credential and a location `s3://lake`."""
    workspace = place.workspace("analytics")
    place.metastore(workspace)
    client = place.client(workspace)
    role = catalog.AwsIamRoleRequest(role_arn=ROLE.format("unity"))
    client.storage_credentials.create("lake", aws_iam_role=role)
    client.external_locations.create("lake", "s3://lake/", "lake")
    return place, workspace, client


@pytest.fixture
def shop(here: tuple[Place, int, WorkspaceClient]) -> Shop:
    """With three orders, of two tenants."""
    from .shop import shop_in

    return shop_in(*here)
