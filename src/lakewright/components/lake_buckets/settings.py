"""What a person may write about buckets, with S3's own rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from lakewright.spec.block import Block
from lakewright.spec.values import Days, Name, Text, problem

INFREQUENT_AFTER = 30
"""Days that S3 wants objects to be old for infrequent access, and to stay there before an archive."""

_AGES = ("infrequent", "intelligent", "instant_archive", "archive", "deep_archive")

_RESERVED = (("xn--", "sthree-", "amzn-s3-demo-"), ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"))
"""Beginnings and ends of names that S3 keeps for itself (S3 guide, general purpose bucket naming rules)."""


def _not_reserved(name: str) -> str:
    beginnings, ends = _RESERVED
    if name.startswith(beginnings) or name.endswith(ends) or ".." in name or _ADDRESS.fullmatch(name):
        raise problem("LW107", f"S3 does not take the name {name}", "letters, digits and hyphens, for example shop-raw")
    return name


_ADDRESS = re.compile(r"([0-9]+\.){3}[0-9]+")
BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"), AfterValidator(_not_reserved)]


class Ages(Block):
    """What happens to objects as they get older, in days from their creation."""

    infrequent: Days | None = Field(default=None, description="Moved to infrequent access; 30 days at least.")
    intelligent: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Moved to intelligent tiering; `0` at once."
    )
    instant_archive: Days | None = Field(default=None, validate_default=True, description="Moved to Glacier, instant.")
    archive: Days | None = Field(default=None, validate_default=True, description="Moved to Glacier, flexible.")
    deep_archive: Days | None = Field(default=None, validate_default=True, description="Moved to the deep archive.")
    expire: Days | None = Field(default=None, validate_default=True, description="Deleted.")
    old_versions: Days | None = Field(default=None, description="Replaced versions: deleted so long after.")

    @field_validator("infrequent")
    @classmethod
    def _not_too_early(cls, days: int | None) -> int | None:
        if days is not None and days < INFREQUENT_AFTER:
            raise problem(
                "LW107", f"S3 moves objects to infrequent access after {INFREQUENT_AFTER} days at the earliest"
            )
        return days

    @field_validator("instant_archive", "archive", "deep_archive")
    @classmethod
    def _long_enough_in_infrequent(cls, days: int | None, info: ValidationInfo) -> int | None:
        warm = info.data.get("infrequent")
        if days is not None and warm is not None and days < warm + INFREQUENT_AFTER:
            fact = f"objects stay in infrequent access for at least {INFREQUENT_AFTER} days"
            raise problem("LW107", fact, f"{warm + INFREQUENT_AFTER}d or later")
        return days

    @field_validator("expire")
    @classmethod
    def _after_all_else(cls, days: int | None, info: ValidationInfo) -> int | None:
        last = max((info.data.get(age) or 0 for age in _AGES), default=0)
        if days is not None and days <= last:
            raise problem("LW107", "objects must expire later than they move", f"{last + 1}d or later")
        return days

    @property
    def transitions(self) -> dict[str, int]:
        """Storage class → days."""
        classes = {
            "STANDARD_IA": self.infrequent,
            "INTELLIGENT_TIERING": self.intelligent,
            "GLACIER_IR": self.instant_archive,
            "GLACIER": self.archive,
            "DEEP_ARCHIVE": self.deep_archive,
        }
        return {name: days for name, days in classes.items() if days is not None}


class Bucket(Ages):
    """One bucket; what is said about ages concerns all that lies in it."""

    name: BucketName | None = Field(default=None, description="Its name; by default made from platform and account.")
    encryption: Literal["kms", "s3"] | None = Field(default=None, description="Like the others', if not said.")
    versioning: bool = Field(default=True, description="Whether replaced and deleted objects are kept.")
    events: bool = Field(default=False, description="Whether EventBridge is told of every object.")
    databricks: bool = Field(
        default=False,
        description="Whether it is a Databricks workspace's own: the control plane works in it, encrypted by S3.",
    )
    readers: tuple[Name, ...] = Field(
        default=(),
        strict=False,
        description="Accounts of the environment whose roles may read it, if their own policies allow that.",
    )
    abort_uploads: Days = Field(default=7, description="When unfinished uploads are removed.")
    prefixes: Mapping[Text, Ages] = Field(default_factory=dict, description="Other ages for some prefixes.")


class Settings(Block):
    """The buckets of a lake. Without `buckets`: the layers, scripts and query results, by what `lake` says."""

    encryption: Literal["kms", "s3"] | None = Field(
        default=None, description="`kms` where the environment has a key, else `s3`."
    )
    buckets: Mapping[Name, Bucket] = Field(default_factory=dict, description="The buckets by what they hold.")
    access_logs: Days | None = Field(default=365, description="How long access logs are kept; `null`: none are made.")
