"""Data products in the spec: every mistake with the line that it is on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import Mistakes
from lakewright.spec import load_project
from lakewright.spec.data_products_check import owner_of, targets_of

UNITS = """\
lakewright: 1
platform: shop
include: [units/*.yaml]
landscape:
  zones: 2
  networks:
    prod: {cidr: 10.32.0.0/16, account: prod}
    nonprod: {cidr: 10.34.0.0/16, account: nonprod}
  workspaces:
    lab: {network: nonprod}
    field: {network: prod, after: lab}
  personas:
    analysts: {group: "{unit}-analysts"}
units:
  north-sea: {owner: wind, workspaces: [lab, field]}
  sparky: {workspaces: [lab]}
"""
PRODUCTS = """\
owner: turbines
data_products:
  quality:
    unit: north-sea
    models: products/quality
    run_as: north-sea-jobs
    schedule: {cron: "0 0 6 * * ?", timezone: Europe/Zurich}
    alerts: [ops@example.com]
"""
ALONE = """\
lakewright: 1
platform: shop
data_products:
  quality:
    models: products/quality
    run_as: jobs
    targets:
      lab: {catalog: main}
      field: {mode: production, catalog: main}
"""


def written(folder: Path, text: str = PRODUCTS, main: str = UNITS) -> Path:
    (folder / "units").mkdir()
    (folder / "products/quality").mkdir(parents=True)
    (folder / "platform.yaml").write_text(main)
    (folder / "units/wind.yaml").write_text(text)
    return folder


def told(folder: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(Mistakes) as caught:
        load_project(folder)
    return [(one.code, one.place, f"{one.fact}; {one.hint}") for one in caught.value.mistakes]


def test_a_unit_s_product_goes_to_the_unit_s_workspaces(tmp_path: Path) -> None:
    platform = load_project(written(tmp_path)).platform
    product = platform.data_products["quality"]
    targets = targets_of(product, platform)
    found = {name: (one.mode, one.catalog) for name, one in targets.items()}
    assert found == {"lab": ("development", "north_sea_lab"), "field": ("production", "north_sea_field")}
    assert owner_of(product, platform) == "turbines"


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "said"),
    [
        ("unit: north-sea", "unit: north-see", "LW130", 4, 'no unit "north-see"; did you mean "north-sea"?'),
        ("    unit: north-sea\n", "", "LW130", 3, "quality belongs to no unit; unit: north-sea"),
        ("    models: products/quality\n", "", "LW131", 3, "neither models nor a dbt project"),
        ("models: products/quality", "models: products/nothing", "LW113", 5, "no folder products/nothing"),
        ("models: products/quality", "models: ../other", "LW112", 5, "leaves the project"),
        ("models: products/quality", "dbt: {project: products/quality}", "LW113", 5, "there is no dbt_project.yml"),
        ("    run_as: north-sea-jobs\n", "", "LW133", 3, "field is for production, and would run as whoever deploys"),
        ("run_as:", "targets: {prod: {}}\n    run_as:", "LW130", 6, 'north-sea has no workspace "prod"'),
        ("run_as:", "targets: {lab: {schemas: {gold: golden}}}\n    run_as:", "LW130", 6, 'have no schema "golden"'),
        ("run_as:", "targets: {lab: {mode: test}}\n    run_as:", "LW107", 6, "development"),
        ("0 0 6 * * ?", "0 6 * * *", "LW107", 7, "no Quartz expression of six or seven fields"),
        ("0 0 6 * * ?", "0 0 6 * * *", "LW107", 7, "one of day of month and day of week must be ?"),
        ("Europe/Zurich", "Zurich", "LW107", 7, 'there is no time zone "Zurich"'),
        ("ops@example.com", "ops", "LW107", 8, '"ops" is no e-mail address'),
        ("schedule:", "schedul:", "LW104", 7, 'did you mean "schedule"?'),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, code: str, line: int, said: str) -> None:
    assert old in PRODUCTS
    found = told(written(tmp_path, PRODUCTS.replace(old, new)))
    assert [(one[0], one[1]) for one in found] == [(code, f"units/wind.yaml:{line}")], found
    assert said in found[0][2]


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("    targets:\n      lab: {catalog: main}\n      field: {mode: production, catalog: main}\n", "", "LW132",
         "deployed nowhere"),
        ("lab: {catalog: main}", "lab: {}", "LW132", "target lab has no catalog; catalog: main"),
        ("    run_as: jobs\n", "", "LW133", "would run as whoever deploys it"),
        ("lab: {catalog: main}", "lab: {catalog: main, host: dbc-1.cloud.databricks.com}", "LW107", "host"),
    ],
)  # fmt: skip
def test_mistakes_without_units(tmp_path: Path, old: str, new: str, code: str, said: str) -> None:
    (tmp_path / "products/quality").mkdir(parents=True)
    (tmp_path / "platform.yaml").write_text(ALONE)
    assert load_project(tmp_path).platform.data_products["quality"].policy == "jobs"
    (tmp_path / "platform.yaml").write_text(ALONE.replace(old, new))
    found = told(tmp_path)
    assert [one[0] for one in found] == [code], found
    assert said in found[0][2]
