"""Step Functions: definitions are checked before they are used, as Terraform asks at plan time."""

from __future__ import annotations

import json
from typing import Any

from moto.stepfunctions.responses import StepFunctionResponse as Response

from lakewright.rehearse.aws.moto.additions import answer, attach


def install() -> None:
    attach(Response, validate_state_machine_definition, list_state_machine_versions)


def validate_state_machine_definition(self: Any) -> str:
    """JSON with states, of which one is the first; the whole language is not checked."""
    try:
        found = json.loads(self._get_param("definition"))
    except ValueError as error:
        return _failed("INVALID_JSON_DESCRIPTION", str(error))
    if not isinstance(found, dict) or found.get("StartAt") not in (found.get("States") or {}):
        return _failed("SCHEMA_VALIDATION_FAILED", "StartAt must name one of States")
    return answer(result="OK", diagnostics=[])


def _failed(code: str, message: str) -> str:
    return answer(result="FAIL", diagnostics=[{"severity": "ERROR", "code": code, "message": message}])


def list_state_machine_versions(self: Any) -> str:  # noqa: ARG001 - a method of moto's
    return answer(stateMachineVersions=[])
