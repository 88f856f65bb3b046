"""Changes in a plan that nothing brings back: what data, workspaces and machines are bound to is replaced or moved.

Sources: S3 user guide, "Bucket naming rules" (a name cannot be changed); VPC user guide, "Subnet CIDR blocks" (nor a
subnet's addresses); Databricks, "Manage Unity Catalog metastores" (storage is set once, a workspace has one metastore),
"Configure a customer-managed VPC", "Catalogs" (managed storage is set once).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bound:
    """What is bound to a resource. `named`: the attributes that are shown; `fixed`: those that a mere update may not
    change either."""

    why: str
    named: tuple[str, ...]
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One change that is refused. `deleted`: it is not made again at this address; `unfinished`: it would be made
    anew since nobody knows whether its making came to its end."""

    address: str
    fact: str
    deleted: bool = False
    unfinished: bool = False


_TABLES = "its tables are dropped with it, and not made again"
BOUND: Mapping[str, Bound] = {
    "aws_s3_bucket": Bound(
        "a bucket is not renamed: its objects stay behind; metastores, catalogs and workspaces are bound to its name",
        ("bucket",),
    ),
    "aws_vpc": Bound("everything that runs in it is bound to it", ("cidr_block",)),
    "aws_subnet": Bound(
        "a subnet does not move: workspaces and machines run at its addresses", ("cidr_block", "availability_zone")
    ),
    "aws_db_instance": Bound("its databases go with it", ("identifier", "engine")),
    "aws_rds_cluster": Bound("its databases go with it", ("cluster_identifier", "engine")),
    "databricks_metastore": Bound(
        "every workspace and catalog is bound to the metastore and its storage", ("storage_root", "region"),
        ("storage_root", "region"),
    ),
    "databricks_metastore_assignment": Bound(
        "a workspace stays with its metastore: another one means a new workspace, and its data moved",
        ("metastore_id", "workspace_id"),
        ("metastore_id", "workspace_id"),
    ),
    "databricks_mws_workspaces": Bound(
        "a workspace is not rebound: its notebooks, jobs and clusters are deleted with it",
        ("network_id", "storage_configuration_id", "workspace_name"),
        ("network_id", "storage_configuration_id"),
    ),
    "databricks_mws_networks": Bound(
        "the workspace runs in this network: its subnets do not move", ("vpc_id", "subnet_ids"),
        ("vpc_id", "subnet_ids"),
    ),
    "databricks_catalog": Bound(_TABLES, ("name", "storage_root"), ("storage_root",)),
    "databricks_schema": Bound(_TABLES, ("name", "storage_root"), ("storage_root",)),
    "databricks_volume": Bound("its files are dropped with it", ("name", "storage_location"), ("storage_location",)),
    "databricks_external_location": Bound("catalogs and volumes lie below it", ("url",), ("url",)),
}  # fmt: skip
"""Type of resource → what is bound to it."""
KINDS = frozenset(BOUND)


def irreversible(plan: Mapping[str, Any], *, deletions: bool = False) -> list[Finding]:
    """Every such change of a plan (`terraform show -json`). What is only made is none of them; what is only deleted is
    one with `deletions`: where nobody has seen the plan. A map's key renamed is a deletion too."""
    return [
        finding
        for one in plan.get("resource_changes", ())
        if one["mode"] == "managed" and (bound := BOUND.get(one["type"])) is not None
        for finding in _findings(one, bound, deletions=deletions)
    ]


def _findings(one: Mapping[str, Any], bound: Bound, *, deletions: bool) -> Iterator[Finding]:
    address, change = one["address"], one["change"]
    if change["actions"] == ["delete"]:
        if deletions:
            yield Finding(address, _deletion(bound, change["before"] or {}), deleted=True)
    else:
        tainted = one.get("action_reason") == "replace_because_tainted"
        yield from (Finding(address, fact, unfinished=tainted) for fact in _facts(bound, change))


def _deletion(bound: Bound, before: Mapping[str, Any]) -> str:
    shown = ", ".join(f"{name}: {_text(value)}" for name in bound.named if (value := before.get(name)))
    return f"would be deleted{f' ({shown})' if shown else ''}: nothing brings back what is in it or bound to it"


def _facts(bound: Bound, change: Mapping[str, Any]) -> Iterator[str]:
    actions = set(change["actions"])
    if {"delete", "create"} <= actions:
        causes = tuple(dict.fromkeys(str(path[0]) for path in change.get("replace_paths") or () if path))
        shown = tuple(_moves(change, causes or bound.named))
        where = f" ({', '.join(shown)})" if shown else ""
        yield f"would be replaced{where}: {bound.why}"
    elif "update" in actions and (moves := tuple(_moves(change, bound.fixed))):
        yield f"{', '.join(moves)}: {bound.why}"


def _moves(change: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    """`bucket: "a" → "b"` of the attributes that change. What was not set before moves nothing."""
    before, after = change["before"] or {}, change["after"] or {}
    unknown = change.get("after_unknown") or {}
    for name in names:
        old = before.get(name)
        new = "(known after apply)" if unknown.get(name) else after.get(name)
        if old not in (None, "", []) and _plain(old) != _plain(new):
            yield f"{name}: {_text(old)} → {_text(new)}"


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
