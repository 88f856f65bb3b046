"""How business-units is tried: personas in their units' catalogs, what units read of each other, clusters, Athena.

The unit that reads another and that other one are taken from the spec; their people are made for this and belong to the
rehearsal alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lakewright.errors import ProblemError
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.databricks.provider.client import Api
from lakewright.rehearse.platform.data_products import data_products
from lakewright.rehearse.platform.databricks_single import Workspace
from lakewright.rehearse.platform.evidence import Tried
from lakewright.rehearse.platform.shared_tables import read_across
from lakewright.rehearse.platform.stage import Stage

ROLES = ("engineers", "analysts")


def business_units(stage: Stage) -> Iterator[Tried]:
    """Everything that a platform of several units is for."""
    if stage.databricks is None:
        yield Tried("the workspaces run", False, "no Databricks was started")
        return
    landscape = Landscape(stage, stage.databricks)
    pairs = [*landscape.readers()]
    landscape.admit({unit for reader, owner, _ in pairs for unit in (reader, owner)})
    for reader, owner, kind in pairs:
        yield from _in_catalogs(landscape, reader, owner, kind)
    for reader, _, kind in pairs[:1]:
        yield from _clusters(landscape, reader, kind)
    yield recorded(stage)
    yield from read_across(stage)
    yield from _served(stage)
    yield from data_products(stage)


@dataclass(frozen=True)
class Landscape:
    """The units' workspaces and people, as they were applied."""

    stage: Stage
    databricks: LocalDatabricks

    def readers(self) -> Iterator[tuple[str, str, str]]:
        """Reading unit, read unit, kind of workspace: of the first unit that reads another, in each kind of both."""
        units = self.stage.project.platform.units
        for name, unit in units.items():
            for other in unit.reads[:1]:
                for kind in unit.workspaces:
                    if kind in units[other].workspaces:
                        yield name, other, kind
                return

    def workspace(self, unit: str, kind: str) -> Workspace:
        name = replace(self.stage.compiled.place, whose=(unit, kind)).name(most=100)
        return Workspace(self.databricks.workspaces()[name], self.databricks)

    def person(self, unit: str, role: str) -> str:
        return f"{unit}.{role}@example.com"

    def admit(self, units: set[str]) -> None:
        """Makes a person of each role in each unit, a member of the persona's group; those of an earlier time stay."""
        databricks, personas = self.databricks, self.stage.project.platform.landscape.personas
        api = Api(databricks.host, databricks.account_id, databricks.client_id, databricks.client_secret)
        try:
            groups = {one["displayName"]: one["id"] for one in api.get(api.account("/scim/v2/Groups"))["Resources"]}
            known = {one["userName"] for one in api.get(api.account("/scim/v2/Users")).get("Resources", ())}
            for unit in sorted(units):
                for role in ROLES:
                    person = self.person(unit, role)
                    if person in known:
                        continue
                    made = api.call("POST", api.account("/scim/v2/Users"), {"userName": person})
                    change = {"op": "add", "path": "members", "value": [{"value": made["id"]}]}
                    group = groups[personas[role].group_in(unit)]
                    api.call("PATCH", api.account(f"/scim/v2/Groups/{group}"), {"Operations": [change]})
        finally:
            api.close()


def _in_catalogs(here: Landscape, reader: str, owner: str, kind: str) -> Iterator[Tried]:
    """Engineers make tables, analysts see gold; of the other unit's catalog they read gold and change nothing."""
    own, theirs = f"{reader}_{kind}".replace("-", "_"), f"{owner}_{kind}".replace("-", "_")
    mine, other = here.workspace(reader, kind), here.workspace(owner, kind)
    engineer, analyst = (here.person(reader, role) for role in ROLES)
    made = [
        *_failed(mine, engineer, *_tables(own, "10.5")),
        *_failed(other, here.person(owner, "engineers"), *_tables(theirs, "4.5")),
    ]
    yield Tried(
        f"{kind}: engineers make tables in their units' catalogs", not made, "; ".join(made) or f"{own}, {theirs}"
    )
    gold = mine.sql(analyst, f"SELECT total FROM {own}.gold.revenue")
    yield Tried(f"{kind}: an analyst reads gold", gold == [["10.5"]], str(gold))
    read = mine.sql(analyst, f"SELECT total FROM {theirs}.gold.revenue")
    yield Tried(f"{kind}: and {owner}'s gold, from {reader}'s workspace", read == [["4.5"]], str(read))
    refused = (
        (mine, analyst, f"SELECT * FROM {own}.silver.orders"),
        (mine, analyst, f"INSERT INTO {own}.gold.revenue SELECT total FROM {own}.gold.revenue"),
        (mine, engineer, f"INSERT INTO {theirs}.gold.revenue SELECT total FROM {theirs}.gold.revenue"),
        (mine, engineer, f"CREATE TABLE {theirs}.gold.mine (id BIGINT)"),
        (other, here.person(owner, "analysts"), f"SELECT * FROM {own}.gold.revenue"),
    )
    taken = [statement for where, who, statement in refused if _answers(where, who, statement)]
    fact = "; ".join(taken) or "silver to analysts, changes in gold and in the other unit's catalog, the way back"
    yield Tried(f"{kind}: everything else is refused", not taken, fact)


def _tables(catalog: str, total: str) -> tuple[str, ...]:
    return (
        f"CREATE OR REPLACE TABLE {catalog}.silver.orders AS SELECT 1 AS id, CAST({total} AS DOUBLE) AS total",
        f"CREATE OR REPLACE TABLE {catalog}.gold.revenue AS SELECT sum(total) AS total FROM {catalog}.silver.orders",
    )


