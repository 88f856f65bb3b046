"""The artifact store's Lambda function: checks what arrives under `incoming/` and files it under its digest.

An upload declares the SHA-256 of its content in its metadata `sha256`. If the content has it, the object becomes
`releases/DIGEST/NAME`, else `rejected/NAME`, with the reason in `rejected/NAME.reason.json`. The same event twice is
the same as once. It needs nothing but the Lambda runtime: boto3 is there.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import unquote_plus

INCOMING, RELEASES, REJECTED = "incoming/", "releases/", "rejected/"
PIECE = 1 << 20


def handler(event: dict[str, Any], _context: object) -> list[dict[str, str]]:
    """S3's event: one result for each object that it names."""
    import boto3

    client = boto3.client("s3")
    results = [
        take_in(client, record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
        for record in event["Records"]
    ]
    for result in results:
        print(json.dumps(result, sort_keys=True))
    return results


def take_in(client: Any, bucket: str, key: str) -> dict[str, str]:
    """Files one object; says what became of it: `released`, `rejected` or `gone`."""
    if not key.startswith(INCOMING) or key == INCOMING:
        return {"key": key, "result": "ignored"}
    try:
        found = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.NoSuchKey:
        return {"key": key, "result": "gone"}
    name = key.removeprefix(INCOMING)
    declared = found["Metadata"].get("sha256", "").lower()
    digest = digest_of(found["Body"])
    if declared != digest:
        reason = f"declared {declared}" if declared else "no sha256 in its metadata"
        return reject(client, bucket, key, name, {"reason": reason, "sha256": digest})
    target = f"{RELEASES}{digest}/{name}"
    move(client, bucket, key, target, found["ETag"])
    return {"key": key, "result": "released", "as": target}


def digest_of(body: Any) -> str:
    """SHA-256 of a stream, read piece by piece."""
    digest = hashlib.sha256()
    for piece in iter(lambda: body.read(PIECE), b""):
        digest.update(piece)
    return digest.hexdigest()


def reject(client: Any, bucket: str, key: str, name: str, facts: dict[str, str]) -> dict[str, str]:
    """Puts the object aside, with the reason beside it."""
    client.put_object(
        Bucket=bucket,
        Key=f"{REJECTED}{name}.reason.json",
        Body=json.dumps(facts, sort_keys=True).encode(),
        ContentType="application/json",
    )
    move(client, bucket, key, f"{REJECTED}{name}", None)
    return {"key": key, "result": "rejected", **facts}


def move(client: Any, bucket: str, key: str, target: str, etag: str | None) -> None:
    """Copies within the bucket, then removes the first. With `etag`, only what was checked is copied."""
    checked = {"CopySourceIfMatch": etag} if etag else {}
    client.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": key}, **checked)
    client.delete_object(Bucket=bucket, Key=key)
