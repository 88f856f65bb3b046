"""DMS: instances, subnet groups, endpoints, tasks, serverless replications."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.databases import identifier, one_vpc_two_zones, several_vpcs, weekly
from lakewright.rehearse.aws.rules.rule import Rule, items, number, structure, text

_CLASS = re.compile(
    r"dms\.(t3\.(micro|small|medium|large)|(c5|c6i|c7i|r5|r6i|r7i)\.(large|xlarge|[0-9]{1,2}xlarge)|(c4|r4)\.(large|[248]?xlarge))"
)
_VERSION = re.compile(r"3\.(4\.[0-7]|5\.[1-4]|6\.[01])")
_ENGINES = frozenset(
    [
        "mysql",
        "oracle",
        "postgres",
        "mariadb",
        "aurora",
        "aurora-postgresql",
        "opensearch",
        "redshift",
        "s3",
        "db2",
        "db2-zos",
        "azuredb",
        "sybase",
        "dynamodb",
        "mongodb",
        "kinesis",
        "kafka",
        "elasticsearch",
        "docdb",
        "sqlserver",
        "neptune",
        "babelfish",
        "redshift-serverless",
        "aurora-serverless",
        "aurora-postgresql-serverless",
        "gcp-mysql",
        "azure-sql-managed-instance",
        "redis",
        "dms-transfer",
    ]
)
_UNITS = frozenset({1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384})
_RULE_TYPES = frozenset({"selection", "transformation", "table-settings", "post-mapping"})
_SELECTIONS = frozenset({"include", "exclude", "explicit"})
_TRANSFORMATIONS = frozenset(
    [
        "rename",
        "remove-column",
        "make-lowercase",
        "make-uppercase",
        "add-prefix",
        "remove-prefix",
        "replace-prefix",
        "add-suffix",
        "remove-suffix",
        "replace-suffix",
        "define-primary-key",
        "change-data-type",
        "add-column",
        "include-column",
        "add-before-image-columns",
        "data-masking-digits-mask",
        "data-masking-digits-randomize",
        "data-masking-hash-mask",
        "convert-lowercase",
        "convert-uppercase",
    ]
)
_PREPARES = frozenset({"DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"})


def _instance(asked: Asked, _: Moto) -> Iterator[str]:
    return identifier(asked, "ReplicationInstanceIdentifier", 63)


def _class(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "ReplicationInstanceClass")
    if name and not _CLASS.fullmatch(name):
        yield f"The specified replication instance class {name} is not valid."


def _version(asked: Asked, _: Moto) -> Iterator[str]:
    version = text(asked, "EngineVersion")
    if version and not _VERSION.fullmatch(version):
        yield f"No such engine version {version}"


def _storage(asked: Asked, _: Moto) -> Iterator[str]:
    size = number(asked, "AllocatedStorage")
    if size is not None and not 5 <= size <= 6144:
        yield f"Allocated storage must be between 5 and 6144 GB: {int(size)}"


def _one_zone(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("MultiAZ") and asked.parameters.get("AvailabilityZone"):
        yield "AvailabilityZone can't be set when MultiAZ is true."


def _group(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "ReplicationSubnetGroupIdentifier")
    if name.lower() == "default":
        yield "The replication subnet group identifier must not be default."
    elif len(name) > 255 or not re.fullmatch(r"[A-Za-z0-9._ -]+", name):
        yield f"The parameter ReplicationSubnetGroupIdentifier is not valid: {name}"


def _zones(asked: Asked, moto: Moto) -> Iterator[str]:
    return one_vpc_two_zones(asked, moto)


def _endpoint(asked: Asked, _: Moto) -> Iterator[str]:
    return identifier(asked, "EndpointIdentifier", 255)


def _engine(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "EngineName")
    if name and name not in _ENGINES:
        yield f"Invalid engine name {name}"


def _port(asked: Asked, _: Moto) -> Iterator[str]:
    port = number(asked, "Port")
    if port is not None and not 1 <= port <= 65535:
        yield f"Port {int(port)} is out of range"


def _database_endpoint(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "EngineName") not in {"postgres", "mysql", "aurora", "aurora-postgresql", "mariadb", "sqlserver"}:
        return
    settings = structure(asked.parameters.get("PostgreSQLSettings") or asked.parameters.get("MySQLSettings"))
    by_secret = settings.get("SecretsManagerSecretId")
    has = {name for name in ("Username", "Password", "ServerName", "Port") if asked.parameters.get(name)}
    if by_secret and {"Username", "Password"} & has:
        yield "Only one of SecretsManagerSecretId or the clear-text values for UserName, Password may be specified."
    if by_secret and not settings.get("SecretsManagerAccessRoleArn"):
        yield "SecretsManagerAccessRoleArn is required with SecretsManagerSecretId."
    if not by_secret and not settings.get("ServerName") and "ServerName" not in has:
        yield "The parameter ServerName must be provided and must not be blank."
    if text(asked, "EngineName").endswith(("postgres", "postgresql")) and not (
        asked.parameters.get("DatabaseName") or settings.get("DatabaseName")
    ):
        yield "The parameter DatabaseName must be provided and must not be blank."


def _tls(asked: Asked, _: Moto) -> Iterator[str]:
    mode, engine = text(asked, "SslMode"), text(asked, "EngineName")
    if mode.startswith("verify") and not asked.parameters.get("CertificateArn"):
        yield f"A certificate is required for SSL mode {mode}."
    if engine in {"s3", "dynamodb"} and mode not in {"", "none"}:
        yield f"SSL mode {mode} is not supported for engine {engine}"


def _s3(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "EngineName") != "s3":
        return
    settings = structure(asked.parameters.get("S3Settings"))
    if not settings.get("BucketName"):
        yield "The parameter BucketName must be provided and must not be blank."
    if not settings.get("ServiceAccessRoleArn"):
        yield "The parameter ServiceAccessRoleArn must be provided and must not be blank."
    if text(asked, "EndpointType") == "source" and not settings.get("ExternalTableDefinition"):
        yield "The parameter ExternalTableDefinition must be provided for a source endpoint."


def _s3_settings(asked: Asked, _: Moto) -> Iterator[str]:
    settings = structure(asked.parameters.get("S3Settings"))
    if settings.get("EncryptionMode") == "sse-kms" and not settings.get("ServerSideEncryptionKmsKeyId"):
        yield "ServerSideEncryptionKmsKeyId is required when EncryptionMode is sse-kms."
    if settings.get("PreserveTransactions") and not settings.get("CdcPath"):
        yield "CdcPath is required when PreserveTransactions is true."
    for name in ("DatePartitionSequence", "DatePartitionDelimiter"):
        if settings.get(name) and not settings.get("DatePartitionEnabled"):
            yield f"{name} needs DatePartitionEnabled."
    seconds, size = settings.get("CdcMaxBatchInterval"), settings.get("CdcMinFileSize")
    if seconds is not None and seconds < 1:
        yield f"CdcMaxBatchInterval must be at least 1: {seconds}"
    if size is not None and size < 1:
        yield f"CdcMinFileSize must be at least 1: {size}"


def _task(asked: Asked, _: Moto) -> Iterator[str]:
    return identifier(asked, "ReplicationTaskIdentifier", 255)


def mapping_faults(document: str) -> Iterator[str]:
    """What is wrong with table mappings, after "Using table mapping to specify task settings"."""
    try:
        rules = json.loads(document)["rules"]
    except (ValueError, TypeError, KeyError):
        yield "Invalid task mappings. Mapping rules must be a JSON object with rules."
        return
    if not isinstance(rules, list) or not rules:
        yield "Invalid task mappings. At least one rule is needed."
        return
    ids: set[str] = set()
    names: set[str] = set()
    for rule in rules:
        yield from _rule_faults(structure(rule), ids, names)
    if not any(structure(one).get("rule-action") in {"include", "explicit"} for one in rules):
        yield "Error in mapping rules. At least one selection rule with the include action is needed."


def _rule_faults(rule: Mapping[str, Any], ids: set[str], names: set[str]) -> Iterator[str]:
    place, name, kind = str(rule.get("rule-id", "")), str(rule.get("rule-name", "")), rule.get("rule-type")
    start = f"Error in mapping rules. Rule with ruleId = {place} failed validation."
    if not place.isdigit():
        yield f"{start} rule-id must be numeric."
    elif place in ids:
        yield f"{start} rule-id must be unique."
    if not name or name in names:
        yield f"{start} rule-name must be unique."
    ids.add(place)
    names.add(name)
    if kind not in _RULE_TYPES:
        yield f"{start} Invalid rule type {kind}."
    action, where = rule.get("rule-action"), structure(rule.get("object-locator"))
    if kind == "selection":
        if action not in _SELECTIONS:
            yield f"{start} Invalid action {action}."
        if not where.get("schema-name") or not where.get("table-name"):
            yield f"{start} object-locator needs schema-name and table-name."
        if action == "explicit" and "%" in str(where.get("table-name")):
            yield f"{start} The explicit action takes no wildcards."
    elif kind == "transformation":
        yield from _transformation_faults(rule, start)


def _transformation_faults(rule: Mapping[str, Any], start: str) -> Iterator[str]:
    action, target = rule.get("rule-action"), rule.get("rule-target")
    if action not in _TRANSFORMATIONS:
        yield f"{start} Invalid action {action}."
    if target not in {"schema", "table", "column", "table-tablespace", "index-tablespace"}:
        yield f"{start} Invalid rule target {target}."
    if action == "add-column" and not (rule.get("value") and rule.get("expression") and rule.get("data-type")):
        yield f"{start} add-column needs value, expression and data-type."
    if action in {"rename", "add-prefix", "add-suffix"} and not rule.get("value"):
        yield f"{start} {action} needs a value."


def _mappings(asked: Asked, _: Moto) -> Iterator[str]:
    document = text(asked, "TableMappings")
    if document:
        yield from mapping_faults(document)


def _settings(asked: Asked, _: Moto) -> Iterator[str]:
    document = text(asked, "ReplicationTaskSettings") or text(asked, "ReplicationSettings")
    if not document:
        return
    try:
        found = structure(json.loads(document))
    except ValueError:
        yield "Invalid task settings JSON"
        return
    load = structure(found.get("FullLoadSettings"))
    prepare = load.get("TargetTablePrepMode", "DROP_AND_CREATE")
    if prepare not in _PREPARES:
        yield f"Invalid value {prepare} for TargetTablePrepMode"
    parallel = load.get("MaxFullLoadSubTasks", 8)
    if not 1 <= parallel <= 49:
        yield f"MaxFullLoadSubTasks must be between 1 and 49: {parallel}"
    metadata = structure(found.get("TargetMetadata"))
    if metadata.get("FullLobMode") and metadata.get("LimitedSizeLobMode"):
        yield "FullLobMode and LimitedSizeLobMode must not be both set."


def _starts(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("CdcStartTime") and asked.parameters.get("CdcStartPosition"):
        yield "CdcStartTime and CdcStartPosition must not be both specified."


def _directions(asked: Asked, moto: Moto) -> Iterator[str]:
    for name, wanted in (("SourceEndpointArn", "SOURCE"), ("TargetEndpointArn", "TARGET")):
        arn = text(asked, name)
        try:
            found = moto.call("dms", "DescribeEndpoints", Filters=[{"Name": "endpoint-arn", "Values": [arn]}])
        except Fault:
            continue
        for one in found.get("Endpoints", ()):
            if one.get("EndpointArn") == arn and str(one.get("EndpointType", wanted)).upper() != wanted:
                yield f"Endpoint {arn} is not a {wanted.lower()} endpoint."


def _capacity(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("ComputeConfig"))
    least, most = wanted.get("MinCapacityUnits"), wanted.get("MaxCapacityUnits")
    for value in (least, most):
        if value is not None and value not in _UNITS:
            yield f"Capacity units must be one of {', '.join(map(str, sorted(_UNITS)))}: {value}"
    if least is not None and most is not None and least > most:
        yield "MinCapacityUnits must not be greater than MaxCapacityUnits."


def _sources(asked: Asked, _: Moto) -> Iterator[str]:
    kind = text(asked, "SourceType")
    if items(asked.parameters.get("SourceIds")) and not kind:
        yield "SourceType is needed with SourceIds."


_INSTANCES = ("CreateReplicationInstance", "ModifyReplicationInstance")
_ENDPOINTS = ("CreateEndpoint", "ModifyEndpoint")
_TASKS = ("CreateReplicationTask", "ModifyReplicationTask", "CreateReplicationConfig", "ModifyReplicationConfig")
_BAD, _COMBINED = "InvalidParameterValueException", "InvalidParameterCombinationException"
_S3 = "Using Amazon S3 as a target for AWS Database Migration Service"
_API = "AWS Database Migration Service API Reference"

RULES = (
    Rule(
        "an instance's identifier",
        f"CreateReplicationInstance ({_API})",
        ("CreateReplicationInstance",),
        _instance,
        _BAD,
    ),
    Rule("an instance's class", "Choosing the right AWS DMS replication instance", _INSTANCES, _class, _BAD),
    Rule("DMS's versions", "AWS DMS release notes", _INSTANCES, _version, _BAD),
    Rule("sizes of storage", f"CreateReplicationInstance ({_API})", _INSTANCES, _storage, _BAD),
    Rule(
        "no zone for a Multi-AZ instance",
        f"CreateReplicationInstance ({_API})",
        ("CreateReplicationInstance",),
        _one_zone,
        _COMBINED,
    ),
    Rule(
        "the maintenance window",
        f"CreateReplicationInstance ({_API})",
        _INSTANCES,
        lambda asked, _: weekly(asked, "PreferredMaintenanceWindow"),
        _BAD,
    ),
    Rule(
        "a subnet group's name",
        f"CreateReplicationSubnetGroup ({_API})",
        ("CreateReplicationSubnetGroup",),
        _group,
        _BAD,
    ),
    Rule(
        "a subnet group lies in one VPC",
        "Setting up a network for a replication instance",
        ("CreateReplicationSubnetGroup",),
        several_vpcs,
        "InvalidSubnet",
    ),
    Rule(
        "a subnet group covers two zones",
        "Setting up a network for a replication instance",
        ("CreateReplicationSubnetGroup", "ModifyReplicationSubnetGroup"),
        _zones,
        "ReplicationSubnetGroupDoesNotCoverEnoughAZs",
    ),
    Rule("an endpoint's identifier", f"CreateEndpoint ({_API})", ("CreateEndpoint",), _endpoint, _BAD),
    Rule("an endpoint's engine", f"CreateEndpoint ({_API})", _ENDPOINTS, _engine, _BAD),
    Rule("an endpoint's port", f"CreateEndpoint ({_API})", _ENDPOINTS, _port, _BAD),
    Rule(
        "a database: from a secret or in full", "PostgreSQLSettings", ("CreateEndpoint",), _database_endpoint, _COMBINED
    ),
    Rule(
        "TLS by engine, with its certificate",
        "Using SSL with AWS Database Migration Service",
        ("CreateEndpoint",),
        _tls,
        _COMBINED,
    ),
    Rule("S3 needs bucket and role", _S3, ("CreateEndpoint",), _s3, _BAD),
    Rule("S3 settings that go together", _S3, _ENDPOINTS, _s3_settings, _COMBINED),
    Rule("a task's identifier", f"CreateReplicationTask ({_API})", ("CreateReplicationTask",), _task, _BAD),
    Rule("table mappings", "Using table mapping to specify task settings", _TASKS, _mappings, _BAD),
    Rule("task settings", "Specifying task settings for AWS DMS tasks", _TASKS, _settings, _BAD),
    Rule(
        "one start of changes",
        f"CreateReplicationTask ({_API})",
        ("CreateReplicationTask", "StartReplicationTask"),
        _starts,
        _COMBINED,
    ),
    Rule(
        "from a source to a target",
        f"CreateReplicationTask ({_API})",
        ("CreateReplicationTask", "CreateReplicationConfig"),
        _directions,
        _BAD,
    ),
    Rule(
        "capacity units of serverless",
        "ComputeConfig",
        ("CreateReplicationConfig", "ModifyReplicationConfig"),
        _capacity,
        _BAD,
    ),
    Rule(
        "event sources by their type",
        f"CreateEventSubscription ({_API})",
        ("CreateEventSubscription",),
        _sources,
        _COMBINED,
    ),
)
