"""S3: names, encryption, versions, logs, notifications, policies of buckets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

from lakewright.errors import SpecError
from lakewright.policy.documents import read_policy
from lakewright.policy.statements import Layer
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, structure, text

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_MOST_POLICY = 20 * 1024
_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})


def _name(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "Bucket")
    if (
        not _NAME.fullmatch(name)
        or ".." in name
        or _is_address(name)
        or name.startswith(_PREFIXES)
        or name.endswith(_SUFFIXES)
    ):
        yield "The specified bucket is not valid."


def _is_address(name: str) -> bool:
    try:
        IPv4Address(name)
    except ValueError:
        return False
    return True


def _location(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = str(structure(asked.parameters.get("CreateBucketConfiguration")).get("LocationConstraint") or "")
    if asked.region == "us-east-1" and wanted == "us-east-1":
        yield "The specified location-constraint is not valid"


def _elsewhere(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = str(structure(asked.parameters.get("CreateBucketConfiguration")).get("LocationConstraint") or "")
    if asked.region != "us-east-1" and wanted != asked.region:
        yield (
            f"The {wanted or 'unspecified'} location constraint is incompatible for the region specific endpoint this"
            " request was sent to."
        )


def _encryption(asked: Asked, _: Moto) -> Iterator[str]:
    rules = items(structure(asked.parameters.get("ServerSideEncryptionConfiguration")).get("Rules"))
    for rule in rules:
        normal = structure(structure(rule).get("ApplyServerSideEncryptionByDefault"))
        if normal.get("SSEAlgorithm") == "AES256" and normal.get("KMSMasterKeyID"):
            yield "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms"
        if normal.get("SSEAlgorithm") == "aws:kms:dsse" and structure(rule).get("BucketKeyEnabled"):
            yield "Bucket keys are not supported with DSSE-KMS"


def _policy(asked: Asked, _: Moto) -> Iterator[str]:
    document = text(asked, "Policy")
    if len(document.encode()) > _MOST_POLICY:
        yield "The policy is larger than 20 KB"
        return
    try:
        policy = read_policy(document, Layer.RESOURCE, "bucket policy")
    except SpecError as problem:
        yield f"This policy contains invalid Json or is not a policy: {problem.place}: {problem.fact}"
        return
    bucket = text(asked, "Bucket")
    ours = (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/")
    for statement in policy.statements:
        for action in statement.actions:
            if not (action == "*" or action.lower().startswith(("s3:", "s3-object-lambda:"))):
                yield "Policy has invalid action"
        for resource in statement.resources:
            bare = resource.partition("*")[0].partition("?")[0]
            if resource != ours[0] and not resource.startswith(ours[1]) and not ours[0].startswith(bare):
                yield "Policy has invalid resource"
        if (
            not statement.all_but_actions
            and not statement.all_but_resources
            and _idle(statement.actions, statement.resources)
        ):
            yield "Action does not apply to any resource(s) in statement"


_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload")
_BUCKETS = ("s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:ListBucketVersions")


def _idle(actions: tuple[str, ...], resources: tuple[str, ...]) -> bool:
    """Whether an action that is only about objects meets only the bucket, or the other way."""
    objects = any("/" in one or one.endswith("*") for one in resources)
    buckets = any("/" not in one.split(":::")[-1] for one in resources)
    for action in actions:
        if action in _OBJECTS and not objects:
            return True
        if action in _BUCKETS and not buckets:
            return True
    return False


def _public(asked: Asked, moto: Moto) -> Iterator[str]:
    try:
        found = moto.call("s3", "GetPublicAccessBlock", Bucket=text(asked, "Bucket"))["PublicAccessBlockConfiguration"]
        policy = read_policy(text(asked, "Policy"), Layer.RESOURCE, "bucket policy")
    except (Fault, SpecError):
        return
    opened = any(
        one.allow and one.principals is not None and one.principals.everyone and not one.tests
        for one in policy.statements
    )
    if found.get("BlockPublicPolicy") and opened:
        yield (
            "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the"
            " BlockPublicPolicy setting in S3 Block Public Access."
        )


def _acl(asked: Asked, moto: Moto) -> Iterator[str]:
    if text(asked, "ACL") in {"", "private", "bucket-owner-full-control"}:
        return
    if asked.operation == "CreateBucket":
        yield "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        return
    try:
        rules = moto.call("s3", "GetBucketOwnershipControls", Bucket=text(asked, "Bucket"))["OwnershipControls"][
            "Rules"
        ]
    except Fault:
        rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    if rules[0]["ObjectOwnership"] == "BucketOwnerEnforced":
        yield "The bucket does not allow ACLs"


def _acl_at_birth(asked: Asked, moto: Moto) -> Iterator[str]:
    if text(asked, "ObjectOwnership") not in {"BucketOwnerPreferred", "ObjectWriter"}:
        yield from _acl(asked, moto)


def _log_target(asked: Asked, moto: Moto) -> Iterator[str]:
    target = structure(structure(asked.parameters.get("BucketLoggingStatus")).get("LoggingEnabled")).get("TargetBucket")
    if target is None:
        return
    try:
        moto.call("s3", "HeadBucket", Bucket=target)
    except Fault:
        yield "The target bucket for logging does not exist"


def _lock(asked: Asked, _: Moto) -> Iterator[str]:
    rule = structure(structure(asked.parameters.get("ObjectLockConfiguration")).get("Rule"))
    kept = structure(rule.get("DefaultRetention"))
    if rule and (kept.get("Days") is None) == (kept.get("Years") is None):
        yield "The XML you provided was not well-formed or did not validate against our published schema"


def _lock_versions(asked: Asked, moto: Moto) -> Iterator[str]:
    status = structure(asked.parameters.get("VersioningConfiguration")).get("Status")
    try:
        moto.call("s3", "GetObjectLockConfiguration", Bucket=text(asked, "Bucket"))
    except Fault:
        return
    if status == "Suspended":
        yield "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."


def _origins(asked: Asked, _: Moto) -> Iterator[str]:
    for rule in items(structure(asked.parameters.get("CORSConfiguration")).get("CORSRules")):
        for method in items(structure(rule).get("AllowedMethods")):
            if method not in _METHODS:
                yield f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"


def _replication(asked: Asked, moto: Moto) -> Iterator[str]:
    found = moto.call("s3", "GetBucketVersioning", Bucket=text(asked, "Bucket"))
    if found.get("Status") != "Enabled":
        yield "Versioning must be 'Enabled' on the bucket to apply a replication configuration"


def _tiers(asked: Asked, _: Moto) -> Iterator[str]:
    for tier in items(structure(asked.parameters.get("IntelligentTieringConfiguration")).get("Tierings")):
        least = {"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180}.get(str(structure(tier).get("AccessTier")), 0)
        if not least <= int(structure(tier).get("Days", least)) <= 730:
            yield f"Days of {structure(tier).get('AccessTier')} must be between {least} and 730"


def _targets(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("NotificationConfiguration"))
    services = {"TopicConfigurations": ("TopicArn", "sns"), "QueueConfigurations": ("QueueArn", "sqs")}
    services["LambdaFunctionConfigurations"] = ("LambdaFunctionArn", "lambda")
    for kind, (name, service) in services.items():
        for one in items(wanted.get(kind)):
            if not str(structure(one).get(name, "")).startswith(f"arn:aws:{service}:"):
                yield "The ARN is not well formed"


_API = "Amazon S3 API Reference"
_POLICY = "Bucket policies for Amazon S3"

BUCKETS = (
    Rule("a bucket's name", "General purpose bucket naming rules", ("CreateBucket",), _name, "InvalidBucketName"),
    Rule("us-east-1 is not named", f"CreateBucket ({_API})", ("CreateBucket",), _location, "InvalidLocationConstraint"),
    Rule(
        "the region is the endpoint's",
        f"CreateBucket ({_API})",
        ("CreateBucket",),
        _elsewhere,
        "IllegalLocationConstraintException",
    ),
    Rule(
        "no ACL where the owner is enforced",
        "Controlling ownership of objects",
        ("CreateBucket",),
        _acl_at_birth,
        "InvalidBucketAclWithObjectOwnership",
    ),
    Rule(
        "no ACL where the owner is enforced",
        "Controlling ownership of objects",
        ("PutBucketAcl",),
        _acl,
        "AccessControlListNotSupported",
    ),
    Rule(
        "encryption and its key",
        f"PutBucketEncryption ({_API})",
        ("PutBucketEncryption",),
        _encryption,
        "InvalidArgument",
    ),
    Rule("a bucket's policy", _POLICY, ("PutBucketPolicy",), _policy, "MalformedPolicy"),
    Rule(
        "no public policy where that is blocked",
        "Blocking public access to your Amazon S3 storage",
        ("PutBucketPolicy",),
        _public,
        "AccessDenied",
        403,
    ),
    Rule(
        "logs go to a bucket that is there",
        "Logging requests with server access logging",
        ("PutBucketLogging",),
        _log_target,
        "InvalidTargetBucketForLogging",
    ),
    Rule(
        "retention in days or years",
        f"PutObjectLockConfiguration ({_API})",
        ("PutObjectLockConfiguration",),
        _lock,
        "MalformedXML",
    ),
    Rule(
        "locked buckets keep versions",
        "Object Lock considerations",
        ("PutBucketVersioning",),
        _lock_versions,
        "InvalidBucketState",
        409,
    ),
    Rule("CORS methods", "Elements of a CORS configuration", ("PutBucketCors",), _origins, "InvalidRequest"),
    Rule(
        "replication needs versions",
        "Requirements and considerations for replication",
        ("PutBucketReplication",),
        _replication,
        "InvalidRequest",
    ),
    Rule(
        "days of intelligent tiers",
        f"Tiering ({_API})",
        ("PutBucketIntelligentTieringConfiguration",),
        _tiers,
        "InvalidArgument",
    ),
    Rule(
        "targets of notifications",
        "Amazon S3 Event Notifications",
        ("PutBucketNotificationConfiguration",),
        _targets,
        "InvalidArgument",
    ),
)
