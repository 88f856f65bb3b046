"""All routes of the local Databricks."""

from __future__ import annotations

from lakewright.rehearse.databricks.account import budgets, log_delivery, parts, workspaces
from lakewright.rehearse.databricks.compute import catalogue, clusters, policies, profiles
from lakewright.rehearse.databricks.routes import Route, Router
from lakewright.rehearse.databricks.scim import federation, here, resources
from lakewright.rehearse.databricks.scim import secrets as principals_secrets
from lakewright.rehearse.databricks.sql import statements, warehouses
from lakewright.rehearse.databricks.unity import bindings, catalogs, connections, contents, grants, metastores, storage
from lakewright.rehearse.databricks.workspace import allowlists, files, jobs, permissions, secrets, tokens, volumes

MODULES = (
    parts, workspaces, budgets, log_delivery, metastores, storage, catalogs, contents, grants, bindings, connections,
    resources, here, principals_secrets, federation, catalogue, clusters, policies, profiles, permissions, files, jobs,
    tokens, secrets, allowlists, warehouses, statements, volumes,
)  # fmt: skip
ROUTES: tuple[Route, ...] = tuple(route for module in MODULES for route in module.ROUTES)


def router() -> Router:
    return Router(ROUTES)
