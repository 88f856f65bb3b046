"""Load balancers are active at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.models import FakeLoadBalancer

from lakewright.rehearse.aws.moto.additions import wrap


def install() -> None:
    wrap(FakeLoadBalancer, "__init__", _made)


def _made(original: Callable[..., None], self: Any, *arguments: Any, **named: Any) -> None:
    original(self, *arguments, **named)
    if self.state == "provisioning":
        self.state = "active"
