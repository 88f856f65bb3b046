"""Athena's service: one object that answers every operation, from any thread."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakewright.observe import Observer, ignore
from lakewright.query.athena import failures, metrics
from lakewright.query.athena.catalogs import CATALOG, Catalog, Catalogs
from lakewright.query.athena.commands import Commands, NoCommands
from lakewright.query.athena.database import Database
from lakewright.query.athena.errors import AwsError, invalid, unsupported
from lakewright.query.athena.execution import ENGINE_VERSION, Execution
from lakewright.query.athena.executions import LARGEST_PAGE, Executions, Parts
from lakewright.query.athena.guard import Guard
from lakewright.query.athena.history import History
from lakewright.query.athena.items import Items
from lakewright.query.athena.named import NamedQueries, NamedQuery
from lakewright.query.athena.operations import UNSUPPORTED
from lakewright.query.athena.prepared import PreparedStatements
from lakewright.query.athena.queue import FairQueue
from lakewright.query.athena.results import Results, Room
from lakewright.query.athena.retention import Retention
from lakewright.query.athena.runner import Runner, Workshop
from lakewright.query.athena.selects import Expand, Selects, unexpanded
from lakewright.query.athena.shapes import Shapes
from lakewright.query.athena.tags import Tags
from lakewright.query.athena.view import VisibleCatalog
from lakewright.query.athena.workgroups import WorkGroup, WorkGroups, parsed_location
from lakewright.query.governed.governor import Governor
from lakewright.storage.objects import ObjectStore

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.caller import Caller

Handler = Callable[[Mapping[str, Any], "Caller"], dict[str, Any]]
SHUTDOWN = "The service was stopped while the query ran"


@dataclass(frozen=True)
class Settings:
    """How the service is set up. `at_once`: queries that run at the same time in all workgroups together; `threads`:
    what one query may use of the machine; `catalog`: the one whose tables are read; `sweep_seconds`: how often old
    results are looked for."""

    account: str = "000000000000"
    catalog: str = CATALOG
    at_once: int = max(2, (os.cpu_count() or 2) * 2)
    threads: int = max(1, min(4, os.cpu_count() or 1))
    room: Room = field(default_factory=Room)
    sweep_seconds: float = 3600.0


class Athena:
    """`call` it from any thread; `close` it at the end. There is one per project: its folder is locked.

    `versions` gives the present version of tables (None where one has none). `administers` tells who is administrator.
    """

    def __init__(
        self,
        folder: Path,
        governor: Governor,
        objects: ObjectStore,
        *,
        workgroups: Sequence[WorkGroup],
        named_queries: Sequence[NamedQuery] = (),
        administers: Callable[[Principal], bool],
        versions: Callable[[Sequence[str]], Mapping[str, int | None]],
        commands: Commands | None = None,
        catalog: Callable[[Principal], Catalog] | None = None,
        expand: Expand | None = None,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
        observe: Observer = ignore,
    ) -> None:
        settings = settings or Settings()
        self._shapes = Shapes()
        self._database = Database(folder)
        self._history = History(self._database)
        self._clock = clock
        self._administers = administers
        self._objects = objects
        self._guard = Guard(governor, self._history, administers, versions)
        items = Items(self._database)
        self._workgroups = WorkGroups(workgroups, items, administers, clock)
        self._prepared = PreparedStatements(items, self._workgroups, clock)
        self._named = NamedQueries(named_queries, items, self._workgroups)
        self._tags = Tags(items, self._workgroups, administers)
        self._catalogs = Catalogs(catalog or (lambda principal: VisibleCatalog(governor.visible(principal))))
        self._queue = FairQueue(settings.at_once)
        results = Results(objects, folder, settings.room)
        commands = commands or NoCommands()
        workshop = self._workshop(governor, results, commands, expand or unexpanded, settings.threads, observe)
        self._executions = self._begun(Runner(workshop), results, commands, settings)
        self._retention = Retention(self._history, results, self._workgroups, clock)
        self._operations = self._registry()
        self._recover()
        self._make_buckets(workgroups)
        self._ending = threading.Event()
        self._sweeper = threading.Thread(
            target=self._sweep_now_and_then, args=(settings.sweep_seconds,), name="athena-sweeper", daemon=True
        )
        self._sweeper.start()

    def _workshop(
        self, governor: Governor, results: Results, commands: Commands, expand: Expand, threads: int, observe: Observer
    ) -> Workshop:
        """What brings one execution to its end."""
        return Workshop(
            selects=Selects(governor, self._clock, expand),
            results=results,
            prepared=self._prepared,
            history=self._history,
            commands=commands,
            unchanged=self._guard.unchanged,
            note=governor.note,
            clock=self._clock,
            threads=threads,
            observe=observe,
        )

    def _begun(self, run: Runner, results: Results, commands: Commands, settings: Settings) -> Executions:
        """The executions of all principals."""
        return Executions(
            Parts(
                history=self._history,
                results=results,
                queue=self._queue,
                workgroups=self._workgroups,
                commands=commands,
                administers=self._administers,
                permitted=self._guard.permitted,
                run=run,
                clock=self._clock,
                account=settings.account,
                catalog=settings.catalog,
            )
        )

    def call(self, operation: str, body: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Answers one request. Raises AwsError."""
        if operation in UNSUPPORTED:
            raise unsupported(UNSUPPORTED[operation])
        handler = self._operations.get(operation)
        if handler is None:
            raise AwsError("UnknownOperationException", f"The operation {operation} is not known")
        if (check := EARLY_CHECKS.get(operation)) is not None and type(body) is dict:
            check(body)
        self._shapes.check(operation, body)
        return handler(body, caller)

    def declare(self, workgroups: Sequence[WorkGroup], named_queries: Sequence[NamedQuery]) -> None:
        """What platform.yaml says, for every request from now on."""
        self._make_buckets(workgroups)
        self._workgroups.declare(workgroups)
        self._named.declare(named_queries)

    def _make_buckets(self, workgroups: Sequence[WorkGroup]) -> None:
        for one in workgroups:
            if one.output:
                self._objects.create_bucket(parsed_location(one.output)[0])

    def may_fetch(self, bucket: str, key: str, principal: Principal) -> bool:
        """Whether an object may be given to the principal as far as query results go: those of another principal may
        not, and one's own only while the grants that they were made under stand. Other objects: yes."""
        return self._guard.may_fetch(bucket, key, principal)

    def datapoints(self, series: metrics.Series, caller: Caller) -> list[dict[str, Any]]:
        """CloudWatch's GetMetricStatistics for the namespace AWS/Athena: of the caller's own queries in workgroups that
        the caller may use and that publish metrics. Administrators get everybody's."""
        return metrics.datapoints(self._history, self._published_to(caller), series)

    def metrics(self, start: float, end: float, caller: Caller) -> list[dict[str, Any]]:
        """CloudWatch's ListMetrics for the namespace AWS/Athena, of the same queries, ended in [start, end)."""
        return metrics.listing(self._history, self._published_to(caller), start, end)

    def sweep(self) -> int:
        """Removes results and history that are too old; gives the number of results removed."""
        return self._retention.sweep()

    def close(self) -> None:
        """Ends what runs; a client finds it cancelled, with the reason."""
        self._ending.set()
        self._executions.stop_all(SHUTDOWN)
        self._queue.close()
        self._sweeper.join()
        self._database.close()

    def _registry(self) -> dict[str, Handler]:
        executions, workgroups, named = self._executions, self._workgroups, self._named
        prepared, catalogs, tags = self._prepared, self._catalogs, self._tags
        return {
            "StartQueryExecution": executions.start,
            "StopQueryExecution": executions.stop,
            "GetQueryExecution": executions.get,
            "BatchGetQueryExecution": executions.batch_get,
            "ListQueryExecutions": executions.list,
            "GetQueryResults": executions.results,
            "GetQueryRuntimeStatistics": executions.runtime_statistics,
            "CreateWorkGroup": self._create_workgroup,
            "GetWorkGroup": workgroups.get,
            "ListWorkGroups": workgroups.list,
            "UpdateWorkGroup": workgroups.update,
            "DeleteWorkGroup": lambda body, caller: workgroups.delete(body, caller, empty=self._is_empty),
            "CreateNamedQuery": named.create,
            "GetNamedQuery": named.get,
            "BatchGetNamedQuery": named.batch_get,
            "ListNamedQueries": named.list,
            "UpdateNamedQuery": named.update,
            "DeleteNamedQuery": named.delete,
            "CreatePreparedStatement": prepared.create,
            "GetPreparedStatement": prepared.get,
            "BatchGetPreparedStatement": prepared.batch_get,
            "ListPreparedStatements": prepared.list,
            "UpdatePreparedStatement": prepared.update,
            "DeletePreparedStatement": prepared.delete,
            "ListDataCatalogs": catalogs.list_catalogs,
            "GetDataCatalog": catalogs.get_catalog,
            "ListDatabases": catalogs.list_databases,
            "GetDatabase": catalogs.get_database,
            "ListTableMetadata": catalogs.list_tables,
            "GetTableMetadata": catalogs.get_table,
            "TagResource": tags.tag,
            "UntagResource": tags.untag,
            "ListTagsForResource": tags.list,
            "ListEngineVersions": _engine_versions,
        }

    def _create_workgroup(self, body: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        answer = self._workgroups.create(body, caller)
        if body.get("Tags"):
            self._tags.put(f"workgroup/{body['Name']}", body["Tags"])
        return answer

    def _is_empty(self, workgroup: str) -> bool:
        return not (
            self._named.count(workgroup)
            or self._prepared.count(workgroup)
            or self._history.listing(workgroup, None, None, 1)
        )

    def _published_to(self, caller: Caller) -> Callable[[Execution], bool]:
        principal, administrator = caller.principal, self._administers(caller.principal)

        def shown(one: Execution) -> bool:
            if not (administrator or one.principal == principal.name):
                return False
            workgroup = self._workgroups.settings(one.request.workgroup)
            return workgroup is None or (workgroup.metrics and (administrator or workgroup.admits(principal)))

        return shown

    def _recover(self) -> None:
        """What ran when the service ended without `close` has no result and says so."""
        for one in self._history.unfinished():
            self._history.save(_interrupted(one, self._clock()))

    def _sweep_now_and_then(self, seconds: float) -> None:
        while True:
            self.sweep()
            if self._ending.wait(seconds):
                return


def _interrupted(execution: Execution, now: float) -> Execution:
    failure = failures.RESTARTED
    return replace(execution, state=failure.state, reason=failure.reason, error=failure.error, completed=now)


def _engine_versions(body: Mapping[str, Any], caller: Caller) -> dict[str, Any]:  # noqa: ARG001
    newest = ENGINE_VERSION["EffectiveEngineVersion"]
    return {
        "EngineVersions": [dict(ENGINE_VERSION), {"SelectedEngineVersion": newest, "EffectiveEngineVersion": newest}]
    }


def _check_token(body: Mapping[str, Any]) -> None:
    if body.get("ClientRequestToken") is None:
        raise invalid("clientRequestToken is null or empty")


def _check_page(body: Mapping[str, Any]) -> None:
    with suppress(TypeError):
        if body.get("MaxResults", 1) > LARGEST_PAGE:
            raise invalid(f"MaxResults is more than maximum allowed length {LARGEST_PAGE}")


EARLY_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "StartQueryExecution": _check_token,
    "GetQueryResults": _check_page,
}
"""What Athena checks before it looks at the request as a whole, in words of its own."""
