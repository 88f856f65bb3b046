"""Security Hub: its settings can be changed."""

from __future__ import annotations

from typing import Any

from moto.securityhub.responses import SecurityHubResponse as Response

from lakewright.rehearse.aws.moto.additions import attach


def install() -> None:
    attach(Response, update_security_hub_configuration)


def update_security_hub_configuration(self: Any) -> str:  # noqa: ARG001 - a method of moto's
    return "{}"
