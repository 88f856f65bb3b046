"""How databricks-single is tried: what was applied, seen from the organization, and in SQL by its people."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakewright.errors import ProblemError
from lakewright.governance.agreement import agreement
from lakewright.rehearse.agree.account import account_of
from lakewright.rehearse.agree.unity import unity_catalogs
from lakewright.rehearse.agree.wanted import wanted
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.platform.data_products import data_products
from lakewright.rehearse.platform.databricks_parts import delivered, hive, keyless
from lakewright.rehearse.platform.evidence import Tried
from lakewright.rehearse.platform.stage import Stage
from lakewright.spec import Project

SECONDS = 60
_MADE = (
    "CREATE TABLE main.silver.orders (id BIGINT, total DOUBLE)",
    "INSERT INTO main.silver.orders SELECT CAST(1 AS BIGINT), CAST(10.5 AS DOUBLE) UNION ALL SELECT 2, 4.5",
    "CREATE TABLE main.gold.revenue (orders BIGINT, total DOUBLE)",
    "INSERT INTO main.gold.revenue SELECT count(*), sum(total) FROM main.silver.orders",
)
_NOT_ALLOWED = (
    "SELECT * FROM main.silver.orders",
    "INSERT INTO main.gold.revenue SELECT orders, total FROM main.gold.revenue",
    "CREATE TABLE main.gold.mine (id BIGINT)",
)


def databricks_single(stage: Stage) -> Iterator[Tried]:
    """The account is where policies bind it; an engineer makes tables, an analyst sees those of gold and no others."""
    yield placed(stage)
    yield detection(stage)
    if stage.databricks is None:
        yield Tried("the workspace runs", False, "no Databricks was started")
        return
    yield from answered(stage, stage.databricks)
    yield delivered(stage.databricks)
    yield from hive(stage)
    yield keyless(stage, stage.databricks)
    yield from data_products(stage)


def placed(stage: Stage) -> Tried:
    """The environment's account is in a unit of the organization, and that has a policy of ours."""
    what = "the account is in its unit, under the unit's policies"
    manager = stage.compiled.accounts["management"].account
    client = stage.aws.client("organizations", account=manager)
    (parent,) = client.list_parents(ChildId=stage.account)["Parents"]
    if parent["Type"] != "ORGANIZATIONAL_UNIT":
        return Tried(what, False, "the account is at the root")
    unit = client.describe_organizational_unit(OrganizationalUnitId=parent["Id"])["OrganizationalUnit"]["Name"]
    found = client.list_policies_for_target(TargetId=parent["Id"], Filter="SERVICE_CONTROL_POLICY")["Policies"]
    own = sorted(one["Name"] for one in found if not one["AwsManaged"])
    return Tried(what, bool(own), f"{unit}: {', '.join(own) or 'no policy'}")


def detection(stage: Stage) -> Tried:
    """GuardDuty in both accounts, and a trail of the organization."""
    manager = stage.compiled.accounts["management"].account
    detectors = [
        len(stage.aws.client("guardduty", account=account).list_detectors()["DetectorIds"])
        for account in (stage.account, manager)
    ]
    trails = stage.aws.client("cloudtrail", account=manager).describe_trails()["trailList"]
    whole = [one["Name"] for one in trails if one.get("IsOrganizationTrail")]
    fact = f"{sum(detectors)} detectors, trail {', '.join(whole) or 'of no organization'}"
    return Tried("both accounts are watched, and everything is on record", detectors == [1, 1] and bool(whole), fact)


@dataclass(frozen=True)
class Workspace:
    """A workspace's SQL, as somebody uses it."""

    address: str
    databricks: LocalDatabricks

    def asked(self, person: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """An answer of the REST API to a person. Raises ProblemError LW1521 with what it says when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.databricks.token(person)}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data=data, headers=headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                fact = f"{path}: {refused.code} {refused.read().decode()[:300]}"
            raise ProblemError("LW1521", fact) from None

    def sql(self, person: str, statement: str) -> list[list[str]] | str:
        """Rows, or the error's code and message."""
        (warehouse, *_) = self.asked(person, "/api/2.0/sql/warehouses")["warehouses"]
        body = {"warehouse_id": warehouse["id"], "statement": statement, "wait_timeout": "50s"}
        try:
            found = self.asked(person, "/api/2.0/sql/statements", body)
        except ProblemError as refused:
            return refused.fact
        if found["status"]["state"] == "SUCCEEDED":
            rows: list[list[str]] = (found.get("result") or {}).get("data_array") or []
            return rows
        error = found["status"].get("error") or {}
        return f"{error.get('error_code')}: {error.get('message')}"


def answered(stage: Stage, databricks: LocalDatabricks) -> Iterator[Tried]:
    """What the applied grants let people do, asked in SQL."""
    (address,) = databricks.workspaces().values()
    workspace = Workspace(address, databricks)
    people = {group: name for name, user in stage.project.platform.access.users.items() for group in user.groups}
    engineer, analyst = people["DataEngineers"], people["DataAnalysts"]
    wrong = [said for statement in _MADE if isinstance(said := workspace.sql(engineer, statement), str)]
    yield Tried("an engineer makes tables in silver and gold", not wrong, wrong[0] if wrong else f"by {engineer}")
    gold = workspace.sql(analyst, "SELECT orders, total FROM main.gold.revenue")
    yield Tried("an analyst reads gold", gold == [["2", "15.0"]], str(gold))
    allowed = [one for one in _NOT_ALLOWED if not _is_refusal(workspace.sql(analyst, one))]
    fact = "; ".join(allowed) or "reading silver, writing and making in gold"
    yield Tried("and is refused everything else", not allowed, fact)
    yield agreed(stage.project, stage.options.environment, databricks)


def _is_refusal(said: list[list[str]] | str) -> bool:
    """Whether somebody is told that the permission lacks, and nothing else."""
    return isinstance(said, str) and "PERMISSION" in said.upper()


def agreed(project: Project, environment: str, databricks: LocalDatabricks) -> Tried:
    """Everybody's decisions by the spec and by the applied catalogs, loaded from their state only."""
    systems = list(unity_catalogs(wanted(project, environment), account_of(databricks)))
    found = [agreement(one, datetime.now(UTC)) for one in systems]
    wrong = [
        f"{one.principal} {', '.join(one.privileges)} on {one.table}: {one.reason}"
        for each in found
        for one in each.differences
        if not one.explained
    ]
    fact = "; ".join(wrong) or f"{sum(one.decisions for one in found)} decisions"
    return Tried("the spec and the applied catalog agree", bool(found) and not wrong, fact)
