"""Decides cluster policies, SQL warehouses and who may use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lakewright.components.component import Call, Component, Context, File, Template, Value
from lakewright.components.databricks import workspace
from lakewright.components.databricks_compute.policies import definition, mistakes
from lakewright.components.databricks_compute.settings import Policy, Settings
from lakewright.components.people import group_names
from lakewright.components.rds_metastore import machines
from lakewright.components.units.init_scripts import path, rules, scripts
from lakewright.components.units.workspace import own_workspace, personas
from lakewright.errors import Mistakes, SpecError
from lakewright.spec.layers import did_you_mean


def _call(context: Context, _name: str, settings: Settings) -> Call:
    """Raises Mistakes LW1395 for policies that Databricks refuses, LW1392 for groups that nobody declares."""
    wrong = [*_group_mistakes(context, settings)]
    for key, policy in settings.policies.items():
        wrong += mistakes(policy, f"policies.{key}")
    if wrong:
        raise Mistakes(wrong)
    texts, hive = scripts(settings.init_scripts), _hive(context, settings)
    files: dict[str, str | bytes] = {f"init-{name}.sh": text for name, text in texts.items()}
    if hive:
        files[f"init-{machines.SCRIPT}.sh"] = machines.TEXT
    policies: dict[str, Value] = {}
    groups = _unit_groups(context)
    for key, declared in settings.policies.items():
        names = [*texts, *([machines.SCRIPT] if hive and declared.instance_profile else [])]
        policy = declared.model_copy(
            update={
                "definition": {**rules(names), **declared.definition},
                "groups": declared.groups or groups,
            }
        )
        file = f"policy-{key}.json"
        files[file] = definition(policy)
        policies[context.place.name(key)] = _policy(context, policy, file)
    inputs: dict[str, Value] = {
        "policies": policies,
        "warehouses": {
            context.place.name(key): {
                "size": one.size,
                "auto_stop": one.auto_stop,
                "most": one.most,
                "spot": one.spot,
                "groups": sorted(one.groups or groups),
            }
            for key, one in settings.warehouses.items()
        },
    }
    if texts or hive:
        inputs["init_scripts"] = {path(name): File(f"init-{name}.sh") for name in texts} | hive
    if any(policy.instance_profile for policy in settings.policies.values()):
        inputs["instance_profiles"] = {"instances": context.output("databricks_roles", *_PROFILE)}
    alias = "-".join(("workspace", *context.mine.values()))
    provider = workspace(context.output("databricks_workspace", "workspace_url"), alias)
    return Call(inputs, files, {"databricks": provider})


def _hive(context: Context, settings: Settings) -> dict[str, Value]:
    """The script by which machines find the Hive metastore, where there is one; it needs their role."""
    if not context.has("rds_metastore") or settings.init_scripts.memory_metastore:
        return {}
    values: dict[str, Value] = {
        "region": context.place.region,
        "secret_arn": context.output("rds_metastore", "secret_arn"),
        "jdbc_url": context.output("rds_metastore", "jdbc_url"),
    }
    return {path(machines.SCRIPT): Template(f"init-{machines.SCRIPT}.sh", values)}


def _unit_groups(context: Context) -> tuple[str, ...]:
    """The groups of a unit's workspace; none where it is nobody's."""
    unit = own_workspace(context)
    return tuple(sorted(personas(context, unit))) if unit is not None else ()


_PROFILE = ("instance_profile_arns", "instances")


def _policy(context: Context, policy: Policy, file: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    if policy.zone == "one":
        values["zone"] = context.output("networking", "private_zones", 0)
    if policy.instance_profile:
        values["instance_profile"] = context.output("databricks_roles", *_PROFILE)
    found: dict[str, Value] = {
        "definition": Template(file, values) if values else File(file),
        "groups": sorted(policy.groups),
    }
    if policy.description:
        found["description"] = policy.description
    if policy.clusters_per_user:
        found["clusters_per_user"] = policy.clusters_per_user
    return found


def _group_mistakes(context: Context, settings: Settings) -> Iterator[SpecError]:
    groups = group_names(context.project)
    named = [(f"policies.{key}.groups", one.groups) for key, one in settings.policies.items()]
    named += [(f"warehouses.{key}.groups", one.groups) for key, one in settings.warehouses.items()]
    for place, given in named:
        for group in given:
            if group not in groups:
                hint = did_you_mean(group, groups, "a group of `access`")
                yield SpecError("LW1392", f"no group {group} in `access`", place=place, hint=hint)


COMPONENT = Component(
    name="databricks_compute",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("policy_ids", "warehouse_ids"),
)
