"""Workgroups: who may use them, where their results go, what a query of theirs may take."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lakewright.query.athena.errors import AwsError, denied, invalid, unsupported
from lakewright.query.athena.execution import ENGINE_VERSION
from lakewright.query.athena.items import Items
from lakewright.query.athena.tokens import after, page
from lakewright.query.governed.confinement import MEMORY

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.caller import Caller

Body = Mapping[str, Any]
PRIMARY = "primary"
_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
NO_LOCATION = (
    "No output location provided. You did not provide an output location for  your query results. Either specify an "
    "S3 bucket location or enable Athena managed query results in your workgroup settings."
)
REFUSED_SETTINGS: Mapping[str, str] = {
    "ExecutionRole": "Spark (ExecutionRole)",
    "AdditionalConfiguration": "Spark (AdditionalConfiguration)",
    "CustomerContentEncryptionConfiguration": "CustomerContentEncryptionConfiguration",
    "IdentityCenterConfiguration": "IAM Identity Center",
    "QueryResultsS3AccessGrantsConfiguration": "S3 Access Grants",
    "MonitoringConfiguration": "MonitoringConfiguration",
    "EngineConfiguration": "EngineConfiguration",
}


@dataclass(frozen=True)
class WorkGroup:
    """One workgroup. `members` as rules name them (`persona:DataAnalyst`, `user:ana`); None: everybody. Bytes, seconds,
    days. `declared_at` is the place in platform.yaml; empty for one that a client created."""

    name: str
    description: str = ""
    enabled: bool = True
    output: str = ""
    encryption: Mapping[str, str] = field(default_factory=dict)
    bucket_owner: str = ""
    acl: str = ""
    enforced: bool = False
    metrics: bool = True
    requester_pays: bool = False
    scan_limit: int | None = None
    at_once: int = 4
    queued: int = 200
    seconds: float = 1800.0
    memory: int = MEMORY
    keep_days: float = 30
    members: frozenset[str] | None = None
    created: float = 0.0
    declared_at: str = ""

    def admits(self, principal: Principal) -> bool:
        return self.members is None or not self.members.isdisjoint(principal.subjects)

    def as_document(self) -> dict[str, Any]:
        return asdict(self) | {"members": sorted(self.members) if self.members is not None else None}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> WorkGroup:
        members = document["members"]
        return cls(**{**document, "members": None if members is None else frozenset(members)})


@dataclass(frozen=True)
class Destination:
    """Where a result goes: bucket and prefix (empty or ending with /), and the settings that the client sees."""

    bucket: str
    prefix: str
    configuration: Mapping[str, Any]

    def location(self, name: str) -> str:
        return f"s3://{self.bucket}/{self.prefix}{name}"


class WorkGroups:
    """All workgroups: those of platform.yaml, which only it can change, and those that administrators created."""

    def __init__(
        self,
        declared: Sequence[WorkGroup],
        items: Items,
        administers: Callable[[Principal], bool],
        clock: Callable[[], float],
    ) -> None:
        self.declare(declared)
        self._items = items
        self._administers = administers
        self._clock = clock

    def declare(self, declared: Sequence[WorkGroup]) -> None:
        """What platform.yaml says from now on."""
        self._declared = {one.name: one for one in declared}

    def names(self) -> list[str]:
        return sorted({PRIMARY, *self._declared, *self._items.names("workgroup")})

    def usable(self, name: str | None, caller: Caller, action: str) -> WorkGroup:
        """The workgroup, for those who may use it. Raises InvalidRequestException or AccessDeniedException."""
        found = self._find(name or PRIMARY)
        if found is None:
            raise invalid("WorkGroup is not found.")
        if not (found.admits(caller.principal) or self._administers(caller.principal)):
            raise denied(action, f"workgroup/{found.name}")
        return found

    def open(self, name: str | None, caller: Caller, action: str) -> WorkGroup:
        """As `usable`, and it must be enabled."""
        found = self.usable(name, caller, action)
        if not found.enabled:
            raise invalid("WorkGroup is disabled.")
        return found

    def settings(self, name: str) -> WorkGroup | None:
        return self._find(name)

    def get(self, body: Body, caller: Caller) -> dict[str, Any]:
        return {"WorkGroup": described(self.usable(body["WorkGroup"], caller, "GetWorkGroup"))}

    def list(self, body: Body, caller: Caller) -> dict[str, Any]:
        seen = [one for name in self.names() if (one := self._find(name)) and self._visible(one, caller)]
        found, token = page(seen, after(body, "ListWorkGroups"), body.get("MaxResults", 50), lambda one: one.name)
        answer: dict[str, Any] = {"WorkGroups": [_summary(one) for one in found]}
        return answer | token("ListWorkGroups")

    def create(self, body: Body, caller: Caller) -> dict[str, Any]:
        self._administrator(caller, "CreateWorkGroup", body["Name"])
        if self._find(body["Name"]) is not None:
            raise invalid("WorkGroup is already created")
        made = WorkGroup(body["Name"], body.get("Description", ""), enforced=True, created=self._clock())
        made = _changed(made, body.get("Configuration", {}), "ResultConfiguration")
        self._items.put("workgroup", made.name, made.as_document())
        return {}

    def update(self, body: Body, caller: Caller) -> dict[str, Any]:
        found = self._changeable(body["WorkGroup"], caller, "UpdateWorkGroup")
        changed = _changed(found, body.get("ConfigurationUpdates", {}), "ResultConfigurationUpdates")
        changed = replace(
            changed,
            description=body.get("Description", found.description),
            enabled=body.get("State", "ENABLED" if found.enabled else "DISABLED") == "ENABLED",
        )
        self._items.put("workgroup", found.name, changed.as_document())
        return {}

    def delete(self, body: Body, caller: Caller, *, empty: Callable[[str], bool]) -> dict[str, Any]:
        """`empty` tells whether nothing belongs to the workgroup any more."""
        found = self._changeable(body["WorkGroup"], caller, "DeleteWorkGroup")
        if found.name == PRIMARY:
            raise invalid("Primary WorkGroup could not be deleted.")
        if not body.get("RecursiveDeleteOption") and not empty(found.name):
            raise invalid(f"WorkGroup {found.name} is not empty")
        self._items.delete_workgroup(found.name)
        return {}

    def _find(self, name: str) -> WorkGroup | None:
        if (declared := self._declared.get(name)) is not None:
            return declared
        document = self._items.get("workgroup", name)
        if document is not None:
            return WorkGroup.from_document(document)
        return WorkGroup(PRIMARY) if name == PRIMARY else None

    def _visible(self, workgroup: WorkGroup, caller: Caller) -> bool:
        return workgroup.admits(caller.principal) or self._administers(caller.principal)

    def _administrator(self, caller: Caller, action: str, name: str) -> None:
        if not self._administers(caller.principal):
            raise denied(action, f"workgroup/{name}")

    def _changeable(self, name: str, caller: Caller, action: str) -> WorkGroup:
        self._administrator(caller, action, name)
        found = self._find(name)
        if found is None:
            raise invalid("WorkGroup is not found.")
        if found.declared_at:
            raise invalid(f"WorkGroup {name} is declared at {found.declared_at}; change it there.")
        return found


def destination(workgroup: WorkGroup, requested: Mapping[str, Any], account: str) -> Destination:
    """Where a query's result goes: as the workgroup says when it enforces that, else as the client or, without it, the
    workgroup says. Raises InvalidRequestException."""
    own = {} if workgroup.enforced else requested
    location = own.get("OutputLocation") or workgroup.output
    if not location:
        raise invalid(NO_LOCATION)
    bucket, prefix = parsed_location(location)
    expected = own.get("ExpectedBucketOwner") or workgroup.bucket_owner
    if expected and expected != account:
        raise invalid(f"The expected bucket owner {expected} does not own the bucket {bucket}.")
    encryption = own.get("EncryptionConfiguration") or dict(workgroup.encryption)
    _check_encryption(encryption)
    acl = own.get("AclConfiguration", {}).get("S3AclOption") or workgroup.acl
    return Destination(bucket, prefix, _configuration(encryption, expected, acl))


def parsed_location(location: str) -> tuple[str, str]:
    """Bucket and prefix, the prefix empty or with a slash at its end. Raises InvalidRequestException."""
    found = _LOCATION.fullmatch(location)
    if found is None:
        raise invalid("outputLocation is not a valid S3 path.")
    prefix = found[2] or ""
    if len(prefix.encode()) > 800 or any(ord(letter) < 32 for letter in prefix):
        raise invalid("outputLocation is not a valid S3 path.")
    return found[1], prefix if not prefix or prefix.endswith("/") else prefix + "/"


def _check_encryption(encryption: Mapping[str, str]) -> None:
    option = encryption.get("EncryptionOption")
    if option == "CSE_KMS":
        raise unsupported("CSE_KMS (results that only a client with the key can read)")
    if option == "SSE_KMS" and not encryption.get("KmsKey"):
        raise invalid("KMS Key is required for encryption option SSE_KMS")


def described(workgroup: WorkGroup) -> dict[str, Any]:
    """The WorkGroup member of GetWorkGroup."""
    result = {"OutputLocation": workgroup.output} if workgroup.output else {}
    configuration: dict[str, Any] = {
        "ResultConfiguration": result | _configuration(workgroup.encryption, workgroup.bucket_owner, workgroup.acl),
        "ManagedQueryResultsConfiguration": {"Enabled": False},
        "EnforceWorkGroupConfiguration": workgroup.enforced,
        "PublishCloudWatchMetricsEnabled": workgroup.metrics,
        "RequesterPaysEnabled": workgroup.requester_pays,
        "EngineVersion": dict(ENGINE_VERSION),
        "EnableMinimumEncryptionConfiguration": False,
    }
    if workgroup.scan_limit is not None:
        configuration["BytesScannedCutoffPerQuery"] = workgroup.scan_limit
    return {
        "Name": workgroup.name,
        "State": "ENABLED" if workgroup.enabled else "DISABLED",
        "Configuration": configuration,
        "Description": workgroup.description,
        "CreationTime": workgroup.created,
    }


def _summary(workgroup: WorkGroup) -> dict[str, Any]:
    return {
        "Name": workgroup.name,
        "State": "ENABLED" if workgroup.enabled else "DISABLED",
        "Description": workgroup.description,
        "CreationTime": workgroup.created,
        "EngineVersion": dict(ENGINE_VERSION),
    }


def _configuration(encryption: Mapping[str, str], owner: str, acl: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"EncryptionConfiguration": dict(encryption)} if encryption else {}
    answer |= {"ExpectedBucketOwner": owner} if owner else {}
    return answer | ({"AclConfiguration": {"S3AclOption": acl}} if acl else {})


def _changed(workgroup: WorkGroup, settings: Mapping[str, Any], result_key: str) -> WorkGroup:
    """With what a WorkGroupConfiguration or its Updates say; `result_key` is the member for the result's settings."""
    for key, name in REFUSED_SETTINGS.items():
        if key in settings:
            raise unsupported(name)
    if settings.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        raise unsupported("Managed query results")
    if settings.get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO") not in ENGINE_VERSION.values():
        raise invalid("EngineVersion is not valid: only Athena engine version 3 is supported.")
    limit = settings.get("BytesScannedCutoffPerQuery", workgroup.scan_limit)
    workgroup = replace(
        workgroup,
        enforced=settings.get("EnforceWorkGroupConfiguration", workgroup.enforced),
        metrics=settings.get("PublishCloudWatchMetricsEnabled", workgroup.metrics),
        requester_pays=settings.get("RequesterPaysEnabled", workgroup.requester_pays),
        scan_limit=None if settings.get("RemoveBytesScannedCutoffPerQuery") else limit,
    )
    return _with_result(workgroup, settings.get(result_key, {}))


def _with_result(workgroup: WorkGroup, result: Mapping[str, Any]) -> WorkGroup:
    if "OutputLocation" in result:
        parsed_location(result["OutputLocation"])
    encryption = result.get("EncryptionConfiguration", workgroup.encryption)
    _check_encryption(encryption)
    return replace(
        workgroup,
        output="" if result.get("RemoveOutputLocation") else result.get("OutputLocation", workgroup.output),
        encryption={} if result.get("RemoveEncryptionConfiguration") else encryption,
        bucket_owner=""
        if result.get("RemoveExpectedBucketOwner")
        else result.get("ExpectedBucketOwner", workgroup.bucket_owner),
        acl=""
        if result.get("RemoveAclConfiguration")
        else result.get("AclConfiguration", {}).get("S3AclOption", workgroup.acl),
    )


__all__ = ["PRIMARY", "AwsError", "Destination", "WorkGroup", "WorkGroups", "described", "destination"]
