"""Lambda: where a function logs. Source: API_LoggingConfig, API_CreateFunction, API_UpdateFunctionConfiguration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaFunction

from lakewright.rehearse.aws.moto.additions import wrap


def install() -> None:
    wrap(LambdaFunction, "__init__", _made)
    wrap(LambdaFunction, "get_configuration", _configuration)
    wrap(LambdaFunction, "update_configuration", _updated)


def _keep(function: Any, spec: dict[str, Any]) -> None:
    """What is not said has Lambda's defaults; levels exist for JSON only."""
    said = spec.get("LoggingConfig") or {}
    kept = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}", **said}
    if kept["LogFormat"] == "JSON":
        kept = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **kept}
    function.logging_config = kept


def _made(original: Callable[..., None], self: Any, **named: Any) -> None:
    original(self, **named)
    _keep(self, named["spec"])


def _configuration(original: Callable[..., dict[str, Any]], self: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
    return {**original(self, *arguments, **named), "LoggingConfig": self.logging_config}


def _updated(original: Callable[..., dict[str, Any]], self: Any, updates: dict[str, Any]) -> dict[str, Any]:
    if "LoggingConfig" in updates:
        _keep(self, updates)
    return original(self, updates)
