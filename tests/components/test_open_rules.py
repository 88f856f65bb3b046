"""The audit of the security groups that data-services declares, over the plan that the real Terraform makes of them."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.policy.rules.security_groups import audit
from lakewright.rehearse.aws.local import local_aws

from .roots import ACCOUNT, context, decide, project, write_root

SPEC = """\
lakewright: 1
platform: shop
blueprint: data-services@1
environments: {dev: {account: "111111111111", region: us-east-1}}
"""

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("audit")
    found = project(folder / "shop", SPEC)
    said = found.platform.infra.stacks["foundation"].calls["network"]
    settings = {key: value for key, value in dict(said).items() if key not in ("use", "flow_logs")}
    where = context(found, "networking")
    root = folder / "root"
    write_root(root, {"networking": decide(where, "networking", **settings, flow_logs="none")})
    with local_aws([ACCOUNT], folder / "aws") as aws:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
        given = {**kept, **aws.environment(ACCOUNT)}
        terraform = Terraform(find_binary(os.environ), given, find_plugins(os.environ), init_environment=kept)
        terraform.init(root)
        terraform.plan(root, root / "the.plan")
        return terraform.show(root, root / "the.plan")


def test_only_the_web_tier_is_open_and_every_rule_is_described(plan: dict[str, Any]) -> None:
    """S4's reference: load balancers take 80 and 443 from everywhere, everything else is between groups."""
    rules, findings = audit(plan)
    assert len(rules) > 20
    assert [one for one in findings if one.concern == "undescribed"] == []
    opened = sorted(one.text for one in findings if one.concern == "open")
    assert opened == ["ingress tcp 443 from 0.0.0.0/0: open", "ingress tcp 80 from 0.0.0.0/0: open"]
