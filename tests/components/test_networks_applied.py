"""Networks of several accounts behind a firewall, applied by the real Terraform to the local AWS.

Then the way of a packet is followed through the routes that are there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakewright.components.component import Call
from lakewright.infra.compile import decided_calls
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.spec import load_project

from .roots import PROVIDER, _expression, apply
from .ways import Ways

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(580),
    pytest.mark.full,
]

ACCOUNTS = {"": "111111111111", "core-network": "222222222222", "core-security": "333333333333", "prod": "444444444444"}
SPEC = """\
lakewright: 1
platform: shop
environments:
  live:
    account: "111111111111"
    region: us-east-1
    accounts: {core-network: "222222222222", core-security: "333333333333", prod: "444444444444"}
units: {digital: {workspaces: [field]}}
landscape:
  zones: 2
  networks:
    prod: {cidr: 10.32.0.0/16, account: prod}
    dmz: {cidr: 10.36.0.0/16, internet: true}
  workspaces: {field: {network: prod}}
infra:
  stacks:
    transit: {layer: 1, account: core-network, calls: {hub: {use: transit_hub}}}
    inspection:
      account: core-security
      calls: {firewall: {use: inspection, domains: [.pypi.org], between: [{name: apps, from: dmz, to: prod}]}}
    network: {each: network, account: core-network, calls: {vpc: {use: shared_network, endpoints: [kms]}}}
    routes: {account: core-network, calls: {routes: {use: transit_routes}}}
    data: {account: prod, calls: {store: {use: app_datastore}}}
    apps:
      account: prod
      calls:
        catalog:
          use: governance_app
          datastore: store
          image: 444444444444.dkr.ecr.us-east-1.amazonaws.com/catalog:1.0.0
          certificate: "arn:aws:acm:us-east-1:444444444444:certificate/00000000-0000-0000-0000-000000000000"
          clients: [10.36.0.0/16]
          parameters: {LICENCE: /service/catalog/licence}
"""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAws]:
    with local_aws(list(ACCOUNTS.values()), tmp_path / "aws", gates=EVERY_GATE) as running:
        yield running


@pytest.fixture
def terraform(aws: LocalAws) -> Terraform:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
    return Terraform(
        find_binary(os.environ), {**kept, **aws.environment()}, find_plugins(os.environ), init_environment=kept
    )


def write_root(folder: Path, aws: LocalAws) -> None:
    """All calls in one root, each with the provider of its account."""
    (folder / "platform.yaml").write_text(SPEC)
    project = load_project(folder, "live")
    _, calls = decided_calls(project, "live")
    certificate = aws.client("acm", account=ACCOUNTS["prod"]).request_certificate(DomainName="catalog.shop.internal")
    providers: list[dict[str, Any]] = [PROVIDER]
    for name, account in ACCOUNTS.items():
        key = aws.credentials(account)
        providers.append({**PROVIDER, "alias": name or "home", "access_key": key.id, "secret_key": key.secret})
    modules: dict[str, Any] = {}
    for name, found in calls.items():
        if name == "state":
            continue
        call: Call = found.made
        for file, text in call.files.items():
            (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / file).write_bytes(text if isinstance(text, bytes) else text.encode())
        inputs = {key: _expression(value, name) for key, value in call.inputs.items()}
        if "certificate_arn" in inputs:
            inputs["certificate_arn"] = certificate["CertificateArn"]
        used = {"aws": f"aws.{found.declared.account or 'home'}"}
        used |= {key: one.address for key, one in call.providers.items()}
        modules[name] = {"source": str(found.declared.component.module), "providers": used, **inputs}
    whole = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}}},
        "provider": {"aws": providers},
        "module": modules,
    }
    (folder / "main.tf.json").write_text(json.dumps(whole, indent=1))


def test_applied_unchanged_inspected_destroyed(tmp_path: Path, aws: LocalAws, terraform: Terraform) -> None:
    root = tmp_path / "root"
    root.mkdir()
    write_root(root, aws)
    terraform.init(root)
    assert apply(terraform, root)
    assert terraform.plan(root, root / "again.plan").changed is False, "a second plan finds nothing"

    _shared(aws)
    ways = Ways(aws, ACCOUNTS["core-network"], ACCOUNTS["core-security"], "shop-live-")
    assert ways.between("prod", "dmz") == ["prod", "firewall", "dmz"], "from one network to another"
    assert ways.between("dmz", "prod") == ["dmz", "firewall", "prod"], "and back"
    assert ways.outward("prod") == ["prod", "firewall", "dmz", "nat"], "and out"
    _firewall(aws)
    _name(aws)

    assert apply(terraform, root, destroy=True)
    assert [one for one in _all(aws, "core-network", "DescribeSubnets", "Subnets") if not one["DefaultForAz"]] == []


def _all(aws: LocalAws, account: str, operation: str, key: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.moto.within(ACCOUNTS[account]).call("ec2", operation, **parameters)[key]
    return found


def _shared(aws: LocalAws) -> None:
    """prod sees the subnets of its workspaces and applications, not the network's own; nobody else sees any."""
    seen = {
        tag["Value"].removeprefix("shop-live-prod-"): one["OwnerId"]
        for one in _all(aws, "prod", "DescribeSubnets", "Subnets")
        for tag in one.get("Tags", ())
        if tag["Key"] == "Name"
    }
    tiers = ("endpoints", "databases", "workload")
    own = {f"digital-field-{tier}-{zone}" for tier in tiers for zone in "ab"}
    apps = {f"shared-{tier}-{zone}" for tier in ("apps", "databases") for zone in "ab"}
    assert set(seen) == own | apps
    assert set(seen.values()) == {ACCOUNTS["core-network"]}
    groups = [one["GroupName"] for one in _all(aws, "prod", "DescribeSecurityGroups", "SecurityGroups")]
    assert "shop-live-prod-digital-field" in groups
    others = {one["OwnerId"] for one in _all(aws, "core-security", "DescribeSubnets", "Subnets")}
    assert ACCOUNTS["core-network"] not in others


