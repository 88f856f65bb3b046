"""The language of platform.yaml: one frozen value per block, each key with its description and default.

Checks between keys are field validators that look at the keys before them, so that one pass finds every mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from lakewright.spec.access import Access
from lakewright.spec.accounts import Account, Databricks
from lakewright.spec.block import Block
from lakewright.spec.data_products import DataProduct
from lakewright.spec.infra import Existing, Imports, Infra, Settings
from lakewright.spec.query import Query
from lakewright.spec.units import Landscape, Unit
from lakewright.spec.values import Days, Name, Secret, Size, TablePattern, Text, problem

VERSION = 1


class Postgres(Block):
    """A PostgreSQL database, version 13 or newer, read through logical replication."""

    url: Secret = Field(
        description="Connection address, `postgresql://…`. Write `${VARIABLE}`; a literal password is refused."
    )
    tables: tuple[TablePattern, ...] = Field(
        default=(),
        strict=False,
        description="What to replicate: `schema.table`, with `*` or `%` for any characters. Either this or `mapping`.",
    )
    mapping: Text | None = Field(
        default=None,
        validate_default=True,
        description="Path of a DMS table-mapping JSON file (selection, filters, transformations), instead of `tables`.",
    )
    tenant: Text | None = Field(
        default=None,
        description="Column that names the tenant; Bronze is partitioned by it. Tables may lack it.",
    )

    @field_validator("mapping")
    @classmethod
    def _one_selection(cls, mapping: str | None, info: ValidationInfo) -> str | None:
        if "tables" in info.data and bool(info.data["tables"]) == (mapping is not None):
            if mapping is None:
                raise problem("LW106", "neither `tables` nor `mapping` says what to replicate", "tables: [public.*]")
            raise problem("LW107", "`tables` and `mapping` exclude each other", "keep the one you mean")
        return mapping


class OnChange(Block):
    """What happens when a source table changes its shape. `stop` halts that table with a message; others go on."""

    added_column: Literal["accept", "stop"] = Field(
        default="accept", description="`accept`: a new schema version with the column; older rows have NULL there."
    )
    dropped_column: Literal["keep", "stop"] = Field(
        default="keep", description="`keep`: the column stays in the lake, with NULL from then on."
    )
    renamed_column: Literal["accept", "stop"] = Field(
        default="stop", description="`accept`: the column goes on under its new name, with all its values."
    )
    retyped_column: Literal["accept", "stop"] = Field(
        default="stop", description="`accept`: a new schema version with the new type, if every old value fits into it."
    )
    dropped_partition: Literal["keep", "reload"] = Field(
        default="keep",
        description="A partition that is detached or dropped. `keep`: its rows stay in the lake; `reload`: the table "
        "is loaded anew, without them.",
    )


class Tuning(Block):
    """How ingest trades delay, file size and load. The defaults suit up to thousands of changes a second."""

    flush_seconds: Annotated[float, Field(gt=0, le=300)] = Field(
        default=0.25, description="Longest time that a committed change waits before it is published in Bronze."
    )
    roll_seconds: Annotated[float, Field(ge=1, le=86_400)] = Field(
        default=60.0, description="How often recent changes are rolled into the partitioned Bronze files."
    )
    chunk_rows: Annotated[int, Field(ge=1_000, le=100_000_000)] = Field(
        default=500_000, description="Rows per chunk of the full load; a crash repeats at most the unfinished chunks."
    )
    readers: Annotated[int, Field(ge=1, le=64)] = Field(default=2, description="Parallel connections of the full load.")
    retained_wal_limit: Size = Field(
        default=10 * 10**9,
        description="WAL that the replication slot may hold back; beyond it ingest stops instead of filling the disk.",
    )


class Dms(Block):
    """How the DMS task's S3 endpoint writes Bronze (Parquet), for a source that DMS replicates."""

    folder: str = Field(default="", description="BucketFolder, below the lake's root.")
    timestamp_column: Text | None = Field(default=None, description="TimestampColumnName of the endpoint.")
    change_seq_column: Text | None = Field(
        default=None, description="The column that a rule adds with `$AR_H_CHANGE_SEQ`; it then orders a file's rows."
    )


