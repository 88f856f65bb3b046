"""Secrets Manager: rotation is kept and prepared; whoever runs functions runs its steps (`live.rotation`).

Source: API_RotateSecret, API_UpdateSecretVersionStage, user guide "Rotation by Lambda function".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException, SecretNotFoundException
from moto.secretsmanager.models import SecretsManagerBackend

from lakewright.rehearse.aws.moto.additions import attach, wrap

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
DAY = 86_400


def install() -> None:
    attach(SecretsManagerBackend, rotate_secret)
    wrap(SecretsManagerBackend, "update_secret_version_stage", _moved)


def rotate_secret(
    self: Any,
    secret_id: str,
    client_request_token: str,
    rotation_lambda_arn: str | None = None,
    rotation_rules: Mapping[str, Any] | None = None,
    rotate_immediately: bool = True,
) -> str:
    """Keeps function and rules; a rotation that begins now has a version without value, labelled AWSPENDING."""
    if not self._is_valid_identifier(secret_id):
        raise SecretNotFoundException
    secret = self.secrets[secret_id]
    if secret.is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    if not (rotation_lambda_arn or secret.rotation_lambda_arn):
        raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
    if any(stages(version) == {PENDING} for version in secret.versions.values()):
        raise InvalidRequestException("A previous rotation isn't complete. That rotation will be reattempted.")
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
    if days := (rotation_rules or {}).get("AutomaticallyAfterDays"):
        secret.auto_rotate_after_days = days
        secret.next_rotation_date = int(time.time()) + int(days) * DAY
    if not rotate_immediately:
        return str(secret.to_short_dict())
    secret.remove_version_stages_from_old_versions([PENDING])
    secret.versions[client_request_token] = {
        "createdate": int(time.time()),
        "version_id": client_request_token,
        "version_stages": [PENDING],
    }
    return json.dumps({**json.loads(secret.to_short_dict()), "VersionId": client_request_token})


def stages(version: Mapping[str, Any]) -> set[str]:
    return set(version["version_stages"])


def _moved(
    original: Callable[..., tuple[str, str]],
    self: Any,
    secret_id: str,
    version_stage: str,
    remove_from_version_id: str,
    move_to_version_id: str,
) -> tuple[str, str]:
    """Who asks for no version gets the one that AWSCURRENT is on; moving it there ends a rotation."""
    found = original(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
    secret = self.secrets[secret_id]
    if version_stage == CURRENT and move_to_version_id:
        secret.set_default_version_id(move_to_version_id)
        if PENDING in stages(secret.versions[move_to_version_id]):
            secret.last_rotation_date = int(time.time())
    return found
