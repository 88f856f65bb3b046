"""EC2: an attachment of a transit gateway that was deleted is still told, as deleted, which Terraform waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.models import EC2Backend

from lakewright.rehearse.aws.moto.additions import wrap


def install() -> None:
    wrap(EC2Backend, "delete_transit_gateway_vpc_attachment", _delete_attachment)


def _delete_attachment(original: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    found = original(self, *arguments, **named)
    self.transit_gateway_attachments[found.id] = found
    return found
