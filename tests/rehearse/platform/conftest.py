"""One rehearsal of lakehouse-cdc for all the slow tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakewright.observe import ignore
from lakewright.rehearse.platform.report import RehearsalReport
from lakewright.rehearse.platform.run import Rehearsal
from lakewright.rehearse.platform.source import ShopSize
from lakewright.rehearse.platform.stage import Options, Stage, staged
from lakewright.spec import load_project

PLATFORM = """\
lakewright: 1
platform: shop
blueprint: lakehouse-cdc@1
environments: {dev: {account: "111111111111", region: us-east-1}}
sources:
  shop:
    replication: dms
    postgres: {url: "${SHOP_DATABASE_URL}", tables: [public.core_*], tenant: tenant_id}
"""


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, RehearsalReport]]:
    """A stage on which everything ran and stays up, and what was reported. Tests leave the task running."""
    folder = tmp_path_factory.mktemp("platform")
    (folder / "platform.yaml").write_text(PLATFORM)
    with staged(load_project(folder), Options("dev", size=ShopSize(orders=1000)), ignore) as stage:
        yield stage, Rehearsal(stage, ignore).tell()
