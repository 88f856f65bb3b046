"""ECS: whether tasks are spread over zones again is told of services."""

from __future__ import annotations

from moto.ecs.models import Service


def install() -> None:
    Service.availability_zone_rebalancing = "DISABLED"  # type: ignore[attr-defined]
