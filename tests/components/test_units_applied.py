"""A unit's catalog, applied by the real Terraform to the local AWS and Databricks, and destroyed in the right order."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakewright.components.registry import component
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks
from lakewright.rehearse.databricks.provider.client import Api
from lakewright.rehearse.databricks.provider.plugins import installation, plugin_folder
from lakewright.rehearse.platform.databricks import AwsBeside

from .roots import PROVIDER, apply

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.timeout(900)]

ROLE = "arn:aws:iam::111111111111:role/unit-catalog"
LAKE = "s3://unit-lake"
GRANTS = {"unit-analysts": ["USE_CATALOG"]}


@dataclass
class Place:
    aws: LocalAws
    databricks: LocalDatabricks
    api: Api

    def admit(self) -> None:
        """The role that Databricks takes to start machines."""
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::414351767826:root"},
            "Condition": {"StringEquals": {"sts:ExternalId": self.databricks.account_id}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.aws.client("iam").create_role(RoleName="cross-account", AssumeRolePolicyDocument=document)

    def workspace(self, name: str) -> int:
        role = "arn:aws:iam::111111111111:role/cross-account"
        credentials = {"aws_credentials": {"sts_role": {"role_arn": role}}, "credentials_name": name}
        storage = {"storage_configuration_name": name, "root_bucket_info": {"bucket_name": f"{name}-root"}}
        body = {
            "workspace_name": name,
            "aws_region": "us-east-1",
            "credentials_id": self._made("/credentials", credentials)["credentials_id"],
            "storage_configuration_id": self._made("/storage-configurations", storage)["storage_configuration_id"],
        }
        return int(self._made("/workspaces", body)["workspace_id"])

    def metastore(self, *workspaces: int) -> None:
        found = self._made("/metastores", {"metastore_info": {"name": "main", "region": "us-east-1"}})["metastore_info"]
        for one in workspaces:
            where = f"/workspaces/{one}/metastores/{found['metastore_id']}"
            self._made(where, {"metastore_assignment": {"workspace_id": one, "metastore_id": found["metastore_id"]}})

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.api.call("POST", self.api.account(path), body)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with (
        local_aws(["111111111111"], tmp_path / "aws", gates=EVERY_GATE) as aws,
        local_databricks(tmp_path / "databricks", cloud=AwsBeside(aws), starting_seconds=0) as databricks,
    ):
        api = Api(databricks.host, databricks.account_id, databricks.client_id, databricks.client_secret)
        yield Place(aws, databricks, api)
        api.close()


def root(folder: Path, place: Place, own: int, reader: int) -> None:
    """A catalog of the workspace `own`, with everything in it, that `reader` may read."""
    module = {
        "source": str(component("unity_catalog").module),
        "name": "unit",
        "role": {
            "name": "unit-catalog",
            "arn": ROLE,
            "trust_policy": json.dumps({
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "UnityCatalog",
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"AWS": "arn:aws:iam::414351767826:root"},
                    "Condition": {"StringEquals": {"sts:ExternalId": "EXTERNAL_ID"}},
                }],
            }),
            "policy": json.dumps({
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::unit-lake/*"}],
            }),
        },
        "locations": {
            "unit": {"url": f"{LAKE}/unity/"},
            "unit_gold": {"url": f"{LAKE}/gold/"},
        },
        "catalogs": {"unit": {"storage_root": f"{LAKE}/unity", "isolated": True, "grants": GRANTS}},
        "schemas": {
            "unit.gold": {
                "catalog": "unit",
                "name": "gold",
                "storage_root": f"{LAKE}/gold/tables",
                "grants": {"unit-analysts": ["USE_SCHEMA", "SELECT"]},
            }
        },
        "volumes": {"unit.gold.files": {"schema": "unit.gold", "name": "files", "location": f"{LAKE}/gold/files"}},
        "bindings": {"reader": {"catalog": "unit", "workspace_id": reader, "read_only": True}},
    }  # fmt: skip
    whole = {
        "terraform": {
            "required_providers": {
                "aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"},
                "databricks": {"source": "databricks/databricks", "version": ">= 1.99, < 2"},
            }
        },
        "provider": {"aws": PROVIDER, "databricks": {"host": place.databricks.world.address_of(own)}},
        "module": {"catalog": module},
    }
    (folder / "main.tf.json").write_text(json.dumps(whole, indent=1))


def test_a_catalog_with_all_that_is_in_it_is_destroyed_from_its_own_workspace(tmp_path: Path, place: Place) -> None:
    place.admit()
    own, reader = place.workspace("own"), place.workspace("reader")
    place.metastore(own, reader)
    place.api.call("POST", place.api.account("/scim/v2/Groups"), {"displayName": "unit-analysts"})
    place.aws.client("s3").create_bucket(Bucket="unit-lake")
    folder = tmp_path / "root"
    folder.mkdir()
    root(folder, place, own, reader)
    merged = plugin_folder(tmp_path / "plugins", plugins := find_plugins(os.environ))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_", "DATABRICKS_"))}
    if plugins is None:
        kept["TF_CLI_CONFIG_FILE"] = str(installation(tmp_path / "terraform.rc", merged))
    given = {**kept, **place.aws.environment(), **place.databricks.environment(own)}
    terraform = Terraform(find_binary(os.environ), given, merged if plugins else None, init_environment=kept)
    terraform.init(folder)
    assert apply(terraform, folder)
    assert terraform.plan(folder, folder / "again.plan").changed is False, "a second plan finds nothing"
    here = Api(place.databricks.world.address_of(own), "", place.databricks.client_id, place.databricks.client_secret)
    bound = here.get("/api/2.1/unity-catalog/bindings/catalog/unit")["bindings"]
    assert {one["workspace_id"]: one["binding_type"] for one in bound} == {
        own: "BINDING_TYPE_READ_WRITE",
        reader: "BINDING_TYPE_READ_ONLY",
    }
    assert apply(terraform, folder, destroy=True)
    assert here.get("/api/2.1/unity-catalog/catalogs").get("catalogs", []) == []
    here.close()
