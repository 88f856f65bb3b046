"""Database Migration Service: moto's is too thin, so its state is kept here; running tasks is for the live service.

States are DMS's: an instance is available and a task ready as soon as they are made; what is in use is not deleted.
Source: the API reference of AWS DMS, API version 2016-01-01.
"""

from __future__ import annotations

from typing import Any

from moto.dms.responses import DatabaseMigrationServiceResponse as Response
from moto.ec2.models import ec2_backends

from lakewright.rehearse.aws.moto.additions import (
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
from lakewright.rehearse.aws.moto.dms_kinds import (
    CONFIGS,
    ENDPOINTS,
    GROUPS,
    INSTANCES,
    TASKS,
    Doc,
    Kind,
    changes,
    in_use,
    said,
)
from lakewright.rehearse.aws.moto.dms_tasks import OPERATIONS

ENGINES = {
    "postgres": "PostgreSQL",
    "aurora-postgresql": "Amazon Aurora PostgreSQL",
    "mysql": "MySQL",
    "s3": "Amazon S3",
}
NEWEST_ENGINE = "3.5.4"


def install() -> None:
    for one in Kind.ALL:
        attach(Response, one.describe())
    attach(Response, *OPERATIONS)
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
        test_connection,
        describe_connections,
        describe_table_statistics,
        describe_replication_table_statistics,
        list_tags_for_resource,
        add_tags_to_resource,
        remove_tags_from_resource,
    )


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
    return said(GROUPS, GROUPS.put(self, f"subgrp:{name}", document, body.get("Tags")))


def _group(response: Any, name: str) -> Doc:
    return GROUPS.get(response, f"arn:aws:dms:{response.region}:{response.current_account}:subgrp:{name.lower()}")


def modify_replication_subnet_group(self: Any) -> str:
    body = asked(self)
    found = _group(self, body["ReplicationSubnetGroupIdentifier"])
    found.update(_subnets(self, body["SubnetIds"]))
    if body.get("ReplicationSubnetGroupDescription"):
        found["ReplicationSubnetGroupDescription"] = body["ReplicationSubnetGroupDescription"]
    return said(GROUPS, found)


def delete_replication_subnet_group(self: Any) -> str:
    found = _group(self, asked(self)["ReplicationSubnetGroupIdentifier"])
    if any(one["ReplicationSubnetGroup"] is found for one in INSTANCES.shelf(self).values()):
        raise in_use("The subnet group is used by a replication instance.")
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
        **changes(body, "VpcSecurityGroupIds", "ReplicationSubnetGroupIdentifier"),
        "ReplicationInstanceIdentifier": name,
        "AvailabilityZone": zone,
        "VpcSecurityGroups": _security_groups(body.get("VpcSecurityGroupIds")),
        "ReplicationSubnetGroup": _group(self, group) if group else None,
    }
    return said(INSTANCES, INSTANCES.put(self, f"rep:{unique()}", document, body.get("Tags")))


def _security_groups(ids: list[str] | None) -> list[Doc]:
    return [{"VpcSecurityGroupId": one, "Status": "active"} for one in ids or ()]


def modify_replication_instance(self: Any) -> str:
    body = asked(self)
    found = INSTANCES.get(self, body["ReplicationInstanceArn"])
    found.update(changes(body, "VpcSecurityGroupIds", "AllowMajorVersionUpgrade"))
    if body.get("VpcSecurityGroupIds"):
        found["VpcSecurityGroups"] = _security_groups(body["VpcSecurityGroupIds"])
    return said(INSTANCES, found)


def reboot_replication_instance(self: Any) -> str:
    return said(INSTANCES, INSTANCES.get(self, asked(self)["ReplicationInstanceArn"]))


def delete_replication_instance(self: Any) -> str:
    arn = asked(self)["ReplicationInstanceArn"]
    found = INSTANCES.get(self, arn)
    if TASKS.used(self, "ReplicationInstanceArn", arn):
        raise in_use("Replication Instance has one or more replication tasks and cannot be deleted.")
    INSTANCES.pop(self, arn)
    return said(INSTANCES, {**found, "ReplicationInstanceStatus": "deleting"})


# endpoints


def create_endpoint(self: Any) -> str:
    body = asked(self)
    engine = body["EngineName"]
    document = {
        "SslMode": "none",
        "KmsKeyId": f"arn:aws:kms:{self.region}:{self.current_account}:key/aws-dms",
        **changes(body),
        "EndpointIdentifier": body["EndpointIdentifier"].lower(),
        "EndpointType": body["EndpointType"].upper(),
        "EngineDisplayName": ENGINES.get(engine, engine),
        "Status": "active",
    }
    if body["EndpointType"].lower() == "target" and engine == "s3":
        document.pop("KmsKeyId", None)
    _set_bucket_role(document)
    return said(ENDPOINTS, ENDPOINTS.put(self, f"endpoint:{unique()}", document, body.get("Tags")))


def _set_bucket_role(document: Doc) -> None:
    settings = document.get("S3Settings")
    if settings and settings.get("ServiceAccessRoleArn"):
        document["ServiceAccessRoleArn"] = settings["ServiceAccessRoleArn"]


def modify_endpoint(self: Any) -> str:
    body = asked(self)
    found = ENDPOINTS.get(self, body["EndpointArn"])
    for key, value in changes(body, "EndpointArn", "ExactSettings").items():
        nested = isinstance(value, dict) and isinstance(found.get(key), dict) and not body.get("ExactSettings")
        found[key] = {**found[key], **value} if nested else value
    found["EndpointType"] = found["EndpointType"].upper()
    _set_bucket_role(found)
    return said(ENDPOINTS, found)


def delete_endpoint(self: Any) -> str:
    arn = asked(self)["EndpointArn"]
    found = ENDPOINTS.get(self, arn)
    for kind in (TASKS, CONFIGS):
        if kind.used(self, "SourceEndpointArn", arn) or kind.used(self, "TargetEndpointArn", arn):
            raise in_use("Endpoint is part of one or more replication tasks and cannot be deleted.")
    ENDPOINTS.pop(self, arn)
    return said(ENDPOINTS, {**found, "Status": "deleting"})


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
