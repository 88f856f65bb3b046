"""Athena's queries over what was deployed. What is configured (workgroups, queries, statements) is kept by moto."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from lakewright.governance import Decision, Policy, Principal, Privilege, TableFacts
from lakewright.governance.lake_formation.data import LakeFormation
from lakewright.query.athena.caller import Caller
from lakewright.query.athena.catalogs import CATALOG
from lakewright.query.athena.ddl.commands import DdlCommands
from lakewright.query.athena.ddl.converting import Converted
from lakewright.query.athena.ddl.metadata import MadeCatalog
from lakewright.query.athena.ddl.parquet_schemas import ParquetSchemas
from lakewright.query.athena.ddl.places import Places
from lakewright.query.athena.ddl.sources import JoinedSources, MadeSources, Readers
from lakewright.query.athena.ddl.views import Views
from lakewright.query.athena.metrics import Series
from lakewright.query.athena.service import Athena, Settings
from lakewright.query.athena.sql import MACROS
from lakewright.query.athena.workgroups import WorkGroup, parsed_location
from lakewright.query.audit import AuditLog
from lakewright.query.governed import Governor
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.athena.across import Foreign, across, readable
from lakewright.rehearse.aws.live.athena.catalog import DeployedCatalog
from lakewright.rehearse.aws.live.athena.delta_sources import DeltaSources, DeltaTables
from lakewright.rehearse.aws.live.athena.permissions import policy_of, principal_of, read_state
from lakewright.rehearse.aws.live.metric_store import Metric
from lakewright.rehearse.aws.live.times import with_times
from lakewright.rehearse.aws.live.world import World
from lakewright.rehearse.aws.live.writes import Writes
from lakewright.storage.objects import ObjectError

Body = Mapping[str, Any]
FRESH_SECONDS = 1.0
READER = "lakeformation.amazonaws.com"
OPERATIONS = frozenset(
    {
        "StartQueryExecution",
        "StopQueryExecution",
        "GetQueryExecution",
        "BatchGetQueryExecution",
        "ListQueryExecutions",
        "GetQueryResults",
        "GetQueryRuntimeStatistics",
        "ListDatabases",
        "GetDatabase",
        "ListTableMetadata",
        "GetTableMetadata",
        "ListEngineVersions",
    }
)
EXECUTE = re.compile(r"\s*(?:EXECUTE|DEALLOCATE)\b", re.IGNORECASE)


class AthenaLive:
    """The live handler of `athena`: one engine for each account that is asked."""

    def __init__(self, world: World, writes: Writes) -> None:
        self._world, self._writes = world, writes
        self._accounts: dict[tuple[str, Foreign | None], AccountAthena] = {}
        self._guests: dict[str, Foreign] = {}
        self._lock = threading.Lock()

    def answer(self, asked: Asked, moto: Moto) -> Body | None:
        if asked.operation not in OPERATIONS:
            return None
        found = across(asked, moto)
        if found is not None:
            answer = self.account(moto, found).call(readable(asked, found, self._world))
            if "QueryExecutionId" in answer:
                self._guests[answer["QueryExecutionId"]] = found
        elif (foreign := self._guests.get(str(asked.parameters.get("QueryExecutionId")))) is not None:
            answer = self.account(moto, foreign).call(asked)
        else:
            answer = self.account(moto).call(asked)
        return with_times("athena", asked.operation, answer)

    def account(self, moto: Moto, foreign: Foreign | None = None) -> AccountAthena:
        """The engine of an account's own catalog, or of one of another account that it has registered."""
        key = (moto.account, foreign)
        with self._lock:
            found = self._accounts.get(key)
            if found is None:
                folder = self._world.folder / "athena" / moto.account
                if foreign is not None:
                    folder /= f"{foreign.name}-{foreign.account}"
                found = self._accounts[key] = AccountAthena(self._world, moto, folder, self._writes, foreign)
            return found

    def points(self, account: str, metric: Metric, start: float, end: float, period: int) -> list[dict[str, Any]]:
        """Datapoints of AWS/Athena; none where nobody has asked anything yet."""
        found = self._accounts.get((account, None))
        return [] if found is None else found.points(Series(metric.name, dict(metric.dimensions), start, end, period))

    def close(self) -> None:
        for one in self._accounts.values():
            one.close()


