"""DMS's operations that do something: start, stop, reload, test; and what shows how it goes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lakewright.errors import LakewrightError
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.dms.endpoints import Endpoints
from lakewright.rehearse.aws.live.dms.runs import Deployed, Run, tables_asked
from lakewright.rehearse.aws.live.dms.shapes import replication_shape, table_shape, task_shape
from lakewright.rehearse.aws.live.world import Work, World

Body = Mapping[str, Any]
FRESH = ("start-replication", "reload-target")
PAGE = 100
UNTESTED = (
    "Test connection for replication instance and endpoint should be successful for starting the replication task"
)
NOT_PLAYED = ("CdcStartTime", "CdcStartPosition", "CdcStopPosition")
DEFAULT_LOG = "dms-tasks-"
SERVERLESS_LOG = "dms-serverless-replication-"
Stored = Callable[[str, Moto], Mapping[str, Any]]


class Dms:
    """The live handler of `dms`. `close` it before its world ends."""

    def __init__(self, world: World, work: Work) -> None:
        self._world, self._work = world, work
        self._endpoints = Endpoints(world)
        self._runs: dict[str, Run] = {}
        self._tests: dict[tuple[str, str], dict[str, Any]] = {}
        self._past: Mapping[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Run], object]] = []

    def on_end(self, listener: Callable[[Run], object]) -> None:
        """`listener` is told of every run that stopped or failed."""
        self._listeners.append(listener)

    def flush(self) -> None:
        """What tasks have captured is written now, without waiting for their intervals."""
        for run in list(self._runs.values()):
            run.progress.flush()

    def _ended(self, run: Run) -> None:
        for listener in self._listeners:
            listener(run)

    def answer(self, asked: Asked, moto: Moto) -> Body | None:
        operation = OPERATIONS.get(asked.operation)
        return None if operation is None else operation(self, asked.parameters, moto)

    def look(self, now: datetime) -> None:
        """Metrics of all that run."""
        for run in list(self._runs.values()):
            run.measure(now)

    def close(self) -> None:
        for run in list(self._runs.values()):
            run.end()

    def run(self, arn: str) -> Run | None:
        """The run of a task or serverless replication, by its ARN."""
        return self._runs.get(arn)

    # ── tasks ──

    def start_task(self, body: Body, moto: Moto) -> Body:
        arn, kind = str(body["ReplicationTaskArn"]), str(body["StartReplicationTaskType"])
        stored = _stored_task(arn, moto)
        _check_played(body, stored)
        for endpoint in (stored["SourceEndpointArn"], stored["TargetEndpointArn"]):
            tested = self._tests.get((stored["ReplicationInstanceArn"], endpoint))
            if tested is None or tested["Status"] != "successful":
                raise Fault("InvalidResourceStateFault", UNTESTED)
        run = self._begin(_task(stored, moto), kind, moto)
        return {"ReplicationTask": task_shape(stored, run, self._world.clock.now()) | {"Status": "starting"}}

    def resume(self, moto: Moto) -> None:
        """Takes up what an earlier run of the local AWS left: tasks go on, or are stopped where they were."""
        deployed = [_task(one, moto) for one in moto.call("dms", "DescribeReplicationTasks")["ReplicationTasks"]]
        configs = moto.call("dms", "DescribeReplicationConfigs").get("ReplicationConfigs", ())
        for one in [*deployed, *(_serverless(config) for config in configs)]:
            run = self._made(one, moto)
            if run.checkpoints.load() is None:
                continue
            run.status = "stopped"
            if one.arn in self._past:
                run.recall(self._past[one.arn])
            self._runs[one.arn] = run
            if run.meant_to_run:
                run.start(resume=True)

    def kept(self) -> dict[str, Any]:
        """As `Remembering`: tests of connections, and runs by ARN."""
        tests = [[*key, shape] for key, shape in list(self._tests.items())]
        return {"tests": tests, "runs": {arn: run.kept() for arn, run in list(self._runs.items())}}

    def recall(self, found: Mapping[str, Any]) -> None:
        """Runs are there again after `resume`."""
        self._tests = {(instance, endpoint): shape for instance, endpoint, shape in found["tests"]}
        self._past = found["runs"]

    def _made(self, deployed: Deployed, moto: Moto) -> Run:
        return Run(deployed, moto, self._world, self._endpoints, self._work, self._ended)

    def _begin(self, deployed: Deployed, kind: str, moto: Moto) -> Run:
        with self._lock:
            before = self._runs.get(deployed.arn)
            if before is not None and before.active:
                raise Fault("InvalidResourceStateFault", f"{deployed.name} is {before.status} and cannot be started")
            run = before or self._made(deployed, moto)
            run.deployed = deployed
            if kind not in FRESH and run.checkpoints.load() is None:
                raise Fault(
                    "InvalidParameterCombinationException", f"{deployed.name} was never started: start-replication"
                )
            if kind == "start-replication" and run.checkpoints.load() is not None:
                text = "Start Type : START_REPLICATION, valid only for tasks running for the first time"
                raise Fault("InvalidParameterCombinationException", text)
            self._runs[deployed.arn] = run
            run.start(resume=kind not in FRESH)
        return run

    def stop_task(self, body: Body, moto: Moto) -> Body:
        arn = str(body["ReplicationTaskArn"])
        stored = _stored_task(arn, moto)
        self._stop(arn)
        return {"ReplicationTask": task_shape(stored, self._runs[arn], self._world.clock.now())}

    def _stop(self, arn: str) -> None:
        run = self._runs.get(arn)
        if run is None or run.status not in ("starting", "running"):
            raise Fault("InvalidResourceStateFault", f"{arn.rpartition(':')[2]} is not running")
        run.stop()

    def describe_tasks(self, body: Body, moto: Moto) -> Body:
        found = moto.call("dms", "DescribeReplicationTasks", **body)
        now = self._world.clock.now()
        tasks = found["ReplicationTasks"]
        shapes = [task_shape(one, self._runs.get(one["ReplicationTaskArn"]), now) for one in tasks]
        if body.get("WithoutSettings"):
            shapes = [
                {name: value for name, value in one.items() if name != "ReplicationTaskSettings"} for one in shapes
            ]
        return {**found, "ReplicationTasks": shapes}

    def delete_task(self, body: Body, _moto: Moto) -> Body | None:
        self._forget(str(body["ReplicationTaskArn"]))
        return None

    def _forget(self, arn: str) -> None:
        self._check_idle(arn)
        run = self._runs.get(arn)
        if run is not None:
            run.forget()
            del self._runs[arn]

    def modify_task(self, body: Body, _moto: Moto) -> Body | None:
        self._check_idle(str(body["ReplicationTaskArn"]))
        return None

    def _check_idle(self, arn: str) -> None:
        run = self._runs.get(arn)
        if run is not None and run.active:
            raise Fault("InvalidResourceStateFault", f"{run.deployed.name} is {run.status}: stop it first")

    def table_statistics(self, body: Body, moto: Moto) -> Body:
        arn = str(body["ReplicationTaskArn"])
        _stored_task(arn, moto)
        return {"ReplicationTaskArn": arn, **self._tables(arn, body)}

    def _tables(self, arn: str, body: Body, name: str = "TableStatistics") -> dict[str, Any]:
        run = self._runs.get(arn)
        found = [] if run is None else sorted(run.progress.tables.values(), key=lambda one: (one.schema, one.name))
        filters = {str(one["Name"]): set(one["Values"]) for one in body.get("Filters", ())}
        rows = [table_shape(one) for one in found]
        names = {"schema-name": "SchemaName", "table-name": "TableName", "table-state": "TableState"}
        rows = [row for row in rows if all(row[names[key]] in values for key, values in filters.items())]
        begin, most = int(body.get("Marker") or 0), int(body.get("MaxRecords") or PAGE)
        page: dict[str, Any] = {name: rows[begin : begin + most]}
        return page | ({"Marker": str(begin + most)} if len(rows) > begin + most else {})

    def reload_tables(self, body: Body, moto: Moto) -> Body:
        arn = str(body["ReplicationTaskArn"])
        _stored_task(arn, moto)
        self._reload(arn, body)
        return {"ReplicationTaskArn": arn}

    def _reload(self, arn: str, body: Body) -> None:
        run = self._runs.get(arn)
        if run is None or run.status != "running":
            raise Fault("InvalidResourceStateFault", "Tables can only be reloaded while the task is running")
        run.reload(tables_asked(body))

    # ── serverless ──

    def start_serverless(self, body: Body, moto: Moto) -> Body:
        arn, kind = str(body["ReplicationConfigArn"]), str(body["StartReplicationType"])
        stored = _stored_config(arn, moto)
        _check_played(body, stored)
        deployed = _serverless(stored)
        for endpoint in (deployed.source, deployed.target):
            self._check(endpoint, moto)
        run = self._begin(deployed, kind, moto)
        return {"Replication": replication_shape(stored, run, self._world.clock.now())}

    def _check(self, endpoint: str, moto: Moto) -> None:
        try:
            self._endpoints.check(self._endpoints.find(endpoint, moto))
        except LakewrightError as error:
            raise Fault("InvalidResourceStateFault", str(error)) from None

    def stop_serverless(self, body: Body, moto: Moto) -> Body:
        arn = str(body["ReplicationConfigArn"])
        stored = _stored_config(arn, moto)
        self._stop(arn)
        return {"Replication": replication_shape(stored, self._runs[arn], self._world.clock.now())}

    def describe_serverless(self, body: Body, moto: Moto) -> Body:
        configs = moto.call("dms", "DescribeReplicationConfigs", **body)["ReplicationConfigs"]
        now = self._world.clock.now()
        return {
            "Replications": [
                replication_shape(one, self._runs.get(one["ReplicationConfigArn"]), now) for one in configs
            ]
        }

    def serverless_statistics(self, body: Body, moto: Moto) -> Body:
        arn = str(body["ReplicationConfigArn"])
        _stored_config(arn, moto)
        return {"ReplicationConfigArn": arn, **self._tables(arn, body, "ReplicationTableStatistics")}

    def reload_serverless(self, body: Body, moto: Moto) -> Body:
        arn = str(body["ReplicationConfigArn"])
        _stored_config(arn, moto)
        self._reload(arn, body)
        return {"ReplicationConfigArn": arn}

    def modify_serverless(self, body: Body, _moto: Moto) -> Body | None:
        self._check_idle(str(body["ReplicationConfigArn"]))
        return None

    def delete_serverless(self, body: Body, _moto: Moto) -> Body | None:
        self._forget(str(body["ReplicationConfigArn"]))
        return None

    # ── connections ──

    def test_connection(self, body: Body, moto: Moto) -> Body:
        instance, arn = str(body["ReplicationInstanceArn"]), str(body["EndpointArn"])
        endpoint = self._endpoints.find(arn, moto)
        shape = {
            "ReplicationInstanceArn": instance,
            "EndpointArn": arn,
            "Status": "testing",
            "EndpointIdentifier": endpoint["EndpointIdentifier"],
            "ReplicationInstanceIdentifier": _instance(instance, moto),
        }
        self._tests[instance, arn] = shape

        def test() -> None:
            try:
                self._endpoints.check(endpoint)
            except LakewrightError as error:
                self._tests[instance, arn] = shape | {"Status": "failed", "LastFailureMessage": str(error)}
            else:
                self._tests[instance, arn] = shape | {"Status": "successful"}

        self._work.start("dms-test", test)
        return {"Connection": shape}

    def describe_connections(self, body: Body, _moto: Moto) -> Body:
        names = {"endpoint-arn": "EndpointArn", "replication-instance-arn": "ReplicationInstanceArn"}
        filters = {names.get(str(one["Name"]), ""): one["Values"] for one in body.get("Filters", ())}
        found = [
            one for one in self._tests.values() if all(one.get(name) in values for name, values in filters.items())
        ]
        return {"Connections": found}


def _check_played(body: Body, stored: Mapping[str, Any]) -> None:
    """Raises Fault for a start or an end in the source's log that somebody chose."""
    for name in NOT_PLAYED:
        if body.get(name) or stored.get(name):
            text = f"{name} is not played by the local DMS: changes begin with the full load, or when it starts"
            raise Fault("InvalidParameterValueException", text)


