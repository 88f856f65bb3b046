"""Decides a database of files that other accounts read where it lies, and the policy of its catalog."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lakewright.components.component import Call, Component, Context, File, Value
from lakewright.components.lake import bucket_output
from lakewright.components.other_accounts import account_ids
from lakewright.components.statements import RESOURCE, Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text

READ = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
)
"""What Athena asks of a catalog to read its tables (Athena User Guide, "Configure cross-account access to AWS Glue data
catalogs")."""

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,127}$")]


class Table(Block):
    """Files of one kind in a folder."""

    columns: Annotated[Mapping[Word, Text], Field(min_length=1)] = Field(
        description="Column → type, as Hive has them: {currency: string, rate: double}."
    )
    format: Literal["parquet", "csv", "json"] = Field(default="parquet", description="CSV has a line of names first.")
    prefix: Text | None = Field(default=None, description="Its folder in the bucket; by default its name.")
    description: Text = Field(default="", description="What it holds.")


class Settings(Block):
    """A database of files that other accounts may read. An account's catalog has one policy: one such call for it."""

    database: Word = Field(default="exchange", description="Name of the database.")
    bucket: Name = Field(default="exchange", description="Key of the bucket; its `readers` are the same accounts.")
    readers: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        strict=False, description="Accounts of the environment whose roles may read it."
    )
    tables: Mapping[Word, Table] = Field(default_factory=dict, description="Its tables, by name.")


def catalog_arns(account: str, region: str, database: str) -> list[str]:
    """The catalog, the database and its tables: Glue's actions want them all."""
    start = f"arn:aws:glue:{region}:{account}"
    return [f"{start}:catalog", f"{start}:database/{database}", f"{start}:table/{database}/*"]


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    accounts = [f"arn:aws:iam::{one}:root" for one in account_ids(context, settings.readers, "readers")]
    policy = Statement(
        "Readers",
        READ,
        catalog_arns(place.account, place.region, settings.database),
        principals={"AWS": accounts},
    )
    inputs: dict[str, Value] = {
        "database": settings.database,
        "description": f"What {place.platform} hands to {', '.join(sorted(settings.readers))}",
        "bucket": bucket_output(context, settings.bucket),
        "catalog_policy": File("catalog-policy.json"),
        "tables": {
            name: {
                "prefix": (table.prefix or name).strip("/"),
                "format": table.format,
                "description": table.description,
                "columns": [{"name": column, "type": kind} for column, kind in table.columns.items()],
            }
            for name, table in settings.tables.items()
        },
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs, {"catalog-policy.json": document(policy, most=RESOURCE)})


COMPONENT = Component(
    name="data_share",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("database", "bucket_arn", "kms_key_arn"),
)