class AccountAthena:
    """One account's queries. Catalog and permissions are a second old at most.

    Of a registered catalog of another account, tables and their permissions are that account's; workgroups, results and
    history are the caller's.
    """

    def __init__(self, world: World, moto: Moto, folder: Path, writes: Writes, foreign: Foreign | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._world, self._moto, self._folder, self._writes = world, moto, folder, writes
        self._name = foreign.name if foreign else CATALOG
        self._owner = owner = moto.within(foreign.account) if foreign else moto
        self.catalog = DeployedCatalog(owner, folder, lambda at: writes.holds(owner.account, at, "glue"))
        self._tables = DeltaTables(world.aws.store.folder)
        self._known: tuple[float, LakeFormation, Policy] | None = None
        self._lock = threading.Lock()

    def call(self, asked: Asked) -> dict[str, Any]:
        """Raises AwsError, Fault."""
        body = dict(asked.parameters)
        if asked.operation == "StartQueryExecution":
            if self._owner is self._moto:
                self._check(asked)
            self._declare()
            if EXECUTE.match(str(body.get("QueryString", ""))):
                self._prepare(str(body.get("WorkGroup") or "primary"))
        caller = Caller(principal_of(asked.principal, self.state()), asked.principal, asked.region)
        return self.engine.call(asked.operation, body, caller)

    def points(self, series: Series) -> list[dict[str, Any]]:
        """Of everybody's queries."""
        if "engine" not in vars(self):
            return []
        administrator = Principal(f"arn:aws:iam::{self._moto.account}:root")
        return self.engine.datapoints(series, Caller(administrator, "", self._moto.region))

    def close(self) -> None:
        if "engine" in vars(self):
            self.engine.close()
            self.governor.close()

    # ── what is in force ──

    def state(self) -> LakeFormation:
        return self._in_force()[1]

    def policy(self) -> Policy:
        return self._in_force()[2]

    def _in_force(self) -> tuple[float, LakeFormation, Policy]:
        with self._lock:
            known = self._known
            if known is None or not self._is_fresh(known[0]):
                began = time.monotonic()
                state = read_state(self._owner, self.catalog.snapshot())
                same = known is not None and known[1] == state
                policy = known[2] if known is not None and same else policy_of(state)
                known = self._known = (began, state, policy)
            return known

    def _is_fresh(self, read: float) -> bool:
        """Permissions go by the catalog's columns too."""
        holds = self._writes.holds(self._owner.account, read, "lakeformation", "glue")
        return holds or time.monotonic() - read <= FRESH_SECONDS

    def decide(self, principal: Principal, name: str, columns: Mapping[str, str], privilege: Privilege) -> Decision:
        return self.policy().decide(principal, TableFacts(name, columns), privilege, datetime.now(UTC))

    def sources(self) -> JoinedSources:
        return JoinedSources(self._delta(), MadeSources(self.catalog.made(), self._readers))

    def _delta(self) -> DeltaSources:
        return DeltaSources(self.catalog.snapshot(), self._tables)

    def _versions(self, names: Sequence[str]) -> Mapping[str, int | None]:
        return self._delta().versions(names)

    # ── what it is made of ──

    @cached_property
    def _readers(self) -> Readers:
        """Files are read with the right of the location's role, whoever asks: what comes out is cut by the grants."""
        converted = Converted(self._folder / "converted")
        places = Places(self._world.aws.store, Principal, lambda _: True, lambda *_: True)
        return Readers(places, ParquetSchemas(), converted)

    @cached_property
    def governor(self) -> Governor:
        audit = AuditLog(self._folder / "audit", self._folder / "audit.head")
        return Governor(self.sources, self.policy, audit, preludes=("", MACROS))

    @cached_property
    def engine(self) -> Athena:
        administers = self._administers
        places = Places(self._world.aws.store, Principal, lambda _: True, lambda *_: True)
        commands = DdlCommands(self.catalog, places, self.decide, administers, self._world.clock.seconds)
        return Athena(
            self._folder / "state",
            self.governor,
            self._world.aws.store,
            workgroups=self._workgroups(),
            administers=administers,
            versions=self._versions,
            commands=commands,
            catalog=lambda principal: MadeCatalog(commands.authority(principal)),
            expand=Views(self.catalog.snapshot, self.decide).expand,
            settings=Settings(account=self._moto.account, catalog=self._name),
            observe=self._world.observe,
        )

    def _administers(self, principal: Principal) -> bool:
        """Who may see everybody's executions: the account's administrator, after IAM has said yes."""
        return principal.name == f"arn:aws:iam::{self._moto.account}:root"

    # ── what is deployed beside tables ──

    def _declare(self) -> None:
        self.engine.declare(self._workgroups(), ())

    def _workgroups(self) -> list[WorkGroup]:
        names = [one["Name"] for one in self._moto.call("athena", "ListWorkGroups").get("WorkGroups", ())]
        found = [self._moto.call("athena", "GetWorkGroup", WorkGroup=name)["WorkGroup"] for name in names]
        return [self._workgroup(one) for one in found]

    def _workgroup(self, one: Mapping[str, Any]) -> WorkGroup:
        configuration = one.get("Configuration") or {}
        result = configuration.get("ResultConfiguration") or {}
        return WorkGroup(
            name=str(one["Name"]),
            description=str(one.get("Description") or ""),
            enabled=one.get("State", "ENABLED") == "ENABLED",
            output=self._existing(str(result.get("OutputLocation") or "")),
            encryption=dict(result.get("EncryptionConfiguration") or {}),
            enforced=bool(configuration.get("EnforceWorkGroupConfiguration", True)),
            metrics=bool(configuration.get("PublishCloudWatchMetricsEnabled", False)),
            scan_limit=configuration.get("BytesScannedCutoffPerQuery"),
            declared_at="deployed",
        )

    def _existing(self, output: str) -> str:
        """The location, if its bucket is there."""
        with suppress(ObjectError):
            if output:
                self._world.aws.store.bucket(parsed_location(output)[0])
                return output
        return ""

    def _prepare(self, workgroup: str) -> None:
        """Deployed prepared statements, for a statement that executes one."""
        administrator = Caller(Principal(f"arn:aws:iam::{self._moto.account}:root"), "", self._moto.region)
        listed = self._moto.call("athena", "ListPreparedStatements", WorkGroup=workgroup)
        known = self.engine.call("ListPreparedStatements", {"WorkGroup": workgroup}, administrator)
        there = {one["StatementName"] for one in known.get("PreparedStatements", ())}
        for one in listed.get("PreparedStatements", ()):
            where = {"StatementName": one["StatementName"], "WorkGroup": workgroup}
            found = self._moto.call("athena", "GetPreparedStatement", **where)["PreparedStatement"]
            operation = "UpdatePreparedStatement" if one["StatementName"] in there else "CreatePreparedStatement"
            self.engine.call(operation, {**where, "QueryStatement": found["QueryStatement"]}, administrator)

    def _check(self, asked: Asked) -> None:
        """What IAM must let a role do beside athena:StartQueryExecution, so that data comes."""
        if asked.is_root:
            return
        refused = self._world.may(asked.principal, "lakeformation", "GetDataAccess")
        if refused is not None:
            raise Fault("AccessDeniedException", refused.message, 400)
