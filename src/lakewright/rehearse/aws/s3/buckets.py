"""Operations on buckets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.s3.access import Access, denied
from lakewright.rehearse.aws.s3.call import Call
from lakewright.rehearse.aws.s3.xml import document

REGION = "us-east-1"


@dataclass(frozen=True)
class Buckets:
    """Create, find, list and delete; and the answers to what clients ask about settings that are not there."""

    access: Access

    def all(self, call: Call) -> Answer:
        found = self.access.buckets(call.identity)
        buckets = [{"Name": one.name, "CreationDate": one.created} for one in found]
        return document("ListAllMyBucketsResult", {"Owner": _owner(call), "Buckets": {"Bucket": buckets}})

    def create(self, call: Call) -> Answer:
        """The creator owns it; what an administrator makes is the platform's, open to everybody's own objects."""
        owner = "" if call.identity.administrator else call.who
        if not self.access.store.create_bucket(call.bucket, owner=owner):
            if self.access.store.bucket(call.bucket).owner in (owner, call.who):
                text = "Your previous request to create the named bucket succeeded and you already own it."
                raise Fault("BucketAlreadyOwnedByYou", text, 409)
            raise Fault("BucketAlreadyExists", "The requested bucket name is not available.", 409)
        return Answer(200, {"location": f"/{call.bucket}"})

    def delete(self, call: Call) -> Answer:
        bucket = self.access.bucket(call.bucket, call.identity)
        if not call.identity.administrator and bucket.owner != call.who:
            raise denied()
        self.access.store.delete_bucket(call.bucket)
        return Answer(204)

    def head(self, call: Call) -> Answer:
        self.access.bucket(call.bucket, call.identity)
        return Answer(200, {"x-amz-bucket-region": REGION, "content-length": "0"})

    def setting(self, call: Call) -> Answer:
        """What the first known sub-resource of the query says. Raises Fault for those that no bucket here has."""
        self.access.bucket(call.bucket, call.identity)
        name = next(name for name in call.query if name in SETTINGS)
        return SETTINGS[name](call)

    def refuse_setting(self, call: Call) -> Answer:
        self.access.bucket(call.bucket, call.identity)
        raise Fault("NotImplemented", "This local S3 keeps no settings of buckets.", 501)


def _owner(call: Call) -> Mapping[str, object]:
    return {"ID": call.who, "DisplayName": call.who}


def acl(call: Call) -> Answer:
    """Full control for the one who asks: others get no answer at all."""
    grantee = {
        'Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"': _owner(call),
        "Permission": "FULL_CONTROL",
    }
    return document("AccessControlPolicy", {"Owner": _owner(call), "AccessControlList": {"Grant": grantee}})


def _absent(code: str, message: str) -> Callable[[Call], Answer]:
    def answer(_call: Call) -> Answer:
        raise Fault(code, message, 404)

    return answer


def _empty(name: str) -> Callable[[Call], Answer]:
    return lambda _call: document(name, {})


def _encryption(_call: Call) -> Answer:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    return document("ServerSideEncryptionConfiguration", {"Rule": rule})


def _ownership(_call: Call) -> Answer:
    return document("OwnershipControls", {"Rule": {"ObjectOwnership": "BucketOwnerEnforced"}})


def _public_access(_call: Call) -> Answer:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return document("PublicAccessBlockConfiguration", dict.fromkeys(names, True))


SETTINGS: Mapping[str, Callable[[Call], Answer]] = {
    "location": _empty("LocationConstraint"),
    "versioning": _empty("VersioningConfiguration"),
    "acl": acl,
    "encryption": _encryption,
    "ownershipControls": _ownership,
    "publicAccessBlock": _public_access,
    "accelerate": _empty("AccelerateConfiguration"),
    "logging": _empty("BucketLoggingStatus"),
    "notification": _empty("NotificationConfiguration"),
    "requestPayment": lambda _call: document("RequestPaymentConfiguration", {"Payer": "BucketOwner"}),
    "policyStatus": lambda _call: document("PolicyStatus", {"IsPublic": "FALSE"}),
    "tagging": _absent("NoSuchTagSet", "The TagSet does not exist"),
    "policy": _absent("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "lifecycle": _absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    "cors": _absent("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    "website": _absent("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    "replication": _absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    "object-lock": _absent(
        "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"
    ),
}
