"""Security groups and network ACLs, from the tiers that a person declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakewright.components.component import Value
from lakewright.components.networking.settings import PEERS, Allowed, Reached, Settings, Tier
from lakewright.errors import SpecError
from lakewright.spec.layers import did_you_mean

ANYWHERE = "0.0.0.0/0"
SERVICES = "services"
"""The security group of what the platform itself runs: replication, job connections, tasks."""

_USUAL = {
    22: "SSH",
    80: "HTTP",
    443: "HTTPS",
    3000: "Node.js",
    3306: "MySQL",
    5000: "Flask",
    5432: "PostgreSQL",
    6379: "Redis",
    6443: "Kubernetes API",
    8080: "Application",
}
_HTTPS = (443, 443)
_EPHEMERAL = (1024, 65_535)


DATABRICKS_PORTS = ((443, 443), (2443, 2443), (3306, 3306), (6666, 6666), (8443, 8451))
"""Where clusters must reach the control plane, and no ACL may be in the way; nor may one keep anything out of their
subnets (Databricks on AWS, "Configure a customer-managed VPC", Subnet-level network ACLs). Security groups do."""


@dataclass(frozen=True)
class _Rule:
    what: str
    ports: tuple[int, int]
    peer: str
    protocol: str = "tcp"


def security_groups(settings: Settings) -> dict[str, Value]:
    """Input `security_groups`: the platform's own group and the declared tiers.

    Raises SpecError (LW1335) for a rule whose other side nobody knows.
    """
    groups: dict[str, Value] = {SERVICES: _services(settings)}
    for name, tier in settings.tiers.items():
        _check_peers(name, tier, settings)
        groups[name] = {
            "description": tier.description or f"Tier {name}",
            "ingress": _rules([each for rule in tier.allow for each in _said(rule, "from")]),
            "egress": _rules(_reached(tier)),
        }
    return groups


def _services(settings: Settings) -> dict[str, Value]:
    """Glue's workers talk to each other on every port (Glue guide, connecting to JDBC data stores in a VPC)."""
    among = _Rule("Workers among themselves", (0, 65_535), SERVICES)
    egress = [among, *_common()]
    for port in settings.source_ports:
        usual = _USUAL.get(port, f"Port {port}")
        egress.append(_Rule(f"{usual} of sources in the network", (port, port), "vpc"))
        if settings.connection == "public":
            egress.append(_Rule(f"{usual} of sources on the internet, TLS only", (port, port), "internet"))
        for site, declared in settings.vpn.items():
            egress += [_Rule(f"{usual} of sources at {site}", (port, port), cidr) for cidr in declared.cidrs]
    if settings.nat != "none":
        egress.append(_Rule("HTTPS through the NAT gateway", _HTTPS, "internet"))
    return {
        "description": "What the platform runs: replication, jobs, tasks",
        "ingress": _rules([among]),
        "egress": _rules(egress),
    }


def _common() -> list[_Rule]:
    return [
        _Rule("AWS services through endpoints in the network", _HTTPS, "vpc"),
        _Rule("S3 through its endpoint", _HTTPS, "s3"),
    ]


def _reached(tier: Tier) -> list[_Rule]:
    return _common() if tier.reach is None else [each for rule in tier.reach for each in _said(rule, "to")]


def _said(rule: Allowed | Reached, way: str) -> list[_Rule]:
    first, last = rule.port
    usual = _USUAL.get(first, f"Port {first}") if first == last else f"Ports {first}-{last}"
    return [_Rule(rule.description or f"{usual} {way} {peer}", rule.port, peer, rule.protocol) for peer in rule.peers]


def _rules(rules: Sequence[_Rule]) -> dict[str, Value]:
    """Rules by a name that says what they are, so that one more moves no other."""
    named: dict[str, Value] = {}
    for rule in rules:
        first, last = rule.ports
        ports = str(first) if first == last else f"{first}-{last}"
        named[f"{rule.peer} {rule.protocol} {ports}"] = {
            "description": rule.what,
            "protocol": rule.protocol,
            "from_port": first,
            "to_port": last,
            **_other_side(rule.peer),
        }
    return named


def _other_side(peer: str) -> dict[str, Value]:
    match peer:
        case "internet":
            return {"cidr": ANYWHERE}
        case "s3" | "dynamodb":
            return {"endpoint": peer}
    return {"cidr": peer} if "/" in peer or peer == "vpc" else {"group": peer}


def _check_peers(name: str, tier: Tier, settings: Settings) -> None:
    known = {*PEERS, *settings.tiers, SERVICES}
    named = [*(rule.peers for rule in tier.allow), *(rule.peers for rule in tier.reach or ())]
    for peer in (peer for peers in named for peer in peers):
        if "/" not in peer and peer not in known:
            hint = did_you_mean(peer, known, "known: " + ", ".join(sorted(known)))
            raise SpecError("LW1335", f"tier {name}: nobody knows {peer}", hint=hint)
    for rule in tier.allow:
        if {"s3", "dynamodb"} & set(rule.peers):
            raise SpecError("LW1335", f"tier {name}: endpoints make no connections", hint="say it under `reach`")


def network_acls(settings: Settings) -> dict[str, Value]:
    """Input `network_acls`: coarse rules by number, for the public (if any) and the private subnets."""
    sites = [cidr for site in settings.vpn.values() for cidr in site.cidrs]
    inside = [_all(cidr) for cidr in ("vpc", *sites)]
    answers = _tcp(_EPHEMERAL)
    out = [_tcp(_HTTPS)]
    if settings.nat != "none":
        out.append(_tcp((80, 80)))
    if settings.connection == "public":
        out += [_tcp((port, port)) for port in settings.source_ports]
    acls: dict[str, Value] = {
        "private": {"ingress": _numbered([*inside, _no_desktop(), answers]), "egress": _numbered([*inside, *out])}
    }
    if settings.databricks:
        ports = [_tcp(ports) for ports in DATABRICKS_PORTS]
        acls["private"] = {"ingress": _numbered([_all(ANYWHERE)]), "egress": _numbered([*inside, *ports])}
    if any(kind.public for kind in settings.subnets.values()):
        entries = [_tcp((80, 80)), _tcp(_HTTPS), *_from_outside(settings), _no_desktop(), answers]
        acls["public"] = {"ingress": _numbered([*inside, *entries]), "egress": _numbered([_all(ANYWHERE)])}
    return acls


def _from_outside(settings: Settings) -> list[dict[str, Value]]:
    """What tiers take from addresses, beyond HTTP and HTTPS, on ports that answers do not use."""
    return [
        _tcp(rule.port, ANYWHERE if peer == "internet" else peer)
        for tier in settings.tiers.values()
        for rule in tier.allow
        for peer in rule.peers
        if (peer == "internet" or "/" in peer) and rule.port[0] < _EPHEMERAL[0] and rule.port not in ((80, 80), _HTTPS)
    ]


def _all(cidr: str) -> dict[str, Value]:
    return {"protocol": "-1", "cidr": cidr}


def _tcp(ports: tuple[int, int], cidr: str = ANYWHERE) -> dict[str, Value]:
    return {"cidr": cidr, "from_port": ports[0], "to_port": ports[1]}


def _no_desktop() -> dict[str, Value]:
    """Remote desktops lie among the ports that answers come to, and nobody may reach one from outside."""
    return {"action": "deny", **_tcp((3389, 3389))}


def _numbered(rules: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    return {str(100 + 10 * index): rule for index, rule in enumerate(rules)}
