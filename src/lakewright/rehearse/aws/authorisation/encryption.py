"""Keys that a service uses as the caller: S3 for objects, Secrets Manager for values.

Documentation: Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys (SSE-KMS)"; AWS Secrets Manager
User Guide, "Secret encryption and decryption in AWS Secrets Manager".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.rehearse.aws.authorisation.needs import Need
from lakewright.rehearse.aws.authorisation.state import IamState
from lakewright.rehearse.aws.gate import Asked

_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "GetObject": ("kms:Decrypt",),
    "PutObject": ("kms:GenerateDataKey",),
    "CopyObject": ("kms:GenerateDataKey",),
    "CreateMultipartUpload": ("kms:GenerateDataKey",),
}
_SECRETS: Mapping[str, tuple[str, ...]] = {
    "GetSecretValue": ("kms:Decrypt",),
    "PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
    "CreateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
}


def encrypting(asked: Asked, state: IamState) -> Iterator[Need]:
    """What a request needs of keys, besides what it asks for. Not asked of the account's root user."""
    if asked.is_root:
        return
    match asked.service:
        case "s3" if asked.operation in _OBJECTS and asked.parameters.get("ServerSideEncryption") != "AES256":
            bucket = str(asked.parameters.get("Bucket"))
            key = str(asked.parameters.get("SSEKMSKeyId") or state.bucket_key(bucket, asked.account, asked.region))
            yield from _with(asked, state, key, _OBJECTS[asked.operation])
        case "secretsmanager" if asked.operation in _SECRETS:
            given = asked.parameters.get("KmsKeyId")
            secret = str(asked.parameters.get("SecretId") or "")
            key = str(given or (state.secret_key(secret, asked.account, asked.region) if secret else ""))
            yield from _with(asked, state, key, _SECRETS[asked.operation])
        case _:
            pass


def _with(asked: Asked, state: IamState, key: str, actions: tuple[str, ...]) -> Iterator[Need]:
    """AWS's own keys (`alias/aws/…`) are open to all who may use the service."""
    if not key or "alias/aws/" in key:
        return
    arn = state.resolved("key", key, asked.account, asked.region)
    values = {"kms:ViaService": f"{asked.service}.{asked.region}.amazonaws.com"}
    for action in actions:
        yield Need(action, arn, values, policed=("key", arn), unknown=("kms:EncryptionContext*",))
