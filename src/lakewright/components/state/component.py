"""Decides the names of the state's bucket and key, and refuses what would unprotect them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Place
from lakewright.components.statements import Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import Days


class Settings(Block):
    """Where Terraform's state lies."""

    old_versions: Days = Field(default=30, description="When replaced versions of a state are deleted.")
    keep_versions: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="Replaced versions that stay however old they are."
    )


def state_bucket(place: Place) -> str:
    """Name of the environment's state bucket, for the backend of every stack."""
    return place.bucket("state")


def _bucket_policy(place: Place) -> str:
    bucket = f"arn:aws:s3:::{state_bucket(place)}"
    return document(
        Statement(
            "TlsOnly",
            ("s3:*",),
            (bucket, f"{bucket}/*"),
            effect="Deny",
            principals="*",
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
        Statement(
            "KmsOnly",
            ("s3:PutObject",),
            (f"{bucket}/*",),
            effect="Deny",
            principals="*",
            conditions={
                "Null": {"s3:x-amz-server-side-encryption": "false"},
                "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
            },
        ),
        Statement(
            "OwnAccountOnly",
            ("s3:*",),
            (bucket, f"{bucket}/*"),
            effect="Deny",
            principals="*",
            conditions={
                "StringNotEquals": {"aws:PrincipalAccount": place.account},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
    )


def _key_policy(place: Place) -> str:
    root = {"AWS": (f"arn:aws:iam::{place.account}:root",)}
    return document(Statement("Account", ("kms:*",), ("*",), principals=root))


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    return Call(
        inputs={
            "bucket": state_bucket(place),
            "bucket_policy": File("bucket-policy.json"),
            "alias": place.name("state"),
            "key_policy": File("key-policy.json"),
            "old_versions_days": settings.old_versions,
            "old_versions_kept": settings.keep_versions,
        },
        files={"bucket-policy.json": _bucket_policy(place), "key-policy.json": _key_policy(place)},
    )


COMPONENT = Component(
    name="state",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("bucket_name", "bucket_arn", "kms_key_arn"),
    costs=lambda _context, _settings: (Cost("kms.key", 1), Cost("s3.standard_gb_month", 1)),
)