def _failed(where: Workspace, who: str, *statements: str) -> list[str]:
    """What the statements that did not succeed said."""
    return [said for one in statements if isinstance(said := where.sql(who, one), str)]


def _answers(where: Workspace, who: str, statement: str) -> bool:
    """Whether it is done. What fails for another reason than a right that lacks counts as done: it shows nothing."""
    said = where.sql(who, statement)
    words = ("PERMISSION", "NOT ACCESSIBLE", "READ_ONLY", "READ-ONLY", "READ ONLY")
    return not (isinstance(said, str) and any(word in said.upper() for word in words))


def _clusters(here: Landscape, unit: str, kind: str) -> Iterator[Tried]:
    """With the policy's init scripts a cluster starts; without them, or without a policy, it does not."""
    where, who = here.workspace(unit, kind), here.person(unit, "engineers")
    policies = where.asked(who, "/api/2.0/policies/clusters/list").get("policies", ())
    policy = next((one for one in policies if "init_scripts.0.workspace.destination" in one["definition"]), None)
    if policy is None:
        yield Tried("clusters without init scripts are refused", False, f"{len(policies)} policies, none asks for them")
        return
    whole = _cluster(policy)
    without = {name: value for name, value in whole.items() if name != "init_scripts"}
    free = {name: value for name, value in without.items() if name not in ("policy_id",)}
    started, bare, unruled = (_started(where, who, body) for body in (whole, without, free))
    yield Tried("a cluster with the policy's init scripts starts", not started, started or str(policy["name"]))
    yield Tried("one without them is refused", "init_scripts" in bare, bare or "it was started")
    yield Tried("and one without a policy", bool(unruled), unruled or "it was started")


def _cluster(policy: Mapping[str, Any]) -> dict[str, Any]:
    """What a person writes who keeps to a policy: everything that it fixes, and the first of what it lets choose."""
    import json

    rules: dict[str, Any] = json.loads(policy["definition"])
    body: dict[str, Any] = {
        "cluster_name": "rehearsal",
        "spark_version": "15.4.x-scala2.12",
        "autoscale": {"min_workers": 1, "max_workers": 2},
        "policy_id": policy["policy_id"],
        "apply_policy_default_values": False,
    }
    for path, rule in rules.items():
        value = rule.get("value", (rule.get("values") or [rule.get("defaultValue")])[0])
        if rule["type"] in ("fixed", "allowlist") and value is not None:
            _put(body, path.split("."), value)
        elif rule["type"] == "range" and "defaultValue" in rule:
            _put(body, path.split("."), rule["defaultValue"])
    return body


def _put(body: dict[str, Any], path: list[str], value: Any) -> None:
    """Sets `init_scripts.0.workspace.destination` and the like; numbers are places in lists."""
    name, *rest = path
    if not rest:
        body[name] = value
    elif rest[0].isdigit():
        items = body.setdefault(name, [])
        while len(items) <= int(rest[0]):
            items.append({})
        _put(items[int(rest[0])], rest[1:], value)
    else:
        _put(body.setdefault(name, {}), rest, value)


def _started(where: Workspace, who: str, body: Mapping[str, Any]) -> str:
    """Why a cluster was refused; empty when it was made."""
    try:
        where.asked(who, "/api/2.1/clusters/create", body)
    except ProblemError as refused:
        return refused.fact.partition('"message": "')[2].partition('"')[0] or refused.fact
    return ""


def recorded(stage: Stage) -> Tried:
    """A trail of the whole organization, encrypted, in its management account."""
    account = stage.compiled.accounts["management"].account
    trails = stage.aws.client("cloudtrail", account=account).describe_trails()["trailList"]
    whole = [one["Name"] for one in trails if one.get("IsOrganizationTrail") and one.get("KmsKeyId")]
    return Tried("what is done in any account is on record", bool(whole), ", ".join(whole) or f"{len(trails)} trails")


def _served(stage: Stage) -> Iterator[Tried]:
    """Governance applications: TLS 1.3, a name in the network's account, a database that only they reach."""
    calls = [
        (stack, call)
        for stack in stage.compiled.stacks
        for call, used in stack.calls.items()
        if used == "governance_app"
    ]
    for stack, call in calls:
        account = stage.compiled.accounts[stack.account].account if stack.account else stage.account
        balancers = stage.aws.client("elbv2", account=account)
        found = balancers.describe_load_balancers()["LoadBalancers"]
        listeners = [
            listener
            for one in found
            for listener in balancers.describe_listeners(LoadBalancerArn=one["LoadBalancerArn"])["Listeners"]
        ]
        policies = sorted({one.get("SslPolicy", one["Protocol"]) for one in listeners})
        public = [one["LoadBalancerName"] for one in found if one["Scheme"] != "internal"]
        ok = policies == ["ELBSecurityPolicy-TLS13-1-2-2021-06"] and not public
        yield Tried(
            f"{call} speaks TLS 1.3, inside", ok, f"{', '.join(policies)}; public: {', '.join(public) or 'none'}"
        )
        yield _named(stage, call)


def _named(stage: Stage, call: str) -> Tried:
    owner = stage.compiled.accounts["core-network"].account
    route53 = stage.aws.client("route53", account=owner)
    names = [
        record["Name"]
        for zone in route53.list_hosted_zones()["HostedZones"]
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        if record["Type"] == "A" and record["Name"].startswith(call.replace("_", "-") + ".")
    ]
    return Tried(f"{call} has its name in core-network's zone", bool(names), ", ".join(names) or "no record")
