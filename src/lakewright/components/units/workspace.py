"""A unit's workspace: which one a call is for, where its clusters run, who works in it."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.components.component import Context, Value
from lakewright.components.landscape import Workspace
from lakewright.spec.units import Landscape, UnitPersona, UnitProgram


def own_workspace(context: Context) -> Workspace | None:
    """The workspace that a call is for; None outside of stacks with `each: workspace`."""
    mine = context.mine
    return context.landscape.workspace(mine["unit"], mine["workspace"]) if "workspace" in mine else None


def clusters_network(context: Context, workspace: Workspace) -> Mapping[str, Value]:
    """Its shared network, its own subnets for nodes, and its own security group: Databricks lets no two workspaces
    have one subnet or group."""
    whose = {"network": workspace.network}
    subnets = context.landscape.subnets_of(workspace, "workload")
    return {
        "vpc_id": context.output_for("shared_network", whose, "vpc_id"),
        "subnet_ids": [context.output_for("shared_network", whose, "subnet_ids", one.name) for one in subnets],
        "security_group_ids": [context.output_for("shared_network", whose, "security_group_ids", workspace.name)],
    }


def private_link(context: Context, workspace: Workspace) -> Mapping[str, Value] | None:
    """The registered endpoints and private access settings of its network; None where there are none."""
    if not context.has("databricks_private_access"):
        return None
    network = workspace.network
    return {
        "rest_api": context.output("databricks_private_access", "endpoint_ids", f"{network}/rest"),
        "relay": context.output("databricks_private_access", "endpoint_ids", f"{network}/relay"),
        "private_access_settings_id": context.output("databricks_private_access", "settings_ids", network),
    }


def personas(context: Context, workspace: Workspace, unit: str = "") -> dict[str, UnitPersona]:
    """Group → persona, of those of the workspace's unit (or another) who work in workspaces of its kind."""
    return {
        persona.group_in(unit or workspace.unit): persona
        for persona in context.project.platform.landscape.personas.values()
        if not persona.workspaces or workspace.kind in persona.workspaces
    }


def members(context: Context, workspace: Workspace) -> dict[str, Value]:
    """The unit's groups with their level, those who own are its administrators; and its programs."""
    groups: dict[str, Value] = {
        group: {
            "id": context.output("databricks_account", "group_ids", group),
            "level": "ADMIN" if persona.may == "own" else "USER",
        }
        for group, persona in personas(context, workspace).items()
    }
    keys = programs(context.project.platform.landscape, workspace.unit)
    return groups | {
        f"program-{key}": {"id": context.output("databricks_account", "service_principal_ids", key), "level": "USER"}
        for key in keys
    }


def programs(landscape: Landscape, unit: str) -> dict[str, UnitProgram]:
    """Name of the service principal → what it is, of a unit: `digital-jobs`."""
    return {f"{unit}-{name}": program for name, program in landscape.programs.items()}