class Source(Block):
    """A database that is replicated into Bronze."""

    postgres: Postgres = Field(description="A PostgreSQL database.")
    replication: Literal["lakewright", "dms"] = Field(
        default="lakewright",
        description="Who replicates: Lakewright's own ingest, or AWS DMS, which this version does not run: "
        "`run` and `sql` read what it wrote.",
    )
    dms: Dms | None = Field(default=None, description="Where and how DMS writes; only with `replication: dms`.")
    on_change: OnChange = Field(default_factory=OnChange, description="Policy for schema changes on the source.")
    tuning: Tuning = Field(default_factory=Tuning, description="Speed, file sizes and limits.")
    owner: Text = Field(
        default="", description="Who answers for it; by default the owner of the file that declares it."
    )

    @field_validator("dms")
    @classmethod
    def _only_with_dms(cls, dms: Dms | None, info: ValidationInfo) -> Dms | None:
        if dms is not None and info.data.get("replication") == "lakewright":
            raise problem("LW107", "`dms` belongs to a source that DMS replicates", "replication: dms")
        return dms


class Keep(Block):
    """How long data stays where; counted in days, `90d`."""

    infrequent: Days | None = Field(
        default=None, description="Age at which files move to infrequent access; for the bucket, in later environments."
    )
    archive: Days | None = Field(
        default=None, validate_default=True, description="Age at which files move to the archive; likewise."
    )
    history: Days | None = Field(
        default=None,
        description="How far back `table compact` leaves a table readable; it deletes files that only older versions "
        "need. Without it, 7 days. Nothing else deletes them.",
    )

    @field_validator("archive")
    @classmethod
    def _after_infrequent(cls, archive: int | None, info: ValidationInfo) -> int | None:
        infrequent = info.data.get("infrequent")
        if archive is not None and infrequent is not None and archive <= infrequent:
            raise problem("LW107", "`archive` must be later than `infrequent`", f"archive: {infrequent + 90}d")
        return archive


