"""The job of a data product, as its bundle declares it for all targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakewright.pipeline.product_job import ENTRY
from lakewright.spec.data_products import DataProduct, Dbt, ProductTarget

CLUSTER = "main"
MODELS_TASK, DBT_TASK = "models", "dbt"


def job(
    name: str, product: DataProduct, owner: str, targets: Mapping[str, ProductTarget], wheel: str
) -> dict[str, Any]:
    """`wheel`: file name of this package's wheel in the bundle."""
    mapped = any(said.schemas for said in targets.values())
    tags = {"data-product": name, "owner": owner} | ({"unit": product.unit} if product.unit else {})
    found: dict[str, Any] = {"name": name}
    if product.description:
        found["description"] = product.description
    found |= {"tags": tags, "max_concurrent_runs": 1, "queue": {"enabled": True}}
    if product.schedule is not None:
        when = product.schedule
        found["schedule"] = {"quartz_cron_expression": when.cron, "timezone_id": when.timezone}
    found["job_clusters"] = [{"job_cluster_key": CLUSTER, "new_cluster": _cluster(product)}]
    found["tasks"] = []
    if product.models is not None:
        found["tasks"].append(_models_task(name, wheel, mapped=mapped))
    if product.dbt is not None:
        after = [MODELS_TASK] if product.models is not None else []
        found["tasks"].append(_dbt_task(product.dbt, after, mapped=mapped))
    return found


def _cluster(product: DataProduct) -> dict[str, Any]:
    """Sizes, machines and init scripts are the policy's."""
    return {
        "spark_version": product.runtime,
        "policy_id": "${var.policy}",
        "apply_policy_default_values": True,
        "data_security_mode": "SINGLE_USER",
    }


def _models_task(name: str, wheel: str, *, mapped: bool) -> dict[str, Any]:
    parameters = ["--product", name, "--models", "${workspace.file_path}/models", "--catalog", "${var.catalog}"]
    if mapped:
        parameters += ["--schemas", "${var.schemas}"]
    return {
        "task_key": MODELS_TASK,
        "job_cluster_key": CLUSTER,
        "python_wheel_task": {"package_name": "lakewright", "entry_point": ENTRY, "parameters": parameters},
        "libraries": [{"whl": f"../wheels/{wheel}"}],
    }


def _dbt_task(dbt: Dbt, after: list[str], *, mapped: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"task_key": DBT_TASK}
    if after:
        found["depends_on"] = [{"task_key": one} for one in after]
    variables = " --vars '${var.layers}'" if mapped else ""
    return found | {
        "job_cluster_key": CLUSTER,
        "dbt_task": {
            "project_directory": "../dbt",
            "commands": [command + variables for command in dbt.commands],
            "warehouse_id": "${var.warehouse}",
            "catalog": "${var.catalog}",
            "schema": "${var.schema}",
        },
        "libraries": [{"pypi": {"package": dbt.adapter}}],
    }
