"""Answers whose times are numbers → answers as boto3 gives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lakewright.rehearse.aws.moto.state import service_model


def with_times(service: str, operation: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers become datetimes where the service's model has times."""
    shape = service_model(service).operation_model(operation).output_shape
    found: dict[str, Any] = _converted(answer, shape)
    return found


def _converted(value: Any, shape: Any) -> Any:
    match getattr(shape, "type_name", ""):
        case "structure":
            return {name: _converted(one, shape.members.get(name)) for name, one in value.items()}
        case "list":
            return [_converted(one, shape.member) for one in value]
        case "map":
            return {name: _converted(one, shape.value) for name, one in value.items()}
        case "timestamp":
            return value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
    return value
