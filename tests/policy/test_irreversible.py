"""Changes that nothing brings back, in plans as Terraform writes them."""

from __future__ import annotations

from typing import Any

import pytest

from lakewright.policy.rules.irreversible import KINDS, irreversible


def change(
    kind: str, actions: list[str], before: dict[str, Any] | None, after: dict[str, Any] | None, **more: Any
) -> dict[str, Any]:
    return {
        "address": f"module.x.{kind}.this",
        "mode": "managed",
        "type": kind,
        "change": {"actions": actions, "before": before, "after": after, **more},
    }


def facts(*changes: dict[str, Any]) -> list[str]:
    return [one.fact for one in irreversible({"resource_changes": list(changes)})]


REPLACE = ["delete", "create"]
REFUSED = {
    "the metastore's bucket renamed": (
        change("aws_s3_bucket", REPLACE, {"bucket": "acc-old"}, {"bucket": "acc-new"}, replace_paths=[["bucket"]]),
        "would be replaced (bucket: acc-old → acc-new): a bucket is not renamed",
    ),
    "the metastore at another place": (
        change("databricks_metastore", ["update"], {"storage_root": "s3://a"}, {"storage_root": "s3://b"}),
        "storage_root: s3://a → s3://b: every workspace and catalog is bound",
    ),
    "a workspace to another metastore, in place": (
        change("databricks_metastore_assignment", ["update"], {"metastore_id": "1"}, {"metastore_id": "2"}),
        "metastore_id: 1 → 2: a workspace stays with its metastore",
    ),
    "a workspace to a metastore that comes": (
        change("databricks_metastore_assignment", ["create", "delete"], {"metastore_id": "1"}, {},
               after_unknown={"metastore_id": True}, replace_paths=[["metastore_id"]]),
        "would be replaced (metastore_id: 1 → (known after apply)): a workspace stays",
    ),
    "a workspace in another network": (
        change("databricks_mws_workspaces", ["update"], {"network_id": "n1"}, {}, after_unknown={"network_id": True}),
        "network_id: n1 → (known after apply): a workspace is not rebound",
    ),
    "a workspace's subnets": (
        change("databricks_mws_networks", REPLACE, {"subnet_ids": ["s-1", "s-2"]}, {"subnet_ids": ["s-1", "s-3"]},
               replace_paths=[["subnet_ids"]]),
        "would be replaced (subnet_ids: s-1, s-2 → s-1, s-3): the workspace runs in this network",
    ),
    "a subnet": (
        change("aws_subnet", REPLACE, {"cidr_block": "10.0.0.0/24"}, {"cidr_block": "10.0.1.0/24"},
               replace_paths=[["cidr_block"]]),
        "would be replaced (cidr_block: 10.0.0.0/24 → 10.0.1.0/24): a subnet does not move",
    ),
    "a catalog": (
        change("databricks_catalog", REPLACE, {"name": "a"}, {"name": "b"}, replace_paths=[["name"]]),
        "would be replaced (name: a → b): its tables are dropped",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    one, fact = REFUSED[case]
    (found,) = facts(one)
    assert found.startswith(fact)
    assert one["type"] in KINDS


TAKEN = {
    "made": change("aws_s3_bucket", ["create"], None, {"bucket": "a"}),
    "only deleted": change("aws_subnet", ["delete"], {"cidr_block": "10.0.0.0/24"}, None),
    "nothing": change("databricks_metastore", ["no-op"], {"storage_root": "a"}, {"storage_root": "a"}),
    "tags": change("aws_s3_bucket", ["update"], {"bucket": "a", "tags": {}}, {"bucket": "a", "tags": {"x": "y"}}),
    "a metastore that gets its first storage": change(
        "databricks_metastore", ["update"], {"storage_root": ""}, {"storage_root": "s3://a"}
    ),
    "the same subnets in another order": change(
        "databricks_mws_networks", ["update"], {"subnet_ids": ["a", "b"]}, {"subnet_ids": ["b", "a"]}
    ),
    "a role": change("aws_iam_role", REPLACE, {"name": "a"}, {"name": "b"}, replace_paths=[["name"]]),
    "what is only read": change("aws_subnet", REPLACE, {"cidr_block": "a"}, {"cidr_block": "b"}) | {"mode": "data"},
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken(case: str) -> None:
    assert facts(TAKEN[case]) == []


GONE = {
    "catalog": change("databricks_catalog", ["delete"], {"name": "sales", "storage_root": ""}, None),
    "subnet": change("aws_subnet", ["delete"], {"cidr_block": "10.0.0.0/24"}, None),
    "role": change("aws_iam_role", ["delete"], {"name": "a"}, None),
    "read": change("aws_vpc", ["delete"], {"cidr_block": "a"}, None) | {"mode": "data"},
}


def test_what_is_deleted_counts_where_nobody_has_seen_the_plan() -> None:
    """A map's key renamed is a deletion and a creation at two addresses, and no replacement."""
    plan = {"resource_changes": [*GONE.values(), change("databricks_catalog", ["create"], None, {"name": "trade"})]}
    found = irreversible(plan, deletions=True)
    assert [(one.address, one.fact) for one in found] == [
        (GONE["catalog"]["address"],
         "would be deleted (name: sales): nothing brings back what is in it or bound to it"),
        (GONE["subnet"]["address"],
         "would be deleted (cidr_block: 10.0.0.0/24): nothing brings back what is in it or bound to it"),
    ]  # fmt: skip
    assert all(one.deleted for one in found)
    assert irreversible(plan) == []
