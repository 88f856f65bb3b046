"""AWS's own managed policies, as moto carries them, are valid policies: nothing that AWS writes is refused."""

from __future__ import annotations

import json

from moto.iam.aws_managed_policies import aws_managed_policies_data

from lakewright.policy.documents import read_policy
from lakewright.policy.statements import Layer
from lakewright.rehearse.aws.rules.iam import unknown_prefixes


def test_every_managed_policy_is_read() -> None:
    policies = json.loads(aws_managed_policies_data)

    assert len(policies) > 1000
    for name, policy in policies.items():
        found = read_policy(policy["Document"], Layer.IDENTITY, name)
        assert found.statements
        assert list(unknown_prefixes(found)) == [], name
