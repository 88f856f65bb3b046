"""An environment with two sources, one replicated by DMS and one by the ingester, and what its components decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from lakewright.components.component import Call, Context
from lakewright.infra.known import known_of
from lakewright.spec import Project

from .roots import context, decide, project

SPEC = """\
lakewright: 1
platform: shop
blueprint: lakehouse-cdc@1
owner: data-platform
sources:
  shop: {postgres: {url: "${SHOP_DATABASE_URL}", tables: [public.core_*], tenant: tenant_id}}
  erp: {postgres: {url: "${ERP_DATABASE_URL}", tables: [erp.invoice, "erp.item_*"]}, replication: dms}
environments: {dev: {account: "111111111111", region: us-east-1}, prod: {account: "111111111111", region: us-east-1}}
"""
USED = (
    "kms_key",
    "networking",
    "lake_buckets",
    "secrets",
    "ecr",
    "iam_roles",
    "lake_formation",
    "glue",
    "lake_grants",
    "dms",
    "ingester",
    "athena",
    "monitoring",
    "budget",
)


@cache
def platform(folder: Path, spec: str = SPEC) -> Project:
    return project(folder, spec)


def environment(folder: Path, *, spec: str = SPEC, used: tuple[str, ...] = USED, strict: bool = False) -> Context:
    """Everything that a data platform has, with its models and mappings."""
    found = platform(folder, spec)
    known = known_of(found)
    return replace(context(found, *used, strict=strict), models=known.models, sources=known.sources)


def decided(where: Context, settings: Mapping[str, dict[str, Any]], *names: str) -> dict[str, Call]:
    return {name: decide(where, name, **settings.get(name, {})) for name in names or where.calls}
