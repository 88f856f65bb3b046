"""IAM's state in moto as policies: what a principal has, and what is attached to a resource. Remembered for seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

from lakewright.policy.iam import ResourcePolicy
from lakewright.policy.organization import Organization
from lakewright.policy.statements import Layer, Policy
from lakewright.rehearse.aws.authorisation.documents import read_document
from lakewright.rehearse.aws.authorisation.organization import read_organization
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto

READ_AGAIN = 50
"""How often an organization is read until nothing of it has changed meanwhile."""

KEPT_SECONDS = 10.0
SETTLING_SECONDS = 5.0
CARRIERS: Mapping[str, str] = {
    "bucket": "s3",
    "catalog": "glue",
    "key": "kms",
    "role": "iam",
    "secret": "secretsmanager",
    "topic": "sns",
}
"""The service of each kind of resource that carries a policy."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """What a user or role has. `arn` and `unique_id` are IAM's own; `tags` are the principal's."""

    arn: str
    unique_id: str
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class IamState:
    """Reads through to moto. `forget` when something is about to be written: for five seconds nothing of that
    service is remembered."""

    def __init__(self, moto: Moto, clock: Callable[[], float] = monotonic) -> None:
        self._moto, self._clock = moto, clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, Hashable], tuple[float, Any]] = {}
        self._written: dict[str, float] = {}

    def forget(self, service: str) -> None:
        """What was read of one service."""
        with self._lock:
            self._known = {key: value for key, value in self._known.items() if key[0] != service}
            self._written[service] = self._clock()

    def held(self, principal: str) -> Held:
        """Of a user or role, by ARN. Nothing when it is not there."""
        return self._remembered("iam", ("held", principal), lambda: self._held(principal))

    def role(self, arn: str) -> Mapping[str, Any]:
        """The role as GetRole has it; empty when there is none."""
        return self._remembered("iam", ("role", arn), lambda: self._role(arn))

    def attached(self, kind: str, name: str, account: str, region: str) -> ResourcePolicy:
        """The policy on a resource that is asked for from an account."""
        key = ("attached", kind, name, account, region)
        return self._remembered(CARRIERS[kind], key, lambda: self._attached(kind, name, account, region))

    def resolved(self, kind: str, name: str, account: str, region: str) -> str:
        """The ARN of a key or secret that a request may name otherwise; what it is named when it is not there."""
        key = ("resolved", kind, name, account, region)
        return self._remembered(CARRIERS[kind], key, lambda: self._resolved(kind, name, account, region))

    def bucket_key(self, bucket: str, account: str, region: str) -> str:
        """The KMS key by which a bucket encrypts new objects; empty for S3's own keys."""
        return self._remembered("s3", ("bucket_key", bucket), lambda: self._bucket_key(bucket, account, region))

    def secret_key(self, secret: str, account: str, region: str) -> str:
        """The KMS key of a secret; empty for AWS's own."""
        key = ("secret_key", secret, account, region)
        return self._remembered("secretsmanager", key, lambda: self._secret_key(secret, account, region))

    def aliases(self, key: str, account: str, region: str) -> tuple[str, ...]:
        """Names of a key, by its ARN."""
        return self._remembered("kms", ("aliases", key), lambda: self._aliases(key, account, region))

    def workgroups(self, account: str, region: str) -> tuple[str, ...]:
        """ARNs of Athena's workgroups."""
        return self._remembered("athena", ("workgroups", account, region), lambda: self._workgroups(account, region))

    def organization(self, account: str) -> Organization | None:
        """The organization that an account is in."""
        management = self._remembered("organizations", ("management", account), lambda: self._management(account))
        if not management:
            return None
        return self._remembered("organizations", ("tree", management), lambda: self._organization(management))

    def _management(self, account: str) -> str:
        try:
            found = self._moto.within(account).call("organizations", "DescribeOrganization")
        except Fault:
            return ""
        return str(found["Organization"]["MasterAccountId"])

    def _organization(self, management: str) -> Organization | None:
        """Read in many calls, of which any may fail when units go meanwhile: then it is read again.

        None when the organization itself has gone."""
        there = self._moto.within(management)
        for _ in range(READ_AGAIN):
            try:
                return read_organization(lambda operation, **asked: there.call("organizations", operation, **asked))
            except Fault as changed:
                fault = changed
        if fault.code == "AWSOrganizationsNotInUseException":
            return None
        raise fault

    def _remembered(self, service: str, what: Hashable, read: Callable[[], T]) -> T:
        now, key = self._clock(), (service, what)
        with self._lock:
            found = self._known.get(key)
            if found is not None and now - found[0] < KEPT_SECONDS:
                value: T = found[1]
                return value
            settled = now - self._written.get(service, -SETTLING_SECONDS) > SETTLING_SECONDS
        value = read()
        with self._lock:
            if settled and self._written.get(service, now) <= now:
                self._known[key] = (now, value)
        return value

    def _held(self, principal: str) -> Held:
        account, name = _account_of(principal), principal.rpartition("/")[2]
        if not account:
            return Held(principal, "")
        iam = self._moto.within(account)
        kind = "Role" if ":role/" in principal else "User"
        try:
            found = iam.call("iam", f"Get{kind}", **{f"{kind}Name": name})[kind]
        except Fault:
            return Held(principal, "")
        identity = [*self._inline(iam, kind, name), *self._managed(iam, kind, name)]
        if kind == "User":
            for group in iam.call("iam", "ListGroupsForUser", UserName=name)["Groups"]:
                identity += [*self._inline(iam, "Group", group["GroupName"])]
                identity += [*self._managed(iam, "Group", group["GroupName"])]
        limit = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        boundary = self._document(iam, limit, Layer.BOUNDARY) if limit else None
        tags = {one["Key"]: one["Value"] for one in found.get("Tags", ())}
        return Held(found["Arn"], found[f"{kind}Id"], tuple(identity), boundary, tags)

    def _inline(self, iam: Moto, kind: str, name: str) -> Iterator[Policy]:
        owner = {f"{kind}Name": name}
        for policy in iam.call("iam", f"List{kind}Policies", **owner)["PolicyNames"]:
            found = iam.call("iam", f"Get{kind}Policy", **owner, PolicyName=policy)
            yield read_document(found["PolicyDocument"], Layer.IDENTITY, f"{name}/{policy}")

    def _managed(self, iam: Moto, kind: str, name: str) -> Iterator[Policy]:
        for one in iam.call("iam", f"ListAttached{kind}Policies", **{f"{kind}Name": name})["AttachedPolicies"]:
            yield self._document(iam, one["PolicyArn"], Layer.IDENTITY)

    def _document(self, iam: Moto, arn: str, layer: Layer) -> Policy:
        version = iam.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)
        return read_document(found["PolicyVersion"]["Document"], layer, arn)

    def _role(self, arn: str) -> Mapping[str, Any]:
        if not _account_of(arn):
            return {}
        try:
            found: Mapping[str, Any] = self._moto.within(_account_of(arn)).call(
                "iam", "GetRole", RoleName=arn.rpartition("/")[2]
            )["Role"]
        except Fault:
            return {}
        return found if found["Arn"] == arn else {}

    def _attached(self, kind: str, name: str, account: str, region: str) -> ResourcePolicy:
        owner = _account_of(name) or account
        there = self._moto.within(owner, region)
        document, layer = None, Layer.RESOURCE
        try:
            match kind:
                case "bucket":
                    owner = account if self._owns(account, name) else ""
                    document = there.call("s3", "GetBucketPolicy", Bucket=name).get("Policy")
                case "catalog":
                    document = there.call("glue", "GetResourcePolicy").get("PolicyInJson")
                case "key":
                    document = there.call("kms", "GetKeyPolicy", KeyId=name, PolicyName="default").get("Policy")
                case "role":
                    document, layer = self.role(name).get("AssumeRolePolicyDocument"), Layer.TRUST
                case "secret":
                    document = there.call("secretsmanager", "GetResourcePolicy", SecretId=name).get("ResourcePolicy")
                case "topic":
                    document = there.call("sns", "GetTopicAttributes", TopicArn=name)["Attributes"].get("Policy")
                case _:
                    document = None
        except Fault:
            document = None
        policy = read_document(document, layer, name) if document else None
        return ResourcePolicy(owner, policy, exclusive=kind == "role" or (kind == "key" and policy is not None))

    def _owns(self, account: str, bucket: str) -> bool:
        """Also of a bucket that nobody has: the request may go on to be told so."""
        here = self._moto.within(account)
        if any(one["Name"] == bucket for one in here.call("s3", "ListBuckets").get("Buckets") or ()):
            return True
        try:
            here.call("s3", "HeadBucket", Bucket=bucket)
        except Fault:
            return True
        return False

    def _resolved(self, kind: str, name: str, account: str, region: str) -> str:
        there = self._moto.within(_account_of(name) or account, region)
        short = name if name.count(":key/") or ":alias/" not in name else name[name.index("alias/") :]
        try:
            match kind:
                case "key":
                    key = short if short.startswith("alias/") else name.rpartition(":")[2].removeprefix("key/")
                    return str(there.call("kms", "DescribeKey", KeyId=key)["KeyMetadata"]["Arn"])
                case "secret":
                    secret = name.partition(":secret:")[2] or name
                    return str(there.call("secretsmanager", "DescribeSecret", SecretId=secret)["ARN"])
                case _:
                    return name
        except Fault:
            return name

    def _secret_key(self, secret: str, account: str, region: str) -> str:
        there = self._moto.within(_account_of(secret) or account, region)
        name = secret.partition(":secret:")[2] or secret
        try:
            return str(there.call("secretsmanager", "DescribeSecret", SecretId=name).get("KmsKeyId") or "")
        except Fault:
            return ""

    def _aliases(self, key: str, account: str, region: str) -> tuple[str, ...]:
        there = self._moto.within(_account_of(key) or account, region)
        try:
            found = there.call("kms", "ListAliases", KeyId=key.rpartition("/")[2])["Aliases"]
        except Fault:
            return ()
        return tuple(str(one["AliasName"]) for one in found)

    def _workgroups(self, account: str, region: str) -> tuple[str, ...]:
        found = self._moto.within(account, region).call("athena", "ListWorkGroups").get("WorkGroups", ())
        names = {"primary", *(str(one["Name"]) for one in found)}
        return tuple(f"arn:aws:athena:{region}:{account}:workgroup/{name}" for name in sorted(names))

    def _bucket_key(self, bucket: str, account: str, region: str) -> str:
        try:
            found = self._moto.within(account, region).call("s3", "GetBucketEncryption", Bucket=bucket)
        except Fault:
            return ""
        for rule in found.get("ServerSideEncryptionConfiguration", {}).get("Rules", ()):
            normal = rule.get("ApplyServerSideEncryptionByDefault", {})
            if str(normal.get("SSEAlgorithm", "")).startswith("aws:kms"):
                return str(normal.get("KMSMasterKeyID") or "")
        return ""


def _account_of(name: str) -> str:
    return name.split(":")[4] if name.startswith("arn:") and name.count(":") >= 5 else ""