def _stored_task(arn: str, moto: Moto) -> Mapping[str, Any]:
    filters = [{"Name": "replication-task-arn", "Values": [arn]}]
    found = moto.call("dms", "DescribeReplicationTasks", Filters=filters)["ReplicationTasks"]
    if not found:
        raise Fault("ResourceNotFoundFault", f"Replication task {arn} could not be found")
    stored: Mapping[str, Any] = found[0]
    return stored


def _stored_config(arn: str, moto: Moto) -> Mapping[str, Any]:
    filters = [{"Name": "replication-config-arn", "Values": [arn]}]
    found = moto.call("dms", "DescribeReplicationConfigs", Filters=filters)["ReplicationConfigs"]
    if not found:
        raise Fault("ResourceNotFoundFault", f"Replication config {arn} could not be found")
    stored: Mapping[str, Any] = found[0]
    return stored


def _task(stored: Mapping[str, Any], moto: Moto) -> Deployed:
    instance = _instance(stored["ReplicationInstanceArn"], moto)
    return Deployed(
        stored["ReplicationTaskArn"],
        stored["ReplicationTaskIdentifier"],
        stored["MigrationType"],
        stored["SourceEndpointArn"],
        stored["TargetEndpointArn"],
        stored["TableMappings"],
        stored.get("ReplicationTaskSettings"),
        DEFAULT_LOG + instance,
        instance,
    )


