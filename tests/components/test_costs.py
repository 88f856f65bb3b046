"""Every cost driver of every blueprint's environment has a price."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.cost import estimate
from lakewright.infra.costs import drivers
from lakewright.spec import load_project

SOURCE = 'sources: {shop: {postgres: {url: "${SHOP}", tables: [public.core_*], tenant: tenant_id}, replication: dms}}\n'


@pytest.mark.parametrize(
    ("blueprint", "more", "least", "most"),
    [
        ("data-services", "", 40.0, 60.0),  # the reference's own figure, for development
        ("zoned-promotion", "", 60.0, 120.0),
        ("lakehouse-cdc", SOURCE, 50.0, 600.0),
    ],
)
def test_an_environment_s_estimate(tmp_path: Path, blueprint: str, more: str, least: float, most: float) -> None:
    (tmp_path / "platform.yaml").write_text(
        f"lakewright: 1\nplatform: acme\nblueprint: {blueprint}@1\n{more}"
        'environments: {dev: {account: "111111111111", region: us-east-1}}\n'
    )
    found = estimate(drivers(load_project(tmp_path), "dev")).as_dict()
    assert least < found["usd"] < most
