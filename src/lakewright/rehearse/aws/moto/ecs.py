"""ECS: services answer with all that was asked of them. Source: API_Service, API_CreateService, API_UpdateService."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ecs.models import Service
from moto.ecs.responses import EC2ContainerServiceResponse

from lakewright.rehearse.aws.moto.additions import wrap

_KEPT = {
    "availabilityZoneRebalancing": ("availability_zone_rebalancing", "DISABLED"),
    "capacityProviderStrategy": ("capacity_provider_strategy", []),
    "deploymentConfiguration": ("deployment_configuration", None),
    "enableECSManagedTags": ("enable_ecs_managed_tags", False),
    "enableExecuteCommand": ("enable_execute_command", False),
    "healthCheckGracePeriodSeconds": ("health_check_grace_period_seconds", None),
}
"""Parameter → attribute of moto's service, from which answers are made, and what it is when it was never said."""


def install() -> None:
    for attribute, default in _KEPT.values():
        setattr(Service, attribute, default)
    wrap(EC2ContainerServiceResponse, "create_service", _kept)
    wrap(EC2ContainerServiceResponse, "update_service", _kept)


def _kept(original: Callable[..., Any], self: Any) -> Any:
    answer = original(self)
    service = answer.result["service"]
    for parameter, (attribute, _) in _KEPT.items():
        said = self._get_param(parameter)
        if said is not None:
            setattr(service, attribute, said)
    strategy: list[dict[str, Any]] = service.capacity_provider_strategy
    if strategy:
        service.capacity_provider_strategy = [{"weight": 0, "base": 0, **one} for one in strategy]
        service.launch_type = None  # one or the other
    return answer