def _serverless(stored: Mapping[str, Any]) -> Deployed:
    return Deployed(
        stored["ReplicationConfigArn"],
        stored["ReplicationConfigIdentifier"],
        stored["ReplicationType"],
        stored["SourceEndpointArn"],
        stored["TargetEndpointArn"],
        stored["TableMappings"],
        stored.get("ReplicationSettings"),
        SERVERLESS_LOG + str(stored["ReplicationConfigIdentifier"]),
    )


def _instance(arn: str, moto: Moto) -> str:
    filters = [{"Name": "replication-instance-arn", "Values": [arn]}]
    found = moto.call("dms", "DescribeReplicationInstances", Filters=filters)["ReplicationInstances"]
    if not found:
        raise Fault("ResourceNotFoundFault", f"Replication instance {arn} could not be found")
    return str(found[0]["ReplicationInstanceIdentifier"])


Operation = Callable[[Dms, Body, Moto], Body | None]
OPERATIONS: Mapping[str, Operation] = {
    "StartReplicationTask": Dms.start_task,
    "StopReplicationTask": Dms.stop_task,
    "DescribeReplicationTasks": Dms.describe_tasks,
    "DeleteReplicationTask": Dms.delete_task,
    "ModifyReplicationTask": Dms.modify_task,
    "DescribeTableStatistics": Dms.table_statistics,
    "ReloadTables": Dms.reload_tables,
    "StartReplication": Dms.start_serverless,
    "StopReplication": Dms.stop_serverless,
    "DescribeReplications": Dms.describe_serverless,
    "DescribeReplicationTableStatistics": Dms.serverless_statistics,
    "ReloadReplicationTables": Dms.reload_serverless,
    "ModifyReplicationConfig": Dms.modify_serverless,
    "DeleteReplicationConfig": Dms.delete_serverless,
    "TestConnection": Dms.test_connection,
    "DescribeConnections": Dms.describe_connections,
}
