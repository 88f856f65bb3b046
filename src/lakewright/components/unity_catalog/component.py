"""Decides the storage credential's role, locations, catalogs, schemas, and grants from the rules of `access`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lakewright.components.component import Call, Component, Context, File, Template, Value
from lakewright.components.databricks import UNITY_CATALOG, workspace
from lakewright.components.statements import TRUST, Statement, document
from lakewright.components.units.catalog import BUCKET, catalog_inputs
from lakewright.components.units.workspace import own_workspace
from lakewright.components.unity_catalog.grants import Grants, Inherited, inherited, table_statements
from lakewright.components.unity_catalog.settings import Catalog, Settings
from lakewright.errors import Mistakes, SpecError

EXTERNAL_ID = "EXTERNAL_ID"
"""What the module replaces by the storage credential's external id."""
_KEY = "${kms_key_arn}"


def _trust(context: Context, arn: str) -> str:
    """For Unity Catalog with the credential's external id, and for the role itself: it must be able to take itself.

    The role does not exist when its policy is written, so its account is named, and the role by a condition (Databricks
    on AWS, "Create a storage credential for connecting to AWS S3").
    """
    given = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    root = f"arn:aws:iam::{context.place.account}:root"
    take = ("sts:AssumeRole",)
    return document(
        Statement("UnityCatalog", take, principals={"AWS": (UNITY_CATALOG,)}, conditions=given),
        Statement(
            "Itself", take, principals={"AWS": (root,)}, conditions={**given, "ArnEquals": {"aws:PrincipalArn": arn}}
        ),
        most=TRUST,
    )


def _lake(arn: str, buckets: list[str], *, keyed: bool) -> str:
    arns = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
    objects = (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    )
    found = [
        Statement("Places", ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"), arns),
        Statement("Objects", objects, [f"{one}/*" for one in arns]),
        Statement("Itself", ("sts:AssumeRole",), (arn,)),
    ]
    if keyed:
        actions = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*")
        found.append(Statement("Key", actions, (_KEY,)))
    return document(*found)


def _call(context: Context, _name: str, settings: Settings) -> Call:
    """Raises Mistakes: LW1396 for catalogs outside of locations, LW1010 for rules that cannot be expressed."""
    if mistakes := [*_mistakes(settings)]:
        raise Mistakes(mistakes)
    place = context.place
    role = place.name("unity-catalog")
    arn = place.arn("iam", f"role/{role}", regional=False)
    key = {"kms_key_arn": context.output("kms_key", "arn")} if context.has("kms_key") else {}
    unit = own_workspace(context)
    named = {BUCKET} if unit is not None else {one.bucket for one in settings.locations.values()}
    buckets = sorted(place.bucket(one) for one in named)
    files: dict[str, str | bytes] = {
        "trust.json": _trust(context, arn),
        "lake.json": _lake(arn, buckets, keyed=bool(key)),
    }
    grants = {one: inherited(context, one, list(catalog.schemas)) for one, catalog in settings.catalogs.items()}
    inputs: dict[str, Value] = {
        "name": place.name(),
        "role": {
            "name": role,
            "arn": arn,
            "trust_policy": File("trust.json"),
            "policy": Template("lake.json", key) if key else File("lake.json"),
        },
        "locations": {
            one: {
                "url": _url(context, location.bucket, location.prefix),
                "read_only": location.read_only,
                "grants": {who: list(can) for who, can in location.grants.items()},
            }
            for one, location in settings.locations.items()
        },
        "catalogs": {one: _catalog(context, one, each, grants[one]) for one, each in settings.catalogs.items()},
        "schemas": dict(_schemas(context, settings, grants)),
        "volumes": dict(_volumes(settings)),
        "force_destroy": not place.strict,
    }
    if unit is not None:
        inputs |= catalog_inputs(context, unit)
    for one in settings.catalogs:
        if text := table_statements(context, one):
            files[f"tables-{one}.sql"] = text
    provider = workspace(context.output("databricks_workspace", "workspace_url"), _alias(context))
    return Call(inputs, files, {"databricks": provider})


def _alias(context: Context) -> str:
    """One provider for each workspace."""
    return "-".join(("workspace", *context.mine.values()))


def _url(context: Context, bucket: str, prefix: str) -> str:
    folder = f"{prefix.strip('/')}/" if prefix else ""
    return f"s3://{context.place.bucket(bucket)}/{folder}"


def _catalog(context: Context, name: str, catalog: Catalog, grants: Inherited) -> Value:
    found: dict[str, Value] = {
        "storage_root": _url(context, catalog.bucket, catalog.prefix or f"unity/{name}").rstrip("/"),
        "grants": _joined(catalog.grants, grants.catalog),
    }
    if catalog.comment:
        found["comment"] = catalog.comment
    return found | ({"isolated": True} if catalog.isolated else {})


def _schemas(context: Context, settings: Settings, grants: Mapping[str, Inherited]) -> Iterator[tuple[str, Value]]:
    for name, catalog in settings.catalogs.items():
        for key, schema in catalog.schemas.items():
            found: dict[str, Value] = {"catalog": name, "name": key}
            found["grants"] = _joined(schema.grants, grants[name].schemas[key])
            if schema.comment:
                found["comment"] = schema.comment
            if schema.bucket or schema.prefix:
                folder = schema.prefix or key
                found["storage_root"] = _url(context, schema.bucket or catalog.bucket, folder).rstrip("/")
            yield f"{name}.{key}", found


def _volumes(settings: Settings) -> Iterator[tuple[str, Value]]:
    for name, catalog in settings.catalogs.items():
        for key, schema in catalog.schemas.items():
            for volume in schema.volumes:
                yield f"{name}.{key}.{volume}", {"schema": f"{name}.{key}", "name": volume}


def _joined(own: Mapping[str, tuple[str, ...]], ruled: Grants) -> dict[str, Any]:
    """A person's own and those of `access`, each once."""
    return {who: sorted({*own.get(who, ()), *ruled.get(who, ())}) for who in sorted({*own, *ruled})}


def _mistakes(settings: Settings) -> Iterator[SpecError]:
    """Managed storage lies below an external location (as above)."""
    whole = {one.bucket for one in settings.locations.values() if not one.prefix}
    known = {(one.bucket, one.prefix.strip("/")) for one in settings.locations.values()}
    for name, catalog in settings.catalogs.items():
        wanted = [(catalog.bucket, catalog.prefix or f"unity/{name}", f"catalogs.{name}")]
        for key, schema in catalog.schemas.items():
            if schema.bucket or schema.prefix:
                place = f"catalogs.{name}.schemas.{key}"
                wanted.append((schema.bucket or catalog.bucket, schema.prefix or key, place))
        for bucket, prefix, place in wanted:
            inside = any(bucket == other and f"{prefix}/".startswith(f"{folder}/") for other, folder in known)
            if bucket not in whole and not inside:
                fact = f"{bucket}/{prefix} lies in no external location, which its credential could read"
                yield SpecError("LW1396", fact, place=place, hint=f"locations: {{{bucket}: {{bucket: {bucket}}}}}")


COMPONENT = Component(
    name="unity_catalog",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("credential_name", "role_arn", "location_urls", "catalog_names", "schema_ids", "volume_ids"),
)
