"""Places of a world in the text of attempts."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from .world import World

WAYS = ("raw", "spark", "athena")


@cache
def _files(project: Path) -> dict[str, str]:
    lake = project / "lake"
    orders, plans = lake / "silver" / "orders", lake / "gold" / "plans"
    return {
        "file": str(next(orders.rglob("*.parquet"))),
        "plans": str(next(plans.rglob("*.parquet"))),
        "folder": str(orders),
        "lake": str(lake),
        "log": str(orders / "_delta_log" / "00000000000000000000.json"),
    }


def places(world: World) -> dict[str, str]:
    """What stands for `{…}`. `t`: orders, seen in part; `c`: customers, masked; `h`: plans, hidden."""
    moment = world.moment.replace("T", " ").removesuffix("+00:00") + " UTC"
    return {
        **_files(world.project),
        "t": "silver.orders",
        "c": "silver.customer",
        "h": "gold.plans",
        "project": str(world.project),
        "audit": str(world.project / ".lakewright" / "audit" / "000000000001.jsonl"),
        "out": str(outside(world) / "leak"),
        "pid": str(os.getpid()),
        "port": str(world.port),
        "bucket": "shop-athena-results",
        "moment": world.moment,
        "trino": moment,
    }


def outside(world: World) -> Path:
    """A folder in which nothing may appear."""
    return world.project.parent / "outside"
