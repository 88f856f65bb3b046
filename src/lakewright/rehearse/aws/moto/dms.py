"""Database Migration Service: moto's is too thin, so its state is kept here; running tasks is for the live service.

States are DMS's: an instance is available and a task ready as soon as they are made; what is in use is not deleted.
Source: the API reference of AWS DMS, API version 2016-01-01.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from moto.dms.responses import DatabaseMigrationServiceResponse as Response
from moto.ec2.models import ec2_backends

from lakewright.rehearse.aws.moto.additions import (
    Shelf,
    answer,
    asked,
    attach,
    now,
    refusal,
    shelf,
    tag_map,
    tag_pairs,
    unique,
)

Doc = dict[str, Any]
ENGINES = {
    "postgres": "PostgreSQL",
    "aurora-postgresql": "Amazon Aurora PostgreSQL",
    "mysql": "MySQL",
    "s3": "Amazon S3",
}
SECRETS = ("Password",)
NEWEST_ENGINE = "3.5.4"


def install() -> None:
    for one in Kind.ALL:
        attach(Response, one.describe())
    attach(
        Response,
        create_replication_subnet_group,
        modify_replication_subnet_group,
        delete_replication_subnet_group,
        create_replication_instance,
        modify_replication_instance,
        reboot_replication_instance,
        delete_replication_instance,
        create_endpoint,
        modify_endpoint,
        delete_endpoint,
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
        test_connection,
        describe_connections,
        describe_table_statistics,
        describe_replication_table_statistics,
        list_tags_for_resource,
        add_tags_to_resource,
        remove_tags_from_resource,
    )


class Kind:
    """A kind of resource: where it is kept, by ARN, and what its filters look at."""

    ALL: ClassVar[list[Kind]] = []

    def __init__(self, listing: str, member: str, arn: str, filters: Mapping[str, str], fault: str = "") -> None:
        self.listing, self.member, self.arn, self.filters = listing, member, arn, filters
        self.fault = fault or f"{member} not found"
        Kind.ALL.append(self)

    def shelf(self, response: Any) -> Shelf:
        return shelf(response, self.listing)

    def put(self, response: Any, resource: str, document: Doc, tags: Iterable[Mapping[str, str]] | None) -> Doc:
        """Raises ResourceAlreadyExistsFault when one has its identifier."""
        identifier = next(iter(self.filters.values()))
        if any(one[identifier] == document[identifier] for one in self.shelf(response).values()):
            raise refusal("ResourceAlreadyExistsFault", f"{self.member} {document[identifier]} already exists.")
        arn = f"arn:aws:dms:{response.region}:{response.current_account}:{resource}"
        document[self.arn] = arn
        self.shelf(response)[arn] = document
        if tags:
            shelf(response, "tags")[arn] = tag_map(tags)
        return document

    def get(self, response: Any, arn: str) -> Doc:
        found: Doc | None = self.shelf(response).get(arn)
        if found is None:
            raise refusal("ResourceNotFoundFault", self.fault)
        return found

    def pop(self, response: Any, arn: str) -> Doc:
        found = self.get(response, arn)
        del self.shelf(response)[arn]
        shelf(response, "tags").pop(arn, None)
        return found

    def used(self, response: Any, member: str, value: str) -> bool:
        return any(one.get(member) == value for one in self.shelf(response).values())

    def describe(self) -> Callable[[Any], str]:
        """The operation that lists it; asking for what is not there is an error, as in DMS."""

        def listed(response: Any) -> str:
            found = list(self.shelf(response).values())
            filters = asked(response).get("Filters") or []
            for one in filters:
                member = self.filters.get(one["Name"])
                if member is None:
                    raise refusal("InvalidParameterValueException", f"Filter {one['Name']} is not supported")
                found = [doc for doc in found if doc.get(member) in one["Values"]]
            if filters and not found:
                raise refusal("ResourceNotFoundFault", self.fault)
            return answer(**{self.listing: [shown(doc) for doc in found]})

        listed.__name__ = "describe_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in self.listing).lstrip("_")
        return listed


GROUPS = Kind(
    "ReplicationSubnetGroups",
    "ReplicationSubnetGroup",
    "_arn",
    {"replication-subnet-group-id": "ReplicationSubnetGroupIdentifier"},
)
INSTANCES = Kind(
    "ReplicationInstances",
    "ReplicationInstance",
    "ReplicationInstanceArn",
    {
        "replication-instance-id": "ReplicationInstanceIdentifier",
        "replication-instance-arn": "ReplicationInstanceArn",
        "replication-instance-class": "ReplicationInstanceClass",
        "engine-version": "EngineVersion",
    },
)
ENDPOINTS = Kind(
    "Endpoints",
    "Endpoint",
    "EndpointArn",
    {
        "endpoint-id": "EndpointIdentifier",
        "endpoint-arn": "EndpointArn",
        "endpoint-type": "EndpointType",
        "engine-name": "EngineName",
    },
)
TASKS = Kind(
    "ReplicationTasks",
    "ReplicationTask",
    "ReplicationTaskArn",
    {
        "replication-task-id": "ReplicationTaskIdentifier",
        "replication-task-arn": "ReplicationTaskArn",
        "migration-type": "MigrationType",
        "endpoint-arn": "SourceEndpointArn",
        "replication-instance-arn": "ReplicationInstanceArn",
    },
)
CONFIGS = Kind(
    "ReplicationConfigs",
    "ReplicationConfig",
    "ReplicationConfigArn",
    {"replication-config-id": "ReplicationConfigIdentifier", "replication-config-arn": "ReplicationConfigArn"},
)
REPLICATIONS = Kind(
    "Replications",
    "Replication",
    "_arn",
    {"replication-config-id": "ReplicationConfigIdentifier", "replication-config-arn": "ReplicationConfigArn"},
)


def shown(document: Doc) -> Doc:
    """As the API tells it: nothing secret, nothing of ours, nothing empty."""
    return {key: value for key, value in document.items() if value is not None and key not in ("_arn", *SECRETS)}


def _said(kind: Kind, document: Doc) -> str:
    return answer(**{kind.member: shown(document)})


def _in_use(text: str) -> Exception:
    return refusal("InvalidResourceStateFault", text)


def _changes(body: Doc, *without: str) -> Doc:
    drop = {"Tags", "ApplyImmediately", "ResourceIdentifier", *without}
    return {key: value for key, value in body.items() if key not in drop and value is not None}


# subnet groups


def _subnets(response: Any, ids: list[str]) -> Doc:
    known = ec2_backends[response.current_account][response.region]
    found = []
    for one in ids:
        subnet = next((net for nets in known.subnets.values() for net in nets.values() if net.id == one), None)
        if subnet is None:
            raise refusal("InvalidSubnet", f"Subnet {one} does not exist")
        found.append(subnet)
    if len({one.availability_zone for one in found}) < 2:
        text = "The replication subnet group should cover at least two Availability Zones."
        raise refusal("ReplicationSubnetGroupDoesNotCoverEnoughAZs", text)
    return {
        "VpcId": found[0].vpc_id,
        "Subnets": [
            {
                "SubnetIdentifier": one.id,
                "SubnetAvailabilityZone": {"Name": one.availability_zone},
                "SubnetStatus": "Active",
            }
            for one in found
        ],
    }


def create_replication_subnet_group(self: Any) -> str:
    body = asked(self)
    name = body["ReplicationSubnetGroupIdentifier"].lower()
    document = {
        "ReplicationSubnetGroupIdentifier": name,
        "ReplicationSubnetGroupDescription": body["ReplicationSubnetGroupDescription"],
        "SubnetGroupStatus": "Complete",
        "SupportedNetworkTypes": ["IPV4"],
        **_subnets(self, body["SubnetIds"]),
    }
    return _said(GROUPS, GROUPS.put(self, f"subgrp:{name}", document, body.get("Tags")))


def _group(response: Any, name: str) -> Doc:
    return GROUPS.get(response, f"arn:aws:dms:{response.region}:{response.current_account}:subgrp:{name.lower()}")


def modify_replication_subnet_group(self: Any) -> str:
    body = asked(self)
    found = _group(self, body["ReplicationSubnetGroupIdentifier"])
    found.update(_subnets(self, body["SubnetIds"]))
    if body.get("ReplicationSubnetGroupDescription"):
        found["ReplicationSubnetGroupDescription"] = body["ReplicationSubnetGroupDescription"]
    return _said(GROUPS, found)


def delete_replication_subnet_group(self: Any) -> str:
    found = _group(self, asked(self)["ReplicationSubnetGroupIdentifier"])
    if any(one["ReplicationSubnetGroup"] is found for one in INSTANCES.shelf(self).values()):
        raise _in_use("The subnet group is used by a replication instance.")
    GROUPS.pop(self, found["_arn"])
    return "{}"


# instances


def create_replication_instance(self: Any) -> str:
    body = asked(self)
    name = body["ReplicationInstanceIdentifier"].lower()
    group = body.get("ReplicationSubnetGroupIdentifier")
    zone = body.get("AvailabilityZone") or f"{self.region}a"
    document = {
        "ReplicationInstanceStatus": "available",
        "AllocatedStorage": 50,
        "MultiAZ": False,
        "AutoMinorVersionUpgrade": True,
        "PubliclyAccessible": True,
        "NetworkType": "IPV4",
        "EngineVersion": NEWEST_ENGINE,
        "PreferredMaintenanceWindow": "sun:06:00-sun:06:30",
        "KmsKeyId": f"arn:aws:kms:{self.region}:{self.current_account}:key/aws-dms",
        "InstanceCreateTime": now(),
        "ReplicationInstancePrivateIpAddress": "10.0.0.10",
        "ReplicationInstancePrivateIpAddresses": ["10.0.0.10"],
        "PendingModifiedValues": {},
        **_changes(body, "VpcSecurityGroupIds", "ReplicationSubnetGroupIdentifier"),
        "ReplicationInstanceIdentifier": name,
        "AvailabilityZone": zone,
        "VpcSecurityGroups": _security_groups(body.get("VpcSecurityGroupIds")),
        "ReplicationSubnetGroup": _group(self, group) if group else None,
    }
    return _said(INSTANCES, INSTANCES.put(self, f"rep:{unique()}", document, body.get("Tags")))


def _security_groups(ids: list[str] | None) -> list[Doc]:
    return [{"VpcSecurityGroupId": one, "Status": "active"} for one in ids or ()]


def modify_replication_instance(self: Any) -> str:
    body = asked(self)
    found = INSTANCES.get(self, body["ReplicationInstanceArn"])
    found.update(_changes(body, "VpcSecurityGroupIds", "AllowMajorVersionUpgrade"))
    if body.get("VpcSecurityGroupIds"):
        found["VpcSecurityGroups"] = _security_groups(body["VpcSecurityGroupIds"])
    return _said(INSTANCES, found)


def reboot_replication_instance(self: Any) -> str:
    return _said(INSTANCES, INSTANCES.get(self, asked(self)["ReplicationInstanceArn"]))


def delete_replication_instance(self: Any) -> str:
    arn = asked(self)["ReplicationInstanceArn"]
    found = INSTANCES.get(self, arn)
    if TASKS.used(self, "ReplicationInstanceArn", arn):
        raise _in_use("Replication Instance has one or more replication tasks and cannot be deleted.")
    INSTANCES.pop(self, arn)
    return _said(INSTANCES, {**found, "ReplicationInstanceStatus": "deleting"})


# endpoints


def create_endpoint(self: Any) -> str:
    body = asked(self)
    engine = body["EngineName"]
    document = {
        "SslMode": "none",
        "KmsKeyId": f"arn:aws:kms:{self.region}:{self.current_account}:key/aws-dms",
        **_changes(body),
        "EndpointIdentifier": body["EndpointIdentifier"].lower(),
        "EndpointType": body["EndpointType"].upper(),
        "EngineDisplayName": ENGINES.get(engine, engine),
        "Status": "active",
    }
    if body["EndpointType"].lower() == "target" and engine == "s3":
        document.pop("KmsKeyId", None)
    _set_bucket_role(document)
    return _said(ENDPOINTS, ENDPOINTS.put(self, f"endpoint:{unique()}", document, body.get("Tags")))


def _set_bucket_role(document: Doc) -> None:
    settings = document.get("S3Settings")
    if settings and settings.get("ServiceAccessRoleArn"):
        document["ServiceAccessRoleArn"] = settings["ServiceAccessRoleArn"]


def modify_endpoint(self: Any) -> str:
    body = asked(self)
    found = ENDPOINTS.get(self, body["EndpointArn"])
    for key, value in _changes(body, "EndpointArn", "ExactSettings").items():
        nested = isinstance(value, dict) and isinstance(found.get(key), dict) and not body.get("ExactSettings")
        found[key] = {**found[key], **value} if nested else value
    found["EndpointType"] = found["EndpointType"].upper()
    _set_bucket_role(found)
    return _said(ENDPOINTS, found)


def delete_endpoint(self: Any) -> str:
    arn = asked(self)["EndpointArn"]
    found = ENDPOINTS.get(self, arn)
    for kind in (TASKS, CONFIGS):
        if kind.used(self, "SourceEndpointArn", arn) or kind.used(self, "TargetEndpointArn", arn):
            raise _in_use("Endpoint is part of one or more replication tasks and cannot be deleted.")
    ENDPOINTS.pop(self, arn)
    return _said(ENDPOINTS, {**found, "Status": "deleting"})


# tasks


def create_replication_task(self: Any) -> str:
    body = asked(self)
    INSTANCES.get(self, body["ReplicationInstanceArn"])
    for member in ("SourceEndpointArn", "TargetEndpointArn"):
        ENDPOINTS.get(self, body[member])
    document = {
        "ReplicationTaskSettings": "{}",
        **_changes(body),
        "Status": "ready",
        "ReplicationTaskCreationDate": now(),
        "ReplicationTaskStats": _stats(),
    }
    return _said(TASKS, TASKS.put(self, f"task:{unique()}", document, body.get("Tags")))


def _stats() -> Doc:
    names = ("FullLoadProgressPercent", "ElapsedTimeMillis", "TablesLoaded", "TablesLoading", "TablesQueued")
    return dict.fromkeys((*names, "TablesErrored"), 0)


def modify_replication_task(self: Any) -> str:
    body = asked(self)
    found = TASKS.get(self, body["ReplicationTaskArn"])
    if found["Status"] in ("running", "starting"):
        raise _in_use("The task is currently running and cannot be modified.")
    found.update(_changes(body))
    return _said(TASKS, found)


def start_replication_task(self: Any) -> str:
    body = asked(self)
    found = TASKS.get(self, body["ReplicationTaskArn"])
    if found["Status"] in ("running", "starting"):
        raise _in_use(f"The task cannot be started, invalid status: {found['Status']}")
    first = body["StartReplicationTaskType"] == "start-replication"
    if not first and "ReplicationTaskStartDate" not in found:
        text = "Start Type : only start-replication is valid for tasks running for the first time"
        raise refusal("InvalidParameterCombinationException", text)
    found.update(Status="running", ReplicationTaskStartDate=now())
    found.pop("StopReason", None)
    return _said(TASKS, {**found, "Status": "starting"})


def stop_replication_task(self: Any) -> str:
    found = TASKS.get(self, asked(self)["ReplicationTaskArn"])
    if found["Status"] != "running":
        raise _in_use("Replication Task cannot be stopped, since it is not running")
    found.update(Status="stopped", StopReason="Stop Reason NORMAL")
    return _said(TASKS, {**found, "Status": "stopping"})


def delete_replication_task(self: Any) -> str:
    arn = asked(self)["ReplicationTaskArn"]
    found = TASKS.get(self, arn)
    if found["Status"] in ("running", "starting"):
        raise _in_use("The task is currently running and cannot be deleted.")
    return _said(TASKS, {**TASKS.pop(self, arn), "Status": "deleting"})


# serverless


def create_replication_config(self: Any) -> str:
    body = asked(self)
    for member in ("SourceEndpointArn", "TargetEndpointArn"):
        ENDPOINTS.get(self, body[member])
    name = body["ReplicationConfigIdentifier"].lower()
    settings = {"ReplicationSettings": "{}", **_changes(body), "ReplicationConfigIdentifier": name}
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
    return _said(CONFIGS, document)


def _idle(response: Any, arn: str, what: str) -> Doc:
    found = CONFIGS.get(response, arn)
    if REPLICATIONS.get(response, arn)["Status"] in ("running", "starting"):
        raise _in_use(f"The replication is running; its configuration cannot be {what}.")
    return found


def modify_replication_config(self: Any) -> str:
    body = asked(self)
    found = _idle(self, body["ReplicationConfigArn"], "modified")
    found.update(_changes(body), ReplicationConfigUpdateTime=now())
    return _said(CONFIGS, found)


def delete_replication_config(self: Any) -> str:
    arn = asked(self)["ReplicationConfigArn"]
    _idle(self, arn, "deleted")
    REPLICATIONS.shelf(self).pop(arn)
    return _said(CONFIGS, CONFIGS.pop(self, arn))


def start_replication(self: Any) -> str:
    found = REPLICATIONS.get(self, asked(self)["ReplicationConfigArn"])
    if found["Status"] in ("running", "starting"):
        raise _in_use("The replication is already running.")
    found.update(Status="running", StartReplicationType=asked(self)["StartReplicationType"])
    return _said(REPLICATIONS, {**found, "Status": "starting"})


def stop_replication(self: Any) -> str:
    found = REPLICATIONS.get(self, asked(self)["ReplicationConfigArn"])
    if found["Status"] != "running":
        raise _in_use("The replication is not running.")
    found.update(Status="stopped", StopReason="Stop Reason NORMAL")
    return _said(REPLICATIONS, {**found, "Status": "stopping"})


# what is beside them


def test_connection(self: Any) -> str:
    body = asked(self)
    instance, endpoint = (
        INSTANCES.get(self, body["ReplicationInstanceArn"]),
        ENDPOINTS.get(self, body["EndpointArn"]),
    )
    document = {
        "ReplicationInstanceArn": body["ReplicationInstanceArn"],
        "EndpointArn": body["EndpointArn"],
        "Status": "successful",
        "EndpointIdentifier": endpoint["EndpointIdentifier"],
        "ReplicationInstanceIdentifier": instance["ReplicationInstanceIdentifier"],
    }
    shelf(self, "connections")[body["EndpointArn"]] = document
    return answer(Connection={**document, "Status": "testing"})


def describe_connections(self: Any) -> str:
    wanted = {one["Name"]: one["Values"] for one in asked(self).get("Filters") or ()}
    found = list(shelf(self, "connections").values())
    arns = wanted.get("endpoint-arn")
    return answer(Connections=[one for one in found if arns is None or one["EndpointArn"] in arns])


def describe_table_statistics(self: Any) -> str:
    arn = asked(self)["ReplicationTaskArn"]
    return answer(ReplicationTaskArn=TASKS.get(self, arn)["ReplicationTaskArn"], TableStatistics=[])


def describe_replication_table_statistics(self: Any) -> str:
    arn = asked(self)["ReplicationConfigArn"]
    CONFIGS.get(self, arn)
    return answer(ReplicationConfigArn=arn, ReplicationTableStatistics=[])


def list_tags_for_resource(self: Any) -> str:
    arns = asked(self).get("ResourceArnList") or [asked(self)["ResourceArn"]]
    tags = shelf(self, "tags")
    found = [{**one, "ResourceArn": arn} for arn in arns for one in tag_pairs(tags.get(arn, {}))]
    return answer(TagList=found)


def add_tags_to_resource(self: Any) -> str:
    body = asked(self)
    shelf(self, "tags").setdefault(body["ResourceArn"], {}).update(tag_map(body["Tags"]))
    return "{}"


def remove_tags_from_resource(self: Any) -> str:
    body = asked(self)
    tags = shelf(self, "tags").get(body["ResourceArn"], {})
    for key in body["TagKeys"]:
        tags.pop(key, None)
    return "{}"
