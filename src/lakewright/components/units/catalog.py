"""A unit's catalog: schemas with a place and a volume each, who may what, and which workspaces see it.

In its bucket: `unity/` for what belongs to no schema, `SCHEMA/tables` for managed tables, `SCHEMA/files` for volumes.
"""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.components.component import Context, Value
from lakewright.components.landscape import Workspace
from lakewright.components.units.workspace import personas
from lakewright.spec.units import UnitPersona

BUCKET = "catalog"
"""Key of the bucket of `lake_buckets` that a catalog lies in."""
FILES = "files"
"""Name of each schema's volume."""

READ = ("EXECUTE", "READ_VOLUME", "SELECT", "USE_SCHEMA")
WRITE = (*READ, "CREATE_FUNCTION", "CREATE_TABLE", "CREATE_VOLUME", "MODIFY", "WRITE_VOLUME")
OWN = ("ALL_PRIVILEGES", "MANAGE")

Grants = dict[str, list[str]]


def catalog_inputs(context: Context, workspace: Workspace) -> dict[str, Value]:
    """Inputs of the module `unity_catalog`: locations, catalogs, schemas, volumes, bindings."""
    name, schemas = workspace.catalog, context.project.platform.landscape.schemas
    root = f"s3://{context.place.bucket(BUCKET)}"
    places = {name: "unity", **{f"{name}_{schema}": schema for schema in schemas}}
    readers = _readers(context, workspace)
    return {
        "locations": {key: {"url": f"{root}/{folder}/"} for key, folder in places.items()},
        "catalogs": {
            name: {
                "storage_root": f"{root}/unity",
                "comment": f"What {workspace.unit} has in {workspace.kind}",
                "isolated": True,
                "grants": _on_catalog(context, workspace, readers),
            }
        },
        "schemas": {
            f"{name}.{schema}": {
                "catalog": name,
                "name": schema,
                "storage_root": f"{root}/{schema}/tables",
                "grants": _on_schema(context, workspace, readers, schema),
            }
            for schema in schemas
        },
        "volumes": {
            f"{name}.{schema}.{FILES}": {
                "schema": f"{name}.{schema}",
                "name": FILES,
                "location": f"{root}/{schema}/files",
            }
            for schema in schemas
        },
        "bindings": _bindings(context, workspace, readers),
    }


def _readers(context: Context, workspace: Workspace) -> list[Workspace]:
    """Workspaces of the same kind whose units read this one's catalog."""
    units = context.project.platform.units
    return [
        one
        for one in context.landscape.workspaces
        if one.kind == workspace.kind and workspace.unit in units[one.unit].reads
    ]


def _on_catalog(context: Context, workspace: Workspace, readers: list[Workspace]) -> Grants:
    own = personas(context, workspace)
    grants = {group: _of_catalog(persona) for group, persona in own.items()}
    for reader in readers:
        grants |= {group: ["BROWSE", "USE_CATALOG"] for group in personas(context, workspace, reader.unit)}
    return dict(sorted(grants.items()))


def _of_catalog(persona: UnitPersona) -> list[str]:
    return list(OWN) if persona.may == "own" else ["BROWSE", "USE_CATALOG"]


def _on_schema(context: Context, workspace: Workspace, readers: list[Workspace], schema: str) -> Grants:
    """What `own` gives on the catalog reaches its schemas; readers of other units never write."""
    grants = {
        group: list(WRITE if persona.may == "write" else READ)
        for group, persona in personas(context, workspace).items()
        if schema in persona.schemas and persona.may != "own"
    }
    for reader in readers:
        theirs: Mapping[str, UnitPersona] = personas(context, workspace, reader.unit)
        grants |= {group: list(READ) for group, persona in theirs.items() if schema in persona.schemas}
    return dict(sorted(grants.items()))


def _bindings(context: Context, workspace: Workspace, readers: list[Workspace]) -> dict[str, Value]:
    """Readers' only. The workspace in which an isolated catalog is made is bound by that; said once more, its binding
    would be destroyed before what is in the catalog, which nobody could reach then (databricks/terraform-provider-
    databricks, issue 5300)."""
    return {
        one.name: {
            "catalog": workspace.catalog,
            "workspace_id": context.output_for("databricks_workspace", one.whose, "workspace_id"),
            "read_only": True,
        }
        for one in readers
    }
