"""A dbt project of somebody's in a workspace finds nothing in the files of whoever runs the local Databricks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.service import workspace as objects

from .shop import Shop
from .test_tasks import ended

FOLDER = "/Workspace/Shared/dbt"
SETTINGS = "name: shop\nversion: '1.0'\nprofile: shop\nmodels: {shop: {+materialized: table}}\n"
SLY = """\
{% materialization sly, adapter='duckdb', supported_languages=['sql', 'python'] %}
  {%- call statement('main', language='python') -%}{{ compiled_code }}{%- endcall -%}
  {{ return({'relations': []}) }}
{% endmaterialization %}
"""
PYTHON = """\
{{{{ config(materialized='sly') }}}}
open({there!r}, "w").write("ran")
"""


def uploaded(shop: Shop, files: dict[str, str]) -> None:
    for name, content in files.items():
        shop.admin.workspace.mkdirs(f"{FOLDER}/{name}".rpartition("/")[0])
        shop.admin.workspace.upload(
            f"{FOLDER}/{name}", content.encode(), format=objects.ImportFormat.AUTO, overwrite=True
        )


def run(shop: Shop, *commands: str, **more: str) -> dict[str, Any]:
    task = {"project_directory": FOLDER, "warehouse_id": shop.warehouse, "catalog": "shop", "schema": "silver", **more}
    return ended(shop, {"dbt_task": task | {"commands": list(commands)}}, seconds=120)


@pytest.mark.slow
def test_dbt_reads_and_runs_nothing_but_its_project(shop: Shop, tmp_path: Path) -> None:
    if not os.environ.get("LAKEWRIGHT_DBT_PYTHON"):
        pytest.skip("LAKEWRIGHT_DBT_PYTHON names no Python with dbt-duckdb")
    secret, copied, ran = (tmp_path / name for name in ("databrickscfg", "copied", "ran"))
    secret.write_text("token")
    uploaded(
        shop,
        {
            "dbt_project.yml": SETTINGS,
            "seeds/days.csv": "day,open\n1,true\n2,false\n",
            "macros/sly.sql": SLY,
            "models/leak.sql": f"select content from read_text('{secret}')",
            "models/far.sql": f"{{{{ config(post_hook=\"copy (select 1) to '{copied}'\") }}}} select 1 as one",
            "models/unlock.sql": "{{ config(pre_hook='set enable_external_access = true') }} select 1 as one",
            "models/python.sql": PYTHON.format(there=str(ran)),
            "models/fine.sql": "select count(*) as days from {{ ref('days') }}",
        },
    )
    state = run(shop, "dbt seed", "dbt run")
    assert state["result_state"] == "FAILED"
    assert state["state_message"] == "dbt run ended with exit code 1"
    found = {str(row[1]) for row in shop.rows("SHOW TABLES IN shop.silver")}
    assert found == {"orders", "days", "fine"}
    assert shop.rows("SELECT days FROM shop.silver.fine") == [["2"]]
    assert (copied.exists(), ran.exists()) == (False, False)


@pytest.fixture
def parses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt that finds a Python model in every project; the file in which it says that it was asked."""
    manifest, asked = tmp_path / "manifest.json", tmp_path / "asked"
    nodes = {"model.shop.py": {"language": "python", "config": {}, "database": "shop", "schema": "s", "alias": "py"}}
    manifest.write_text(json.dumps({"sources": {}, "nodes": nodes}))
    (tmp_path / "dbt").touch()
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nmkdir -p "$DBT_TARGET_PATH"\ncp {manifest} "$DBT_TARGET_PATH/"\ntouch {asked}\n')
    python.chmod(0o700)
    monkeypatch.setenv("LAKEWRIGHT_DBT_PYTHON", str(python))
    return asked


def test_python_models_do_not_run(shop: Shop, parses: Path) -> None:
    uploaded(shop, {"dbt_project.yml": SETTINGS})
    assert "Python models do not run here: model.shop.py" in run(shop, "dbt run")["state_message"]
    assert parses.exists()


def test_commands_and_settings_lead_nowhere_else(shop: Shop, parses: Path) -> None:
    uploaded(shop, {"dbt_project.yml": SETTINGS})
    for command, fact in (
        ("clean", "`dbt clean` does not run here"),
        ("--debug clean", "`dbt --debug` does not run here"),
        ("source freshness -o /tmp/x", "`dbt source` does not run here"),
        ("run --target-path /tmp/x", "do not say --target-path"),
        ("run --log-path=/tmp/x", "do not say --log-path"),
        ("run --profiles-dir /tmp/x", "do not say --profiles-dir"),
        ("run --project-dir=/tmp/x", "do not say --project-dir"),
        ("run --record-timing-info /tmp/x", "do not say --record-timing-info"),
        ("run -r /tmp/x", "do not say -r"),
        ("run -xr/tmp/x", "do not say -xr/tmp/x"),
    ):
        assert fact in run(shop, f"dbt {command}")["state_message"], command
    assert "is no name of a catalog" in run(shop, "dbt run", catalog="../elsewhere")["state_message"]
    for file, content, fact in (
        ("dbt_project.yml", SETTINGS + "seed-paths: [seeds, /etc]\n", "seed-paths of dbt_project.yml leads out"),
        ("dbt_project.yml", SETTINGS + "model-paths: ['../..']\n", "model-paths of dbt_project.yml leads out"),
        ("dbt_project.yml", SETTINGS + "macro-paths: [\"{{ var('x') }}\"]\n", "macro-paths of dbt_project.yml leads"),
        ("dbt_packages/more/dbt_project.yml", "name: more\nseed_paths: /etc\n", "seed_paths of dbt_packages/more/"),
        ("packages.yml", "packages: [{local: /etc}]", "packages.yml names a package that is not of dbt's hub"),
    ):
        uploaded(shop, {file: content})
        assert fact in run(shop, "dbt run")["state_message"], content
        shop.admin.workspace.delete(f"{FOLDER}/{file}")
        uploaded(shop, {"dbt_project.yml": SETTINGS} if file == "dbt_project.yml" else {})
    assert not parses.exists()
