"""What clusters can be made of: node types, Spark versions, zones. A part of the real lists, of fixed content."""

from __future__ import annotations

from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.routes import Answered, Route, versions
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.world import ACCOUNT, Call

GIB = 1024
_FAMILIES = {
    # family: (category, cores and memory of "large", local disks, Photon)
    "m5": ("General Purpose", 2, 8, 0, True),
    "m5d": ("General Purpose", 2, 8, 1, True),
    "m6i": ("General Purpose", 2, 8, 0, True),
    "m6g": ("General Purpose", 2, 8, 0, True),
    "c5": ("Compute Optimized", 2, 4, 0, True),
    "c6i": ("Compute Optimized", 2, 4, 0, True),
    "r5": ("Memory Optimized", 2, 16, 0, True),
    "r5d": ("Memory Optimized", 2, 16, 1, True),
    "r6i": ("Memory Optimized", 2, 16, 0, True),
    "i3": ("Storage Optimized", 2, 15.25, 1, True),
    "i4i": ("Storage Optimized", 2, 16, 1, True),
}
_SIZES = {"large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16}


def node_types() -> list[Body]:
    return [_node(family, size) for family in _FAMILIES for size in _SIZES]


def _node(family: str, size: str) -> Body:
    category, cores, memory, disks, photon = _FAMILIES[family]
    factor, name = _SIZES[size], f"{family}.{size}"
    return {
        "node_type_id": name,
        "instance_type_id": name,
        "num_cores": float(cores * factor),
        "memory_mb": int(memory * factor * GIB),
        "description": name,
        "category": category,
        "is_deprecated": False,
        "is_hidden": False,
        "is_graviton": family.endswith("g"),
        "is_io_cache_enabled": disks > 0,
        "num_gpus": 0,
        "photon_driver_capable": photon,
        "photon_worker_capable": photon,
        "support_cluster_tags": True,
        "support_ebs_volumes": True,
        "support_port_forwarding": True,
        "node_instance_type": {
            "instance_type_id": name,
            "local_disks": disks,
            "local_disk_size_gb": 100 * disks * factor,
        },
    }


NODE_TYPES = frozenset(one["node_type_id"] for one in node_types())
_RUNTIMES = (
    ("17.3", "4.0.0", "2.13", True),
    ("16.4", "3.5.2", "2.12", True),
    ("16.4", "3.5.2", "2.13", True),
    ("15.4", "3.5.0", "2.12", True),
    ("14.3", "3.5.0", "2.12", True),
    ("17.1", "4.0.0", "2.13", False),
)


def spark_versions() -> list[Body]:
    found = []
    for runtime, spark, scala, lasting in _RUNTIMES:
        lts = " LTS" if lasting else ""
        base = f"includes Apache Spark {spark}, Scala {scala}"
        found.append({"key": f"{runtime}.x-scala{scala}", "name": f"{runtime}{lts} ({base})"})
        found.append({"key": f"{runtime}.x-cpu-ml-scala{scala}", "name": f"{runtime}{lts} ML ({base})"})
        found.append({"key": f"{runtime}.x-photon-scala{scala}", "name": f"{runtime}{lts} Photon ({base})"})
    return found


SPARK_VERSIONS = frozenset(one["key"] for one in spark_versions())


def _node_types(_: Call) -> Answered:
    return {"node_types": node_types()}


def _spark_versions(_: Call) -> Answered:
    return {"versions": spark_versions()}


def _zones(call: Call) -> Answered:
    region = (call.objects.get(WORKSPACE, ACCOUNT, str(call.here)) or {})["aws_region"]
    zones = [f"{region}{letter}" for letter in "abc"]
    return {"zones": zones, "default_zone": zones[0]}


ROUTES: tuple[Route, ...] = (
    *versions(0, 1, "GET", "/clusters/list-node-types", _node_types),
    *versions(0, 1, "GET", "/clusters/spark-versions", _spark_versions),
    *versions(0, 1, "GET", "/clusters/list-zones", _zones),
)
