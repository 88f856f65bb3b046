"""RDS: instances, subnet groups, parameter groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.databases import daily, identifier, one_vpc_two_zones, several_vpcs, weekly
from lakewright.rehearse.aws.rules.rule import Rule, number, text

_RESERVED = frozenset(
    {"admin", "postgres_admin", "rdsadmin", "rds_superuser", "public", "user", "root", "table", "select"}
)
_CLASS = re.compile(
    r"db\.(t3|t4g|m5|m5d|m6g|m6gd|m6i|m6id|m7g|m7i|m8g|r5|r5b|r5d|r6g|r6gd|r6i|r6id|r7g|r7i|r8g|x2g|x2iedn)\.[0-9a-z]+"
)
_SIZE = re.compile(r"micro|small|medium|(\d+)?x?large")
_VERSION = re.compile(r"(11|12|13|14|15|16|17|18)(\.\d{1,2})?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_MONITORING = frozenset({0, 1, 5, 10, 15, 30, 60})


def _zones(asked: Asked, moto: Moto) -> Iterator[str]:
    return one_vpc_two_zones(asked, moto)


def _class(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "DBInstanceClass")
    if name and not (_CLASS.fullmatch(name) and _SIZE.fullmatch(name.split(".")[2])):
        yield f"Invalid DB Instance class: {name}"


def _engine(asked: Asked, _: Moto) -> Iterator[str]:
    version = text(asked, "EngineVersion")
    if text(asked, "Engine") == "postgres" and version and not _VERSION.fullmatch(version):
        yield f"Cannot find version {version} for postgres"


def _storage(asked: Asked, _: Moto) -> Iterator[str]:
    size, most = number(asked, "AllocatedStorage"), number(asked, "MaxAllocatedStorage")
    kind = text(asked, "StorageType") or "gp2"
    least = 100 if kind in {"io1", "io2"} else 20
    if size is not None and text(asked, "Engine") == "postgres" and not least <= size <= 65536:
        yield f"Invalid storage size for engine name postgres and storage type {kind}: {int(size)}"
    if size is not None and most is not None and most <= size:
        yield "Max storage size must be greater than storage size"


def _iops(asked: Asked, _: Moto) -> Iterator[str]:
    kind, iops = text(asked, "StorageType"), number(asked, "Iops")
    if kind in {"io1", "io2"} and iops is None:
        yield f"You must specify both the storage size and iops of a {kind} instance"
    if iops is not None and kind in {"gp2", "standard"}:
        yield f"You can't specify IOPS for storage type {kind}"


def _user(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "MasterUsername")
    if name.lower() in _RESERVED or name.lower().startswith("pg_"):
        yield f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
    elif name and not _NAME.fullmatch(name):
        yield "MasterUsername must begin with a letter and contain only alphanumeric characters and underscores."


def _password(asked: Asked, _: Moto) -> Iterator[str]:
    password = text(asked, "MasterUserPassword")
    if password and not 8 <= len(password) <= 128:
        yield "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters."
    elif set(password) & set('/@" ') or not password.isascii():
        yield (
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides"
            " '/', '@', '\"', ' ' may be used."
        )


def _password_once(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("ManageMasterUserPassword") and asked.parameters.get("MasterUserPassword"):
        yield "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword."


def _database(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "DBName")
    if name and text(asked, "Engine") == "postgres" and not _NAME.fullmatch(name):
        yield "DBName must begin with a letter and contain only alphanumeric characters."


def _port(asked: Asked, _: Moto) -> Iterator[str]:
    port = number(asked, "Port")
    if port is not None and not 1150 <= port <= 65535:
        yield f"Invalid value for port. Valid values are 1150-65535: {int(port)}"


def _backups(asked: Asked, _: Moto) -> Iterator[str]:
    days = number(asked, "BackupRetentionPeriod")
    if days is not None and not 0 <= days <= 35:
        yield f"Invalid backup retention period: {int(days)}. Must be between 0 and 35."


def _one_zone(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("MultiAZ") and asked.parameters.get("AvailabilityZone"):
        yield "Requesting a specific availability zone is not valid for Multi-AZ instances."


def _monitoring(asked: Asked, _: Moto) -> Iterator[str]:
    seconds = number(asked, "MonitoringInterval")
    if seconds is not None and seconds not in _MONITORING:
        yield f"Invalid MonitoringInterval: {int(seconds)}"


def _monitoring_role(asked: Asked, _: Moto) -> Iterator[str]:
    if number(asked, "MonitoringInterval") and not asked.parameters.get("MonitoringRoleArn"):
        yield "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."


def _final_snapshot(asked: Asked, _: Moto) -> Iterator[str]:
    skipped, named = asked.parameters.get("SkipFinalSnapshot"), asked.parameters.get("FinalDBSnapshotIdentifier")
    if not skipped and not named:
        yield "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
    if skipped and named:
        yield "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true"


def _group(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "DBSubnetGroupName")
    if name.lower() == "default":
        yield "DB subnet group name can't be default"
    elif len(name) > 255 or not re.fullmatch(r"[A-Za-z0-9._ -]*", name):
        yield f"The parameter DBSubnetGroupName is not valid: {name}"


def _family(asked: Asked, _: Moto) -> Iterator[str]:
    family = text(asked, "DBParameterGroupFamily")
    if family.startswith("postgres") and not re.fullmatch(r"postgres(9\.6|1[0-8])", family):
        yield f"ParameterGroupFamily {family} is not a valid parameter group family"


_INSTANCE = ("CreateDBInstance", "ModifyDBInstance")
_CREATE = "CreateDBInstance (Amazon RDS API Reference)"

RULES = (
    Rule(
        "a subnet group lies in one VPC",
        "Working with a DB instance in a VPC",
        ("CreateDBSubnetGroup",),
        several_vpcs,
        "InvalidSubnet",
    ),
    Rule(
        "a subnet group covers two zones",
        "Working with a DB instance in a VPC",
        ("CreateDBSubnetGroup", "ModifyDBSubnetGroup"),
        _zones,
        "DBSubnetGroupDoesNotCoverEnoughAZs",
    ),
    Rule(
        "a subnet group's name",
        "CreateDBSubnetGroup (Amazon RDS API Reference)",
        ("CreateDBSubnetGroup",),
        _group,
        "InvalidParameterValue",
    ),
    Rule(
        "an instance's identifier",
        _CREATE,
        ("CreateDBInstance",),
        lambda asked, _: identifier(asked, "DBInstanceIdentifier", 63),
        "InvalidParameterValue",
    ),
    Rule("an instance's class", "DB instance classes", _INSTANCE, _class, "InvalidParameterValue"),
    Rule(
        "PostgreSQL's versions",
        "Available PostgreSQL database versions",
        _INSTANCE,
        _engine,
        "InvalidParameterCombination",
    ),
    Rule("sizes of storage", "Amazon RDS DB instance storage", _INSTANCE, _storage, "InvalidParameterValue"),
    Rule("IOPS by kind of storage", "Amazon RDS DB instance storage", _INSTANCE, _iops, "InvalidParameterCombination"),
    Rule("the master user's name", _CREATE, ("CreateDBInstance",), _user, "InvalidParameterValue"),
    Rule("the master user's password", _CREATE, _INSTANCE, _password, "InvalidParameterValue"),
    Rule(
        "one source of the password",
        "Password management with Amazon RDS and AWS Secrets Manager",
        _INSTANCE,
        _password_once,
        "InvalidParameterCombination",
    ),
    Rule("the database's name", _CREATE, ("CreateDBInstance",), _database, "InvalidParameterValue"),
    Rule("the port", _CREATE, ("CreateDBInstance",), _port, "InvalidParameterValue"),
    Rule("backups up to 35 days", _CREATE, _INSTANCE, _backups, "InvalidParameterValue"),
    Rule("no zone for a Multi-AZ instance", _CREATE, ("CreateDBInstance",), _one_zone, "InvalidParameterCombination"),
    Rule("intervals of monitoring", _CREATE, _INSTANCE, _monitoring, "InvalidParameterValue"),
    Rule("monitoring needs its role", _CREATE, ("CreateDBInstance",), _monitoring_role, "InvalidParameterCombination"),
    Rule(
        "the maintenance window",
        _CREATE,
        _INSTANCE,
        lambda asked, _: weekly(asked, "PreferredMaintenanceWindow"),
        "InvalidParameterValue",
    ),
    Rule(
        "the backup window",
        _CREATE,
        _INSTANCE,
        lambda asked, _: daily(asked, "PreferredBackupWindow"),
        "InvalidParameterValue",
    ),
    Rule(
        "a last snapshot, or not",
        "DeleteDBInstance (Amazon RDS API Reference)",
        ("DeleteDBInstance",),
        _final_snapshot,
        "InvalidParameterCombination",
    ),
    Rule(
        "a parameter group's family",
        "CreateDBParameterGroup (Amazon RDS API Reference)",
        ("CreateDBParameterGroup",),
        _family,
        "InvalidParameterValue",
    ),
)
