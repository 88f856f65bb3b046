"""KMS: the period of a key's rotation. Source: API_EnableKeyRotation, API_GetKeyRotationStatus."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.kms.responses import KmsResponse

from lakewright.rehearse.aws.moto.additions import answer, wrap

NORMAL_DAYS = 365


def install() -> None:
    wrap(KmsResponse, "enable_key_rotation", _enable)
    wrap(KmsResponse, "get_key_rotation_status", _status)


def _key(response: Any) -> Any:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]


def _enable(original: Callable[..., str], self: Any) -> str:
    days = self._get_param("RotationPeriodInDays")
    found = original(self)
    key = _key(self)
    key.rotation_days = days or getattr(key, "rotation_days", NORMAL_DAYS)
    return found


def _status(original: Callable[..., str], self: Any) -> str:
    found = json.loads(original(self))
    if found["KeyRotationEnabled"]:
        found["RotationPeriodInDays"] = getattr(_key(self), "rotation_days", NORMAL_DAYS)
    return answer(**found)
