"""IAM: an update of a role leaves what it does not name; moto would forget the description, and reset the duration.

Source: the API reference of IAM, UpdateRole.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import EmptyResult
from moto.iam.responses import IamResponse

from lakewright.rehearse.aws.moto.additions import attach


def install() -> None:
    attach(IamResponse, update_role)


def update_role(self: Any) -> EmptyResult:
    role = self.backend.get_role(self._get_param("RoleName"))
    description, seconds = self._get_param("Description"), self._get_param("MaxSessionDuration")
    role.description = role.description if description is None else description
    role.max_session_duration = role.max_session_duration if seconds is None else seconds
    return EmptyResult()
