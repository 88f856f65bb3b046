"""Every building block, by name; each is imported only when it is used."""

from __future__ import annotations

from importlib import import_module

from lakewright.components.component import Component

NAMES = (
    "app_datastore",
    "artifact_store",
    "athena",
    "athena_reader",
    "budget",
    "ci_role",
    "compute_node",
    "data_share",
    "databricks_account",
    "databricks_compute",
    "databricks_logs",
    "databricks_private_access",
    "databricks_roles",
    "databricks_workspace",
    "dms",
    "ecr",
    "fargate",
    "file_catalog",
    "glue",
    "governance_app",
    "guardduty",
    "iam_roles",
    "identity_center",
    "ingester",
    "inspection",
    "kms_key",
    "lake_buckets",
    "lake_formation",
    "lake_grants",
    "monitoring",
    "networking",
    "organization",
    "rds_metastore",
    "secrets",
    "shared_network",
    "source_app",
    "state",
    "trail",
    "transit_hub",
    "transit_routes",
    "unity_catalog",
)
"""Each is a folder of this room whose `component.py` holds COMPONENT."""


def component(name: str) -> Component:
    """The component of a name. Raises KeyError if there is none."""
    if name not in NAMES:
        raise KeyError(name)
    found: Component = import_module(f"lakewright.components.{name}.component").COMPONENT
    return found
