"""What a correct spec becomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from lakewright.errors import MissingError
from lakewright.spec import Project, load_project, matches
from lakewright.spec.resolved import resolve

FULL = """\
lakewright: 1
platform: shop-lakehouse
owner: data-platform
environments:
  local: {lake: data/lake}
  dev:  {account: "111111111111", region: us-east-1}
  prod: {account: "222222222222", region: us-east-1, protection: strict, lake: s3://shop-lake/prod}
sources:
  shop:
    postgres: {url: "${SHOP_DATABASE_URL}", tables: [public.core_*], tenant: tenant_id}
    replication: lakewright
    on_change: {added_column: accept, dropped_column: keep, renamed_column: stop, retyped_column: stop}
    tuning: {retained_wal_limit: 1.5GB, flush_seconds: 1}
lake:
  bronze: {format: parquet, partition_by: [load_date, tenant_id], keep: {infrequent: 90d, archive: 180d}}
  silver: {format: delta, partition_by: [tenant_id, month]}
  gold:   {format: delta, partition_by: [dt]}
models: models/
"""


def project(root: Path, text: str, env: str = "local") -> Project:
    (root / "models").mkdir(exist_ok=True)
    (root / "platform.yaml").write_text(text)
    return load_project(root, env)


def test_the_surface_of_the_design(tmp_path: Path) -> None:
    shop = project(tmp_path, FULL)
    source = shop.platform.sources["shop"]
    assert shop.lake_uri == str(tmp_path / "data/lake")
    assert shop.model_folders == (tmp_path / "models",)
    assert shop.state_dir == tmp_path / ".lakewright"
    assert source.tuning.retained_wal_limit == 1_500_000_000
    assert source.tuning.flush_seconds == 1.0
    assert shop.platform.lake.bronze.keep.archive == 180
    assert shop.platform.lake.silver.partition_by == ("tenant_id", "month")
    assert project(tmp_path, FULL, "prod").lake_uri == "s3://shop-lake/prod"
    assert load_project(tmp_path / "platform.yaml").platform == shop.platform


def test_values_are_frozen(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        project(tmp_path, FULL).platform.owner = "me"


def test_the_least_spec(tmp_path: Path) -> None:
    shop = project(tmp_path, "lakewright: 1\nplatform: shop\n")
    assert shop.lake_uri == str(tmp_path / "lake")
    assert shop.platform.sources == {}


def test_secrets_are_read_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'lakewright: 1\nplatform: s\nsources:\n  s: {postgres: {url: "postgresql://u:${PW}@h/d", tables: [a.*]}}\n'
    url = project(tmp_path, text).platform.sources["s"].postgres.url
    with pytest.raises(MissingError, match=r"LW110 platform.yaml:4: the environment variable PW is not set"):
        url.reveal({})
    assert url.reveal({"PW": "hunter2"}) == "postgresql://u:hunter2@h/d"
    monkeypatch.setenv("PW", "from-environment")
    assert url.reveal() == "postgresql://u:from-environment@h/d"


@pytest.mark.parametrize(
    "url", ["postgresql:///shop", "postgresql://reader@db:5432/shop?sslmode=verify-full", "host=db user=x"]
)
def test_an_address_without_password_may_be_written_out(tmp_path: Path, url: str) -> None:
    text = f'lakewright: 1\nplatform: s\nsources:\n  s: {{postgres: {{url: "{url}", tables: [a.*]}}}}\n'
    assert project(tmp_path, text).platform.sources["s"].postgres.url.reveal({}) == url


def test_yaml_words_stay_text(tmp_path: Path) -> None:
    """YAML 1.1 would read `no` as false and 0123 as 83."""
    assert project(tmp_path, "lakewright: 1\nplatform: s\nowner: no\n").platform.owner == "no"
    assert project(tmp_path, "lakewright: 1\nplatform: s\nowner: 0123\n").platform.owner == "0123"


def test_parts_bring_their_owner(tmp_path: Path) -> None:
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams" / "crm.yaml").write_text(
        'owner: crm-team\nsources:\n  crm: {postgres: {url: "${CRM}", tables: [public.*]}}\n'
    )
    shop = project(tmp_path, FULL + "include: [teams/*.yaml]\n")
    assert shop.platform.sources["crm"].owner == "crm-team"
    assert shop.platform.sources["shop"].owner == ""
    assert shop.place("sources", "crm") == "teams/crm.yaml:3"


@pytest.mark.parametrize(
    ("pattern", "table", "fits"),
    [
        ("public.core_*", "core_order", True),
        ("public.core_%", "core_order", True),
        ("public.core_order", "core_orderitem", False),
        ("public.core_*", "coreXorder", False),
        ("*.order", "order", True),
        ("public.a.c", "abc", False),
    ],
)
def test_table_patterns(pattern: str, table: str, fits: bool) -> None:
    assert matches(pattern, "public", table) is fits


def origins(shop: Project) -> dict[str, tuple[str, str]]:
    return {value.key: (value.text, value.origin) for value in resolve(shop)}


def test_every_value_says_where_it_comes_from(tmp_path: Path) -> None:
    found = origins(project(tmp_path, FULL))
    assert found["platform"] == ("shop-lakehouse", "platform.yaml:2")
    assert found["sources.shop.postgres.url"] == ("${SHOP_DATABASE_URL}", "environment, named in platform.yaml:10")
    assert found["sources.shop.tuning.readers"] == ("2", "default")
    assert found["sources.shop.tuning.retained_wal_limit"] == ("1500000000", "platform.yaml:13")
    assert found["lake.silver.partition_by"] == ("[tenant_id, month]", "platform.yaml:16")
    assert found["environments.local.lake"] == (str(tmp_path / "data/lake"), "platform.yaml:5")


def test_a_blueprint_supplies_defaults_and_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "blueprints" / "tiny"
    (folder / "models").mkdir(parents=True)
    (folder / "platform.yaml").write_text(
        "lakewright: 1\nplatform: tiny\nblueprint: tiny@2\n"
        "lake:\n  silver: {partition_by: [month]}\n  gold: {partition_by: [dt]}\n"
    )
    monkeypatch.setattr("lakewright.spec.layers.blueprints", lambda: {"tiny": folder})
    root = tmp_path / "mine"
    root.mkdir()
    shop = project(root, "lakewright: 1\nplatform: mine\nblueprint: tiny@2\nlake: {gold: {partition_by: [day]}}\n")
    found = origins(shop)
    assert found["lake.silver.partition_by"] == ("[month]", "tiny@2/platform.yaml:5")
    assert found["lake.gold.partition_by"] == ("[day]", "platform.yaml:4")
    assert shop.model_folders == (folder / "models", root / "models")