def _firewall(aws: LocalAws) -> None:
    state = aws.moto.within(ACCOUNTS["core-security"])
    (found,) = state.call("network-firewall", "ListFirewalls")["Firewalls"]
    told = state.call("network-firewall", "DescribeFirewall", FirewallArn=found["FirewallArn"])
    policy = told["Firewall"]["FirewallPolicyArn"]
    body = state.call("network-firewall", "DescribeFirewallPolicy", FirewallPolicyArn=policy)["FirewallPolicy"]
    assert "aws:drop_established" in body["StatefulDefaultActions"]
    arns = [one["ResourceArn"] for one in body["StatefulRuleGroupReferences"]]
    rules = [state.call("network-firewall", "DescribeRuleGroup", RuleGroupArn=arn)["RuleGroup"] for arn in arns]
    text = "\n".join(one["RulesSource"]["RulesString"] for one in rules)
    assert "pass tcp 10.36.0.0/16 any -> 10.32.0.0/16 443" in text
    assert 'content:".pypi.org"' in text


def _name(aws: LocalAws) -> None:
    """The application's name is in the zone of the network's account; its listener speaks TLS 1.3."""
    network, prod = aws.moto.within(ACCOUNTS["core-network"]), aws.moto.within(ACCOUNTS["prod"])
    zones = network.call("route53", "ListHostedZones")["HostedZones"]
    zone = next(one for one in zones if one["Name"].startswith("prod."))
    records = network.call("route53", "ListResourceRecordSets", HostedZoneId=zone["Id"].rpartition("/")[2])[
        "ResourceRecordSets"
    ]
    assert "catalog.prod.shop.internal." in {one["Name"] for one in records if one["Type"] == "A"}
    (balancer,) = prod.call("elbv2", "DescribeLoadBalancers")["LoadBalancers"]
    (listener,) = prod.call("elbv2", "DescribeListeners", LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (listener["Protocol"], listener["SslPolicy"]) == ("HTTPS", "ELBSecurityPolicy-TLS13-1-2-2021-06")
