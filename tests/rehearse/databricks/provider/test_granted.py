"""What `plan --only grants` reads in plans that the real Terraform made: new, changed, taken away, bound."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from databricks.sdk.service.catalog import AwsIamRoleRequest

from lakewright.infra.granted_unity import Privileged, granted_unity
from lakewright.rehearse.databricks.local import LocalDatabricks
from tests.rehearse.databricks.conftest import ROLE, Clock, Place, account_of

from .conftest import Root

pytestmark = [pytest.mark.slow, pytest.mark.terraform]
AT = datetime(2026, 11, 1, tzinfo=UTC)
EVERY = ("all columns in every row",)
TEXT = """
provider "databricks" {
  host = "@HOST@"
}
locals {
  catalogs = { shop = { analysts_ = ["USE_CATALOG"] } }
  schemas  = { "shop.gold" = { analysts_ = @ANALYSTS@, engineers_ = ["USE_SCHEMA", "MODIFY"] } }
}
resource "databricks_catalog" "this" {
  for_each       = local.catalogs
  name           = each.key
  storage_root   = "s3://shop/unity"
  isolation_mode = "@ISOLATION@"
}
resource "databricks_schema" "this" {
  for_each     = local.schemas
  catalog_name = databricks_catalog.this[split(".", each.key)[0]].name
  name         = split(".", each.key)[1]
}
resource "databricks_grants" "catalog" {
  for_each = local.catalogs
  catalog  = databricks_catalog.this[each.key].name
  dynamic "grant" {
    for_each = each.value
    content {
      principal  = grant.key
      privileges = grant.value
    }
  }
}
resource "databricks_grants" "schema" {
  for_each = local.schemas
  schema   = databricks_schema.this[each.key].id
  dynamic "grant" {
    for_each = each.value
    content {
      principal  = grant.key
      privileges = grant.value
    }
  }
}
"""


@pytest.fixture(scope="module")
def address(databricks: LocalDatabricks) -> str:
    """A workspace with a metastore, a location, and two groups of the account."""
    place = Place(databricks, account_of(databricks), Clock())
    for group in ("analysts_", "engineers_"):
        place.account.groups_v2.create(display_name=group)
    workspace = place.workspace("granted")
    place.metastore(workspace, region="us-east-1")
    client = place.client(workspace)
    client.storage_credentials.create("shop", aws_iam_role=AwsIamRoleRequest(ROLE.format("unity")))
    client.external_locations.create("shop", "s3://shop/", "shop")
    return databricks.world.address_of(workspace)


def planned(root: Root, text: str) -> tuple[dict[tuple[str, str, str], Any], set[Privileged], int]:
    """Writes the root, plans it, and reads the plan."""
    root.write(text)
    root.run("plan", "-input=false", "-out=plan")
    changes, privileged, unknown = granted_unity([json.loads(root.run("show", "-json", "plan"))], AT)
    told = {(one.principal, one.table, str(one.privilege)): (one.gains, one.losses) for one in changes}
    return told, set(privileged), unknown


def filled(address: str, *, analysts: str = '["USE_SCHEMA", "SELECT"]', isolation: str = "OPEN") -> str:
    return TEXT.replace("@HOST@", address).replace("@ANALYSTS@", analysts).replace("@ISOLATION@", isolation)


def test_new_changed_and_taken_away(address: str, root_in: Callable[[str], Root]) -> None:
    root = root_in("granted")
    root.write(filled(address))
    root.init()
    changes, privileged, unknown = planned(root, filled(address))
    assert unknown == 0, "a new schema's name is its key"
    assert changes == {("analysts_", "shop.gold.*", "select"): (EVERY, ())}, "engineers lack the catalog"
    assert Privileged("engineers_", "schema shop.gold", ("MODIFY", "USE_SCHEMA"), ()) in privileged
    root.apply()
    assert planned(root, filled(address))[:2] == ({}, set())
    changes, privileged, _ = planned(root, filled(address, analysts='["USE_SCHEMA"]'))
    assert changes == {("analysts_", "shop.gold.*", "select"): ((), EVERY)}
    assert privileged == {Privileged("analysts_", "schema shop.gold", (), ("SELECT",))}
    _, privileged, _ = planned(root, filled(address, isolation="ISOLATED"))
    assert privileged == {Privileged("every workspace", "catalog shop", (), ("BINDING_TYPE_READ_WRITE",))}
