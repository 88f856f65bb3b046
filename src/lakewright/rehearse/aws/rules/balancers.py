"""Elastic Load Balancing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.ec2_network import found_subnets
from lakewright.rehearse.aws.rules.rule import Rule, items, number, text


def _name(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "Name")
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?", name) or name.startswith("internal-"):
        yield f"The name '{name}' is not valid: 1 to 32 letters, digits and hyphens, no hyphen at either end"


def _zones(asked: Asked, moto: Moto) -> Iterator[str]:
    ids = [str(one) for one in items(asked.parameters.get("Subnets"))]
    if (text(asked, "Type") or "application") != "application" or not ids:
        return
    subnets = found_subnets(moto, ids)
    if subnets is not None and len({one["AvailabilityZone"] for one in subnets}) < 2:
        yield "At least two subnets in two different Availability Zones must be specified"
    zones = [one["AvailabilityZone"] for one in subnets or ()]
    if len(set(zones)) < len(zones):
        yield "A load balancer cannot be attached to multiple subnets in the same Availability Zone"


def _listener(asked: Asked, _: Moto) -> Iterator[str]:
    protocol, port = text(asked, "Protocol"), number(asked, "Port")
    if protocol in {"HTTPS", "TLS"} and not items(asked.parameters.get("Certificates")):
        yield "A certificate must be specified for HTTPS and TLS listeners"
    if protocol in {"HTTP", "TCP"} and items(asked.parameters.get("Certificates")):
        yield f"Certificates are not for {protocol} listeners"
    if port is not None and not 1 <= port <= 65535:
        yield f"Port {int(port)} is not between 1 and 65535"


def _health(asked: Asked, _: Moto) -> Iterator[str]:
    every, wait = number(asked, "HealthCheckIntervalSeconds"), number(asked, "HealthCheckTimeoutSeconds")
    if every is not None and wait is not None and wait >= every:
        yield "Health check interval must be greater than the timeout."
    path = text(asked, "HealthCheckPath")
    if path and not path.startswith("/"):
        yield f"Health check path '{path}' must begin with a '/' character"


def _target_vpc(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "TargetType") != "lambda" and not text(asked, "VpcId"):
        yield "A VPC ID must be specified"


_API = "Elastic Load Balancing API Reference"

RULES = (
    Rule(
        "names", f"CreateLoadBalancer ({_API})", ("CreateLoadBalancer", "CreateTargetGroup"), _name, "ValidationError"
    ),
    Rule("subnets in two zones", "Application Load Balancers", ("CreateLoadBalancer",), _zones, "ValidationError"),
    Rule("listeners", f"CreateListener ({_API})", ("CreateListener",), _listener, "ValidationError"),
    Rule(
        "health checks",
        f"CreateTargetGroup ({_API})",
        ("CreateTargetGroup", "ModifyTargetGroup"),
        _health,
        "ValidationError",
    ),
    Rule("a target group's VPC", f"CreateTargetGroup ({_API})", ("CreateTargetGroup",), _target_vpc, "ValidationError"),
)
