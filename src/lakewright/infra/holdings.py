"""What may hold a unit's data, by the states of its stacks: buckets, catalogs, and what nobody here can ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.infra.compile import Stack

OTHERS: Mapping[str, str] = {
    "aws_db_instance": "identifier",
    "aws_docdb_cluster": "cluster_identifier",
    "aws_dynamodb_table": "name",
    "aws_ebs_volume": "id",
    "aws_efs_file_system": "id",
    "aws_fsx_lustre_file_system": "id",
    "aws_fsx_ontap_file_system": "id",
    "aws_fsx_ontap_volume": "id",
    "aws_fsx_openzfs_file_system": "id",
    "aws_fsx_openzfs_volume": "id",
    "aws_fsx_windows_file_system": "id",
    "aws_kinesis_stream": "name",
    "aws_neptune_cluster": "cluster_identifier",
    "aws_opensearch_domain": "domain_name",
    "aws_rds_cluster": "cluster_identifier",
    "aws_redshift_cluster": "cluster_identifier",
    "aws_s3_directory_bucket": "bucket",
    "aws_s3tables_table_bucket": "name",
    "databricks_database_instance": "name",
}
"""Further types of resources that hold data → the attribute that they are called by."""


@dataclass(frozen=True)
class Holding:
    """One of them. `account` is the name of its AWS account ("": the environment's own); `host` the workspace in which
    a catalog can be looked at, "" where there is none."""

    kind: str
    name: str
    stack: str
    account: str = ""
    host: str = ""


def holdings(stacks: Iterable[Stack], states: Mapping[str, Mapping[str, Any]]) -> tuple[Holding, ...]:
    """All in the states (`terraform state pull`) of these stacks, whoever wrote the Terraform."""
    found = list(stacks)
    hosts = {
        _whose(stack): str(values["workspace_url"])
        for stack in found
        for kind, values in _resources(states.get(stack.name, {}))
        if kind == "databricks_mws_workspaces" and values.get("workspace_url")
    }
    return tuple(
        holding
        for stack in found
        for kind, values in _resources(states.get(stack.name, {}))
        if (holding := _holding(stack, kind, values, hosts.get(_whose(stack), ""))) is not None
    )


def subnets(state: Mapping[str, Any]) -> frozenset[str]:
    """The CIDRs of all subnets in a state."""
    return frozenset(str(values["cidr_block"]) for kind, values in _resources(state) if kind == "aws_subnet")


def _holding(stack: Stack, kind: str, values: Mapping[str, Any], host: str) -> Holding | None:
    if kind == "aws_s3_bucket":
        return Holding("bucket", str(values["bucket"]), stack.name, stack.account)
    if kind == "databricks_catalog":
        return Holding("catalog", str(values["name"]), stack.name, host=host)
    if kind in OTHERS:
        return Holding(kind, str(values.get(OTHERS[kind])), stack.name, stack.account)
    return None


def _resources(state: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in state.get("resources", ()):
        if one["mode"] == "managed":
            yield from ((one["type"], instance["attributes"]) for instance in one["instances"])


def _whose(stack: Stack) -> frozenset[tuple[str, str]]:
    return frozenset(stack.whose.items())