class BronzeLayer(Block):
    """Raw changes as they came, in DMS's layout."""

    format: Literal["parquet"] = Field(default="parquet", description="File format.")
    partition_by: Annotated[tuple[Text, ...], WithJsonSchema({"const": ["load_date", "tenant_id"]})] = Field(
        default=("load_date", "tenant_id"), strict=False, description="Fixed: commit date, then tenant."
    )
    keep: Keep = Field(default_factory=Keep, description="Storage classes by age.")

    @field_validator("partition_by")
    @classmethod
    def _fixed(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if columns != ("load_date", "tenant_id"):
            raise problem("LW107", "Bronze has one layout", "partition_by: [load_date, tenant_id], or leave it out")
        return columns


class TableLayer(Block):
    """Tables that models write."""

    format: Literal["delta"] = Field(
        default="delta", description="Table format; Hudi and Iceberg come with Spark, later."
    )
    partition_by: tuple[Text, ...] = Field(
        default=(),
        strict=False,
        description="Partition columns of models that have all of these and name none; `partition_by: []` in a model's "
        "header leaves it whole.",
    )
    keep: Keep = Field(default_factory=Keep, description="Storage classes by age, and how long history is kept.")


class Lake(Block):
    """The three layers."""

    bronze: BronzeLayer = Field(default_factory=BronzeLayer, description="Raw changes.")
    silver: TableLayer = Field(default_factory=TableLayer, description="Clean, current rows.")
    gold: TableLayer = Field(default_factory=TableLayer, description="Figures and facts for use.")

    @property
    def partitions(self) -> dict[str, tuple[str, ...]]:
        """Layer → the partition columns of its models that name none."""
        return {"silver": self.silver.partition_by, "gold": self.gold.partition_by}


class Environment(Block):
    """A place where the platform runs. `local` is this machine and always there; others are declared for later."""

    lake: Text | None = Field(
        default=None, description="Where the data lies: a folder (relative to platform.yaml) or `s3://bucket/prefix`."
    )
    account: Annotated[str, Field(pattern="^[0-9]{12}$")] | None = Field(
        default=None, description="AWS account, twelve digits, quoted."
    )
    region: Annotated[str, Field(pattern="^[a-z]{2}(-[a-z]+)+-[0-9]$")] | None = Field(
        default=None, description="AWS region."
    )
    protection: Literal["none", "strict"] = Field(
        default="none",
        description="`strict`: destructive changes are refused, and data and state are protected against deletion.",
    )
    accounts: Mapping[Name, Account] = Field(
        default_factory=dict,
        description='Further AWS accounts, by the name that stacks use: `management: "222222222222"`, or with `role` '
        "or `profile`: how they are reached.",
    )
    databricks: Databricks | None = Field(default=None, description="The Databricks account.")
    after: Name | None = Field(
        default=None,
        description="The environment in which changes are applied and proven before they come here: `dev` for `prod`.",
    )
    infra: Mapping[Name, Settings] = Field(
        default_factory=dict,
        description="What differs here in the calls of `infra`, by call: `network: {zones: 3}`; `trail: false` leaves "
        "one out.",
    )
    existing: Existing = Field(default_factory=dict, description="What is there already, here only; as at the top.")
    imports: Imports = Field(default_factory=dict, description="What to take over, here only; as at the top.")


def _list_of_one(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Platform(Block):
    """A whole lakehouse platform."""

    lakewright: Literal[1] = Field(description="Version of this language.")
    platform: Name = Field(description="Name of the platform.")
    blueprint: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*@[0-9]+$")] | None = Field(
        default=None, description="Ready platform that supplies every default: `name@version`."
    )
    include: tuple[Text, ...] = Field(
        default=(),
        strict=False,
        description="Further files that are part of this spec, as globs; parts may have their own `owner`.",
    )
    owner: Text = Field(default="", description="Who answers for the platform.")
    environments: Mapping[Name, Environment] = Field(
        default_factory=dict, description="Where the platform runs; `local` needs no entry."
    )
    sources: Mapping[Name, Source] = Field(default_factory=dict, description="Databases to replicate, by name.")
    lake: Lake = Field(default_factory=Lake, description="Formats, partitions and retention of the layers.")
    models: Annotated[
        tuple[Text, ...],
        BeforeValidator(_list_of_one),
        Field(strict=False),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field(
        default=("models",), description="Folders of SQL models; later ones override earlier models of the same name."
    )
    access: Access = Field(default_factory=Access, description="Who may see and change what.")
    query: Query = Field(default_factory=Query, description="Workgroups and named queries.")
    units: Mapping[Name, Unit] = Field(
        default_factory=dict, description="Business units by name; each has workspaces, catalogs and people of its own."
    )
    landscape: Landscape = Field(default_factory=Landscape, description="What the units share.")
    data_products: Mapping[Name, DataProduct] = Field(
        default_factory=dict, description="Databricks bundles by name: jobs of models and dbt projects."
    )
    infra: Infra = Field(default_factory=Infra, description="Which building blocks it is made of, as Terraform.")
    existing: Existing = Field(
        default_factory=dict,
        description="What is used instead of being made, by component and output: "
        "`networking: {vpc_id: vpc-0abc, private_subnet_ids: [subnet-1, subnet-2]}`. Calls of the component are then "
        "left out.",
    )
    imports: Imports = Field(
        default_factory=dict,
        description="Resources that are there and from now on managed here: `foundation/lake: "
        "{'aws_s3_bucket.this[\"bronze\"]': my-bucket}`; they become import blocks.",
    )

    def environment(self, name: str) -> Environment:
        """The declared environment; `local` exists always."""
        return self.environments[name] if name in self.environments else Environment()


PART_KEYS = (
    "owner",
    "sources",
    "environments",
    "access",
    "query",
    "units",
    "landscape",
    "data_products",
    "infra",
    "existing",
    "imports",
)
"""What an included file may hold."""
