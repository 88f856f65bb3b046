"""Tasks of DMS, and replications that need no instance: their states. Running them is for the live service."""

from __future__ import annotations

from typing import Any

from lakewright.rehearse.aws.moto.additions import asked, now, refusal, unique
from lakewright.rehearse.aws.moto.dms_kinds import (
    CONFIGS,
    ENDPOINTS,
    INSTANCES,
    REPLICATIONS,
    TASKS,
    Doc,
    changes,
    in_use,
    said,
)

# tasks


def create_replication_task(self: Any) -> str:
    body = asked(self)
    INSTANCES.get(self, body["ReplicationInstanceArn"])
    for member in ("SourceEndpointArn", "TargetEndpointArn"):
        ENDPOINTS.get(self, body[member])
    document = {
        "ReplicationTaskSettings": "{}",
        **changes(body),
        "Status": "ready",
        "ReplicationTaskCreationDate": now(),
        "ReplicationTaskStats": _stats(),
    }
    return said(TASKS, TASKS.put(self, f"task:{unique()}", document, body.get("Tags")))


def _stats() -> Doc:
    names = ("FullLoadProgressPercent", "ElapsedTimeMillis", "TablesLoaded", "TablesLoading", "TablesQueued")
    return dict.fromkeys((*names, "TablesErrored"), 0)


def modify_replication_task(self: Any) -> str:
    body = asked(self)
    found = TASKS.get(self, body["ReplicationTaskArn"])
    if found["Status"] in ("running", "starting"):
        raise in_use("The task is currently running and cannot be modified.")
    found.update(changes(body))
    return said(TASKS, found)


def start_replication_task(self: Any) -> str:
    body = asked(self)
    found = TASKS.get(self, body["ReplicationTaskArn"])
    if found["Status"] in ("running", "starting"):
        raise in_use(f"The task cannot be started, invalid status: {found['Status']}")
    first = body["StartReplicationTaskType"] == "start-replication"
    if not first and "ReplicationTaskStartDate" not in found:
        text = "Start Type : only start-replication is valid for tasks running for the first time"
        raise refusal("InvalidParameterCombinationException", text)
    found.update(Status="running", ReplicationTaskStartDate=now())
    found.pop("StopReason", None)
    return said(TASKS, {**found, "Status": "starting"})


def stop_replication_task(self: Any) -> str:
    found = TASKS.get(self, asked(self)["ReplicationTaskArn"])
    if found["Status"] != "running":
        raise in_use("Replication Task cannot be stopped, since it is not running")
    found.update(Status="stopped", StopReason="Stop Reason NORMAL")
    return said(TASKS, {**found, "Status": "stopping"})


def delete_replication_task(self: Any) -> str:
    arn = asked(self)["ReplicationTaskArn"]
    found = TASKS.get(self, arn)
    if found["Status"] in ("running", "starting"):
        raise in_use("The task is currently running and cannot be deleted.")
    return said(TASKS, {**TASKS.pop(self, arn), "Status": "deleting"})


# serverless


def create_replication_config(self: Any) -> str:
    body = asked(self)
    for member in ("SourceEndpointArn", "TargetEndpointArn"):
        ENDPOINTS.get(self, body[member])
    name = body["ReplicationConfigIdentifier"].lower()
    settings = {"ReplicationSettings": "{}", **changes(body), "ReplicationConfigIdentifier": name}
    made = {"ReplicationConfigCreateTime": now(), "ReplicationConfigUpdateTime": now()}
    document = CONFIGS.put(self, f"replication-config:{unique()}", {**settings, **made}, body.get("Tags"))
    arn = document["ReplicationConfigArn"]
    REPLICATIONS.shelf(self)[arn] = {
        "ReplicationConfigIdentifier": name,
        "ReplicationConfigArn": arn,
        "SourceEndpointArn": body["SourceEndpointArn"],
        "TargetEndpointArn": body["TargetEndpointArn"],
        "ReplicationType": body["ReplicationType"],
        "Status": "created",
        "ReplicationCreateTime": now(),
        "ReplicationStats": _stats(),
    }
    return said(CONFIGS, document)


def _idle(response: Any, arn: str, what: str) -> Doc:
    found = CONFIGS.get(response, arn)
    if REPLICATIONS.get(response, arn)["Status"] in ("running", "starting"):
        raise in_use(f"The replication is running; its configuration cannot be {what}.")
    return found


def modify_replication_config(self: Any) -> str:
    body = asked(self)
    found = _idle(self, body["ReplicationConfigArn"], "modified")
    found.update(changes(body), ReplicationConfigUpdateTime=now())
    return said(CONFIGS, found)


def delete_replication_config(self: Any) -> str:
    arn = asked(self)["ReplicationConfigArn"]
    _idle(self, arn, "deleted")
    REPLICATIONS.shelf(self).pop(arn)
    return said(CONFIGS, CONFIGS.pop(self, arn))


def start_replication(self: Any) -> str:
    found = REPLICATIONS.get(self, asked(self)["ReplicationConfigArn"])
    if found["Status"] in ("running", "starting"):
        raise in_use("The replication is already running.")
    found.update(Status="running", StartReplicationType=asked(self)["StartReplicationType"])
    return said(REPLICATIONS, {**found, "Status": "starting"})


def stop_replication(self: Any) -> str:
    found = REPLICATIONS.get(self, asked(self)["ReplicationConfigArn"])
    if found["Status"] != "running":
        raise in_use("The replication is not running.")
    found.update(Status="stopped", StopReason="Stop Reason NORMAL")
    return said(REPLICATIONS, {**found, "Status": "stopping"})


OPERATIONS = (
    create_replication_task,
    modify_replication_task,
    start_replication_task,
    stop_replication_task,
    delete_replication_task,
    create_replication_config,
    modify_replication_config,
    delete_replication_config,
    start_replication,
    stop_replication,
)
