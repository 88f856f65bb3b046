"""Kinds of resources that DMS has: where each is kept, how it is found, what its answers tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from lakewright.rehearse.aws.moto.additions import Shelf, answer, asked, refusal, shelf, tag_map

Doc = dict[str, Any]
SECRETS = ("Password",)


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
                wanted = {str(value).lower() for value in one["Values"]}  # `source` is shown as SOURCE
                found = [doc for doc in found if str(doc.get(member)).lower() in wanted]
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


def said(kind: Kind, document: Doc) -> str:
    return answer(**{kind.member: shown(document)})


def in_use(text: str) -> Exception:
    return refusal("InvalidResourceStateFault", text)


def changes(body: Doc, *without: str) -> Doc:
    drop = {"Tags", "ApplyImmediately", "ResourceIdentifier", *without}
    return {key: value for key, value in body.items() if key not in drop and value is not None}
