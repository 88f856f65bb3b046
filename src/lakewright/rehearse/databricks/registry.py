"""All routes of the local Databricks."""

from __future__ import annotations

from lakewright.rehearse.databricks.account import parts, workspaces
from lakewright.rehearse.databricks.routes import Route, Router
from lakewright.rehearse.databricks.scim import here, resources, secrets
from lakewright.rehearse.databricks.unity import bindings, catalogs, contents, grants, metastores, storage

MODULES = (
    parts, workspaces, metastores, storage, catalogs, contents, grants, bindings, resources, here, secrets,
)  # fmt: skip
ROUTES: tuple[Route, ...] = tuple(route for module in MODULES for route in module.ROUTES)


def router() -> Router:
    return Router(ROUTES)
