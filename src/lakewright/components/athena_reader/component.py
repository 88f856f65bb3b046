"""Decides how one account's Athena reads what another shares: the catalog's name, the workgroup, the role's rights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Output, Template, Value
from lakewright.components.data_share.component import READ
from lakewright.components.lake import bucket_output
from lakewright.components.statements import INLINE, Statement, document, trust
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.layers import did_you_mean
from lakewright.spec.values import Name

GIGABYTE = 1_000_000_000
_OWN_KEY, _KEY, _BUCKET, _DATABASE = "${own_key_arn}", "${kms_key_arn}", "${bucket_arn}", "${database}"


class Settings(Block):
    """Queries over what another account shares."""

    share: Name = Field(description="The call of data_share.")
    results: Name = Field(default="athena-results", description="Key of the bucket that results are written to.")
    scan_gb: Annotated[int, Field(ge=1)] = Field(default=100, description="Most that one query reads, in GB.")


def catalog_name(context: Context, share: str) -> str:
    """The name of the other account's catalog here: the account's."""
    return context.homes.get(share, "").replace("-", "_") or "home"


def _call(context: Context, name: str, settings: Settings) -> Call:
    """Raises SpecError LW1302: no such share, or one of this account."""
    place = context.place
    if context.calls.get(settings.share) != "data_share":
        shares = [one for one, used in context.calls.items() if used == "data_share"]
        fact = f"`{settings.share}` shares no data"
        hint = did_you_mean(settings.share, shares, "a call of data_share")
        raise SpecError("LW1302", fact, place="share", hint=hint)
    owner = context.accounts[context.homes.get(settings.share, "")]
    if owner.account == place.account:
        fact = f"`{settings.share}` is in this account: its tables are read without this"
        raise SpecError("LW1302", fact, place="share", hint="a stack of another account")
    keyed = context.has("kms_key")
    values: dict[str, Value] = {
        "bucket_arn": Output(settings.share, "bucket_arn"),
        "database": Output(settings.share, "database"),
        "kms_key_arn": Output(settings.share, "kms_key_arn"),
    }
    inputs: dict[str, Value] = {
        "name": place.name(name),
        "account": place.account,
        "results_bucket": bucket_output(context, settings.results),
        "scan_limit": settings.scan_gb * GIGABYTE,
        "catalog": {"name": catalog_name(context, settings.share), "account": owner.account},
        "trust_policy": File("trust.json"),
        "force_destroy": not place.strict,
    }
    if keyed:
        values["own_key_arn"] = inputs["kms_key_arn"] = context.output("kms_key", "arn")
    inputs["policy"] = Template("policy.json", values)
    files = {
        "trust.json": trust(accounts=(place.account,)),
        "policy.json": _policy(context, name, settings, owner.account, keyed=keyed),
    }
    return Call(inputs, files)


def _policy(context: Context, name: str, settings: Settings, owner: str, *, keyed: bool) -> str:
    """Athena in one workgroup, the other account's tables, files and key, and results: nothing else."""
    place = context.place
    group = place.arn("athena", f"workgroup/{place.name(name)}")
    catalog = place.arn("athena", f"datacatalog/{catalog_name(context, settings.share)}")
    theirs = f"arn:aws:glue:{place.region}:{owner}"
    tables = [f"{theirs}:catalog", f"{theirs}:database/{_DATABASE}", f"{theirs}:table/{_DATABASE}/*"]
    results = f"arn:aws:s3:::{place.bucket(settings.results)}"
    via = {"StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}}
    queries = ("GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution")
    looks = ("GetDataCatalog", "GetDatabase", "GetTableMetadata", "ListDatabases", "ListTableMetadata")
    found = [
        Statement("Queries", tuple(f"athena:{one}" for one in queries), (group,)),
        Statement("Catalog", tuple(f"athena:{one}" for one in looks), (catalog,)),
        Statement("Tables", READ, tables),
        Statement("Places", ("s3:GetBucketLocation", "s3:ListBucket"), (_BUCKET, results)),
        Statement("Files", ("s3:GetObject",), (f"{_BUCKET}/*",)),
        Statement(
            "Results",
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
            (f"{results}/{place.name(name)}/*",),
        ),
        Statement("Key", ("kms:Decrypt",), (_KEY,), conditions=via),
    ]
    if keyed:
        found.append(Statement("OwnKey", ("kms:Decrypt", "kms:GenerateDataKey"), (_OWN_KEY,), conditions=via))
    return document(*found, most=INLINE)


COMPONENT = Component(
    name="athena_reader",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("role_arn", "workgroup", "catalog"),
    costs=lambda _context, _settings: (Cost("athena.tb_scanned", 0.1, "100 GB scanned in a month"),),
)
